"""Literal records, short to write. All material is invented: weather, film titles, recipes."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.finding import Share
from sauveterre.records.group import (
    EventKind,
    Group,
    GroupEvent,
    GroupKind,
    Membership,
    MemberSnapshot,
    Role,
)
from sauveterre.records.message import Attachment, Link, Message
from sauveterre.records.provenance import Provenance
from sauveterre.records.referral import IpEvent, Place, ReferralIdentifier, ReferralPerson

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def day(number):
    return None if number is None else START + timedelta(days=number)


def row(locator, device="phone-1"):
    return Provenance(f"folder:{device}", "store.db", str(locator), "made")


def event(kind, actor, target, at, *, device="phone-1", group="g1", locator=None):
    locator = locator or f"event {kind} {actor} {target} {at}"
    return GroupEvent(group, EventKind(kind), actor, target, day(at), str(at), row(locator, device))


def snapshot(account, role, at, *, device="phone-1", group="g1", added_by=None):
    place = row(f"list {account} {role} {at}", device)
    return MemberSnapshot(group, account, Role(role), day(at), place, added_by=added_by)


def owner(account, device="phone-1"):
    return Account("signal", account, is_owner=True, provenance=row(f"owner {account}", device))


def account(stable_id, device="phone-1", service="signal"):
    return Account(service, stable_id, is_owner=False, provenance=row(f"account {stable_id}", device))


def identifier(holder, kind, value, device="phone-1"):
    return AccountIdentifier(holder, kind, value, row(f"{holder} {kind} {value}", device))


def group(stable_id="g1", kind="group", device="phone-1"):
    return Group("signal", stable_id, "Film club", GroupKind(kind), row(f"group {stable_id}", device))


def message(key, sender, at, *, in_group="g1", device="phone-1"):
    return Message(
        key,
        in_group,
        sender,
        "in",
        day(at),
        str(at),
        None,
        "Rain later",
        "text",
        row(f"message {key}", device),
    )


def attachment(key, content, *, role="attachment", device="phone-1", ordinal=0):
    digest = None if content is None else sha(content)
    place = row(f"file {key} {ordinal} {role}", device)
    return Attachment(key, ordinal, role, "cloud.jpg", "image/jpeg", 10, digest, None, place)


def link(key, url, *, kind="text", device="phone-1"):
    return Link(key, url, kind, row(f"link {key} {url}", device))


def sha(content):
    return f"{content:064x}"


def share(who, content, at, *, key=None, in_group="g1", device="phone-1"):
    key = key or f"{in_group}|{who}|{at}|{content}"
    subject = content if isinstance(content, str) else f"sha256:{sha(content)}"
    return Share(in_group, who, day(at), subject, key, (row(f"share {key}", device),))


def membership(who, start=0, end=None, *, in_group="g1"):
    return Membership(in_group, who, day(start), day(end), "event", "unknown", None, (row(f"member {who}"),))


def person(part, identifiers=(), places=(), addresses=(), locator="$.person"):
    return ReferralPerson(
        part,
        tuple(
            ReferralIdentifier(kind, value, row(f"{locator} {kind} {value}", "report"), service)
            for kind, value, service in identifiers
        ),
        tuple(Place(code, "", city, "", "Home", row(f"{locator} {code}", "report")) for code, city in places),
        tuple(
            IpEvent(address, "Login", day(0), None, proxy, row(f"{locator} {address}", "report"))
            for address, proxy in addresses
        ),
        row(locator, "report"),
    )


@pytest.fixture(scope="session")
def make():
    names = (
        day, row, event, snapshot, owner, account, identifier, group, message, attachment, link, sha, share,
        membership, person,
    )  # fmt: skip
    return SimpleNamespace(**{function.__name__: staticmethod(function).__func__ for function in names})
