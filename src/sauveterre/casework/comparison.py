"""What was found in a made-up operation beside what is true of it, kind by kind."""

from collections.abc import Iterator
from datetime import datetime

from sauveterre.casework.accounting import accounts_of
from sauveterre.casework.assessing import latest_referrals
from sauveterre.casework.models import (
    Content,
    CountryIndication,
    Entry,
    Film,
    FilmCopy,
    GroupFact,
    Hit,
    Measure,
    Operation,
    ParticipantRole,
    Person,
    RoleInterval,
    Source,
    Stack,
    StorageSpace,
)
from sauveterre.casework.services.reports import figures_of
from sauveterre.referrals.reading import read_referral
from sauveterre.scenarios.score import Score, score
from sauveterre.scenarios.truth import Truth


def compare(operation: Operation, truth: Truth) -> list[Score]:
    """Score every kind of finding of an operation against its truth."""
    return [*_evidence(operation, truth), *_network(operation, truth), *_casework(operation, truth)]


def label_of(source: Source) -> str:
    """Return a source's name as the truth writes it: ``!/`` into an archive, ``!attachments`` into a store."""
    label = "exhibits/" + source.path.replace("!", "!/")
    if source.parent is not None and source.parent.kind == "compressed":
        label = label.rpartition("!/")[0]  # a packed TAR is one thing to people, and two sources to us
    if not source.is_store:
        return label
    folder, _, snapshot = label.rpartition("/")
    return f"{folder if snapshot.startswith('signal-backup') else label}!attachments"


def _evidence(operation: Operation, truth: Truth) -> Iterator[Score]:
    sources = list(Source.objects.filter(exhibit__operation=operation).select_related("parent"))
    listed = {label_of(source): source.entries.count() for source in sources if source.kind != "compressed"}
    wanted = {one.label: one.entries for one in truth.sources}
    yield score("entries of each source", wanted.items(), {(k, n) for k, n in listed.items() if k in wanted})
    yield score(
        "sources that add up",
        [one.source for one in accounts_of(operation)],
        [one.source for one in accounts_of(operation) if one.adds_up and not one.pending],
    )
    labels = {source.pk: label_of(source) for source in sources}
    states = {
        (labels[entry.source_id], entry.path): entry.state
        for entry in Entry.objects.filter(source__exhibit__operation=operation).only("source_id", "path", "state")
    }
    hazards = {(one.source, one.path): one.outcomes for one in truth.hazards}
    yield score(
        "hostile and damaged files",
        hazards,
        [place for place, allowed in hazards.items() if states.get(place) in allowed],
    )
    gone = Entry.objects.filter(source__exhibit__operation=operation, allocated=False, content__isnull=False)
    rows = gone.values_list("source_id", "path", "kind", "content__sha256")
    deleted = {(f"{labels[source]}!/{path}", sha256) for source, path, kind, sha256 in rows if kind == "file"}
    yield score("deleted files by name", truth.deleted.items(), deleted)
    yield score("files in free space", truth.carved, [sha256 for *_, kind, sha256 in rows if kind == "carved"])
    pictures = Content.objects.filter(operation=operation, picture__isnull=False)
    whole = pictures.filter(entries__state="processed").distinct()
    yield Score("whole pictures", truth.pictures, whole.count(), min(truth.pictures, whole.count()))
    hits = Hit.objects.filter(content__operation=operation, via="").select_related("content", "hash_list")
    exact = {(hit.hash_list.name, hit.content.sha256) for hit in hits if hit.algorithm != "pdq"}
    yield score("known contents", {(name, one) for name, all_of in truth.known.items() for one in all_of}, exact)
    near = {(hit.content.sha256, hit.value) for hit in hits if hit.algorithm == "pdq" and hit.film is None}
    yield score("contents near a known one", truth.near.items(), near)
    yield score(
        "films",
        truth.films,
        Film.objects.filter(content__operation=operation).values_list("content__sha256", flat=True),
    )
    by_frames = {(hit.content.sha256, hit.locator) for hit in hits if hit.film is not None}
    yield score("films near a listed one", truth.near_films.items(), by_frames)
    copies = FilmCopy.objects.filter(head__operation=operation).values_list("head__sha256", "content__sha256")
    yield score(
        "copies of films", {frozenset(pair) for pair in truth.copied_films}, {frozenset(pair) for pair in copies}
    )
    stacks = {
        frozenset(stack.members.filter(content__in=whole).values_list("content__sha256", flat=True))
        for stack in Stack.objects.filter(operation=operation)
    }
    yield score("stacks", {frozenset(stack) for stack in truth.stacks}, {one for one in stacks if len(one) > 1})


