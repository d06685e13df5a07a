"""CoreStorage volumes, among them FileVault 2 of macOS 10.7 to 10.12, through libfvde. Later ones are APFS."""

import pyfvde

from sauveterre.errors import Locked
from sauveterre.evidence.disk.layers import Layers, media_below
from sauveterre.evidence.disk.libyal import LIBYAL_ERRORS, YalFile, opened, yal_media
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

NAME = "filevault"
VERSION = 1

_SIGNATURE, _SIGNATURE_AT = b"CS", 88
_VERSION_AND_KIND = b"\x01\x00\x10\x00"
_WHAT = "a CoreStorage volume"
_MOST_VOLUMES = 64


def recognises(peek: Peek) -> bool:
    """Say whether the first block is the header of a CoreStorage volume."""
    head = peek.head
    return not peek.is_folder and head[8:12] == _VERSION_AND_KIND and head[_SIGNATURE_AT:90] == _SIGNATURE


def open(origin: Origin, limits: Limits) -> "CoreStorage":
    """Open a volume; raise ``Locked`` when none of the keys opens any of its logical volumes."""
    return CoreStorage(origin, limits)


class CoreStorage(Layers):
    """An opened CoreStorage volume: an entry for each of its logical volumes that a key opens."""

    def __init__(self, origin: Origin, limits: Limits) -> None:
        """Open the volume and try the keys on each of its logical volumes."""
        self._volume = pyfvde.volume()
        file = YalFile(media_below(origin))
        opened(origin.identity, _WHAT, lambda: self._volume.open_file_object(file))
        super().__init__(origin.identity, NAME, limits, self._volume.close)
        opened(origin.identity, _WHAT, lambda: self._volume.open_physical_volume_files_as_file_objects([file]))
        group = opened(origin.identity, _WHAT, self._volume.get_volume_group)
        count = opened(origin.identity, _WHAT, group.get_number_of_logical_volumes)
        locked = sum(not self._list(origin, group, number) for number in range(min(_MOST_VOLUMES, count)))
        if locked:
            self._tell(origin, locked)

    def _list(self, origin: Origin, group: pyfvde.volume_group, number: int) -> bool:
        """Add a logical volume; say whether it is open."""
        logical = opened(origin.identity, _WHAT, lambda: group.get_logical_volume(number))
        if logical.is_locked() and not any(_unlocks(logical, key) for key in origin.keys):
            return False
        size = opened(origin.identity, _WHAT, logical.get_size)
        media = yal_media(origin.identity, logical, size)
        self.add(b"volume %d" % (number + 1), f"volume {number + 1}", media, note=f"CoreStorage, {logical.get_name()}")
        return True

    def _tell(self, origin: Origin, locked: int) -> None:
        what = (
            f"{origin.identity} holds {locked} volumes encrypted with FileVault and none of the {len(origin.keys)} "
            "keys given opens them; add the password of a user or the recovery key to the exhibit's keys"
        )
        if not self._members:
            self.close()
            raise Locked(what)
        self._problem("group", what)


def _unlocks(logical: pyfvde.logical_volume, key: str) -> bool:
    try:
        logical.set_password(key)
        logical.set_recovery_password(key)
        return bool(logical.unlock())
    except LIBYAL_ERRORS:
        return False
