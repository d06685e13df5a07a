"""No image of CoreStorage can be made here and none is at hand: only what is refused is tested."""

import struct
import zlib

import pytest

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.readers import filevault
from sauveterre.records.peek import Peek


def header() -> bytes:
    """Make the first block of a CoreStorage volume, which leads nowhere."""
    block = bytearray(512)
    struct.pack_into("<HH", block, 8, 1, 0x10)
    struct.pack_into("<IQ", block, 48, 512, 1 << 20)
    block[88:90] = b"CS"
    struct.pack_into("<I", block, 92, 1)
    struct.pack_into("<I", block, 4, 0xFFFFFFFF)
    struct.pack_into("<I", block, 0, zlib.crc32(block[8:]))
    return bytes(block)


def test_a_header_is_recognised():
    assert filevault.recognises(Peek(head=header()))
    assert not filevault.recognises(Peek(head=header()[:88] + b"HX" + bytes(422)))


def test_a_volume_that_leads_nowhere_is_damaged(opened):
    with pytest.raises(UnreadableSource, match="cannot be opened as a CoreStorage volume"):
        opened(filevault, header().ljust(1 << 20, b"\x00"))


def test_damage_never_raises_anything_of_its_own_making(opened_with, survives, mutants):
    image = header().ljust(1 << 20, b"\x00")
    for damaged in mutants(image, 100, [(0, 512)]):
        survives(filevault, damaged, opened_with, keys=["autumn leaves"])
