"""SQLite databases (file format 3): as many pages as the header states, each of a kind that a page can be."""

import re

from sauveterre.evidence.carving.view import Found, View, cut_off, whole

NAME = "sqlite"
PREFIXES = frozenset({b" 3\x00"})
LEAD = 13
HEAD = re.compile(rb"SQLite format 3\x00")

_LOCK_BYTE = 1 << 30
_FRACTIONS = bytes((64, 32, 32))
_TREE_PAGES = frozenset({2, 5, 10, 13})
_FIRST_PAGES = (5, 13)
_MOST_POINTER = 5


def suffix(view: View) -> str:  # noqa: ARG001
    """Name it as most do."""
    return "sqlite"


def walk(view: View) -> Found | None:
    """Follow a database; one that is cut off, or does not state its pages, counts up to its last sound page."""
    head = view.read(0, 108)
    page_size = _page_size(head)
    if not page_size or page_size > view.size or head[100] not in _FIRST_PAGES or not _is_tree(head[100:], page_size):
        return None
    stated = int.from_bytes(head[28:32], "big") if head[24:28] == head[92:96] else 0
    last = min(stated or view.size // page_size, view.size // page_size)
    sound = _sound_pages(view, page_size, last, stated, int.from_bytes(head[36:40], "big"))
    return whole(sound * page_size) if sound == stated else cut_off(sound * page_size, sound * page_size)


def _page_size(head: bytes) -> int:
    """Return the size of the pages, 0 where this is no header."""
    if len(head) < 108 or head[21:24] != _FRACTIONS or any(head[72:92]):
        return 0
    size = int.from_bytes(head[16:18], "big")
    size = 1 << 16 if size == 1 else size
    is_size = size >= 512 and size & (size - 1) == 0
    sound = head[18] in (1, 2) and head[19] in (1, 2) and not any(head[44:47]) and head[47] <= 4
    return size if is_size and sound and not any(head[56:59]) and head[59] <= 3 else 0


def _sound_pages(view: View, page_size: int, last: int, stated: int, free: int) -> int:
    """Return how many pages there are until one that cannot be one; as many as are free may hold anything."""
    sound = 1
    for number in range(1, last):
        offset = number * page_size
        if _is_page(view.read(offset, 12), page_size, stated or last) and (stated or any(view.read(offset, 12))):
            sound = number + 1
        elif offset // page_size == _LOCK_BYTE // page_size:
            continue
        elif free:
            free -= 1
        else:
            return sound
    return last if stated else sound


def _is_page(head: bytes, page_size: int, pages: int) -> bool:
    """Say whether a page is one of a tree, of a chain (it begins with the next page's number), or of pointers."""
    if len(head) < 12:
        return False
    if _is_tree(head, page_size) or int.from_bytes(head[:4], "big") <= pages:
        return True
    return 1 <= head[0] <= _MOST_POINTER and int.from_bytes(head[1:5], "big") <= pages


def _is_tree(head: bytes, page_size: int) -> bool:
    if head[0] not in _TREE_PAGES:
        return False
    free_block, cells, content = (int.from_bytes(head[at : at + 2], "big") for at in (1, 3, 5))
    return free_block < page_size and 2 * cells + 8 <= page_size and (content or 1 << 16) <= max(page_size, 1 << 16)
