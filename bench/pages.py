"""Every page of an operation of the size of a large one: how long the server takes to answer, and with which queries.

    python bench/pages.py            200,000 files, about three minutes
    python bench/pages.py --short    a small operation, for continuous checks: that every page answers, and in
                                     how many queries; times are not judged

Rows are written straight into the workspace's own PostgreSQL (``drawn_operation``). Times are wall time in the server,
from the request to the last byte of the answer, medians over rounds after one that warms up; the browser's own work
is not in it. Beside them stands the CPU time of this process and its database connection: where that is much less, the
machine was busy with something else. The long form ends with status 1 when a page takes longer than 200 ms.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from sauveterre.casework.workspace import create_workspace  # noqa: E402
from sauveterre.server.boot import boot  # noqa: E402

MOST_MS = 200.0
ROUNDS = 5
SLOWEST = 8
COUNTED = ("operation", "gallery", "contents")
"""Pages with numbers that are kept until something changes: timed as after a change too."""
Query = tuple[float, str]


@dataclass(frozen=True)
class Timed:
    """One page. Times are milliseconds."""

    page: str
    ms: float
    cpu_ms: float
    queries: int
    in_queries: float
    kilobytes: float


class Watch:
    """Takes the time of every query; Django calls it around each."""

    def __init__(self) -> None:
        self.queries: list[Query] = []

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        """Run one query."""
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.queries.append((1000 * (time.perf_counter() - began), str(sql)))


def addresses(operation: Any) -> dict[str, str]:
    """Return the pages by name: those of the navigation, what they narrow to, and one of each single thing."""
    from django.urls import reverse

    from drawn_operation import account, cited, digest, group
    from sauveterre.casework import models as m

    def at(name: str, *keys: Any, **query: Any) -> str:
        from django.utils.http import urlencode

        return reverse(name, args=[operation.pk, *keys]) + (f"?{urlencode(query)}" if query else "")

    contents = m.Content.objects.filter(operation=operation).order_by("pk")
    half = contents[contents.count() // 2].pk
    source = m.Source.objects.order_by("pk").first()
    entry = m.Entry.objects.exclude(content=None).order_by("pk").first()
    exhibit = operation.exhibits.first()
    stack = m.Stack.objects.filter(operation=operation).order_by("pk").first()
    _, path, locator, _ = cited(1)[0]
    pages = {name: at(name) for name in (
        "operation", "progress", "referrals", "exhibits", "exhibits-progress", "accounting", "duplicates", "matrix",
        "sources", "entries", "problems", "contents", "gallery", "hash-lists", "groups", "people", "spaces",
        "countries", "action", "audit",
    )}  # fmt: skip
    for hit in ("known", "confirm", "ignorable", "near", "unsettled"):
        pages[f"contents, {hit}"] = at("contents", hit=hit)
        pages[f"gallery, {hit}"] = at("gallery", show=hit)
    pages |= {
        "gallery, stacks": at("gallery", show="stacks"),
        "gallery, all": at("gallery", show="all"),
        "gallery, half way": at("gallery", after=half),
        "gallery, one stack": at("gallery", stack=stack.pk),
        "contents, half way": at("contents", hit="unsettled", after=half),
        "contents, of one list": at("contents", list=operation.hash_lists.first().pk),
        "entries, failed": at("entries", state="failed"),
        "entries, processed": at("entries", state="processed"),
        "entries, deleted": at("entries", lying="deleted"),
        "entries, by cause": at("entries", cause="damaged"),
        "entries, tried again": at("entries", again=1),
        "entries, by extractor": at("entries", extractor="picture/2"),
        "entries, by path": at("entries", path="00004"),
        "entries, of one exhibit": at("entries", exhibit=exhibit.pk),
        "exhibit": at("exhibit", exhibit.pk),
        "exhibit, elsewhere": at("elsewhere", exhibit.pk),
        "source": at("source", source.pk),
        "entry": at("entry", entry.pk),
        "content": at("content", entry.content.sha256),
        "group": at("group", group(0)),
        "people, suppliers": at("people", role="supplier"),
        "person": at("person", account(1)),
        "space": at("space", "files.example/f-0"),
        "search, a word": at("search", q="Cirrus 12"),
        "search, a file": at("search", q="IMG_2026000777"),
        "search, nothing": at("search", q="no such thing"),
        "search, a digest": at("search", q=digest("content 17")[:16]),
        "row": at("row", source="sha256:" + digest("store"), path=path, locator=locator),
    }
    return pages


def cpu_ms() -> float:
    """Return the CPU time that this process and the database's side of its connection have used."""
    from django.db import connection

    database = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    return 1e3 * time.process_time() + int(database.read_text().split()[0]) / 1e6


