"""The device's own accounts, its address books, and calls."""

from collections.abc import Iterator

from sauveterre.messages.ufdr.context import Telling, service_in
from sauveterre.messages.ufdr.index import is_user_id, own_identifiers
from sauveterre.messages.ufdr.models import Model
from sauveterre.messages.ufdr.names import PHONE, Named, account_of, e164
from sauveterre.records.group import EventKind, GroupEvent
from sauveterre.records.provenance import Provenance

_ENTRIES = {"PhoneNumber": "phone", "EmailAddress": "email"}
"""Types of entries that say what they are, and what the identifier is called that they state."""


def read_user_account(telling: Telling, model: Model) -> None:
    """Tell an account that the device is signed in to. Its password, where the report holds one, is not looked at."""
    service, where = service_in(model), telling.where(model)
    named = [one for one in (account_of(service, text) for text in own_identifiers(model)) if one is not None]
    if not named:
        named = [one for one in (account_of(service, text) for text in _values(model)) if one is not None][:1]
    for one in named:
        account = telling.account(service, one, where)
        telling.identifier(account, "profile_name", model.text("Name"), where)
        telling.identifier(account, "username", model.text("Username"), where)
        _entries(telling, account, model, where)
    if not named:
        telling.problem(where, f"an account of {service} states nothing that identifies it")


def _values(model: Model) -> list[str]:
    kinds = ("PhoneNumber", "EmailAddress")
    return [entry.text("Value") for entry in model.all("Entries") if entry.type in kinds]


def _entries(telling: Telling, account: str, model: Model, where: Provenance) -> None:
    """Tell the numbers and addresses that stand in one model with an account."""
    for entry in model.all("Entries"):
        kind, value = _ENTRIES.get(entry.type, ""), entry.text("Value")
        if kind == "phone" and e164(value):
            kind, value = "e164", e164(value)
        if kind:
            telling.identifier(account, kind, value, where)


def read_contact(telling: Telling, model: Model) -> None:
    """Tell a contact of an app or of the telephone: how this device names whom."""
    service, where = service_in(model), telling.where(model)
    found = list(_contacts(service, model))
    for own_service, named, is_whole in found:
        account = telling.account(own_service, named, where)
        telling.identifier(account, "contact_name", model.text("Name"), where)
        if is_whole:
            _entries(telling, account, model, where)


def _contacts(service: str, model: Model) -> Iterator[tuple[str, Named, bool]]:
    """Yield (service, account, whether it is the only one) of a contact.

    An app's contact is its user id there. A contact of the telephone's own book is one account for each number: that
    several numbers stand under one name does not make them one.
    """
    entries = model.all("Entries")
    users = [named for entry in entries if is_user_id(entry) and (named := account_of(service, entry.text("Value")))]
    if users and service != PHONE:
        yield from ((service, named, len(users) == 1) for named in users)
        return
    numbers = dict.fromkeys(entry.text("Value") for entry in entries if entry.type == "PhoneNumber")
    for number in numbers:
        if (named := account_of(PHONE, number)) is not None:
            yield PHONE, named, False


def read_call(telling: Telling, model: Model) -> None:
    """Tell a call in the conversation of the device's own account with each of the others."""
    service, where = service_in(model), telling.where(model)
    parties = model.all("Parties")
    own = next((party for party in parties if party.truth("IsPhoneOwner") and party.text("Identifier")), None)
    named = account_of(service, own.text("Identifier")) if own is not None else None
    owner = telling.account(service, named or Named(telling.owner(service)), where)
    others = [party for party in parties if not party.truth("IsPhoneOwner")]
    people = [(party, person) for party in others if (person := telling.person(service, party, where, owner))]
    people = [(party, person) for party, person in people if person != owner]
    if not people:
        telling.problem(where, "a call names nobody whom the device's owner spoke with")
    for party, person in people:
        group = telling.direct(service, owner, person, where)
        detail = telling.text(_call_detail(model, len(people)))
        actor, target = _ends(model, party, owner, person)
        at, raw = model.moment("TimeStamp"), model.text("TimeStamp")[:40]
        telling.records.append(GroupEvent(group, EventKind.CALL, actor, target, at, raw, where, detail))


def _ends(model: Model, other: Model, owner: str, person: str) -> tuple[str | None, str | None]:
    """Return who called and who was called, None for both where the report does not say."""
    role, direction = other.text("Role").lower(), model.text("Direction").lower()
    if role == "from" or (role != "to" and direction in ("incoming", "missed")):
        return person, owner
    if role == "to" or direction == "outgoing":
        return owner, person
    return None, None


def _call_detail(model: Model, people: int) -> str:
    kind = "video call" if model.truth("VideoCall") else "call"
    direction, status, lasted = model.text("Direction").lower(), model.text("Status").lower(), model.text("Duration")
    parts = [kind, direction or "direction unknown", status if status != direction else ""]
    parts += [f"duration {lasted}" if lasted else "", f"with {people} people" if people > 1 else ""]
    if model.is_deleted:
        parts.append("recovered from what the device had deleted")
    return ", ".join(filter(None, parts))
