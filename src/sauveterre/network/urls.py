"""A link as it was written, brought to one spelling: host, path segments and query. Nothing is contacted.

After RFC 3986 section 6 (percent-encoding and case) and RFC 3492 (punycode of hosts in other scripts).
"""

import ipaddress
import re
import unicodedata
from dataclasses import dataclass

LONGEST = 4096
"""Characters of a link; longer ones are not read."""

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):(?=//)", re.IGNORECASE)
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_WRAPPING = " \"'`“”‘’«»<([{*"
_TRAILING = _WRAPPING + ">)]}.,;:!?…"
_DOTS = str.maketrans("。．｡", "...")
_PORTS = {"http": ("80",), "https": ("443",), "": ("80", "443")}
_TRACKING = frozenset(
    {
        "fbclid",
        "gclid",
        "dclid",
        "msclkid",
        "igshid",
        "mc_cid",
        "mc_eid",
        "ref",
        "ref_src",
        "si",
        "usp",
        "_ga",
    }
)


@dataclass(frozen=True, slots=True)
class Address:
    """A web address in its one spelling. Scheme, ``www.``, user, fragment and tracking are left out."""

    host: str
    """Lower case, in ASCII, with its port where that is not the usual one."""
    segments: tuple[str, ...]
    """The parts of the path, case kept, empty ones dropped."""
    query: tuple[tuple[str, str], ...]
    """Names and values, sorted, without those that only track the reader."""

    def __str__(self) -> str:
        path = "/".join(("", *self.segments))
        query = "&".join(f"{name}={value}" for name, value in self.query)
        return f"{self.host}{path}{'?' if query else ''}{query}"


def normalise(url: str) -> Address | None:
    """Return the one spelling of a web address, or None when it is not one (http or https, or no scheme)."""
    if len(url) > LONGEST:
        return None
    text = "".join(char for char in url if char >= " ").lstrip(_WRAPPING).rstrip(_TRAILING)
    scheme = ""
    if found := _SCHEME.match(text):
        scheme = found[1].lower()
        text = text[found.end() :]
    if scheme not in _PORTS:
        return None
    text = text.removeprefix("//").replace("\\", "/").partition("#")[0]
    before, _, query = text.partition("?")
    authority, _, path = before.partition("/")
    user, _, place = authority.rpartition("@")
    host = _host(place, _PORTS[scheme])
    if host is None or (user and not scheme):
        return None
    segments = tuple(segment for part in path.split("/") if (segment := _decoded(part).rstrip(_TRAILING)))
    return Address(host, segments, _parameters(query))


def _host(authority: str, usual_ports: tuple[str, ...]) -> str | None:
    name, port = authority, ""
    if found := re.fullmatch(r"(.*):([0-9]{0,5})", authority):
        name, port = found[1], found[2].lstrip("0")
    suffix = f":{port}" if port and port not in usual_ports else ""
    if name.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(name.strip('[]'))}]{suffix}"
        except ValueError:
            return None
    labels = _decoded(name).translate(_DOTS).strip(".").split(".")
    ascii_labels = [_label(label) for label in labels]
    if len(labels) < 2 or not all(ascii_labels):
        return None
    host = ".".join(label for label in ascii_labels if label)
    if host.startswith("www.") and host.count(".") >= 2:
        host = host.removeprefix("www.")
    return host + suffix if len(host) <= 253 else None


def _label(label: str) -> str | None:
    """Return a part of a host name in lower-case ASCII, or None when it cannot be one."""
    if len(label) > 63:
        return None
    text = unicodedata.normalize("NFKC", "".join(char.lower() for char in label))
    if not text.isascii():
        if any(not (char.isalnum() or char in "-_" or unicodedata.category(char)[0] == "M") for char in text):
            return None
        text = "xn--" + text.encode("punycode").decode("ascii")
    return text if _LABEL.fullmatch(text) else None


def _parameters(query: str) -> tuple[tuple[str, str], ...]:
    pairs = []
    for part in query.replace("&amp;", "&").split("&"):
        name, _, value = part.partition("=")
        name, value = _decoded(name).lower(), _decoded(value).rstrip(_TRAILING)
        if name and name not in _TRACKING and not name.startswith("utm_"):
            pairs.append((name, value))
    return tuple(sorted(pairs))


def _decoded(text: str) -> str:
    """Decode the percent-encoded characters that mean the same bare; write the others in upper case."""
    return _PERCENT.sub(_decode_one, text)


def _decode_one(found: re.Match[str]) -> str:
    char = chr(int(found[1], 16))
    return char if char in _UNRESERVED else f"%{found[1].upper()}"
