import pytest

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.opening import peek_at, reader_for
from sauveterre.evidence.readers import unread
from sauveterre.records.entry import EntryKind
from sauveterre.records.peek import Peek


def marked(known) -> bytes:
    image = bytearray(1 << 17)
    at = known.at if known.at >= 0 else len(image) + known.at
    image[at : at + len(known.mark)] = known.mark
    return bytes(image)


@pytest.mark.parametrize("known", unread.KNOWN, ids=lambda known: f"{known.name} at {known.at}")
def test_every_mark_is_named(opened, known):
    image = marked(known)
    assert unread.recognises(Peek(head=image[:0x11000], tail=image[-512:], size=len(image)))
    if known.remedy:
        with pytest.raises(UnreadableSource) as raised:
            opened(unread, image)
        assert str(raised.value) == f"sha256:of-the-test is {known.name}, which is not read here; {known.remedy}"
        return
    container = opened(unread, image)
    [entry] = container.entries()
    [problem] = container.problems

    assert (entry.path, entry.locator, entry.kind, entry.opens) == (b"content", "region", EntryKind.REGION, "carving")
    assert entry.size == len(image)
    assert container.open(entry).read() == image
    assert problem.what.startswith(f"the volume holds {known.name}, which is not read here")


@pytest.mark.parametrize(
    ("maker", "arguments", "size", "name"),
    [("mkfs.f2fs", ["-q"], 64, "F2FS"), ("mkfs.btrfs", ["-q", "-f", "-M"], 120, "Btrfs"),
     ("mkswap", [], 2, "swap space of Linux"), ("mkfs.jfs", ["-q"], 17, "JFS"), ("mkfs.erofs", [], 0, "EROFS")],
    ids=["f2fs", "btrfs", "swap", "jfs", "erofs"],
)  # fmt: skip
def test_volumes_made_by_their_own_tools_are_named(tool, tmp_path, opened_file, maker, arguments, size, name):
    path = tmp_path / "volume"
    path.write_bytes(bytes(size << 20))
    if not size:
        (tmp_path / "folder").mkdir()
        tool(maker, path, tmp_path / "folder")
    else:
        tool(maker, *arguments, path)
    with path.open("rb") as stream:
        assert reader_for(peek_at(stream)) is unread
    [problem] = opened_file(unread, path).problems

    assert name in problem.what


def test_marks_do_not_hide_one_another():
    for known in unread.KNOWN:
        assert unread.found(marked(known)[:0x11000], marked(known)[-512:]).name == known.name


@pytest.mark.parametrize("content", [b"", b"R", b"Rar", bytes(70_000)], ids=len)
def test_other_content_is_left_alone(content):
    assert not unread.recognises(Peek(head=content, tail=content[-512:], size=len(content)))
