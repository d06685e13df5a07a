import io
import mailbox as standard
import os
import tracemalloc
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.evidence.opening import container_kind
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.evidence.readers import mailbox
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.inspection import Inspected, inspect
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek

SKY = bytes(range(256)) * 12


def mail(subject="Wetter", text="Nebel am Morgen\n", *, attachments=(), html=""):
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "ana@example.org", "ben@example.org", subject
    made["Date"], made["Message-ID"] = "Mon, 01 Jan 2024 10:00:00 +0100", "<7@example.org>"
    made.set_content(text)
    if html:
        made.add_alternative(html, subtype="html")
    for name, data in attachments:
        if isinstance(data, EmailMessage):
            made.add_attachment(data)
        else:
            made.add_attachment(data, maintype="image", subtype="jpeg", filename=name)
    return made


def mbox(tmp_path, *messages):
    box = standard.mbox(tmp_path / "made.mbox")
    for message in messages:
        box.add(message)
    box.close()
    return (tmp_path / "made.mbox").read_bytes()


def opened_(data):
    return mailbox.open(StreamOrigin(io.BytesIO(data), "sha256:x"), Limits())


def raw(*lines, end=b"\n"):
    return end.join(line.encode("latin-1") for line in lines) + end


def test_every_part_of_every_message_is_an_entry(tmp_path, content_of):
    inner = mail("innen", attachments=[("i.jpg", b"inner")])
    data = mbox(tmp_path, mail("Wetter / größer", html="<p>Regen</p>", attachments=[("sky.jpg", SKY), ("", inner)]),
                mail("zwei"))  # fmt: skip
    container = opened_(data)
    found = content_of(container)
    assert [path.decode() for path, _ in found] == [
        "00001 Wetter _ größer/part-1.1.txt",
        "00001 Wetter _ größer/part-1.2.html",
        "00001 Wetter _ größer/sky.jpg",
        "00001 Wetter _ größer/part-3.eml",
        "00002 zwei/part-1.txt",
    ]
    assert [content for _, content in found] == [
        b"Nebel am Morgen\n", b"<p>Regen</p>\n", SKY, inner.as_bytes(), b"Nebel am Morgen\n"
    ]  # fmt: skip
    entries = list(container.entries())
    assert [entry.size for entry in entries] == [16, 13, None, len(inner.as_bytes()), 16]
    assert [entry.opens for entry in entries] == ["", "", "", "mailbox", ""]
    assert entries[0].modified == datetime(2024, 1, 1, 9, 0, tzinfo=UTC)
    second = data.index(b"\nFrom MAILER", 5) + 1
    assert entries[-1].locator == f"message 2 part 1 offset {second}"
    assert [container.entry_at(entry.locator) for entry in entries] == entries
    assert container.problems == []


def test_a_mail_in_a_mail_is_opened_from_end_to_end(tmp_path):
    inner = mail("innen", attachments=[("i.jpg", SKY)])
    (tmp_path / "one.eml").write_bytes(mail(attachments=[("", inner)]).as_bytes())
    with Sandbox(workers=1, limits=Limits()) as sandbox:
        found = [each for each in inspect(tmp_path / "one.eml", sandbox, Limits()) if isinstance(each, Inspected)]
    assert [(each.source.count("!"), each.entry.path, each.processed.fingerprint.size) for each in found] == [
        (0, b"00001 Wetter/part-1.txt", 16),
        (0, b"00001 Wetter/part-2.eml", len(inner.as_bytes())),
        (1, b"00001 innen/part-1.txt", 16),
        (1, b"00001 innen/i.jpg", len(SKY)),
    ]


HEADERS = ("From: a@example.org", "Date: Mon, 1 Jan 2024 10:00:00 +0100", "Message-ID: <1@example.org>")


