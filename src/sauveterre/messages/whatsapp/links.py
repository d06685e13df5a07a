"""Links in WhatsApp's texts: the code of a group's invitation is a live credential, like the secrets of other links."""

import hashlib
import re
from collections.abc import Iterator, Mapping

from sauveterre.messages.signal.links import MAX_LINKS, SafeLink, links_in, safe_text

_INVITATION = re.compile(
    r"(?P<site>(?:https?://)?chat\.whatsapp\.com/(?:invite/)?)(?P<code>[A-Za-z0-9_-]{8,64})", re.IGNORECASE
)


def code_digest(code: str) -> str:
    """Return what an invitation's code is called: SHA-256, lowercase hex."""
    return hashlib.sha256(code.encode("utf-8", "backslashreplace")).hexdigest()


def safe(text: str) -> str:
    """Return the text with the live credentials in its links replaced by their marks."""
    return safe_text(_INVITATION.sub(_marked, text)) if "/" in text else text


def found_in(text: str, groups: Mapping[str, str]) -> Iterator[SafeLink]:
    """Yield the links of a text; ``groups`` tells the group that an invitation leads to by the digest of its code."""
    for count, match in enumerate(_INVITATION.finditer(text)):
        if count >= MAX_LINKS:
            return
        digest = code_digest(match["code"])
        yield SafeLink(match["site"], _marked(match), is_invitation=True, group=groups.get(digest), credential=digest)
    yield from links_in(_INVITATION.sub(" ", text))


def _marked(match: re.Match[str]) -> str:
    return f"{match['site']}[credential sha256:{code_digest(match['code'])[:16]}]"
