"""A whole invented operation: seven weather clubs' worth of groups, devices and links, all harmless and made up."""

import hashlib
import io
from datetime import UTC, date, datetime, timedelta
from functools import cache
from types import SimpleNamespace

import pytest

START = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
NAMES = ["Aurora", "Boreas", "Cirrus", "Drizzle", "Etesian", "Foehn", "Graupel", "Haze", "Isobar", "Jetstream",
         "Khamsin", "Lightning"]  # fmt: skip
COUNTRIES = ["FR", "FR", "ES", "ES", "BE", "HU", "BG", "FI", "RO", "UA", "FR", ""]
GROUPS = ["Cloud spotters", "Rain recipes", "Films about wind"]
REPORT = """<?xml version="1.0" encoding="UTF-8"?>
<report>
  <reportId>4711</reportId>
  <incidentSummary><incidentType>Misleading Domain Name</incidentType>
    <escalateToHighPriority>the forecast is due tonight</escalateToHighPriority>
    <incidentDateTime>2026-01-05T08:00:00+01:00</incidentDateTime></incidentSummary>
  <reporter><reportingPerson><firstName>Ada</firstName><email>ada@club.example</email></reportingPerson></reporter>
  <personOrUserReported>
    <espIdentifier>user-7</espIdentifier><espService>Example Weather Club</espService>
    <screenName>cloud_fan</screenName>
    <ipCaptureEvent><ipAddress>192.0.2.7</ipAddress><eventName>Login</eventName>
      <dateTime>2026-01-04T10:00:00Z</dateTime><possibleProxy>false</possibleProxy><port>50123</port></ipCaptureEvent>
    <ipCaptureEvent><ipAddress>2001:db8::1</ipAddress></ipCaptureEvent>
    <personOrUserReportedPerson><firstName>Jean</firstName><lastName>Exemple</lastName>
      <email>jean@mail.example</email>
      <address type="Home"><city>Exempleville</city><zipCode>31000</zipCode><country>FR</country></address>
    </personOrUserReportedPerson>
  </personOrUserReported>
  <fileDetails><fileId>f1</fileId><originalFileName>clouds.jpg</originalFileName>
    <fileViewedByEsp>true</fileViewedByEsp>
    <originalFileHash hashType="MD5">0123456789abcdef0123456789abcdef</originalFileHash></fileDetails>
  <fileDetails><fileId>f2</fileId><originalFileName>rain.jpg</originalFileName></fileDetails>
</report>
"""


def account_id(place: int) -> str:
    return f"aci:00000000-0000-4000-8000-{place:012d}"


def group_id(place: int) -> str:
    return hashlib.sha256(f"group {place}".encode()).hexdigest()