@pytest.mark.parametrize(
    "separator",
    [
        "From ana@example.org Mon Jan  1 10:00:00 2024",
        "From 1234567890123456789@xxx Mon Jan 01 10:00:00 +0000 2024",
        "From - Mon Jan 01 10:00:00 2024",
        "From MAILER-DAEMON Mon Jan  1 9:00 UTC 2024",
        "From ana@example.org",
    ],
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_all_dialects_of_mailboxes_are_read(content_of, separator, end):
    message = (separator, *HEADERS, "", "Regen", ">From hier an", "From there on, no headers", "")
    data = raw(*message, *message, end=end)
    assert container_kind(Peek(head=data, name=b"x")) == "mailbox"
    body = raw("Regen", ">From hier an", "From there on, no headers", end=end)
    assert content_of(opened_(data)) == [
        (b"00001 1@example.org/part-1.txt", body), (b"00002 1@example.org/part-1.txt", body)
    ]  # fmt: skip


def test_a_dated_line_without_headers_after_it_parts_nothing(content_of):
    body = raw("Regen", "", "From Ana at 12:30 in 2024 came rain", "without end", "", "From Ben:", "X-Ray: no")
    data = raw("From ana@example.org Mon Jan  1 10:00:00 2024", *HEADERS, "") + body
    assert [content for _, content in content_of(opened_(data))] == [body]


def test_a_stated_length_that_is_right_protects_the_body(content_of):
    from_line = "From ana@example.org Mon Jan  1 10:00:00 2024"
    body = raw("Wind", "", from_line, "Subject: quoted", "", "more")
    for length, count in ((len(body), 2), (len(body) + 3, 3)):
        message = raw(from_line, *HEADERS, f"Content-Length: {length}", "") + body + b"\n"
        found = content_of(opened_(message + raw(from_line, *HEADERS, "", "zwei")))
        assert len(found) == count
    assert content_of(opened_(raw(from_line, *HEADERS, f"Content-Length: {len(body)}", "") + body))[0][1] == body


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (raw(*HEADERS, "", "x"), b"x", True),
        (raw("From: a@example.org", "To: b@example.org", "", "x"), b"a.EML", True),
        (raw("From: a@example.org", "To: b@example.org", "", "x"), b"a.txt", False),
        (raw("From: a@example.org", "Date: heute", "", "x"), b"a.txt", False),
        (raw(*HEADERS, "this is no header", "", "x"), b"a.txt", False),
        (raw("name: sauveterre", "version: 1"), b"a.yaml", False),
        (raw("From the author:", "Title: rain", "", "x"), b"a.txt", False),
        (raw("From the author", "Date: today", "Subject: rain", "", "x"), b"a.txt", True),
        (b"\xef\xbb\xbf" + raw(*HEADERS, "", "x"), b"x", True),
        (b"HTTP/1.1 200 OK\r\nDate: x\r\n\r\n", b"a.eml", False),
    ],
)
def test_mail_is_told_from_other_text(data, name, expected):
    assert mailbox.recognises(Peek(head=data, name=name)) is expected


def part(disposition, *, kind="image/jpeg", more=(), subject="Wetter"):
    return raw(*HEADERS, f"Subject: {subject}", 'Content-Type: multipart/mixed; boundary="=_b:1"', "", "--=_b:1",
               f"Content-Type: {kind}", f"Content-Disposition: {disposition}", *more, "", "x", "--=_b:1--")  # fmt: skip


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        ("attachment; filename=sky.jpg", b"sky.jpg"),
        ("attachment; filename*=utf-8''h%C3%B6he.jpg", "höhe.jpg".encode()),
        ("attachment; filename*0*=utf-8''h%C3%B6; filename*1=he.jpg", "höhe.jpg".encode()),
        ('attachment; filename="=?utf-8?B?aMO2aGUuanBn?="', "höhe.jpg".encode()),
        ('attachment; filename="h\xf6he.jpg"', b"h\xf6he.jpg"),
        ('attachment; filename="../../etc/x\x01.jpg"', b".._.._etc_x_.jpg"),
        ('attachment; filename="=?no-such-set?B?aMO2?="', b"=_no-such-set_B_aMO2_=".replace(b"_", b"?")),
        (f'attachment; filename="{"a" * 500}"', b"a" * 100),
        ("attachment; filename*=zz'%", b"zz'%"),
        ("inline", b"part-1.jpg"),
    ],
)
def test_names_are_read_in_every_way_they_are_written(disposition, expected):
    (entry,) = opened_(part(disposition)).entries()
    assert entry.path == b"00001 Wetter/" + expected


