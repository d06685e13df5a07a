import hashlib
import json
import struct

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, XTS
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sauveterre.errors import LimitExceeded, Locked, UnreadableSource
from sauveterre.evidence.disk.sector_ciphers import UnknownCipher, sector_cipher
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.evidence.readers import luks
from sauveterre.records.limits import Limits

PASSPHRASE = "autumn leaves"
KEY = bytes(range(64))
FAST = ["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"]
ARGON = ["--pbkdf", "argon2id", "--pbkdf-force-iterations", "4", "--pbkdf-memory", "64", "--pbkdf-parallel", "1"]
CONTENT = 1 << 20


def xts(data: bytes, key: bytes, first: int, sector: int, *, encrypt: bool) -> bytes:
    """AES-XTS sector by sector, as the library has it."""
    parts = []
    for at in range(0, len(data), sector):
        cipher = Cipher(AES(key), XTS((first + at // 512).to_bytes(16, "little")))
        context = cipher.encryptor() if encrypt else cipher.decryptor()
        parts.append(context.update(data[at : at + sector]))
    return b"".join(parts)


@pytest.fixture
def formatted(tool, tmp_path, medium):
    """Make a LUKS header with cryptsetup, and encrypt a content behind it."""

    def make(*options, version=2, sector=512):
        path, key = tmp_path / "volume.luks", tmp_path / "key"
        path.write_bytes(bytes(20 << 20))
        key.write_bytes(KEY)
        if version == 2:
            options = (*options, "--sector-size", str(sector))
        tool("cryptsetup", "luksFormat", "-q", "--type", f"luks{version}", "--cipher", "aes-xts-plain64",
             "--key-size", "512", "--hash", "sha256", "--volume-key-file", key, *options, path, "-",
             input=PASSPHRASE.encode())  # fmt: skip
        image = path.read_bytes()
        at = payload_at(image, version)
        path.write_bytes(image[:at] + xts(medium[:CONTENT], KEY, 0, sector, encrypt=True))
        return path

    return make


def payload_at(image: bytes, version: int) -> int:
    if version == 1:
        return struct.unpack_from(">I", image, 104)[0] * 512
    return int(json.loads(image[4096:16_384].partition(b"\x00")[0])["segments"]["0"]["offset"])


@pytest.mark.parametrize(
    ("options", "version", "sector"),
    [(FAST, 1, 512), (FAST, 2, 512), (ARGON, 2, 512), (FAST, 2, 4096)],
    ids=["1", "2", "2-argon2id", "2-sectors-of-4096"],
)
def test_a_passphrase_opens_a_volume(formatted, opened_file, volume, medium, options, version, sector):
    path = formatted(*options, version=version, sector=sector)
    container = opened_file(luks, path, keys=["spring rain", PASSPHRASE])
    [entry] = container.entries()

    assert entry.path == b"unlocked"
    assert entry.note.startswith(f"LUKS version {version}, aes-xts-plain64, ")
    assert volume(container) == medium[:CONTENT]


@pytest.mark.parametrize("version", [1, 2])
def test_the_key_of_the_volume_in_hex_opens_it(formatted, opened_file, volume, medium, version):
    assert volume(opened_file(luks, formatted(*FAST, version=version), keys=[KEY.hex()])) == medium[:CONTENT]


def test_a_key_file_in_hex_opens_it(formatted, opened_file, volume, medium, tool, tmp_path):
    path = formatted(*FAST)
    (tmp_path / "file").write_bytes(b"\xff\x00 no text")
    tool("cryptsetup", "luksAddKey", "-q", *FAST, "--key-file", "-", path, tmp_path / "file", input=PASSPHRASE.encode())

    assert volume(opened_file(luks, path, keys=[b"\xff\x00 no text".hex()])) == medium[:CONTENT]


@pytest.mark.parametrize("keys", [[], ["spring rain", "00" * 64]], ids=["none", "wrong"])
@pytest.mark.parametrize("version", [1, 2])
def test_without_the_right_key_it_stays_locked(formatted, opened_file, version, keys):
    path = formatted(*FAST, version=version)
    with pytest.raises(Locked, match=f"none of the {len(keys)} keys given opens it; add its passphrase"):
        opened_file(luks, path, keys=keys)


def test_the_second_header_stands_in_for_a_damaged_first(formatted, opened_with, volume, medium):
    image = bytearray(formatted(*FAST).read_bytes())
    image[5000] ^= 1
    with opened_with(luks, bytes(image), keys=[PASSPHRASE]) as container:
        assert volume(container) == medium[:CONTENT]
    image[0x4000 + 5000] ^= 1
    with pytest.raises(UnreadableSource, match="has a LUKS header that is damaged"):
        opened_with(luks, bytes(image), keys=[PASSPHRASE])


@pytest.mark.parametrize(
    "options",
    [["cipher-mode=xts", "cipher-alg=aes-128", "hash-alg=sha512"],
     ["cipher-mode=cbc", "ivgen-alg=essiv", "ivgen-hash-alg=sha256"]],
    ids=",".join,
)  # fmt: skip
def test_volumes_that_qemu_encrypts(tool, tmp_path, raw, opened_file, volume, medium, options):
    said = ",".join(["key-secret=s", "iter-time=10", *options])
    try:
        tool("qemu-img", "convert", "-O", "luks", "--object", f"secret,id=s,data={PASSPHRASE}", "-o", said, "-f", "raw",
             raw, tmp_path / "volume.luks")  # fmt: skip
    except AssertionError as error:
        if "accurate CPU usage" in str(error):
            pytest.skip("qemu-img cannot measure its own speed on a machine this busy")
        raise

    assert volume(opened_file(luks, tmp_path / "volume.luks", keys=[PASSPHRASE])) == medium


def test_other_ciphers_are_named(formatted, opened_with):
    image = formatted(*FAST, version=1).read_bytes().replace(b"aes", b"twofish", 1)
    with pytest.raises(UnreadableSource, match="is encrypted by twofish-xts-plain64 with 512 bits, which is not read"):
        opened_with(luks, image[:8] + image[8:40].rstrip(b"\x00").ljust(32, b"\x00") + image[44:], keys=[PASSPHRASE])


def test_a_slot_that_asks_for_too_much_memory_is_refused(formatted):
    with formatted(*ARGON).open("rb") as stream, pytest.raises(LimitExceeded, match="asks for 64 KiB of memory"):
        luks.open(StreamOrigin(stream, "x", keys=("a",)), Limits(memory_bytes=64 << 10))


@settings(max_examples=60, deadline=None)
@given(key=st.binary(min_size=64, max_size=64), first=st.integers(0, 1 << 60), seed=st.binary(min_size=16, max_size=16))
def test_many_sectors_at_once_are_as_one_after_another(key, first, seed):
    assume(key[:32] != key[32:])
    data = seed * (4096 * 3 // 16)
    for sector in (512, 4096):
        encrypted = xts(data, key, first, sector, encrypt=True)
        assert sector_cipher("aes-xts-plain64", key, sector)(encrypted, first) == data


def test_cbc_is_as_the_library_has_it():
    key = bytes(range(32))
    data = bytes(range(256)) * 4
    encrypted = b""
    for number in (5, 6):
        context = Cipher(AES(key), CBC(number.to_bytes(16, "little"))).encryptor()
        encrypted += context.update(data[(number - 5) * 512 :][:512])

    assert sector_cipher("aes-cbc-plain64", key, 512)(encrypted, 5) == data
    assert sector_cipher("aes-cbc-plain", key, 512)(encrypted, 5 + (1 << 32)) == data


@pytest.mark.parametrize("name", ["aes-ecb", "aes-xts-benbi", "aes-cbc-essiv:md5", "twofish-xts-plain64", "null", ""])
def test_what_is_no_known_cipher_is_refused(name):
    with pytest.raises(UnknownCipher):
        sector_cipher(name, bytes(32), 512)


@pytest.mark.parametrize("version", [1, 2])
def test_damage_never_raises_anything_of_its_own_making(formatted, opened_with, survives, mutants, version):
    image = formatted(*FAST, version=version).read_bytes()
    spans = [(8, 164), (216, 592)] if version == 1 else [(8, 520), (4096, 5200), (0x4000, 0x4000 + 520)]
    ends = {survives(luks, d, opened_with, keys=[PASSPHRASE]) for d in mutants(image[: 17 << 20], 40, spans)}

    assert len(ends) > 1


CHANGES = {
    b'"sector_size":512': b'"sector_size":513', b'"key_size":64': b'"key_size":0', b'"stripes":4000': b'"stripes":-1',
    b'"crypt"': b'"crypt","integrity":{}', b'"type":"pbkdf2"': b'"type":"argon2id"',
    b'"iv_tweak":"0"': b'"iv_tweak":[]',
    b'"iterations":1000': b'"iterations":99e9', b'"dynamic"': b'"99999999999999999999999"', b'"segments":{': b'"s":{',
    b'"offset":"32768"': b'"offset":"999999999"', b'aes-xts-plain64': b'null-ecb', b'"digest":"': b'"digest":1,"x":"',
    b"{": b"[" * 500,
}  # fmt: skip


@pytest.mark.parametrize("old", CHANGES, ids=bytes.decode)
def test_a_changed_description_never_raises_anything_of_its_own_making(formatted, opened_with, survives, old):
    image = bytearray(formatted(*FAST).read_bytes())
    said = bytes(image[4096:0x4000]).partition(b"\x00")[0]
    assert old in said
    image[4096:0x4000] = said.replace(old, CHANGES[old])[:12_000].ljust(0x4000 - 4096, b"\x00")
    image[448:512] = bytes(64)
    image[448:480] = hashlib.sha256(image[:0x4000]).digest()
    image[0x4000:0x4008] = bytes(8)

    assert survives(luks, bytes(image), opened_with, keys=[PASSPHRASE]) != "opened"
