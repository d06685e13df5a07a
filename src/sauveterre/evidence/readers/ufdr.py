"""UFDR packages: a ZIP whose ``report.xml`` tells which file of the device each member is.

Entries are the files that the report lists, under their paths on the device, then the members that it does not name,
under their own. A file that the report names and the package does not hold is an entry that says so. Chats, contacts
and calls in the report are not read here.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, Self

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.evidence import zip_records as records
from sauveterre.evidence.container import check_count, refuse
from sauveterre.evidence.ufdr_report import BadReport, ReportedFile, is_protected, reported_files
from sauveterre.evidence.zip_container import ZipArchive
from sauveterre.records.entry import Cause, Entry, EntryKind, display_path
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance
from sauveterre.records.reader import Origin

NAME = "ufdr"
VERSION = 2

REPORT = "report.xml"


def recognises(peek: Peek) -> bool:
    """Say whether this is a ZIP that is called ``.ufdr`` or begins with the report."""
    if peek.is_folder or not peek.head.startswith(records.LOCAL_MAGIC):
        return False
    length = int.from_bytes(peek.head[26:28], "little")
    first = peek.head[records.LOCAL_BYTES : records.LOCAL_BYTES + length]
    return peek.name.lower().endswith(b".ufdr") or first.lower() == REPORT.encode()


def open(origin: Origin, limits: Limits) -> "Ufdr":
    """Open a package and read the ZIP's directory; the report is read when the entries are listed."""
    if origin.stream is None:
        raise UnreadableSource(f"{origin.identity} is a folder; open it with the directory reader")
    return Ufdr(origin.stream, origin.identity, limits, origin.keys)


class Ufdr:
    """An opened package."""

    def __init__(self, stream: BinaryIO, identity: str, limits: Limits, keys: tuple[str, ...] = ()) -> None:
        """Find the members and the report among them."""
        self._zip = ZipArchive(stream, identity, limits, NAME, keys)
        self._identity = identity
        self._limits = limits
        self._names = {_name(entry): entry for entry in self._zip.entries()}
        self._folded = {name.casefold(): entry for name, entry in self._names.items()}
        self._report = self._folded.get(REPORT)
        self.problems = list(self._zip.problems)
        self._problems_before = len(self.problems)

    def entries(self) -> Iterator[Entry]:
        """List what the report names, in its order, then the members that it does not name."""
        del self.problems[self._problems_before :]
        named: set[str] = set()
        count = 0
        for entry in self._listed(named):
            check_count(count, self._identity, self._limits)
            count += 1
            yield entry
        for member in self._zip.entries():
            if member.locator not in named:
                check_count(count, self._identity, self._limits)
                count += 1
                yield member

    def entry_at(self, locator: str) -> Entry:
        """Return the entry with this locator; one that the report names is looked for in the report."""
        if " file " not in f" {locator}":
            return self._zip.entry_at(locator)
        for entry in self._listed(set()):
            if entry.locator == locator:
                return entry
        raise UnreadableSource(
            f"{self._identity} holds nothing at {locator!r}; it is not the source that was listed, list it again"
        )

    def open(self, entry: Entry) -> BinaryIO:
        """Open a member's content."""
        refuse(entry)
        return self._zip.open(self._zip.entry_at(entry.locator.partition(" file ")[0]))

    def close(self) -> None:
        """Release what is held. Closing twice is harmless."""
        self._zip.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _listed(self, named: set[str]) -> Iterator[Entry]:
        """Yield the report's files, and note the locators of the members that they are."""
        missing = number = 0
        try:
            for number, file in enumerate(self._reported(), start=1):
                member = self._member(file.local)
                if member is None:
                    missing += 1
                else:
                    named.add(member.locator)
                yield self._entry(file, number, member)
        except (BadReport, SauveterreError) as error:
            self._problem(
                f"the report cannot be followed after {number:,} files: {error}; members that it would have named "
                "after that are listed under their names in the package"
            )
        if missing:
            self._problem(
                f"the report lists {number:,} files and the package holds the content of {number - missing:,}; "
                f"{missing:,} are listed with the reason, ask for them to be exported"
            )

    def _reported(self) -> Iterator[ReportedFile]:
        if self._report is None:
            raise BadReport("the package holds no report.xml")
        with self._zip.open(self._report) as stream:
            protected = is_protected(stream)
        if protected:
            raise BadReport("it is protected by the program that made it; ask for the package without protection")
        with self._zip.open(self._report) as stream:
            yield from reported_files(stream)

    def _member(self, local: str) -> Entry | None:
        return (self._names.get(local) or self._folded.get(local.casefold())) if local else None

    def _entry(self, file: ReportedFile, number: int, member: Entry | None) -> Entry:
        locator = f"file {number}" if member is None else f"{member.locator} file {number}"
        path = (file.path or file.local or f"file {number}").encode("utf-8", "surrogatepass")
        listed = Entry(
            path=path,
            size=file.size,
            locator=locator,
            kind=EntryKind.FILE,
            allocated=file.is_allocated,
            modified=None,
            provenance=Provenance(self._identity, display_path(path), locator, NAME),
            note=_note(file, member),
        )
        listed = replace(listed, **file.times)  # type: ignore[arg-type]
        if member is None:
            return replace(listed, failure=_absence(file), cause=Cause.UNREADABLE)
        return replace(
            listed,
            size=member.size,
            kind=member.kind,
            refusal=member.refusal,
            failure=member.failure,
            cause=member.cause,
        )

    def _problem(self, what: str) -> None:
        self.problems.append(Problem(Provenance(self._identity, REPORT, REPORT, NAME), what))


def _name(entry: Entry) -> str:
    return display_path(entry.path).replace("\\", "/")


def _absence(file: ReportedFile) -> str:
    if not file.local:
        return "is listed in the report without a place in the package: its content was not exported; ask for it"
    return f"is {file.local} in the report, which the package does not hold; look for a complete copy"


def _note(file: ReportedFile, member: Entry | None) -> str:
    parts = [f"in the file system {file.file_system}"] if file.file_system else []
    if member is not None:
        parts.append(f"in the package {_name(member)}")
        if None not in (file.size, member.size) and file.size != member.size:
            parts.append(f"the report states {file.size:,} bytes")
    parts += [f"the report states {kind} {digest}" for kind, digest in file.digests.items()]
    return "; ".join(parts)