def test_subjects_are_bounded_and_decoded():
    (entry,) = opened_(part("inline", subject="=?iso-8859-1?Q?H=F6he?=")).entries()
    assert entry.path == "00001 Höhe/part-1.jpg".encode()
    (entry,) = opened_(part("inline", subject="r\xe9gen " * 90)).entries()
    assert len(entry.path) == len(b"00001 /part-1.jpg") + 100
    (entry,) = opened_(raw("Content-Type: text/plain", "", "x")).entries()
    assert entry.path == b"00001 without a subject/part-1.txt"


@pytest.mark.parametrize(
    ("kind", "more", "words"),
    [
        ("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", (), "is encrypted for its recipient"),
        ("application/x-pkcs7-mime; smime-type=signed-data", (), "signed-data, which is not unpacked"),
        ("application/ms-tnef", (), "TNEF"),
        ("image/jpeg", ("Content-Transfer-Encoding: x-uuencode",), "'x-uuencode', which is not known"),
        ("image/jpeg", ("Content-Transfer-Encoding: BASE64",), ""),
    ],
)
def test_what_is_not_unpacked_is_named(kind, more, words):
    (entry,) = opened_(part("inline", kind=kind, more=more)).entries()
    assert words in entry.note
    assert bool(entry.note) == bool(words)


def test_parts_of_an_encrypted_message_are_named():
    data = part("inline; filename=e.asc").replace(b"multipart/mixed", b"multipart/encrypted")
    assert "is encrypted" in next(opened_(data).entries()).note


def test_a_digest_holds_messages():
    data = raw(*HEADERS, "Content-Type: multipart/digest; boundary=b", "", "--b", "", "Subject: in", "", "x", "--b--")
    (entry,) = opened_(data).entries()
    assert (entry.path, entry.opens) == (b"00001 1@example.org/part-1.eml", "mailbox")


def test_a_cut_mailbox_is_listed_to_its_end(tmp_path, before_damage):
    data = mbox(tmp_path, mail(), mail(attachments=[("sky.jpg", SKY)]))
    container = opened_(data[: data.index(b"BAUG") + 1_001])
    entries = list(container.entries())
    assert [entry.path[6:] for entry in entries] == [b"Wetter/part-1.txt", b"Wetter/part-1.txt", b"Wetter/sky.jpg"]
    (problem,) = container.problems
    assert "message 2: it ends before the end mark" in problem.what
    got, error = before_damage(container.open(entries[-1]))
    assert len(got) > 700
    assert SKY.startswith(got)
    assert error is None or "middle of its base64" in str(error)


