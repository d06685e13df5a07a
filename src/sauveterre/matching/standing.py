"""Stacks that stand while pictures come in: each keeps its identity, and what was decided on it.

The rule: a decided stack keeps its head and its members. A picture in no decided stack joins the one whose head it lies
within the threshold of. Where it lies so near the heads of several decided stacks, it joins none and a question is
put for each two of them, for joining them would spread decisions that nobody took. Once all these questions are
answered, same or different, the picture joins the stack of the nearest head, of equals the first. All other pictures
are stacked as ``stacks.stack`` does, from the best to the worst, and such a stack takes over the identity of the
undecided one that it shares most with. So a better picture becomes the head of a stack that nobody decided; that of a
decided one stays, for it is what the decision was taken around.

So what the stacks hold depends on the decided stacks and the pictures alone, never on the batches they came in.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from sauveterre.matching import near
from sauveterre.matching.answers import Answers, MergeAnswer
from sauveterre.matching.near import NearIndex
from sauveterre.matching.stacks import Candidate, Stack, StackOptions, ranked, stack

_OPTIONS = StackOptions()
_AT_ONCE = 1 << 17
"""Pictures that are compared with the decided heads together: it bounds the memory of the pairs found."""


@dataclass(frozen=True, slots=True)
class StandingStack:
    """A stack that was found before, or stands now."""

    identity: str
    """Stays with the stack for good. A new stack is named by the SHA-256 of its first head."""
    head: str
    members: tuple[tuple[str, int], ...]
    """As ``stacks.Stack.members``. A decided stack may have its head alone."""
    decided: bool = False


@dataclass(frozen=True, slots=True)
class MergeQuestion:
    """Pictures within the threshold of two decided stacks' heads, which were given to none."""

    stacks: tuple[str, str]
    """Their identities, sorted: do these stacks show the same?"""
    contents: tuple[str, ...]
    """The SHA-256 of the pictures, sorted."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the stacks stand now."""

    stacks: tuple[StandingStack, ...]
    """By identity: all decided ones, and the undecided ones of two members or more."""
    questions: tuple[MergeQuestion, ...]
    """By the identities asked about. They are put again each time until they are answered."""
    by_answer: frozenset[str] = frozenset()
    """SHA-256 of those that now joined a stack because questions about it were answered."""


def restack(
    earlier: Iterable[StandingStack],
    pictures: Iterable[tuple[str, bytes, int, int, int]],
    options: StackOptions = _OPTIONS,
    answers: Iterable[MergeAnswer] = (),
) -> Standing:
    """Return how the stacks stand once the pictures of an operation, those known before and new ones, are all there.

    The pictures are ``Candidate`` or plain tuples in its order. A decided stack whose head is not among them, or must
    not be matched by its hash, stays as it is and takes no one in. Members of decided stacks stay where a person put
    them. Raises ``ValueError`` where two earlier stacks have one identity, or a content lies in two decided ones.
    """
    stood = sorted(earlier, key=lambda one: one.identity)
    decided, undecided = ([one for one in stood if one.decided is kept] for kept in (True, False))
    _refuse_doubles(stood, decided)
    contents: dict[str, Candidate] = {}
    for one in ranked(pictures):
        contents.setdefault(one.sha256, one)
    taken = {member for standing in decided for member, _ in standing.members}
    waiting = [
        one
        for sha256, one in contents.items()
        if sha256 not in taken and near.matchable(one.pdq, one.quality, least_quality=options.quality)
    ]
    close = _close_heads(decided, contents, waiting, options)
    joined, asked = _parted(close, Answers(answers))
    settled = {sha256 for group in joined.values() for _, sha256 in group}
    made = stack((one for one in waiting if one.sha256 not in settled), options)
    named = _named(made, undecided, {standing.identity for standing in stood})
    grown = [_grown(standing, joined.get(standing.identity, [])) for standing in decided]
    return Standing(
        tuple(sorted(grown + named, key=lambda one: one.identity)),
        tuple(MergeQuestion(stacks, tuple(sorted(names))) for stacks, names in sorted(asked.items())),
        frozenset(sha256 for sha256 in settled if len(close[sha256]) > 1),
    )


