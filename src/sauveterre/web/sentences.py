"""Sentences of the program that pages show, in the reader's language.

Errors and reasons are written once, in English, where they arise, and kept so. A page shows them in the reader's
language where they are on the list below; any other stays as it is. ``%(name)s`` stands for what varies; where that is
itself a sentence (``%(what)s``), it is put into the language too. A test holds every sentence against the program.
"""

import re
from functools import cache

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _

SENTENCES: tuple[str, ...] = (
    _("%(officer)s is not a member of %(operation)s; ask a member to add them"),
    # the register
    _("an exhibit without a path needs a seal number or a description; give one"),
    _("the seal number %(seal)s is that of exhibit %(number)s already; give this one its own"),
    _("the seizure is dated %(at)s, which is yet to come; correct it"),
    _("%(kind)s is no kind of medium; use one of %(kinds)s"),
    _("%(text)s is no time such as 2026-03-15 06:05 or 15/03/2026 06:05"),
    _("at %(text)s the clocks of %(zone)s were changed; add the offset, such as 2026-10-25T02:30+02:00"),
    _("%(what)s; give md5:…, sha1:… or sha256:… with all its hex digits"),
    _("%(digest)s tells nothing of a whole medium; give its MD5, SHA-1 or SHA-256"),
    _("the %(name)s has more than %(longest)s characters; shorten it"),
    _("%(path)s is exhibit %(number)s already; nothing was added"),
    _("%(path)s holds this workspace, or lies in it; name the folder of the medium alone"),
    _("%(path)s lies in none of the folders that media are taken in from: %(names)s"),
    _("exhibit %(number)s lies at %(there)s already; enter %(path)s as an exhibit of its own"),
    _("%(path)s cannot be read: %(error)s; check the path and its permissions"),
    _(
        "%(path)s is neither a folder nor an image or archive that is read; put a single file into a folder to add "
        "it, and see docs/formats.md for what is read"
    ),
    _("the key is empty; give the password, passphrase or recovery key that opens what is locked"),
    # many at once
    _("line %(number)s"),
    _("%(name)s: %(what)s; nothing was entered"),
    _("exhibit %(number)s has this seal number or path already"),
    _("exhibit %(number)s is given its medium"),
    _("exhibit %(number)s lies there already"),
    _("%(name)s has the seal number %(seal)s too"),
    _("%(name)s has the path %(path)s too"),
    _("%(path)s does not say where it begins; give the whole path, from / on"),
    _("a link, which is not followed"),
    _("a segment of %(name)s"),
    _("neither a folder nor an image or archive that is read"),
    _("%(folder)s is no folder that can be read: %(error)s; name another one"),
    _("%(count)s exhibits are more than the %(most)s that are entered at once; part them"),
    _("the table is empty; its first line names the columns, such as seal;kind;path"),
    _("two columns of the table say %(names)s; leave one of them"),
    _(
        "the first line names no column seal, description or path (scellé, description, chemin); put the names of "
        "the columns into it"
    ),
    # custody and photographs
    _("%(at)s is yet to come; enter the line when it has happened"),
    _("%(officer)s entered this line; another member of the operation has to sign it"),
    _("%(officer)s has signed this line already; nothing is left to sign"),
    _("a photograph is a JPEG, PNG or HEIC file, and this is %(kind)s; save it as one of them"),
    _("the photograph cannot be shown: %(why)s"),
    _("the photograph is not whole: %(why)s; take the file from the camera again"),
    _("an exhibit has at most %(most)s photographs; leave out what shows nothing new"),
    # stacks
    _("a category is a scheme and a code such as scheme:2; give both"),
    _("the stack is not decided yet; decide it first, then what differs from it"),
    _("this is the head, which the stack is measured from; take back the decision first"),
    _("nobody asks about these two stacks any more; look at the list of questions"),
    _("one of these stacks is not decided any more; nothing is to be answered"),
    _("this goes against what was answered about other stacks; take one of those answers back"),
    _("the stacks were decided as %(first)s and %(second)s; say which holds for both"),
    # what was read
    _("begins at byte %(byte)s of what the region lies in"),
    _("%(times)s by the device's clock, which states no time zone"),
    _("the %(form)s picture is damaged or cut short, and only what could be decoded was used: %(why)s"),
    _("the content begins like %(form)s, but no picture can be decoded from it: %(why)s"),
    _("the picture states %(stated)s than the %(most)s pixels allowed; raise picture_pixels to decode it"),
    _("%(path)s ends after %(read)s of %(size)s bytes; what holds it is cut off there, look for a complete copy"),
    _("%(path)s (%(size)s bytes) fails its own checksum: it was damaged or exchanged"),
    _("%(path)s cannot be read at byte %(byte)s: %(why)s; check the medium it lies on"),
    _(
        "%(path)s is most likely a decompression bomb: %(packed)s packed bytes became over %(size)s, more than "
        "%(most)s for one; unpack it elsewhere if it is genuine, or raise the limit ratio"
    ),
    _(
        "%(path)s lies %(depth)s containers deep and %(most)s is the most; unpack it and add it as a source of its "
        "own, or raise the limit depth"
    ),
    _("is a device, which has no content of its own; image the device if it matters"),
    _("is a symbolic link to %(target)s, which is not followed: that is listed under its own name"),
    _(
        "is a symbolic link out of the source, to %(target)s, which is not followed; add that place as a source of its "
        "own if it was seized"
    ),
    _("%(path)s is encrypted and %(what)s; add the archive's password to the exhibit with `sauveterre key add`"),
    _(
        "%(path)s is encrypted, and %(what)s, or it is damaged; add the archive's password to the exhibit with "
        "`sauveterre key add`"
    ),
    _("no key was given"),
    _("none of the keys given (%(count)s) opens it"),
    _("this backup is encrypted: give its recovery key (64 letters and digits) and read it again"),
    _(
        "%(path)s holds no file system, volume or archive that is read; it was searched for files by their "
        "content alone"
    ),
    _("reading wanted more than the %(most)s MiB of memory allowed; raise memory_bytes to give it more"),
    _("the reader failed on this content (%(why)s); report it, and add the rest"),
)
_VARYING = re.compile(r"%\((\w+)\)s")


def said(text: object) -> str:
    """Return a sentence in the reader's language; as it is where it is on no list."""
    sentence = str(text)
    if (get_language() or "en").startswith("en"):
        return sentence
    for pattern, template in _patterns():
        found = pattern.fullmatch(sentence)
        if found:
            varying = {
                name: said(part) if name in {"what", "name"} else part for name, part in found.groupdict().items()
            }
            return gettext(template) % varying
    return sentence


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return what each sentence looks like: first those around another sentence, then those that say the most."""
    most_telling = sorted(SENTENCES, key=lambda one: ("%(what)s" not in one, -len(_VARYING.sub("", one))))
    return [(re.compile(_regular(one), re.DOTALL), one) for one in most_telling]


def _regular(template: str) -> str:
    parts = _VARYING.split(template)
    return "".join(f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