def test_a_medium_that_breaks_off_is_told(tmp_path):
    data = mbox(tmp_path, *[mail(str(number)) for number in range(100)])

    class Broken(io.BytesIO):
        def read(self, size=-1):
            if self.tell() >= len(data) // 2:
                raise UnreadableSource("the medium cannot be read here")
            return super().read(min(size, len(data) // 2 - self.tell()))

    container = mailbox.open(StreamOrigin(Broken(data), "sha256:x"), Limits())
    assert 45 < len(list(container.entries())) < 55
    assert "cannot be read after byte" in container.problems[-1].what


def test_multiparts_without_parts_are_parts(content_of):
    data = raw(*HEADERS, "Content-Type: multipart/mixed; boundary=b", "", "no mark", "at all")
    container = opened_(data)
    assert content_of(container) == [(b"00001 1@example.org/part-1.bin", b"no mark\nat all\n")]
    assert any("none is found" in problem.what for problem in container.problems)
    inner = ("Content-Type: multipart/x; boundary=c", "", "lost")
    outer = ("Content-Type: multipart/mixed; boundary=b", "", "--b")
    nested = raw(*HEADERS, *outer, *inner, "--b", "", "found", "--b--", "end")
    assert [content for _, content in content_of(opened_(nested))] == [b"lost", b"found"]
    assert [content for _, content in content_of(opened_(part("inline").replace(b'"=_b:1"', b'""')))] == [
        part("inline").partition(b"\n\n")[2]
    ]


def test_parts_may_be_too_many_or_too_deep():
    many = raw(*HEADERS, "Content-Type: multipart/mixed; boundary=b", "", *["--b", "", "x"] * 10_050)
    container = opened_(many)
    assert len(list(container.entries())) == 10_001
    assert "more than 10,000 parts" in container.problems[0].what
    lines = [line for n in range(300) for line in (f"Content-Type: multipart/x; boundary={n}", "", f"--{n}")]
    deep = raw(*HEADERS, *lines)
    assert len(list(opened_(deep).entries())) == 1


@pytest.mark.parametrize("locator", ["message 1 part 9 offset 0", "message 1 part 1 offset 99999", "x", ""])
def test_a_locator_of_another_source_is_refused(locator):
    with pytest.raises(UnreadableSource, match="list it again"):
        opened_(part("inline")).entry_at(locator)


def test_memory_does_not_grow_with_the_mailbox(tmp_path):
    body = os.urandom(6 << 20)
    with (tmp_path / "big.mbox").open("wb") as out:
        for _ in range(6):
            out.write(b"From a Mon Jan 1 10:00:00 2024\n" + mail(attachments=[("sky.jpg", body)]).as_bytes() + b"\n\n")
    with (tmp_path / "big.mbox").open("rb") as stream:
        tracemalloc.start()
        container = mailbox.open(StreamOrigin(stream, "sha256:x"), Limits())
        *_, last = container.entries()
        total = 0
        with container.open(last) as content:
            while block := content.read(1 << 16):
                total += len(block)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert total == len(body)
    assert peak < 6 << 20


def leaves(message):
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        return [leaf for each in message.get_payload() for leaf in leaves(each)]
    if message.get_content_type() == "message/rfc822":
        return [message.get_payload(0).as_bytes()]
    return [message.get_payload(decode=True)]


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=300).map(lambda t: t + "\n")
ATTACHMENTS = st.lists(st.tuples(st.just("a.jpg"), st.binary(max_size=400)), max_size=3)


@settings(max_examples=80, deadline=None)
@given(texts=st.lists(st.tuples(TEXTS, ATTACHMENTS), min_size=1, max_size=3), end=st.sampled_from(["\n", "\r\n"]))
def test_contents_are_those_the_standard_library_finds(content_of, texts, end):
    form = policy.default.clone(linesep=end)
    packed = [mail(str(n), text, attachments=files).as_bytes(policy=form) for n, (text, files) in enumerate(texts)]
    from_line = b"From a Mon Jan 1 10:00:00 2024" + end.encode()
    data = b"".join(from_line + each.rstrip(b"\r\n") + end.encode() * 2 for each in packed)
    expected = [leaf.rstrip() for each in packed for leaf in leaves(message_from_bytes(each, policy=policy.compat32))]
    assert [content.rstrip() for _, content in content_of(opened_(data))] == expected


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_damage_ends_in_our_own_words(content_of, data):
    whole = mail(attachments=[("s.jpg", SKY), ("", mail())]).as_bytes()
    content = bytearray(b"From a Mon Jan 1 10:00:00 2024\n" + whole)
    for _ in range(data.draw(st.integers(1, 10))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    try:
        container = opened_(bytes(content))
        locators = [entry.locator for entry in container.entries()]
        content_of(container)
    except SauveterreError as error:
        assert len(str(error)) > 20
    else:
        assert len(set(locators)) == len(locators)