def _refuse_doubles(stood: list[StandingStack], decided: list[StandingStack]) -> None:
    for what, count in (
        ("identity", Counter(one.identity for one in stood)),
        ("content of decided stacks", Counter(member for one in decided for member, _ in one.members)),
    ):
        if twice := sorted(value for value, times in count.items() if times > 1):
            raise ValueError(f"the {what} {twice[0]} is in more than one earlier stack")


def _close_heads(
    decided: list[StandingStack],
    contents: Mapping[str, Candidate],
    waiting: list[Candidate],
    options: StackOptions,
) -> dict[str, list[tuple[str, int]]]:
    """Return for each waiting picture that is near decided heads their stacks' identities and the distances."""
    asking = [one for one in decided if one.head in contents]
    asking = [one for one in asking if near.matchable(contents[one.head].pdq, None)]
    if not asking:
        return {}
    index = NearIndex(near.to_rows([contents[one.head].pdq for one in asking]))
    close: dict[str, list[tuple[str, int]]] = {}
    for start in range(0, len(waiting), _AT_ONCE):
        batch = waiting[start : start + _AT_ONCE]
        pairs = near.near(index, near.to_rows([one.pdq for one in batch]), options.threshold)
        for row, head, distance in pairs.tolist():
            close.setdefault(batch[row].sha256, []).append((asking[head].identity, distance))
    return close


def _parted(
    close: Mapping[str, list[tuple[str, int]]], answers: Answers
) -> tuple[dict[str, list[tuple[int, str]]], dict[tuple[str, str], list[str]]]:
    """Return who joins each stack, with the distance, and who is near which two stacks that nobody told apart."""
    joined: dict[str, list[tuple[int, str]]] = {}
    asked: dict[tuple[str, str], list[str]] = {}
    for sha256, heads in close.items():
        pairs = [pair for pair in combinations(sorted(identity for identity, _ in heads), 2) if answers.is_open(*pair)]
        for pair in pairs:
            asked.setdefault(pair, []).append(sha256)
        if not pairs:
            distance, identity = min((distance, identity) for identity, distance in heads)
            joined.setdefault(identity, []).append((distance, sha256))
    return joined, asked


def _grown(one: StandingStack, joined: list[tuple[int, str]]) -> StandingStack:
    others = [(distance, member) for member, distance in one.members if member != one.head]
    ordered = tuple((member, distance) for distance, member in sorted(others + joined))
    return StandingStack(one.identity, one.head, ((one.head, 0), *ordered), decided=True)


def _named(made: list[Stack], undecided: list[StandingStack], used: set[str]) -> list[StandingStack]:
    """Give each stack an identity: of those it shares members with the one it shares most with, else a new one.

    The largest share chooses first, of equals the first identity, then the first head.
    """
    was_in = {member: one.identity for one in undecided for member, _ in one.members}
    shares = Counter((was_in[member], one.head) for one in made for member, _ in one.members if member in was_in)
    identities: dict[str, str] = {}
    given: set[str] = set()
    for (identity, head), _ in sorted(shares.items(), key=lambda share: (-share[1], *share[0])):
        if identity not in given and head not in identities:
            identities[head] = identity
            given.add(identity)
    for one in made:
        if one.head not in identities:
            identities[one.head] = fresh(one.head, used)
            used.add(identities[one.head])
    return [StandingStack(identities[one.head], one.head, one.members) for one in made]


def fresh(head: str, used: Container[str]) -> str:
    """Return an identity that no stack has had: the head's, or where another stack began with it, with a number."""
    number, identity = 1, head
    while identity in used:
        number += 1
        identity = f"{head}-{number}"
    return identity
