"""What filters say of a content: indications, which settle nothing and hide nothing."""

from dataclasses import dataclass

from sauveterre.casework.models import Content, HashList
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.storage import list_file
from sauveterre.errors import UnreadableSource
from sauveterre.pipeline.known import probably_known


@dataclass(frozen=True, slots=True)
class Indicated:
    """What a filter says of a content. Never more than an indication."""

    hash_list: HashList
    probable: bool | None
    """Probably known; False: certainly not in it; None where it cannot be asked."""


def indications(sight: Sight, content: Content) -> list[Indicated]:
    """Return for each filter in force what it says of a content; it is asked anew each time, and nothing is stored."""
    filters = sight.operation.hash_lists.filter(in_force=True, kind=HashList.Kind.FILTER)
    return [Indicated(one, _said_by(one, content)) for one in filters]


def _said_by(one: HashList, content: Content) -> bool | None:
    if not content.sha1:
        return None
    try:
        return probably_known(content.sha1, list_file(one.sha256))
    except UnreadableSource:
        return None
