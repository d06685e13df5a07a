"""The owner of an export and the people in the owner's address book."""

from typing import Any

from sauveterre.messages.exports.phones import phone
from sauveterre.messages.exports.rows import Row, number_of, text_of
from sauveterre.messages.telegram.chats import unix


def owner_of(personal: object) -> str | None:
    """Return the account of a full export's owner."""
    number = number_of(personal, "user_id")
    return f"tg:user{number}" if number is not None and number > 0 else None


def tell_owner(row: Row, personal: dict[str, Any]) -> None:
    """Write the owner's own names and number."""
    owner = owner_of(personal)
    if owner is None:
        row.problem("the personal information states no user id: whose export this is is not known")
        return
    account = row.account(owner)
    row.identifier(account, "user_id", owner.removeprefix("tg:user"))
    row.identifier(account, "profile_name", _name(personal))
    row.identifier(account, "username", text_of(personal, "username"))
    row.identifier(account, *phone(text_of(personal, "phone_number")))


def tell_contact(row: Row, contact: dict[str, Any]) -> None:
    """Write one entry of the address book; number and account are one only because this row states both."""
    kind, number = phone(text_of(contact, "phone_number"))
    user, name = number_of(contact, "user_id"), _name(contact)
    if user is not None and user > 0:
        account = row.account(f"tg:user{user}")
    elif kind == "e164":
        account = row.account(f"e164:{number}")
    elif name:
        account = row.named(name)
    else:
        return
    since = unix(contact.get("date_unixtime"))
    row.identifier(account, kind, number)
    row.identifier(account, "contact_name", name, since)


def tell_frequent(row: Row, entry: dict[str, Any]) -> None:
    """Write one of the accounts that the owner is most in touch with."""
    number = number_of(entry, "id")
    if text_of(entry, "type") == "user" and number is not None and number > 0:
        row.identifier(row.account(f"tg:user{number}"), "display_name", text_of(entry, "name"))


def _name(row: object) -> str:
    return f"{text_of(row, 'first_name')} {text_of(row, 'last_name')}".strip()
