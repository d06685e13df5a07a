"""Encrypted files are named, with what opens them."""

import io
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import Locked
from sauveterre.evidence.encryption import MARKED, found
from sauveterre.evidence.opening import peek_at, reader_for
from sauveterre.evidence.readers import encrypted, unread
from sauveterre.records.peek import Peek

RAR4, RAR5 = b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00"


def rar4(*, archive: int, file: int) -> bytes:
    """Return the two first headers of a RAR 4: checksum, type, flags, size."""
    first = b"\0\0\x73" + archive.to_bytes(2, "little") + (13).to_bytes(2, "little") + bytes(6)
    return RAR4 + first + b"\0\0\x74" + file.to_bytes(2, "little") + (32).to_bytes(2, "little") + bytes(25)


def header5(kind: int, extra: bytes = b"") -> bytes:
    """Return a header of RAR 5: checksum, size, type, flags, the size of its extra part, and that."""
    body = bytes([kind, 1, len(extra)]) + b"\0\0\0" + extra
    return bytes(4) + bytes([len(body)]) + body


@pytest.mark.parametrize("kind", MARKED, ids=lambda kind: f"{kind.name} {kind.mark[:6].hex()}")
def test_every_mark_is_named_with_what_opens_it(opened, kind):
    data = bytearray(1 << 12)
    at = kind.at if kind.at >= 0 else len(data) + kind.at
    data[at : at + len(kind.mark)] = kind.mark
    assert reader_for(peek_at(io.BytesIO(bytes(data)))) is encrypted
    with pytest.raises(Locked) as raised:
        opened(encrypted, bytes(data))
    assert str(raised.value) == f"sha256:of-the-test is {kind.name}, which is not opened here; {kind.remedy}"


@pytest.mark.parametrize(
    ("data", "is_encrypted"),
    [
        (rar4(archive=0x80, file=0), True),
        (rar4(archive=0, file=4), True),
        (rar4(archive=1, file=0x20), False),
        (RAR5 + header5(4), True),
        (RAR5 + header5(1) + header5(2, b"\x02\x01\x00"), True),
        (RAR5 + header5(1) + header5(2, b"\x02\x02\x00"), False),
        (RAR5 + header5(1) + header5(2), False),
    ],
    ids=["4 headers", "4 file", "4 plain", "5 headers", "5 file", "5 other record", "5 plain"],
)
def test_a_rar_archive_is_told_from_an_encrypted_one(data, is_encrypted):
    kind = found(data + bytes(200), b"")
    assert (kind is not None and kind.name) == (is_encrypted and "an encrypted RAR archive")
    assert reader_for(Peek(head=data + bytes(200))) is (encrypted if is_encrypted else unread)


@given(st.binary(max_size=300), st.sampled_from([RAR4, RAR5, b""]))
def test_any_bytes_have_an_answer(data, mark):
    found(mark + data, data)


@pytest.mark.parametrize("options", [["-c"], ["--symmetric"]], ids=["armoured", "binary"])
def test_files_that_gpg_encrypts_are_named(tmp_path, options):
    gpg = shutil.which("gpg")
    if gpg is None:
        pytest.skip("no gpg here: install it to test against what it makes")
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (tmp_path / "rain.txt").write_text("It rains.")
    ran = subprocess.run(
        [gpg, "--homedir", home, "--batch", "--pinentry-mode", "loopback", "--passphrase", "autumn leaves", *options,
         *(["--armor"] if options == ["-c"] else []), tmp_path / "rain.txt"],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    if ran.returncode:
        pytest.skip("gpg cannot run here")
    [packed] = list(tmp_path.glob("rain.txt.*"))
    with packed.open("rb") as stream:
        assert reader_for(peek_at(stream)) is encrypted


def test_files_that_openssl_encrypts_are_named():
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here: install it to test against what it makes")
    command = [openssl, "enc", "-aes-256-cbc", "-pbkdf2", "-pass", "pass:rain"]
    for more in ([], ["-a"]):
        made = subprocess.run([*command, *more], input=b"It rains.", capture_output=True, check=True).stdout
        assert reader_for(Peek(head=made, size=len(made))) is encrypted
