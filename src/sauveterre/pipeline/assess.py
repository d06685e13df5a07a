"""Assess: from everything that was read to the picture of the network. A pure function of its input."""

from collections.abc import Mapping
from dataclasses import dataclass

from sauveterre.network.clocks import ClockSkew, clock_skews
from sauveterre.network.contradiction import Contradiction
from sauveterre.network.countries import Country, country_indications, country_of
from sauveterre.network.identity import persons
from sauveterre.network.ip_registry import ip_country
from sauveterre.network.people import people_of
from sauveterre.network.roles import ParticipantOptions, participants
from sauveterre.network.shares import shares
from sauveterre.network.spaces import storage_spaces
from sauveterre.network.timeline import timeline
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.finding import CountryIndication, ParticipantRole, Person, Share, StorageSpace
from sauveterre.records.group import Group, GroupEvent, GroupKind, Membership, MemberSnapshot, RoleInterval
from sauveterre.records.message import Attachment, Link, Message
from sauveterre.records.referral import Referral


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What all sources of an operation state."""

    accounts: tuple[Account, ...]
    identifiers: tuple[AccountIdentifier, ...]
    groups: tuple[Group, ...]
    snapshots: tuple[MemberSnapshot, ...]
    events: tuple[GroupEvent, ...]
    messages: tuple[Message, ...]
    attachments: tuple[Attachment, ...]
    links: tuple[Link, ...]
    referrals: tuple[Referral, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What the program worked out; each part is sorted, so that the same facts give the same picture."""

    memberships: tuple[Membership, ...]
    roles: tuple[RoleInterval, ...]
    contradictions: tuple[Contradiction, ...]
    clocks: tuple[ClockSkew, ...]
    shares: tuple[Share, ...]
    participants: tuple[ParticipantRole, ...]
    spaces: tuple[StorageSpace, ...]
    persons: tuple[tuple[Person, Country], ...]
    indications: tuple[CountryIndication, ...]


def assess(facts: Facts, heads: Mapping[str, str], options: ParticipantOptions | None = None) -> Picture:
    """Work out the picture. ``heads`` maps the SHA-256 of a stacked content to that of its stack's head."""
    people = people_of(facts.referrals)
    line = timeline(facts.events, facts.snapshots, facts.accounts)
    discussions = {group.stable_id for group in facts.groups if group.kind is GroupKind.GROUP}
    found = shares(facts.messages, facts.attachments, facts.links, facts.groups)
    memberships = tuple(one for one in line.memberships if one.group in discussions)
    indications = country_indications(facts.identifiers, people, ip_country)
    by_subject: dict[str, list[CountryIndication]] = {}
    for indication in indications:
        by_subject.setdefault(indication.subject, []).append(indication)
    # A service writes to its users under an account of its own, which is no person's.
    human = [account for account in facts.accounts if account.stable_id.partition(":")[0] != account.service]
    judged = [
        (person, country_of(one for account in person.accounts for one in by_subject.get(account, ())))
        for person in persons(human, facts.identifiers, people)
    ]
    return Picture(
        memberships=memberships,
        roles=tuple(one for one in line.roles if one.group in discussions),
        contradictions=tuple(one for one in line.contradictions if one.group in discussions),
        clocks=tuple(clock_skews(facts.messages, facts.accounts)),
        shares=tuple(found),
        participants=tuple(participants(found, memberships, options, heads)),
        spaces=tuple(storage_spaces(facts.links, {message.key: message for message in facts.messages})),
        persons=tuple(judged),
        indications=tuple(indications),
    )
