"""Links in text, and the live credentials in them: cut out of everything that leaves the sealed store.

What is cut: the whole rest of a Signal group, call or contact link, a fragment that is a key, a password in a
query or before the host. In text it is replaced by ``[credential sha256:…]``, the first 16 digits of the
digest that ``Link.credential`` carries whole, so that equal secrets can be linked and none can be used.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from sauveterre.messages.protobuf import Decoder, Malformed
from sauveterre.messages.signal.schema import LOCAL

MAX_LINKS = 1_000
"""Most links taken from one text; more are a flood."""
_URL = re.compile(
    r"""(?:https?|sgnl|tg)://[^\s<>"`{}|\\^]+|(?<![\w@./:-])(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24}/[^\s<>"`{}|\\^]+""",
    re.IGNORECASE,
)
_PARTS = re.compile(r"(?:(?P<scheme>[a-z]+)://)?(?P<authority>[^/?#]*)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_SIGNAL = frozenset({"signal.group", "www.signal.group", "signal.link", "www.signal.link"})
_MEGA = frozenset({"mega.nz", "mega.co.nz", "mega.io", "www.mega.nz"})
_QUERY_SECRET = re.compile(r"(?<=[?&#;])(?P<name>pass(?:word|wd|code)?|pwd|pw)=(?P<secret>[^&#;]+)", re.IGNORECASE)
_USERINFO = re.compile(r"[a-z]+://[^/?#@:]*:(?P<secret>[^/?#@]+)@", re.IGNORECASE)
_KEY_FRAGMENT = re.compile(r"#(?:[^#]*\bkey=.+|[A-Za-z0-9_\-]{43,}={0,2}/?)$", re.IGNORECASE | re.DOTALL)
_MEGA_KEY = re.compile(r"(?:#F?![\w-]{4,12}!|/(?:folder|file)/[\w-]{4,12}#)(?P<secret>[\w-]+)")
_INVITATIONS: tuple[tuple[frozenset[str], re.Pattern[str]], ...] = (
    (frozenset({"t.me", "telegram.me", "telegram.dog"}), re.compile(r"(?i)/(?:joinchat/|\+|%2B)(?P<secret>[\w-]+)")),
    (frozenset({"join"}), re.compile(r"\?(?:[^#]*&)?invite=(?P<secret>[\w-]+)")),
    (frozenset({"discord.gg", "www.discord.gg"}), re.compile(r"/(?:invite/)?(?P<secret>[\w-]+)")),
    (frozenset({"discord.com", "discordapp.com", "www.discord.com"}), re.compile(r"/invite/(?P<secret>[\w-]+)")),
    (frozenset({"chat.whatsapp.com"}), re.compile(r"(?i)/(?:invite/)?(?P<secret>[\w-]{8,64})")),
    (frozenset({"matrix.to", "www.matrix.to"}), re.compile(r"/#/(?=[!#]|%2[13])")),
)  # fmt: skip
"""By host: what makes a link an invitation, and the code in it with which anybody may join."""
_MATRIX_ROOM = re.compile(r"/#/(?:!|%21)(?P<room>[^/?]+)", re.IGNORECASE)
_CLOSERS = {")": "(", "]": "["}
_SENTENCE_END = frozenset(".,;:!?'\"»”’*~")


@dataclass(frozen=True, slots=True)
class SafeLink:
    """A link without its secrets."""

    url: str
    """As written, the secrets cut out."""
    marked: str
    """As written, each secret replaced by its mark."""
    is_invitation: bool
    group: str | None
    """For a group invitation that can be decoded: the group's stable id, SHA-256 of its master key."""
    credential: str | None
    """SHA-256 of the secrets."""


def links_in(text: str) -> Iterator[SafeLink]:
    """Yield the links of a text in order: ``http``, ``https``, ``sgnl``, and bare domains with a path."""
    for count, (start, end) in enumerate(_spans(text)):
        if count >= MAX_LINKS:
            return
        yield safe_link(text[start:end])


def safe_text(text: str) -> str:
    """Return the text with the live credentials in its links replaced by their marks."""
    pieces, at = [], 0
    for start, end in _spans(text):
        pieces += [text[at:start], safe_link(text[start:end]).marked]
        at = end
    return "".join([*pieces, text[at:]]) if pieces else text


def _spans(text: str) -> Iterator[tuple[int, int]]:
    if "/" not in text:
        return
    for match in _URL.finditer(text):
        yield match.start(), match.start() + len(_trimmed(match.group()))


def _trimmed(url: str) -> str:
    """Cut the sentence's punctuation off the end of a link, and brackets that it does not open."""
    surplus = {closer: url.count(closer) - url.count(opener) for closer, opener in _CLOSERS.items()}
    end = len(url)
    while end:
        last = url[end - 1]
        if last in _CLOSERS and surplus[last] > 0:
            surplus[last] -= 1
        elif last not in _SENTENCE_END:
            break
        end -= 1
    return url[:end]


def safe_link(url: str) -> SafeLink:
    """Cut the secrets out of one link."""
    parts = _PARTS.fullmatch(url)
    authority = parts["authority"] if parts else ""
    host = authority.rpartition("@")[2].partition(":")[0].lower()
    group = None
    if host in _SIGNAL and parts:
        spans = [_signal_secret(url, parts.start("rest"))]
        if is_invitation := host.endswith("signal.group"):
            group = invited_group(url[spans[0][0] :])
    else:
        invitation = _invitation(url, host, parts.start("rest") if parts else 0)
        is_invitation = invitation is not None
        spans = _secrets(url, host)
        if invitation and not any(start < invitation[1] and invitation[0] < end for start, end in spans):
            spans = sorted([*spans, invitation])
        group = _matrix_room(url, host) if is_invitation else None
    spans = [(start, end) for start, end in spans if end > start]
    secrets = "\n".join(url[start:end] for start, end in spans)
    return SafeLink(
        url=_replace(url, spans, lambda _: "").rstrip("#"),
        marked=_replace(url, spans, lambda secret: f"[credential sha256:{_sha256(secret)[:16]}]"),
        is_invitation=is_invitation,
        group=group,
        credential=_sha256(secrets) if spans else None,
    )


def _invitation(url: str, host: str, at: int) -> tuple[int, int] | None:
    """Return where the code of another service's invitation lies, or None for a link that is none."""
    for hosts, pattern in _INVITATIONS:
        if host in hosts and (match := pattern.search(url, at)):
            return match.span("secret") if "secret" in pattern.groupindex else (match.end(), match.end())
    return None


def _matrix_room(url: str, host: str) -> str | None:
    """Return the room that a Matrix link names: its id is no secret."""
    match = _MATRIX_ROOM.search(url) if host.endswith("matrix.to") else None
    return f"mx:!{unquote(match['room'])}" if match else None


def _signal_secret(url: str, at: int) -> tuple[int, int]:
    """Return where the secret of a Signal link lies: behind ``#``, or all of a long path."""
    mark = url.find("#", at)
    if mark >= 0:
        return mark + 1, len(url)
    return (at + 1, len(url)) if len(url) - at > 16 else (at, at)


def _secrets(url: str, host: str) -> list[tuple[int, int]]:
    """Return where secrets lie in any other link, in order, none inside another."""
    spans = [match.span("secret") for match in _QUERY_SECRET.finditer(url)]
    if userinfo := _USERINFO.match(url):
        spans.append(userinfo.span("secret"))
    if host in _MEGA:
        spans += [match.span("secret") for match in _MEGA_KEY.finditer(url)]
    elif fragment := _KEY_FRAGMENT.search(url):
        start = fragment.start() + 1
        spans = [span for span in spans if span[1] <= start] + [(start, len(url))]
    return sorted(spans)


def _replace(url: str, spans: list[tuple[int, int]], mark: Callable[[str], str]) -> str:
    pieces, at = [], 0
    for start, end in spans:
        pieces += [url[at:start], mark(url[start:end])]
        at = end
    return "".join([*pieces, url[at:]])


def invited_group(fragment: str) -> str | None:
    """Return SHA-256 of the master key in the fragment of a group link, or None when it is not one.

    The fragment is base64url of a message whose first field holds master key (32 bytes) and password.
    """
    text = fragment.removeprefix("%23").rstrip("=/")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        fields = Decoder(LOCAL).decode(data, "GroupInviteLink")
    except (Malformed, binascii.Error, ValueError):
        return None
    key = fields.get("contents", {}).get("masterKey", b"")
    return hashlib.sha256(key).hexdigest() if len(key) == 32 else None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