def timed(
    client: Any, name: str, address: str, rounds: int, before_each: Callable[[], object] | None
) -> tuple[Timed, list[Query]]:
    """Open a page several times; return its medians and the queries of the median round."""
    from django.db import connection

    connection.ensure_connection()
    runs = []
    for _ in range(rounds + 1):
        if before_each is not None:
            before_each()
        watch = Watch()
        before, began = cpu_ms(), time.perf_counter()
        with connection.execute_wrapper(watch):
            answer = client.get(address)
            body = answer.content
        runs.append((1000 * (time.perf_counter() - began), cpu_ms() - before, watch.queries))
        if answer.status_code != 200:
            raise SystemExit(f"{name}: {address} answered {answer.status_code}")
    runs = sorted(runs[1:], key=lambda run: run[0])
    queries = runs[len(runs) // 2][2]
    return Timed(
        page=name,
        ms=statistics.median(run[0] for run in runs),
        cpu_ms=statistics.median(run[1] for run in runs),
        queries=len(queries),
        in_queries=sum(ms for ms, _ in queries),
        kilobytes=len(body) / 1024,
    ), queries


def told(results: list[Timed], slowest: list[tuple[str, Query]]) -> None:
    """Print the table and the slowest queries."""
    print(f"{'page':28}{'ms':>9}{'CPU ms':>9}{'queries':>9}{'ms in them':>12}{'kB':>8}")
    for one in sorted(results, key=lambda one: -one.ms):
        late = "  over" if one.ms > MOST_MS else ""
        print(
            f"{one.page:28}{one.ms:9.1f}{one.cpu_ms:9.1f}{one.queries:9}{one.in_queries:12.1f}{one.kilobytes:8.0f}{late}"
        )
    print("\nslowest queries")
    for name, (ms, sql) in slowest:
        selected, _, told = " ".join(sql.split()).partition(" FROM ")
        print(f"{ms:8.1f} ms  {name}: {selected[:60]} … FROM {told[:600]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="a small operation: less than half a minute")
    parser.add_argument("--keep", type=Path, help="make the operation in this folder and leave it there, or use it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary) / "case"
        results, slowest, rows = run(folder, short=options.short)
    target = ROOT / "build" / "bench" / "pages.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"rows": rows, "pages": [asdict(one) for one in results]}, indent=1) + "\n")
    print(", ".join(f"{number:,} {name}" for name, number in rows.items()))
    told(results, slowest)
    late = [one.page for one in results if one.ms > MOST_MS]
    if late and not options.short:
        raise SystemExit(f"longer than {MOST_MS:.0f} ms: {', '.join(late)}")


def run(folder: Path, *, short: bool) -> tuple[list[Timed], list[tuple[str, Query]], dict[str, int]]:
    """Draw the operation where it is not there yet, and open every page of it."""
    if not folder.exists():
        create_workspace(folder)
    boot(folder)
    from django.conf import settings
    from django.test import Client

    from drawn_operation import LONG, SHORT, Drawing
    from sauveterre.casework.models import Change, Officer, Operation

    operation = Operation.objects.first() or Drawing(SHORT if short else LONG).draw()
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(Officer.objects.get(username="bench"))
    results, slowest = [], []
    pages = addresses(operation)
    for name, address in [*pages.items(), *((f"{name}, all anew", pages[name]) for name in COUNTED)]:
        anew = Change.objects.create if name.endswith(", all anew") else None
        one, queries = timed(client, name, address, 1 if short else ROUNDS, anew)
        results.append(one)
        slowest += [(name, query) for query in queries]
    slowest.sort(key=lambda pair: -pair[1][0])
    return results, slowest[:SLOWEST], asdict(SHORT if short else LONG)


if __name__ == "__main__":
    main()