@cache
def drawn(seed: int) -> bytes:
    """A picture with fine detail and strong colour: stripes that any blur must take away."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (256, 192 + 8 * (seed % 8)), (20 * seed % 256, 90, 255 - 17 * seed % 200))
    pen = ImageDraw.Draw(picture)
    for x in range(0, 256, 4):
        pen.line((x, 0, x + seed, 300), fill=(255, 240, 10) if x % 8 else (0, 30, 200))
    pen.ellipse((30 + 9 * seed, 40, 110 + 9 * seed, 120), fill=(230, 40, 60))
    answer = io.BytesIO()
    picture.save(answer, "JPEG", quality=90)
    return answer.getvalue()


class Builder:
    """Fills a database by the models themselves, so that pages meet every state there is."""

    def __init__(self):
        from sauveterre.casework import models

        self.m = models
        self.rows = 0

    def build(self) -> SimpleNamespace:
        self.people()
        self.evidence()
        self.register()
        self.contents()
        self.messages()
        self.findings()
        self.action()
        made = {name: value for name, value in vars(self).items() if name not in {"m", "rows", "all_contents"}}
        return SimpleNamespace(**made, contents=self.all_contents, group=group_id(0), account=account_id(0))

    def people(self):
        from sauveterre.casework import audit
        from sauveterre.casework.services.operations import add_member, create_operation
        from sauveterre.casework.services.referrals import add_referral

        make = self.m.Officer.objects.create_user
        self.ana, self.ben, self.eve = make("ana", unit="Centre"), make("ben"), make("eve")
        self.operation = create_operation(name="Weather vane", by=self.ana)
        add_member(operation=self.operation, officer=self.ben, by=self.ana)
        create_operation(name="Eve's own", by=self.eve)
        self.referral = add_referral(
            operation=self.operation, name="report-4711.xml", data=REPORT.encode(), by=self.ana
        )
        audit.record(actor="ben", action="assessed", subject="Weather vane", operation=self.operation)

    def evidence(self):
        from sauveterre.casework.sources import way_of
        from sauveterre.records.source import Step

        self.exhibits, self.sources, self.entries = [], [], []
        kinds = [("directory", "folder:phone-copy"), ("zip", "sha256:" + "ab" * 32), ("ewf", "sha256:" + "cd" * 32)]
        for place, (kind, identity) in enumerate(kinds):
            exhibit = self.m.Exhibit.objects.create(
                operation=self.operation, number=place + 1, seal=f"W-{place + 1:03d}" if place else "",
                description=["Telephone, blue", "Archive from a laptop", "USB stick"][place],
                path=f"/evidence/{place + 1:02d}", added_by="ana",
            )  # fmt: skip
            source = self.m.Source.objects.create(
                exhibit=exhibit, path=f"exhibit-{place + 1:02d}", kind=kind, identity=identity, way=way_of(()),
                state="done",
            )  # fmt: skip
            self.exhibits.append(exhibit)
            self.sources.append(source)
        states = ["processed"] * 7 + ["partial", "failed", "skipped"]
        reasons = {"partial": "the picture ends early", "failed": "the decoder took longer than 20 seconds",
                   "skipped": "a device, which is never read"}  # fmt: skip
        for place, source in enumerate(self.sources, start=1):
            for ordinal in range(20):
                state = states[(ordinal + place) % 10]
                path = f"DCIM/{source.path}/sky-{ordinal:04d}.jpg"
                if ordinal == 19:
                    path = "DCIM/odd-\\xff-name.bin"
                self.entries.append(self.m.Entry.objects.create(
                    source=source, ordinal=ordinal, path=path,
                    path_raw=b"DCIM/odd-\xff-name.bin" if ordinal == 19 else path.encode(),
                    size=1_000 + ordinal, locator=f"member {ordinal}", kind="device" if state == "skipped" else "file",
                    allocated=[True, False, None][ordinal % 3], modified=START - timedelta(days=ordinal),
                    state="pending" if source is self.sources[2] and ordinal > 16 else state,
                    reason=reasons.get(state, ""),
                ))  # fmt: skip
        inside = self.entries[0]
        for reader, state, reason in [("signal_backup_v2", "done", ""), ("signal_desktop", "locked",
                                      "no key opens it; give the recovery key with `sauveterre key add`")]:  # fmt: skip
            steps = (Step(reader, inside.locator),)
            self.sources.append(self.m.Source.objects.create(
                exhibit=self.exhibits[0], parent=self.sources[0], parent_entry=inside, kind=reader, depth=1,
                path=f"{self.sources[0].path}!{reader}", identity="folder:phone-copy", way=way_of(steps),
                steps=[[reader, inside.locator]], state=state, reason=reason, is_store=True,
            ))  # fmt: skip
        self.m.Problem.objects.create(
            source=self.sources[3], path="backup/main", locator="frame 77", reader="signal_backup_v2",
            what="a frame ends before its stated length",
        )  # fmt: skip

    def register(self):
        """Causes and extractors, custody (line 1 signed, line 2 waiting for Ana), a photograph, readings of media."""
        from django.core.files.base import ContentFile
        from django.core.files.storage import default_storage

        from sauveterre.casework.storage import photo_name

        m, (first, second, _) = self.m, self.exhibits
        rows = m.Entry.objects.filter(source__in=self.sources)
        rows.exclude(state="pending").update(extractor="picture", version=2, attempts=1, seconds=0.25)
        rows.filter(state="failed").update(cause="time", attempts=2)
        rows.filter(state="partial").update(cause="damaged", kind="carved", allocated=False)
        rows.filter(state="skipped").update(cause="special", extractor="", attempts=0, seconds=None)
        m.Source.objects.filter(state="done").update(announced=20)
        m.Source.objects.filter(state="done", is_store=True).update(announced=0)
        m.Exhibit.objects.filter(pk=first.pk).update(kind="phone", serial="0123-ABC", seized_at=START)
        self.custody = [m.CustodyEvent.objects.create(
            exhibit=first, act=act, happened_at=START + timedelta(hours=place), entered_by=by, place="Exempleville",
        ) for place, (act, by) in enumerate([("seized", "ana"), ("imaged", "ben")])]  # fmt: skip
        m.CustodySignature.objects.create(event=self.custody[0], signed_by="ben")
        self.photo = m.ExhibitPhoto.objects.create(exhibit=first, sha256="ab" * 32, name="label.jpg", width=256,
                                                   height=192, caption="The label", added_by="ana")  # fmt: skip
        default_storage.save(photo_name(first.pk, "ab" * 32), ContentFile(drawn(3)))
        m.GivenDigest.objects.create(exhibit=second, algorithm="md5", value="aa" * 16, given_by="ana")
        for stated, by in [("cc" * 16, "container"), ("aa" * 16, "examiner")]:
            m.IntegrityCheck.objects.create(exhibit=second, phase="before", algorithm="md5", computed="cc" * 16,
                                            stated=stated, stated_by=by, size=4096)  # fmt: skip
        for source, differences in [(self.sources[1], []), (self.sources[2], ["second: sky.jpg is missing"])]:
            m.Crosscheck.objects.create(
                source=source, reader="libfsntfs", listed_first=20, listed_second=20, agreeing=20, sampled=5,
                digests_agreeing=5, differences=differences,
            )  # fmt: skip

    def contents(self):
        from django.core.files.base import ContentFile
        from django.core.files.storage import default_storage

        from sauveterre.casework.storage import thumbnail_name

        self.pictures, self.thumbnails, self.all_contents = [], {}, []
        read = [entry for entry in self.entries if entry.state in {"processed", "partial"}]
        for place, entry in enumerate(read[:30]):
            data = drawn(place)
            is_picture = place < 24
            content = self.m.Content.objects.create(
                operation=self.operation, sha256=hashlib.sha256(data).hexdigest(), sha1=hashlib.sha1(data).hexdigest(),
                md5=hashlib.md5(data).hexdigest(), size=len(data), kind="image/jpeg" if is_picture else "text/plain",
            )  # fmt: skip
            self.all_contents.append(content)
            entry.content = content
            entry.save(update_fields=["content"])
            if is_picture:
                self.m.Picture.objects.create(
                    content=content, width=4032, height=3024, pdq=hashlib.sha256(data).digest(),
                    quality=100 - 3 * place, make="Example" if place % 2 else "", model="Cam 1" if place % 2 else "",
                    taken_raw="2026:01:01 10:00:00" if place % 3 else "",
                )  # fmt: skip
                default_storage.save(thumbnail_name(content.sha256), ContentFile(data))
                self.pictures.append(content)
                self.thumbnails[content.sha256] = data
        for place, entry in enumerate(read[30:]):
            entry.content = self.all_contents[place % 30]
            entry.save(update_fields=["content"])
        self.hits()

    def hits(self):
        self.lists = [
            self.m.HashList.objects.create(
                operation=self.operation, name=name, version="2026-01", scheme="weather", effect=effect, reader="plain",
                sha256=str(place) * 64, items=1_000, problems=place,
            )
            for place, (name, effect) in enumerate([("Known skies", "known"), ("System icons", "ignorable")])
        ]  # fmt: skip
        for place, (algorithm, distance, on) in enumerate(
            [("sha256", 0, 0)] * 4 + [("md5", 0, 1)] * 3 + [("pdq", 12, 0), ("pdq", 0, 0)]
        ):
            content = self.pictures[place]
            self.m.Hit.objects.create(
                content=content, hash_list=self.lists[on], algorithm=algorithm,
                value=getattr(content, algorithm, "00" * 32), distance=distance,
                quality=80 if algorithm == "pdq" else None, listed_quality=95 if distance else None,
                category_scheme="weather", category_code="2", rule="ignored" if on else "settled",
                locator=f"line {place}",
            )  # fmt: skip
        self.stacks = []
        for head, *others in [(10, 11, 12, 13), (15, 16), (0, 18)]:
            first = self.pictures[head]
            stack = self.m.Stack.objects.create(operation=self.operation, identity=first.sha256, head=first)
            for one, distance in [(first, 0), *((self.pictures[other], 5) for other in others)]:
                self.m.StackMember.objects.create(stack=stack, content=one, distance=distance)
            self.stacks.append(stack)

    def prov(self, source=None):
        self.rows += 1
        return {"source": source or self.sources[3], "prov_source": "folder:phone-copy", "prov_path": "backup/main",
                "prov_locator": f"frame {self.rows}", "prov_reader": "signal_backup_v2"}  # fmt: skip

    def row(self):
        self.rows += 1
        return ["folder:phone-copy", "backup/main", f"frame {self.rows % 60 + 1}", "signal_backup_v2"]

    def messages(self):
        m = self.m
        m.StoreFact.objects.create(kind="signal_backup_v2.folder", version="1", exported_at=START, app_version="7.1",
                                   notes=["leaves out what was deleted"], **self.prov())  # fmt: skip
        for place, name in enumerate(NAMES):
            key = account_id(place)
            m.AccountFact.objects.create(service="signal", stable_id=key, is_owner=place == 0, **self.prov())
            m.IdentifierFact.objects.create(account=key, type="profile_name", value=name, **self.prov())
            m.IdentifierFact.objects.create(account=key, type="profile_name", value=name, **self.prov())
            m.IdentifierFact.objects.create(account=key, type="e164", value=f"+336399800{place:02d}", **self.prov())
        for place, title in enumerate(GROUPS):
            for _ in range(2):
                m.GroupFact.objects.create(
                    service="signal", stable_id=group_id(place), title=title, kind="group", revision=20 + place,
                    description="", announcement_only=None, link_state="approval", terminated=False, **self.prov(),
                )  # fmt: skip
        direct = f"direct:{account_id(0)}|{account_id(1)}"
        m.GroupFact.objects.create(service="signal", stable_id=direct, title="", kind="direct", revision=None,
                                   description="", link_state="unknown", **self.prov())  # fmt: skip
        for place in range(12):
            for _ in range(1 + place % 3):
                m.EventFact.objects.create(
                    group=group_id(0), kind=["created", "added", "joined_by_link", "promoted", "left"][place % 5],
                    actor=account_id(0) if place % 4 else None, target=account_id(place) if place % 5 else None,
                    at=START + timedelta(days=8 * place), at_raw=str(1_768_000_000_000 + place), detail="",
                    **self.prov(),
                )  # fmt: skip
            m.MessageFact.objects.create(
                key=f"{group_id(0)}:{place}", group=group_id(0), sender=account_id(place), direction="in",
                sent_at=START + timedelta(days=place), sent_raw="1", kind="text",
                body=f"Rain is forecast for day {place}", deleted="no", revision=0, **self.prov(),
            )  # fmt: skip

    def findings(self):
        m, operation = self.m, self.operation
        for place in range(12):
            for group in range(3):
                if place % 3 != group and group:
                    continue
                start = START + timedelta(days=9 * place)
                end = start + timedelta(days=60) if place % 4 == 1 else None
                m.Membership.objects.create(
                    operation=operation, group=group_id(group), account=account_id(place),
                    start=None if place == 7 else start,
                    start_basis="unknown" if place == 7 else "event" if place % 2 else "snapshot",
                    end=end, end_basis="event" if end else "unknown" if place == 9 else "snapshot",
                    last_seen=None if place == 9 else start + timedelta(days=120 - 5 * place),
                    added_by=account_id(0) if place else None, rows=[self.row() for _ in range(1 + place % 6)],
                )  # fmt: skip
        for place, group in [(0, 0), (1, 0), (2, 1), (0, 2)]:
            start = START + timedelta(days=30 * place)
            m.RoleInterval.objects.create(
                operation=operation, group=group_id(group), account=account_id(place), role="admin", start=start,
                end=start + timedelta(days=70) if place == 1 else None, start_basis="event",
                end_basis="event" if place == 1 else "snapshot", last_seen=start + timedelta(days=110),
                granted_by=account_id(0) if place else None, revoked_by=account_id(0) if place == 1 else None,
                rows=[self.row()],
            )  # fmt: skip
        m.Contradiction.objects.create(
            operation=operation, group=group_id(0), account=account_id(5), rows=[self.row(), self.row()],
            what="one row says that the account left, a later one that it was never in",
        )  # fmt: skip
        self.space = "files.example/f-12345"
        m.StorageSpace.objects.create(operation=operation, host="files.example", identifier="f-12345", kind="folder",
                                      links=3, rows=[self.row()])  # fmt: skip
        m.StorageSpace.objects.create(operation=operation, host="cloud.example", identifier="z" * 44, kind="unknown",
                                      links=1, rows=[self.row()])  # fmt: skip
        for place in range(9):
            subject = f"space:{self.space}" if place % 3 == 0 else f"sha256:{self.pictures[place].sha256}"
            m.Share.objects.create(operation=operation, group=group_id(place % 2), account=account_id(place % 4),
                                   at=START + timedelta(days=place) if place else None, subject=subject,
                                   message=f"{group_id(0)}:{place}", rows=[self.row()])  # fmt: skip
        for place, role in [(0, "supplier"), (3, "supplier"), (4, "user"), (5, "user")]:
            m.ParticipantRole.objects.create(
                operation=operation, group=group_id(0), account=account_id(place), role=role, shares=9 - place,
                first_shares=5 - place if role == "supplier" else 0,
                reasons=[f"brought {9 - place} contents into the group"], rows=[self.row()],
            )  # fmt: skip
        for place, name in enumerate(NAMES):
            m.Person.objects.create(
                operation=operation, key=account_id(place), label=name, accounts=[account_id(place)],
                reasons=["alone: no identifier is stated twice"], rows=[self.row()],
                country=COUNTRIES[place], country_weight=0.6 if COUNTRIES[place] else 0,
                country_reasons=["prefix +336"] if COUNTRIES[place] else [],
            )  # fmt: skip
            if COUNTRIES[place]:
                m.CountryIndication.objects.create(
                    operation=operation, subject=account_id(place), country=COUNTRIES[place], basis="phone_plan",
                    weight=0.6, reason="prefix +336", rows=[self.row()],
                )  # fmt: skip

    def action(self):
        from sauveterre.casework.services.action import record_measure

        plan = [("Aurora", "FR", "arrest", 13, "custody"), ("Boreas", "FR", "arrest", 13, "charged"),
                ("Cirrus", "ES", "arrest", 14, "custody"), ("Cirrus", "ES", "search", 14, "done"),
                ("Etesian", "BE", "arrest", 15, "released"), ("Haze", "FI", "arrest", 17, "planned"),
                ("Aurora", "FR", "search", 13, "done"), ("Graupel", "BG", "hearing", 17, "postponed")]  # fmt: skip
        for label, country, kind, day, outcome in plan:
            record_measure(operation=self.operation, label=label, country=country, unit="Branch 2", kind=kind,
                           day=date(2026, 11, day), outcome=outcome, by=self.ben)  # fmt: skip
        self.package = self.m.CountryPackage.objects.create(
            operation=self.operation, country="ES", persons=2, folder="/packages/ES-2026", digest="e" * 64,
            made_by="ben",
        )  # fmt: skip


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker):
    """The populated operation, built once for a module inside a transaction that is taken back at its end."""
    from django.db import transaction

    with django_db_blocker.unblock():
        around = transaction.atomic()
        around.__enter__()
        made = Builder().build()
    yield made
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.fixture
def world(built, db):
    """The populated operation, with Ana and Ben as members and Eve as a stranger; each test's own changes go."""
    return built


@pytest.fixture
def committed_world(transactional_db):
    """The populated operation, written so that a server in another thread sees it."""
    return Builder().build()


@pytest.fixture
def member(client, world):
    """A client that is signed in as Ana."""
    client.force_login(world.ana)
    return client


@pytest.fixture
def stranger(world):
    """A client that is signed in as Eve, who is a member of another operation."""
    from django.test import Client

    client = Client()
    client.force_login(world.eve)
    return client
