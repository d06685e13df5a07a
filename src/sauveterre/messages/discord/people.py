"""The owner of a package and those whom the owner's account knows."""

from sauveterre.messages.exports.json_items import Item
from sauveterre.messages.exports.phones import phone
from sauveterre.messages.exports.rows import Row, map_of, text_of

MEMBERS = ("id", "username", "discriminator", "global_name", "email", "phone", "relationships/*")
"""What is read of ``user.json``, which can be very long."""


def number(value: object) -> int | None:
    """Return an id (a snowflake, as text or number); None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        value = int(value)
    is_number = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 63
    return value if is_number and isinstance(value, int) else None


def account_of(value: object) -> str | None:
    """Return the account of an id."""
    found = number(value)
    return f"discord:{found}" if found is not None else None


def tell_owner(row: Row, owner: str, part: Item) -> None:
    """Write one thing that the account's own file states of its owner."""
    account = row.account(owner)
    value = part.value if isinstance(part.value, str) else ""
    name = part.pattern
    if name == "username":
        row.identifier(account, "username", value)
    elif name == "global_name":
        row.identifier(account, "profile_name", value)
    elif name == "email":
        row.identifier(account, "email", value)
    elif name == "phone":
        row.identifier(account, *phone(value))
    elif name == "id":
        row.identifier(account, "user_id", owner.removeprefix("discord:"))


def tell_known(row: Row, relation: object) -> None:
    """Write one account that the owner's account knows: a friend, one who was blocked, one who asked."""
    user = map_of(relation, "user")
    found = account_of(user.get("id")) or account_of(relation.get("id") if isinstance(relation, dict) else None)
    if found is None:
        row.problem("a relation names no account")
        return
    account = row.account(found)
    name, tag = text_of(user, "username"), text_of(user, "discriminator")
    row.identifier(account, "username", f"{name}#{tag}" if name and tag.strip("0") else name)
    row.identifier(account, "profile_name", text_of(user, "global_name"))
    row.identifier(account, "nickname", text_of(relation, "nickname"))
