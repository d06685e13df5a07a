import io
import os
import tarfile
import zlib
from hashlib import pbkdf2_hmac

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.errors import LimitExceeded, Locked, SauveterreError, UnreadableSource
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.evidence.readers import android_backup, tar_archive
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek

HIGH_KEY = bytes(range(112, 144))
"""Half of its bytes have their first bit set: where the ways from key to text differ."""
FILES = {
    "apps/org.example.weather/_manifest": b"1\norg.example.weather\n",
    "apps/org.example.weather/f/rain.txt": b"rain tomorrow\n" * 50,
    "apps/org.example.weather/db/clouds.db": bytes(range(256)) * 40,
    "apps/org.example.weather/d_f/unknown-domain": b"kept all the same",
    "apps/org.example.weather/zz/another": b"and this",
    "shared/0/DCIM/sky.jpg": b"\xff\xd8\xff\xe0 not really",
}


def tarred():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in FILES.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_700_000_000
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


TAR = tarred()


def java_text(key: bytes) -> bytes:
    """(char) of a signed byte, in UTF-8: U+FF80 and on for the upper half, three bytes each."""
    out = bytearray()
    for byte in key:
        if byte < 128:
            out.append(byte)
        else:
            code = 0xFF00 + byte
            out += bytes([0xE0 | code >> 12, 0x80 | code >> 6 & 0x3F, 0x80 | code & 0x3F])
    return bytes(out)


def cbc(key, iv, data):
    fill = 16 - len(data) % 16
    context = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return context.update(data + bytes([fill]) * fill) + context.finalize()


def backup(password=None, *, version=5, compressed=True, content=TAR, key=HIGH_KEY, rounds=200):
    """Write a backup as the published sources of Android do; ``password`` is the bytes that PBKDF2 is given."""
    data = zlib.compress(content) if compressed else content
    head = f"ANDROID BACKUP\n{version}\n{int(compressed)}\n".encode()
    if password is None:
        return head + b"none\n" + data
    salt, check_salt, iv, inner_iv = b"s" * 64, b"c" * 64, b"i" * 16, b"j" * 16
    check = pbkdf2_hmac("sha1", key if version == 1 else java_text(key), check_salt, rounds, 32)
    blob = b"\x10" + inner_iv + b"\x20" + key + b"\x20" + check
    sealed = cbc(pbkdf2_hmac("sha1", password, salt, rounds, 32), iv, blob)
    lines = [b"AES-256", salt.hex(), check_salt.hex(), rounds, iv.hex().upper(), sealed.hex().upper()]
    text = b"".join((line if isinstance(line, bytes) else str(line).encode()) + b"\n" for line in lines)
    return head + text + cbc(key, inner_iv, data)


def opened_with(data, *keys, limits=None):
    return android_backup.open(StreamOrigin(io.BytesIO(data), "sha256:x", keys=keys), limits or Limits())


def content(container):
    (entry,) = container.entries()
    with container.open(container.entry_at(entry.locator)) as stream:
        return stream.read()


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("password", [None, b"umbrella"])
def test_every_version_gives_the_tar(version, compressed, password):
    data = backup(password, version=version, compressed=compressed)
    assert android_backup.recognises(Peek(head=data))
    container = opened_with(data, "wrong", "umbrella")
    (entry,) = container.entries()
    assert (entry.path, entry.locator, entry.opens) == (b"content.tar", "content", "tar")
    assert entry.size == (len(TAR) if not compressed and password is None else None)
    assert content(container) == TAR
    assert container.problems == []


def test_every_folder_is_listed_known_or_not():
    found = tar_archive.open(StreamOrigin(io.BytesIO(content(opened_with(backup()))), "x"), Limits())
    assert [entry.path.decode() for entry in found.entries()] == list(FILES)


def test_a_bare_backup_can_be_read_at_random():
    container = opened_with(backup(compressed=False))
    with container.open(next(container.entries())) as stream:
        assert stream.seekable()
        stream.seek(257)
        assert stream.read(5) == b"ustar"


@pytest.mark.parametrize(("version", "secret"), [(2, "paraplüie".encode()), (1, "paraplüie".encode("latin-1"))])
def test_a_password_that_is_not_ascii_fits_in_both_ways(version, secret):
    assert content(opened_with(backup(secret, version=version), "paraplüie")) == TAR


def test_a_master_key_is_checked_and_not_only_unpacked():
    other = bytearray(backup(b"umbrella"))
    lines = bytes(other).split(b"\n", 9)
    lines[5] = bytes(64).hex().encode()
    with pytest.raises(Locked):
        opened_with(b"\n".join(lines), "umbrella")


@pytest.mark.parametrize(
    ("keys", "words"), [((), "no password was given"), (("rain", "snow"), "none of the passwords")]
)
def test_without_its_password_it_is_locked(keys, words):
    with pytest.raises(Locked, match=words) as caught:
        opened_with(backup(b"umbrella"), *keys)
    assert "key add" in str(caught.value)
    assert "rain" not in str(caught.value)


def test_a_later_version_is_read_and_told():
    container = opened_with(backup(version=6))
    assert content(container) == TAR
    assert [problem.what[:41] for problem in container.problems] == ["the backup states format version 6, and 1"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"ANDROID BACKUP\n5\n1\n", "cut off"),
        (b"ANDROID BACKUP\nfive\n1\nnone\n", "no number for a version"),
        (b"ANDROID BACKUP\n5\n2\nnone\n", "third line"),
        (b"ANDROID BACKUP\n5\n1\nROT-13\n", "'ROT-13'"),
        (b"ANDROID BACKUP\n5\n1\nAES-256\nzz\n00\n10\n00\n00\n", "hexadecimal"),
        (b"ANDROID BACKUP\n5\n1\nAES-256\n00\n00\n999999999\n00\n00\n", "999,999,999 rounds"),
        (b"ANDROID BACKUP\n5\n1\nAES-256\n00\n00\n10\n00\n00\n", "length"),
        (b"something else\n", "does not begin"),
    ],
)
def test_a_damaged_header_is_told(data, words):
    with pytest.raises(UnreadableSource, match=words):
        opened_with(data, "umbrella")


@pytest.mark.parametrize("password", [None, b"umbrella"])
def test_a_cut_backup_gives_what_came_before(before_damage, password):
    noise = os.urandom(200_000)
    data = backup(password, content=noise)
    container = opened_with(data[:-1_000], "umbrella")
    got, error = before_damage(container.open(next(container.entries())))
    assert noise.startswith(got)
    assert 190_000 < len(got) < len(noise)
    assert isinstance(error, UnreadableSource)


def test_a_bomb_stops_at_the_limit():
    container = opened_with(backup(content=bytes(4 << 20)), limits=Limits(ratio=50, ratio_floor=1 << 20))
    with pytest.raises(LimitExceeded, match="bomb"):
        content(container)


WHOLE = backup(b"umbrella", rounds=1)


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, len(WHOLE) - 1), new=st.integers(0, 255), cut=st.integers(0, len(WHOLE)))
def test_any_damage_ends_in_our_own_words(at, new, cut):
    for data in (WHOLE[:at] + bytes([new]) + WHOLE[at + 1 :], WHOLE[:cut]):
        try:
            content(opened_with(data, "umbrella"))
        except SauveterreError as error:
            assert len(str(error)) > 20
