"""Findings on media: those that are not what was stated of them, and those that could not be read to their end."""

from collections.abc import Iterable

from sauveterre.casework.models import Crosscheck, Exhibit, IntegrityCheck, Operation, Phase

_WHEN = {Phase.BEFORE: "before processing", Phase.AFTER: "after processing", Phase.AUDIT: "at the last audit"}
_WHO = {
    "container": "the image itself states",
    "examiner": "its acquisition was said to have given",
    "earlier reading": "it was, when it was first read,",
}


def integrity_findings(exhibit: Exhibit, phase: Phase | None = None) -> list[str]:
    """Return a sentence for each reading of an exhibit's medium, of one phase or all, that is not as it should be."""
    checks = exhibit.checks.all() if phase is None else exhibit.checks.filter(phase=phase)
    return [sentence_of(check) for check in checks if check.agrees is False]


def sentence_of(check: IntegrityCheck) -> str:
    """Say what is wrong with one reading."""
    what, when = ("file" if check.subject == "file" else "medium"), _WHEN[Phase(check.phase)]
    if check.trouble:
        return f"the {what} could not be read from end to end {when}: {check.trouble}"
    return (
        f"the {what} is not what it should be: its {check.algorithm.upper()} {when} is {check.computed}, and "
        f"{_WHO[check.stated_by]} {check.stated}; look for another copy, and ask whoever acquired it"
    )


def crosscheck_findings(exhibit: Exhibit) -> list[str]:
    """Return a sentence for each file system in which a second reader sees something else."""
    rows: Iterable[Crosscheck] = Crosscheck.objects.filter(source__exhibit=exhibit).select_related("source")
    return [_seen_otherwise(row) for row in rows if not row.agrees]


def _seen_otherwise(row: Crosscheck) -> str:
    if row.trouble:
        return f"{row.source.path}: {row.reader}, the second reader, could not read it: {row.trouble}"
    digests = row.sampled - row.digests_agreeing
    return (
        f"{row.source.path}: {row.reader}, the second reader, differs in {len(row.differences):,} places and in "
        f"{digests:,} of {row.sampled:,} digests; the first: {(row.differences or ['a digest'])[0]}"
    )


def findings_of(operation: Operation) -> list[str]:
    """Return a sentence for each thing that is not as it should be with a medium or file system of an operation."""
    return [
        f"exhibit {exhibit.number}: {finding}"
        for exhibit in operation.exhibits.prefetch_related("checks")
        for finding in (*integrity_findings(exhibit), *crosscheck_findings(exhibit))
    ]
