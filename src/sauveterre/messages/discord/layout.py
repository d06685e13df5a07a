"""Where the parts of a data package lie, told from names alone: older packages write folders small, newer large."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from posixpath import basename, dirname, join

_CHANNEL = re.compile(r"(?P<box>.+)/c?(?P<number>\d{15,20})/(?P<file>channel\.json|messages\.json|messages\.csv)")
_SERVER = re.compile(r"(?P<box>.+)/(?P<number>\d{15,20})/(?P<file>guild\.json|audit-log\.json)")


@dataclass(slots=True)
class Layout:
    """The files of one package."""

    index: str = ""
    """Names of the channels."""
    account: str = ""
    servers: str = ""
    """Names of the servers."""
    channels: dict[int, dict[str, str]] = field(default_factory=dict)
    """By channel: path by file name."""
    guilds: dict[int, dict[str, str]] = field(default_factory=dict)

    @property
    def first(self) -> str:
        """Return the file that stands for the package as a whole."""
        paths = [self.account, self.index, *(path for files in self.channels.values() for path in files.values())]
        return next((path for path in paths if path), "")


def roots(paths: Iterable[str]) -> list[str]:
    """Return the folder of every package: it holds a folder of channels, one of them with its messages."""
    found: dict[str, set[str]] = {}
    for path in paths:
        if match := _CHANNEL.fullmatch(path):
            files = found.setdefault(dirname(match["box"]), set())
            files.add(f"{match['number']} {match['file'].partition('.')[0]}")
    return [
        root
        for root, files in found.items()
        if any(f"{one[:-7]}messages" in files for one in files if one.endswith("channel"))
    ]


def layout(paths: Iterable[str], root: str) -> Layout:
    """Return where the parts of one package lie."""
    found, known = Layout(), sorted(path for path in paths if not root or path.startswith(f"{root}/"))
    for path in known:
        channel, server = _CHANNEL.fullmatch(path), _SERVER.fullmatch(path)
        if channel and dirname(channel["box"]) == root:
            found.channels.setdefault(int(channel["number"]), {})[channel["file"]] = path
            found.index = join(channel["box"], "index.json")
        elif server and dirname(server["box"]) == root:
            found.guilds.setdefault(int(server["number"]), {})[server["file"]] = path
            found.servers = join(server["box"], "index.json")
        elif basename(path) == "user.json" and dirname(dirname(path)) == root and dirname(path) != root:
            found.account = path
        elif path.lower() == join(root, "servers/index.json").lower():
            found.servers = path
    there = set(known)
    found.index = found.index if found.index in there else ""
    found.servers = found.servers if found.servers in there else ""
    return found