def _network(operation: Operation, truth: Truth) -> Iterator[Score]:
    groups = GroupFact.objects.filter(source__exhibit__operation=operation, kind="group")
    yield score(
        "groups",
        {(group.stable_id, group.title) for group in truth.groups},
        set(groups.values_list("stable_id", "title")),
    )
    yield score(
        "administrators with intervals",
        {
            (one.group, one.account, one.start, one.end, _other(one.granted_by, one.account), one.revoked_by)
            for one in (*truth.administrators, *truth.other_administrators)
        },
        {
            (one.group, one.account, _iso(one.start), _iso(one.end), one.granted_by, one.revoked_by)
            for one in RoleInterval.objects.filter(operation=operation, role="admin")
        },
    )
    of_interest = {group.stable_id for group in truth.groups if group.of_interest}
    parts = ParticipantRole.objects.filter(operation=operation, group__in=of_interest)
    for role, true in (("supplier", truth.suppliers), ("user", truth.users)):
        found = parts.filter(role=role).values_list("group", "account")
        yield score(f"{role}s", {(one.group, one.account) for one in true}, set(found))
    yield score(
        "storage spaces and their links",
        {(space.key, space.links) for space in truth.storage_spaces},
        {(space.key, space.links) for space in StorageSpace.objects.filter(operation=operation)},
    )
    persons = [
        frozenset(account for account in person.accounts if account.partition(":")[0] not in {"referral", "self"})
        for person in Person.objects.filter(operation=operation)
    ]
    yield score("persons", {frozenset(person) for person in truth.persons}, {one for one in persons if one})
    plan = CountryIndication.objects.filter(operation=operation, basis="phone_plan")
    countries = plan.exclude(subject__startswith="referral:").values_list("subject", "country")
    yield score("countries by number", truth.countries.items(), set(countries))


def _casework(operation: Operation, truth: Truth) -> Iterator[Score]:
    joined = [
        account
        for person in Person.objects.filter(operation=operation)
        for account in person.accounts
        if any(one.startswith("referral:") for one in person.accounts) and not account.startswith("referral:")
    ]
    yield score("account of the person reported", [truth.referral.account], joined)
    units = [row.unit for row in operation.referrals.exclude(unit="")]
    yield score("unit in charge of the referral", [truth.referral.unit], units)
    yield score("file that the referral names", [truth.referral.file], referred_contents(operation))
    figures = figures_of(operation)
    yield score("arrests by country", truth.figures.arrests_by_country.items(), figures.arrests_by_country)
    yield score(
        "totals of the action",
        [("arrests", truth.figures.arrests), ("searches", truth.figures.searches)],
        [("arrests", figures.arrests), ("searches", figures.searches)],
    )
    days = Measure.objects.filter(target__operation=operation).values_list("day__day", flat=True)
    yield score("action days", truth.figures.days, {day.isoformat() for day in days})


def referred_contents(operation: Operation) -> set[str]:
    """Return the SHA-256 of each content of the exhibits whose digest a referral names."""
    named: dict[str, set[str]] = {"md5": set(), "sha1": set(), "sha256": set()}
    for row in latest_referrals(operation):
        for file in read_referral(bytes(row.original), row.name).files:
            for digest in file.hashes:
                named.setdefault(digest.algorithm, set()).add(digest.hex)
    contents = Content.objects.filter(operation=operation)
    return {
        sha256
        for algorithm in ("md5", "sha1", "sha256")
        for sha256 in contents.filter(**{f"{algorithm}__in": named[algorithm]}).values_list("sha256", flat=True)
    }


def _other(by: str, account: str) -> str | None:
    """Return who granted a role; nobody grants the creator's, which comes with the creation."""
    return None if by == account else by


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds")
