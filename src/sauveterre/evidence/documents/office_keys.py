"""Whether an Office document asks for a password, and what the right one makes of it, through msoffcrypto."""

from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from sauveterre.errors import LimitExceeded, Locked, UnreadableSource

if TYPE_CHECKING:
    from olefile import OleFileIO

PACKAGE, PACKAGE_INFO = "EncryptedPackage", "EncryptionInfo"
EXCELS_OWN = "VelvetSweatshop"
"""What Excel itself encrypts workbooks with that are only protected against changes, and opens without asking."""
_FILE_PASS = 0x002F
_ENCRYPTED_SLIDES = 0xF3D1C4DF
_MOST_INFO_BYTES = 1 << 16


def is_encrypted(ole: "OleFileIO") -> bool:
    """Say whether the document says that it is: [MS-OFFCRYPTO] 2.3, FIB, FILEPASS, CurrentUserAtom."""
    if ole.exists(PACKAGE):
        return True
    if ole.exists("WordDocument"):
        return bool(int.from_bytes(ole.openstream("WordDocument").read(12)[10:12], "little") & 0x0100)
    book = next((name for name in ("Workbook", "Book") if ole.exists(name)), None)
    if book is not None:
        return _has_file_pass(ole.openstream(book).read(4 << 10))
    user = ole.openstream("Current User").read(16) if ole.exists("Current User") else b""
    return int.from_bytes(user[12:16], "little") == _ENCRYPTED_SLIDES


def _has_file_pass(head: bytes) -> bool:
    """Say whether a workbook's globals have the record that announces encryption; it stands near their start."""
    at = 0
    while at + 4 <= len(head):
        kind, size = int.from_bytes(head[at : at + 2], "little"), int.from_bytes(head[at + 2 : at + 4], "little")
        if kind == _FILE_PASS:
            return True
        at += 4 + size
    return False


def decrypted(view: BinaryIO, ole: "OleFileIO", keys: tuple[str, ...], name: str) -> bytes:
    """Return the plain document; raise ``Locked`` when none of the keys opens it."""
    if ole.exists(PACKAGE_INFO) and ole.get_size(PACKAGE_INFO) > _MOST_INFO_BYTES:
        raise UnreadableSource(f"{name} states its encryption in more bytes than any program; treat it as damaged")
    trouble = ""
    for key in (EXCELS_OWN, *keys):
        try:
            return _with(view, key)
        except MemoryError as error:
            raise LimitExceeded(
                f"{name} needs more memory to be decrypted than there is; raise memory_bytes"
            ) from error
        except Exception as error:  # noqa: BLE001 - a wrong key, or damage, may break anything in the library
            trouble = "" if type(error).__name__ == "InvalidKeyError" else f" ({type(error).__name__}: {error})"
    tried = f"none of the keys given ({len(keys)}) opens it" if keys else "no key was given"
    raise Locked(
        f"{name} is an Office document that opens with a password only, and {tried}{trouble[:300]}; add it to the "
        "exhibit with `sauveterre key add`"
    )


def _with(view: BinaryIO, key: str) -> bytes:
    import msoffcrypto

    plain = BytesIO()
    office = msoffcrypto.OfficeFile(view)
    if office.format == "ooxml":
        office.load_key(password=key, verify_password=True)
    else:
        office.load_key(password=key)
    office.decrypt(plain)
    return plain.getvalue()
