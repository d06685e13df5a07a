"""What the verbs of the register of exhibits share: its lines as options, and reading them."""

from pathlib import Path
from typing import Annotated

import typer

from sauveterre.cli.key import read_key
from sauveterre.exchange.register import digests_of, kind_named, moment, zone_named
from sauveterre.records.digest import Digest
from sauveterre.records.register import Register

Seal = Annotated[str | None, typer.Option("--seal", help="The number of its seal.")]
Description = Annotated[str | None, typer.Option("--description", help="What it is, in a few words.")]
Kind = Annotated[
    str | None,
    typer.Option(
        "--kind",
        help="phone, tablet, computer, disk, usb stick, memory card, sim, optical disc, cloud, paper or other; "
        "or in French.",
    ),
]
Model = Annotated[str | None, typer.Option("--model", help="Maker and model, as on the label.")]
Serial = Annotated[str | None, typer.Option("--serial", help="The serial number on the label.")]
SeizedAt = Annotated[
    str | None, typer.Option("--seized-at", help="When it was seized: 2026-03-15 06:05 or 15/03/2026 06:05.")
]
SeizedWhere = Annotated[str | None, typer.Option("--seized-where", help="Where it was seized.")]
SeizedBy = Annotated[str | None, typer.Option("--seized-by", help="Who seized it.")]
LegalAct = Annotated[
    str | None, typer.Option("--legal-act", help="The act that allowed the seizure, by its reference.")
]
Zone = Annotated[
    str, typer.Option("--zone", help="The time zone that times are meant in where they name no offset: Europe/Paris.")
]
DigestOption = Annotated[
    list[str] | None,
    typer.Option("--digest", help="A digest that its acquisition gave: sha1:… (md5, sha1, sha256); may be repeated."),
]
DigestOrigin = Annotated[
    str, typer.Option("--digest-origin", help="Where those digests stand: an imaging log, a label, minutes.")
]
KeyFile = Annotated[
    Path | None, typer.Option("--key-file", help="A file that holds the key of something locked inside; - to type it.")
]


def register_of(*, zone: str, kind: str | None = None, seized_at: str | None = None, **texts: str | None) -> Register:
    """Return the lines of the register that were given as options; an empty text takes a line back."""
    in_zone = zone_named(zone)
    register = Register()
    register.update({name: text for name, text in texts.items() if text is not None})  # type: ignore[typeddict-item]
    if kind is not None:
        register["kind"] = kind_named(kind)
    if seized_at is not None:
        register["seized_at"] = moment(seized_at, in_zone)
    return register


def digests_in(given: list[str] | None) -> tuple[Digest, ...]:
    """Return the digests that were given as options."""
    return digests_of(" ".join(given or []))


def keys_in(file: Path | None) -> tuple[str, ...]:
    """Return the key that was given as a file, if any."""
    return () if file is None else (read_key(file),)
