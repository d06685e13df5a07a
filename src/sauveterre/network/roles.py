"""Suppliers and users of a group: an assessment from counts, which are its reasons.

Administrators are not worked out here: the data states them (see ``timeline``).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sauveterre.records.finding import ParticipantRole, Share
from sauveterre.records.group import Membership
from sauveterre.records.provenance import Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantOptions:
    """What the assessment may be told."""

    least_first_shares: int = 5
    """From how many items that nobody had brought before an account is called a supplier."""
    excluded: frozenset[str] = frozenset()
    """Accounts that are never listed: those of sessions under pseudonym. What they share is seen."""


@dataclass(slots=True)
class _Tally:
    """What one account did in one group."""

    items: set[str] = field(default_factory=set)
    first: set[str] = field(default_factory=set)
    ties: set[str] = field(default_factory=set)
    days: set[date] = field(default_factory=set)
    """Days (UTC) of the first shares."""
    share_rows: set[Provenance] = field(default_factory=set)
    first_rows: set[Provenance] = field(default_factory=set)
    memberships: list[Membership] = field(default_factory=list)


def participants(
    shares: Iterable[Share],
    memberships: Iterable[Membership],
    options: ParticipantOptions | None = None,
    heads: Mapping[str, str] | None = None,
) -> list[ParticipantRole]:
    """Return a supplier's or user's role for every account in every group, sorted by group, role and account.

    A supplier was the first to bring at least ``least_first_shares`` distinct items into the group, by sent
    time; of two at one moment the one with the smaller message key counts. Everyone else who is or was a
    member, or shared anything there, is a user. A share without a time is never the first.

    ``heads`` maps the SHA-256 of a content (bare hex) to that of the head of its stack, so that a
    near-identical copy brings nothing new.
    """
    options = options or ParticipantOptions()
    tallies: defaultdict[tuple[str, str], _Tally] = defaultdict(_Tally)
    _count(sorted(set(shares), key=_order), heads or {}, tallies)
    for membership in sorted(set(memberships), key=lambda one: (one.start is not None, str(one.start), one.rows)):
        tallies[membership.group, membership.account].memberships.append(membership)
    roles = [
        _role(group, account, tally, options)
        for (group, account), tally in tallies.items()
        if account and account not in options.excluded
    ]
    return sorted(roles, key=lambda one: (one.group, one.role, one.account))


def _count(shares: Iterable[Share], heads: Mapping[str, str], tallies: defaultdict[tuple[str, str], _Tally]) -> None:
    """Count items and first items, going through the shares in the order of time."""
    first: dict[tuple[str, str], Share] = {}
    for share in shares:
        item = _item(share.subject, heads)
        tally = tallies[share.group, share.account]
        tally.items.add(item)
        tally.share_rows.update(share.rows)
        if share.at is None:
            continue
        earliest = first.setdefault((share.group, item), share)
        if earliest is share:
            tally.first.add(item)
            tally.days.add(share.at.date())
            tally.first_rows.update(share.rows)
        elif share.at == earliest.at and share.account != earliest.account:
            winner = tallies[earliest.group, earliest.account]
            winner.ties.add(item)
            winner.first_rows.update(share.rows)
            tally.ties.add(item)


def _item(subject: str, heads: Mapping[str, str]) -> str:
    scheme, _, digest = subject.partition(":")
    return f"sha256:{heads.get(digest, digest)}" if scheme == "sha256" else subject


def _role(group: str, account: str, tally: _Tally, options: ParticipantOptions) -> ParticipantRole:
    supplier = len(tally.first) >= options.least_first_shares
    rows = tally.first_rows if supplier else tally.share_rows
    return ParticipantRole(
        group=group,
        account=account,
        role="supplier" if supplier else "user",
        shares=len(tally.items),
        first_shares=len(tally.first),
        reasons=tuple(_reasons(tally, options.least_first_shares)),
        rows=tuple(sorted(rows.union(*(one.rows for one in tally.memberships)))),
    )


def _reasons(tally: _Tally, least: int) -> list[str]:
    reasons = [_membership_reason(one) for one in tally.memberships] or ["shared here; no row dates a membership"]
    if not tally.items:
        return [*reasons, "no share of this account is in the material"]
    counts = f"first to share {len(tally.first)} of {_items(len(tally.items))}"
    if tally.days:
        counts += f" {_between(tally.days)}"
    reasons.append(counts)
    if tally.ties:
        reasons.append(
            f"{_items(len(tally.ties))} came from several accounts at one moment: "
            "of these the smaller message key counts as first"
        )
    if len(tally.first) < least:
        reasons.append(f"fewer than {_items(least)} brought first: not called a supplier")
    reasons.append("counted by the senders' clocks, and only in the material at hand")
    return reasons


def _membership_reason(membership: Membership) -> str:
    start = f"{membership.start:%Y-%m-%d}" if membership.start is not None else "a day that no row states"
    since = {"event": "member from", "snapshot": "member no later than"}.get(membership.start_basis, "member from")
    if membership.end is None:
        end = "still in at the last list of members" if membership.end_basis == "snapshot" else "end not stated"
    else:
        until = "to" if membership.end_basis == "event" else "gone no later than"
        end = f"{until} {membership.end:%Y-%m-%d}"
    return f"{since} {start}, {end}"


def _between(days: set[date]) -> str:
    low, high = min(days), max(days)
    return f"on {low}" if low == high else f"between {low} and {high}"


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"


def _order(share: Share) -> tuple[bool, float, str, str, str, str, tuple[Provenance, ...]]:
    moment = share.at.timestamp() if share.at is not None else 0.0
    return share.at is None, moment, share.message, share.subject, share.group, share.account, share.rows
