"""A large invented operation, its rows written straight into the database: what pages are timed on.

Nothing is read and nothing is looked up: the rows stand as a whole run would have left them, in numbers that a real
operation has. All of it is counted, none of it is random, so that two runs draw the same rows.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, models
from django.utils import timezone

from sauveterre.casework import models as m
from sauveterre.casework.rows import copy_rows
from sauveterre.casework.services.operations import create_operation, local_officer

START = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
COUNTRIES = ("FR", "ES", "BE", "HU", "BG", "FI", "RO", "UA", "DE", "IT", "PT", "NL", "")
STATES = ("processed",) * 94 + ("partial",) * 2 + ("failed",) + ("skipped",) * 3
CAUSES = {"partial": "damaged", "failed": "time", "skipped": "special"}
KINDS = ("image/jpeg",) * 7 + ("image/png", "image/webp", "image/heic")


@dataclass(frozen=True)
class Shape:
    """How much of everything there is."""

    entries: int
    contents: int
    stacks: int
    sources: int
    problems: int
    people: int
    groups: int
    exhibits: int
    messages: int

    @property
    def pictures(self) -> int:
        """Nine contents of ten are pictures; the others come last."""
        return max(2 * self.stacks, self.contents * 9 // 10)

    @property
    def hits(self) -> int:
        """Three contents of ten are on a list."""
        return self.contents * 3 // 10


LONG = Shape(200_000, 40_000, 20_000, 100, 5_000, 700, 40, 49, 60_000)
SHORT = Shape(4_000, 1_200, 500, 12, 100, 60, 7, 6, 1_500)


def put(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[int]:
    """Write rows by COPY, with what the model takes for every column that is not named; return their keys."""
    named = set(names)
    fields = [field for field in model._meta.concrete_fields if field.attname not in named | {model._meta.pk.attname}]
    usual = [field for field in fields if not field.null]
    rest = [timezone.now() if getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False)
            else field.get_default() for field in usual]  # fmt: skip
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT coalesce(max({model._meta.pk.column}), 0) FROM "{table}"')
        before = cursor.fetchone()[0]
    copy_rows(model, [*names, *(field.column for field in usual)], ([*row, *rest] for row in rows))
    return list(model._default_manager.filter(pk__gt=before).order_by("pk").values_list("pk", flat=True))


def digest(text: str, algorithm: str = "sha256") -> str:
    """Return a digest that nothing has."""
    return hashlib.new(algorithm, text.encode()).hexdigest()


def account(place: int) -> str:
    """Return the key of an account."""
    return f"aci:00000000-0000-4000-8000-{place:012d}"


def group(place: int) -> str:
    """Return the key of a group."""
    return digest(f"group {place}")


def cited(place: int, rows: int = 1) -> list[list[str]]:
    """Return the rows that a finding rests on."""
    return [["sha256:" + digest("store"), "backup/main", f"frame {place + n}", "signal_backup_v2"] for n in range(rows)]


class Drawing:
    """Writes an operation of a shape."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    def draw(self) -> m.Operation:
        """Write everything; return the operation, whose one member is ``bench``."""
        self.officer = local_officer("bench")
        self.operation = create_operation(name="Weather vane", by=self.officer)
        self.exhibits()
        self.contents()
        self.entries()
        self.hits()
        self.stacks()
        self.facts()
        self.network()
        self.action()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        return self.operation

    def exhibits(self) -> None:
        """Half of the sources are message stores in the first source of their exhibit."""
        many, shape = range(self.shape.exhibits), self.shape
        names = ["operation_id", "number", "seal", "description", "kind", "path", "path_raw", "added_by"]
        rows = ((self.operation.pk, n + 1, f"W-{n:03d}", "Telephone, blue", "phone", f"/evidence/{n:02d}",
                 f"/evidence/{n:02d}".encode(), "bench") for n in many)  # fmt: skip
        self.exhibit_keys = put(m.Exhibit, names, rows)
        per_source = shape.entries // shape.sources
        names = ["exhibit_id", "path", "kind", "way", "identity", "state", "announced", "is_store", "depth"]
        rows = ((self.exhibit_keys[n % shape.exhibits], f"exhibit-{n % shape.exhibits:02d}!part-{n:04d}",
                 "signal_backup_v2" if n % 9 == 8 else "directory", digest(f"way {n}"), f"folder:{n}", "done",
                 per_source, n % 9 == 8, n // shape.exhibits) for n in range(shape.sources))  # fmt: skip
        self.source_keys = put(m.Source, names, rows)
        names = ["source_id", "path", "locator", "reader", "what"]
        rows = ((self.source_keys[n % shape.sources], f"DCIM/{n:06d}.jpg", f"offset {n}", "directory",
                 "ends before its stated length") for n in range(shape.problems))  # fmt: skip
        put(m.Problem, names, rows)

    def contents(self) -> None:
        """Contents in the order of their numbers; pictures come first."""
        shape = self.shape
        names = ["operation_id", "sha256", "sha1", "md5", "size", "kind"]
        rows = ((self.operation.pk, digest(f"content {n}"), digest(f"content {n}", "sha1"),
                 digest(f"content {n}", "md5"), 20_000 + 37 * n,
                 KINDS[n % 10] if n < shape.pictures else "text/plain") for n in range(shape.contents))  # fmt: skip
        self.content_keys = put(m.Content, names, rows)
        names = ["content_id", "width", "height", "pdq", "quality", "make", "model", "taken_raw"]
        rows = ((self.content_keys[n], 4032, 3024, bytes.fromhex(digest(f"pdq {n}")), n % 101, "Example", "Cam 1",
                 "2026:01:01 10:00:00") for n in range(shape.pictures))  # fmt: skip
        put(m.Picture, names, rows)

    def entries(self) -> None:
        """Each content lies in several places, now and then in several exhibits."""
        shape = self.shape
        names = ["source_id", "ordinal", "path", "path_raw", "size", "locator", "kind", "allocated", "modified",
                 "state", "cause", "reason", "extractor", "version", "attempts", "seconds", "content_id"]  # fmt: skip

        def row(n: int) -> list[Any]:
            place, ordinal = n % shape.sources, n // shape.sources
            state = STATES[n * 7 % 100]
            path = f"DCIM/{place:03d}CAMERA/{ordinal // 1000:02d}/IMG_2026{ordinal:06d}.jpg"
            read = state in {"processed", "partial"}
            content = self.content_keys[n // 2 * 3 % shape.contents] if read else None
            return [
                self.source_keys[place], ordinal, path, path.encode(), 20_000 + n, f"member {ordinal}", "file",
                n % 11 > 0, START + timedelta(seconds=n), state, CAUSES.get(state, ""),
                "the decoder took longer than 20 seconds" if state == "failed" else "",
                "picture" if read else "", 2 if read else 0, 1 + (n % 97 == 0), 0.02, content,
            ]  # fmt: skip

        put(m.Entry, names, (row(n) for n in range(shape.entries)))

    def hits(self) -> None:
        """Four lists: known and confirmed, harmless, near, and to be confirmed."""
        self.lists = [
            m.HashList.objects.create(operation=self.operation, name=name, version="2026-01", scheme="weather",
                                      effect=effect, reader="plain", sha256=digest(name), items=1_000_000, problems=0)
            for name, effect in [("Known skies", "known"), ("System icons", "ignorable"), ("Near skies", "known"),
                                 ("Doubtful skies", "known")]
        ]  # fmt: skip
        names = ["content_id", "hash_list_id", "algorithm", "value", "distance", "quality", "category_scheme",
                 "category_code", "locator", "rule"]  # fmt: skip
        kinds = [(0, "sha256", "settled"), (1, "md5", "ignored"), (0, "sha1", "settled"), (1, "sha1", "ignored"),
                 (2, "pdq", "settled"), (3, "sha256", "confirm")]  # fmt: skip

        def row(n: int) -> list[Any]:
            place, algorithm, rule = kinds[n % len(kinds)]
            return [
                self.content_keys[n * 10 // 3], self.lists[place].pk, algorithm, digest(f"hit {n}"),
                12 if algorithm == "pdq" else 0, 80 if algorithm == "pdq" else None, "weather", str(n % 5),
                f"line {n}", rule,
            ]  # fmt: skip

        put(m.Hit, names, (row(n) for n in range(self.shape.hits)))
        m.Hit.objects.filter(rule="confirm").update(people=2)

    def stacks(self) -> None:
        """Each stack has a head and one more member, as far as the pictures go; one of twenty is decided."""
        many = min(self.shape.stacks, self.shape.pictures // 2)
        rows = ((self.operation.pk, digest(f"content {2 * n}"), self.content_keys[2 * n]) for n in range(many))
        keys = put(m.Stack, ["operation_id", "identity", "head_id"], rows)
        members = ((keys[n // 2], self.content_keys[n], n % 2 * 7) for n in range(2 * many))
        put(m.StackMember, ["stack_id", "content_id", "distance"], members)
        decided = ((key, self.officer.pk, "weather", "2") for key in keys[::20])
        put(m.StackDecision, ["stack_id", "officer_id", "category_scheme", "category_code"], decided)

    def provenance(self, place: int) -> list[Any]:
        """Return a fact's source and the four values of its provenance."""
        store = self.source_keys[min(8, len(self.source_keys) - 1)]
        return [store, *cited(place)[0]]

    def facts(self) -> None:
        """Accounts and groups as five devices state them, and what was written in them."""
        shape = self.shape
        where = ["source_id", "prov_source", "prov_path", "prov_locator", "prov_reader"]
        put(
            m.AccountFact,
            [*where, "service", "stable_id", "is_owner"],
            ([*self.provenance(n), "signal", account(n % shape.people), n == 0] for n in range(5 * shape.people)),
        )
        put(m.IdentifierFact, [*where, "account", "type", "value"],
            ([*self.provenance(n), account(n % shape.people), ("profile_name", "e164")[n // shape.people % 2],
              f"Cirrus {n % shape.people}"] for n in range(10 * shape.people)))  # fmt: skip
        put(m.GroupFact, [*where, "service", "stable_id", "title", "kind", "description", "link_state"],
            ([*self.provenance(n), "signal", group(n % shape.groups), f"Rain recipes {n % shape.groups}", "group", "",
              "approval"] for n in range(5 * shape.groups)))  # fmt: skip
        put(m.EventFact, [*where, "group", "kind", "actor", "target", "at", "at_raw", "detail"],
            ([*self.provenance(n), group(n % shape.groups), ("added", "promoted", "left")[n % 3], account(0),
              account(n % shape.people), START + timedelta(minutes=n), str(n), ""]
             for n in range(shape.messages // 6)))  # fmt: skip
        names = ["key", "group", "sender", "direction", "sent_at", "sent_raw", "body", "kind", "deleted", "revision"]
        put(m.MessageFact, [*where, *names],
            ([*self.provenance(n), f"{n}", group(n % shape.groups), account(n % shape.people), "in",
              START + timedelta(minutes=n), str(n), f"Rain is forecast for day {n}, bring a coat", "text", "no", 0]
             for n in range(shape.messages)))  # fmt: skip

    def network(self) -> None:
        """Memberships, roles, shares, spaces and persons, as if worked out of the facts."""
        shape, own = self.shape, self.operation.pk
        interval = ["operation_id", "rows", "group", "account", "start", "start_basis", "end_basis"]
        inside = range(4 * shape.people)
        put(m.Membership, interval,
            ([own, cited(n, 1 + n % 5), group(n * 7 % shape.groups), account(n % shape.people),
              START + timedelta(hours=n), "event", "snapshot"] for n in inside))  # fmt: skip
        put(
            m.RoleInterval,
            [*interval, "role"],
            ([own, cited(n), group(n), account(n), START, "event", "snapshot", "admin"] for n in range(shape.groups)),
        )
        put(m.ParticipantRole, ["operation_id", "rows", "group", "account", "role", "shares", "first_shares",
                                "reasons"],
            ([own, cited(n), group(n * 7 % shape.groups), account(n % shape.people),
              "supplier" if n % 20 == 0 else "user", n % 30, n % 3, ["brought contents into the group"]]
             for n in inside))  # fmt: skip
        spaces = 3 + shape.groups // 4
        put(m.Share, ["operation_id", "rows", "group", "account", "at", "subject", "message"],
            ([own, cited(n), group(n % shape.groups), account(n % shape.people), START + timedelta(minutes=n),
              f"space:files.example/f-{n % spaces}" if n % 4 == 0
              else f"sha256:{digest(f'content {n % shape.contents}')}", str(n)]
             for n in range(shape.messages // 3)))  # fmt: skip
        put(
            m.StorageSpace,
            ["operation_id", "rows", "host", "identifier", "kind", "links"],
            ([own, cited(n), "files.example", f"f-{n}", "folder", n] for n in range(spaces)),
        )
        put(m.Person, ["operation_id", "rows", "key", "label", "accounts", "reasons", "country", "country_weight"],
            ([own, cited(n, 3), account(n), f"Cirrus {n}", [account(n)], ["alone"], COUNTRIES[n % 13], 0.6]
             for n in range(shape.people)))  # fmt: skip
        put(m.CountryIndication, ["operation_id", "rows", "subject", "country", "basis", "weight", "reason"],
            ([own, cited(n), account(n), COUNTRIES[n % 12], "phone_plan", 0.6, "prefix +336"]
             for n in range(shape.people)))  # fmt: skip

    def action(self) -> None:
        """Targets, measures, custody, readings of media, and a log of all that was done."""
        people = range(min(70, self.shape.people))
        targets = put(
            m.Target,
            ["operation_id", "label", "country", "unit", "decided_by"],
            ((self.operation.pk, f"Cirrus {n}", COUNTRIES[n % 12], "Branch 2", "bench") for n in people),
        )
        days = put(m.ActionDay, ["operation_id", "day"],
                   ((self.operation.pk, date(2026, 11, 13 + n)) for n in range(5)))  # fmt: skip
        put(
            m.Measure,
            ["target_id", "day_id", "kind", "outcome", "entered_by"],
            ((key, days[n % 5], "arrest", "custody", "bench") for n, key in enumerate(targets)),
        )
        put(m.CustodyEvent, ["exhibit_id", "act", "happened_at", "place", "entered_by"],
            ((key, "sealed", START, "Exempleville", ("bench", "other")[n % 2])
             for n, key in enumerate(self.exhibit_keys)))  # fmt: skip
        put(m.IntegrityCheck, ["exhibit_id", "phase", "subject", "algorithm", "computed", "stated", "stated_by",
                               "size"],
            ((key, "before", "medium", "md5", "ab" * 16, "ab" * 16, "container", 1 << 30)
             for key in self.exhibit_keys for _ in range(2)))  # fmt: skip
        last = m.AuditEvent.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0
        names = ["sequence", "at", "actor", "action", "subject", "operation", "detail", "previous", "signature"]
        rows = ([last + 1 + n, START + timedelta(minutes=n), "bench", "consulted" if n % 4 else "source-done",
                 f"/o/1/people/{n}", self.operation.name, {}, digest(f"{n}"), digest(f"{n + 1}")]
                for n in range(self.shape.entries // 20))  # fmt: skip
        copy_rows(m.AuditEvent, names, rows)
