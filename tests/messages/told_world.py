"""A small part of the invented operation, as each of its devices saw it: few messages, pictures that are just bytes."""

import functools
import random

from sauveterre.scenarios.cast import make_cast
from sauveterre.scenarios.devices import DEVICES, Teller
from sauveterre.scenarios.pictures import Album
from sauveterre.scenarios.timeline import make_timeline


@functools.cache
def tellers():
    """Every device of the operation; nobody may change them."""
    rng = random.Random(11)
    cast = make_cast(rng)
    line = make_timeline(cast, rng, talk=24, per_supplier=3)
    album = Album(shared=[f"picture of a cloud, number {number}".encode() * 9 for number in range(line.pictures)])
    return [Teller(device, cast, line, album, random.Random(7)) for device in DEVICES]
