"""One box over everything that the officer may see in an operation."""

import re
from dataclasses import dataclass, field

from django.db.models import Q

from sauveterre.casework.models import (
    Content,
    Entry,
    GroupFact,
    IdentifierFact,
    MessageFact,
    Person,
    Referral,
    StorageSpace,
)
from sauveterre.casework.selectors.access import Sight

LIMIT = 20
SHORTEST = 2
HEX = re.compile(r"[0-9a-f]{6,64}")


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, by kind, at most ``LIMIT`` of each."""

    persons: list[Person] = field(default_factory=list)
    identifiers: list[IdentifierFact] = field(default_factory=list)
    groups: list[GroupFact] = field(default_factory=list)
    spaces: list[StorageSpace] = field(default_factory=list)
    contents: list[Content] = field(default_factory=list)
    referrals: list[Referral] = field(default_factory=list)
    messages: list[MessageFact] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many results are shown."""
        return sum(len(getattr(self, name)) for name in self.__slots__)


def search(sight: Sight, words: str) -> Found:
    """Look for a text in every name, path, identifier, message and digest of the operation."""
    words = words.replace("\x00", "").strip()
    if len(words) < SHORTEST:
        return Found()
    fact = Q(source__exhibit__operation=sight.operation)
    own = Q(operation=sight.operation)
    identifiers = IdentifierFact.objects.filter(fact, Q(value__icontains=words) | Q(account__icontains=words))
    groups = GroupFact.objects.filter(fact, Q(title__icontains=words) | Q(stable_id__iexact=words))
    messages = MessageFact.objects.filter(fact, body__icontains=words)
    entries = Entry.objects.filter(fact, path__icontains=words)
    return Found(
        persons=list(Person.objects.filter(own, label__icontains=words).order_by("label")[:LIMIT]),
        identifiers=list(
            identifiers.order_by("account", "type", "value", "pk").distinct("account", "type", "value")[:LIMIT]
        ),
        groups=list(groups.order_by("stable_id", "-pk").distinct("stable_id")[:LIMIT]),
        spaces=list(
            StorageSpace.objects.filter(own, Q(host__icontains=words) | Q(identifier__icontains=words))[:LIMIT]
        ),
        contents=_contents(sight, words.lower()),
        referrals=list(
            Referral.objects.filter(
                own,
                Q(name__icontains=words) | Q(number__icontains=words) | Q(elements__text__icontains=words),
            )
            .defer("original")
            .order_by("pk")
            .distinct("pk")[:LIMIT]
        ),
        messages=list(messages.select_related("source").order_by("key", "pk").distinct("key")[:LIMIT]),
        entries=list(entries.select_related("source__exhibit").order_by("pk")[:LIMIT]),
    )


def _contents(sight: Sight, words: str) -> list[Content]:
    if not HEX.fullmatch(words):
        return []
    match = Q(sha256__startswith=words) | Q(sha1__startswith=words) | Q(md5__startswith=words)
    return list(Content.objects.filter(match, operation=sight.operation).order_by("pk")[:LIMIT])
