"""Reports: the operation as it stands, and the communiqué with its public figures."""

from collections import defaultdict
from pathlib import Path

from django.utils import timezone

from sauveterre.casework import audit
from sauveterre.casework.models import (
    Measure,
    Officer,
    Operation,
    ParticipantRole,
    Person,
    RoleInterval,
    Share,
    StorageSpace,
)
from sauveterre.casework.packaging import HANDLING, titles_of
from sauveterre.casework.selectors.access import Sight, sight_of
from sauveterre.casework.selectors.accounting import Integrity, Ledger, SourceLedger, integrity, ledger
from sauveterre.casework.services.operations import require_member
from sauveterre.casework.snapshot import one_moment
from sauveterre.errors import WorkspaceError
from sauveterre.exchange.communique import communique
from sauveterre.exchange.figures import figures
from sauveterre.exchange.report import (
    OperationReport,
    ReportedAdministrator,
    ReportedCause,
    ReportedCountry,
    ReportedGroup,
    ReportedIntegrity,
    ReportedSpace,
    ReportedSupplier,
    SourceCount,
)
from sauveterre.exchange.writers.report import report_pdf
from sauveterre.records.action import Figures, MeasureKind, OutcomeKind
from sauveterre.records.action import Measure as MeasureRecord


def figures_of(operation: Operation) -> Figures:
    """Draw the operation's public figures from its measures; their sum is checked when they are made."""
    rows = Measure.objects.filter(target__operation=operation).select_related("target", "day")
    return figures(
        MeasureRecord(
            target=row.target.label,
            country=row.target.country,
            kind=MeasureKind(row.kind),
            day=row.day.day,
            outcome=OutcomeKind(row.outcome),
            unit=row.target.unit,
        )
        for row in rows
    )


def write_reports(*, operation: Operation, folder: Path, by: Officer) -> list[Path]:
    """Write report (PDF) and communiqué (text) in both languages; return where they are."""
    require_member(operation=operation, officer=by)
    with one_moment():
        report = report_of(sight_of(by, operation.pk))
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for language in ("en", "fr"):
            pdf = folder / f"report.{language}.pdf"
            pdf.write_bytes(report_pdf(report, language))
            text = folder / f"communique.{language}.txt"
            text.write_text(communique(report.figures, language) + "\n", "utf-8")
            written += [pdf, text]
    except OSError as error:
        raise WorkspaceError(
            f"the report cannot be written to {folder}: {error.strerror}; choose another folder with --to"
        ) from error
    audit.record(actor=by.username, action="report-written", subject=str(folder), operation=operation)
    return written


def report_of(sight: Sight) -> OperationReport:
    """Draw up the report of an operation as it was last assessed."""
    operation, books = sight.operation, ledger(sight)
    persons = Person.objects.filter(operation=operation)
    labels = {account: person.label for person in persons for account in person.accounts}
    countries = defaultdict[str, int](int)
    for person in persons:
        countries[person.country] += bool(person.country)
    return OperationReport(
        operation=operation.name,
        as_of=timezone.now(),
        unit=sight.viewer.unit,
        figures=figures_of(operation),
        persons=persons.count(),
        sources=tuple(_source(one) for one in books.sources),
        causes=_causes(books),
        integrity=tuple(_integrity(one) for one in integrity(sight)),
        groups=_groups(operation, labels),
        suppliers=_suppliers(operation, labels),
        spaces=tuple(
            ReportedSpace(space.key, space.kind, space.links, _groups_of_space(operation, space.key))
            for space in StorageSpace.objects.filter(operation=operation).order_by("host", "identifier")
        ),
        countries=tuple(ReportedCountry(code, count) for code, count in sorted(countries.items()) if code),
        handling=HANDLING,
    )


def _source(one: SourceLedger) -> SourceCount:
    """Return a source's counts; one that is not open says why in its name."""
    source, account = one.source, one.account
    name = f"{source.exhibit} {source.path}"
    return SourceCount(
        f"{name} ({source.state}: {source.reason})" if source.reason else name,
        account.found,
        account.processed,
        account.partial,
        account.failed,
        account.skipped,
        waiting=account.pending,
        announced=source.announced,
    )


def _causes(books: Ledger) -> tuple[ReportedCause, ...]:
    counts: dict[str, dict[str, int]] = defaultdict(lambda: {"partial": 0, "failed": 0, "skipped": 0})
    for one in books.causes:
        counts[one.cause][one.state] += one.entries
    ordered = sorted(counts.items(), key=lambda pair: (-sum(pair[1].values()), pair[0]))
    return tuple(ReportedCause(cause, **states) for cause, states in ordered)


def _integrity(one: Integrity) -> ReportedIntegrity:
    last = one.last
    return ReportedIntegrity(
        exhibit=" ".join(filter(None, (str(one.exhibit), one.exhibit.seal))),
        digest=f"{last.algorithm.upper()} {last.computed}" if last else "",
        compared=tuple(dict.fromkeys(check.stated_by for check in one.checks if check.stated_by)),
        agrees=one.agrees,
    )


def _groups(operation: Operation, labels: dict[str, str]) -> tuple[ReportedGroup, ...]:
    intervals = RoleInterval.objects.filter(operation=operation)
    return tuple(
        ReportedGroup(
            title=title,
            identifier=group,
            members=intervals.filter(group=group, role="member").values("account").distinct().count(),
            administrators=tuple(
                ReportedAdministrator(
                    label=labels.get(one.account, one.account),
                    start=one.start,
                    end=one.end,
                    still=one.end is None and one.end_basis == "snapshot",
                )
                for one in intervals.filter(group=group, role="admin").order_by("start", "account")
            ),
        )
        for group, title in sorted(titles_of(operation).items(), key=lambda pair: (pair[1], pair[0]))
    )


def _suppliers(operation: Operation, labels: dict[str, str]) -> tuple[ReportedSupplier, ...]:
    titles = titles_of(operation)
    rows = ParticipantRole.objects.filter(operation=operation, role="supplier", group__in=titles)
    return tuple(
        ReportedSupplier(
            label=labels.get(row.account, row.account),
            group=titles[row.group],
            shares=row.shares,
            first_shares=row.first_shares,
            reasons=tuple(row.reasons),
        )
        for row in rows.order_by("group", "-first_shares", "account")
    )


def _groups_of_space(operation: Operation, key: str) -> int:
    shares = Share.objects.filter(operation=operation, subject=f"space:{key}")
    return shares.values("group").distinct().count()
