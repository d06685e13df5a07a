"""The field's words for what the records name by code, in the reader's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

WORDS: dict[str, dict[str, str | Promise]] = {
    "state": {
        "pending": _("waiting"), "processed": _("processed"), "partial": _("partial"), "failed": _("failed"),
        "skipped": _("skipped"),
    },
    "source": {
        "new": _("not yet listed"), "listed": _("listed"), "done": _("done"), "locked": _("locked"),
        "failed": _("failed"),
    },
    "entry": {
        "file": _("file"), "symlink": _("symbolic link"), "device": _("device file"), "fifo": _("named pipe"),
        "socket": _("socket"), "folder": _("folder"), "volume": _("volume"), "region": _("region"),
        "carved": _("carved file"),
    },
    "cause": {
        "special": _("has no content of its own"), "encrypted": _("encrypted, and no key was given"),
        "unsupported": _("not a format that is read"), "damaged": _("damaged content"),
        "unreadable": _("not given by the medium"), "gone": _("deleted, content gone"),
        "time": _("took too long"), "memory": _("needed too much memory"), "size": _("unpacks to too much"),
        "crash": _("its reader crashed"), "program": _("unforeseen failure of the program"),
        "unstated": _("no cause stated"),
    },
    "standing": {
        "unread": _("not read"), "known": pgettext_lazy("files", "known"),
        "ignorable": pgettext_lazy("files", "ignorable"), "copy": _("copies"), "stacked": _("behind another one"),
        "other": _("no picture or film"), "left": _("left to look at"), "decided": pgettext_lazy("files", "decided"),
    },
    "standing so": {
        "unread": _("they wait, failed or were skipped: nothing to compare"), "known": _("on a list of known files"),
        "ignorable": _("on a list of harmless files"), "decided": _("in a stack that an officer decided"),
        "copy": _("of a file that is counted further down"),
        "stacked": _("near-identical to a picture that is decided for them, or copies of a film that comes first"),
        "other": _("documents, texts, sound, programs; on no list"),
    },
    "lying": {
        "live": _("live"), "deleted": _("deleted"), "carved": pgettext_lazy("file", "carved"),
        "structure": _("volumes and regions"), "unknown": _("unknown"),
    },
    "medium": {
        "phone": _("phone"), "tablet": _("tablet"), "computer": _("computer"), "disk": _("disk"),
        "usb stick": _("USB stick"), "memory card": _("memory card"), "sim": _("SIM card"),
        "optical disc": _("optical disc"), "cloud": _("cloud account"), "paper": _("paper"), "other": _("other"),
    },
    "stage": {
        "registered": _("registered"), "listing": _("being listed"), "processing": _("being read"),
        "done": pgettext_lazy("stage", "read"),
    },
    "custody": {
        "seized": _("seized"), "sealed": _("sealed"), "handed over": _("handed over"), "unsealed": _("unsealed"),
        "imaged": _("imaged"), "examined": _("examined"), "stored": _("stored"), "returned": _("returned"),
        "destroyed": _("destroyed"),
    },
    "phase": {
        "before": _("before processing"), "after": _("after processing"), "audit": _("audit"),
    },
    "subject": {"medium": _("the medium"), "file": _("the file itself")},
    "stated": {
        "container": _("the image itself"), "examiner": _("the acquisition"),
        "earlier reading": _("an earlier reading"),
    },
    "verdict": {
        "new": _("is entered"), "attach": _("is given its medium"), "there": _("is there already"),
        "left": _("is left"), "wrong": _("cannot be entered"),
    },
    "reader": {
        "directory": _("folder"), "ewf": _("EnCase image"), "aff4": _("AFF4 image"), "qcow": _("QCOW disk"),
        "vmdk": _("VMware disk"), "vdi": _("VirtualBox disk"), "vhd": _("Virtual PC disk"),
        "dmg": _("Apple disk image"), "partitions": _("partitions"), "carving": _("search by content"),
        "ufdr": _("UFDR package"), "zip": "ZIP", "7z": "7z", "tar": "TAR", "compressed": _("compressed file"),
        "android_backup": _("Android backup"), "ios_backup": _("iOS backup"), "pst": _("Outlook mailbox"),
        "mailbox": _("mailbox"), "ntfs": "NTFS", "exfat": "exFAT", "fat": "FAT", "ext": "ext", "hfs": "HFS+",
        "iso9660": "ISO 9660", "udf": "UDF", "apfs": _("APFS container"), "apfs_volume": "APFS",
        "xfs": "XFS", "btrfs": "Btrfs", "f2fs": "F2FS", "luks": "LUKS", "lvm": "LVM", "bitlocker": "BitLocker",
        "filevault": "FileVault",
        "vss": _("shadow copies"), "unread": _("not a format that is read"), "encrypted": _("encrypted file"),
        "pdf": "PDF", "rtf": "RTF", "ole2": _("Office document"),
        "signal_backup_v2": _("Signal backup"), "signal_android_backup": _("Signal backup of old form"),
        "signal_android": _("Signal on Android"), "signal_desktop": "Signal Desktop", "signal_ios": _("Signal on iOS"),
        "cellebrite_ufdr": _("UFDR report"), "whatsapp_android": _("WhatsApp on Android"),
        "whatsapp_text": _("WhatsApp text export"), "telegram_json": _("Telegram export"),
        "matrix_json": _("Matrix export"), "discord_package": _("Discord package"),
    },
    "role": {
        "member": _("member"), "moderator": _("moderator"), "admin": _("administrator"),
        "owner": _("owner"), "invited": _("invited"), "requesting": _("asking to join"),
        "banned": _("banned"), "supplier": _("supplier"), "user": _("user"),
    },
    "group": {
        "group": _("group"), "direct": _("conversation of two"), "distribution_list": _("distribution list"),
        "call_link": _("call link"), "channel": _("channel"), "community": _("community"),
    },
    "basis": {
        "event": _("dated by a row"), "snapshot": _("seen at that moment"), "unknown": _("unknown"),
    },
    "event": {
        "created": _("created the group"), "added": _("added"), "joined": _("joined"),
        "joined_by_link": _("joined by link"), "invited": pgettext_lazy("event", "invited"),
        "invite_accepted": _("accepted the invitation"), "invite_declined": _("declined the invitation"),
        "invite_revoked": _("withdrew the invitation"), "join_requested": _("asked to join"),
        "request_approved": _("let in"), "request_denied": _("refused"), "request_cancelled": _("withdrew the request"),
        "left": _("left"), "removed": _("removed"), "banned": pgettext_lazy("event", "banned"),
        "unbanned": _("unbanned"),
        "promoted": _("made administrator"), "demoted": _("no longer administrator"), "renamed": _("renamed the group"),
        "avatar": _("changed the group's picture"), "description": _("changed the description"),
        "settings": _("changed the settings"), "link_enabled": _("opened the link"),
        "link_disabled": _("closed the link"), "link_reset": _("renewed the link"), "timer": _("set the timer"),
        "pinned": _("pinned a message"), "migrated": _("group was migrated"), "number_changed": _("changed number"),
        "terminated": _("ended the group"), "call": _("call"), "updated": _("something changed"),
    },
    "identifier": {
        "aci": "ACI", "pni": "PNI", "e164": _("phone number"), "phone": _("phone number as stated"),
        "username": _("user name"), "profile_name": _("profile name"), "contact_name": _("contact name"),
        "nickname": _("nickname"), "email": _("e-mail address"), "screen_name": _("screen name"),
        "display_name": _("display name"), "user_id": _("user id"), "profile_url": _("profile address"),
        "device_id": _("device id"), "name": _("name"), "jid": _("WhatsApp address"),
        "lid": _("hidden WhatsApp address"),
        "mxid": _("Matrix address"), "member_label": _("label in the group"), "about": _("words of their own"),
        "signature": _("signature"),
    },
    "part": {
        "reported": _("reported person"), "recipient": _("recipient"), "victim": _("victim"),
        "associated": _("associated person"),
    },
    "measure": {
        "search": _("search"), "arrest": _("arrest"), "hearing": _("hearing"), "seizure": _("seizure"),
    },
    "outcome": {
        "planned": _("planned"), "done": pgettext_lazy("outcome", "done"), "not_found": _("not found"),
        "postponed": _("postponed"), "custody": _("custody"), "charged": _("charged"), "released": _("released"),
    },
    "effect": {"known": pgettext_lazy("list", "known"), "ignorable": pgettext_lazy("list", "ignorable")},
    "trust": {"several": _("several agree"), "one": _("one body's word"), "reported": _("reported only"),
              "unknown": _("trust unknown")},
    "rule": {"settled": pgettext_lazy("rule", "settled"), "confirm": _("to be confirmed"), "ignored": _("ignored")},
    "merge": {
        "same": _("they show the same"), "different": _("they are different"), "later": _("put off"),
    },
    "via": {
        "EXIF thumbnail": _("thumbnail in EXIF"), "XMP thumbnail": _("thumbnail in XMP"),
        "Photoshop thumbnail": _("thumbnail by Photoshop"), "HEIF thumbnail": _("thumbnail in HEIF"),
        "MPF picture": _("further picture of the file"), "embedded preview": _("embedded preview"),
    },
    "turn": {
        "quarter turn to the left": _("quarter turn to the left"), "half turn": _("half turn"),
        "quarter turn to the right": _("quarter turn to the right"),
        "mirrored top to bottom": _("mirrored top to bottom"), "mirrored left to right": _("mirrored left to right"),
        "mirrored left to right, then quarter turn to the left": _(
            "mirrored left to right, then quarter turn to the left"
        ),
        "mirrored left to right, then quarter turn to the right": _(
            "mirrored left to right, then quarter turn to the right"
        ),
    },
    "country": {
        "phone_plan": _("phone number's country"), "stated_place": _("stated place"),
        "ip_registry": _("registry of addresses"),
    },
    "link": {"open": pgettext_lazy("link", "open"), "approval": _("with approval"), "off": pgettext_lazy("link", "off"),
             "unknown": _("unknown")},
    "space": {"folder": _("folder"), "file": _("file"), "unknown": _("unknown")},
    "audit": {
        "consulted": _("consulted"), "searched": _("searched"), "operation-opened": _("opened the operation"),
        "member-added": _("added a member"), "officer-added": _("added an officer"),
        "sign-in-link-made": _("made a sign-in link"), "signed-in": _("signed in"), "signed-out": _("signed out"),
        "exhibit-added": _("added an exhibit"), "exhibit-edited": _("changed an exhibit's register"),
        "medium-attached": _("gave an exhibit its medium"), "digests-given": _("wrote down digests"),
        "exhibits-imported": _("entered several exhibits"), "photo-added": _("added a photograph"),
        "exhibit-audited": _("audited an exhibit"), "exhibit-exported": _("exported an exhibit's files as a list"),
        "medium-read": _("read a medium from end to end"), "report-written": _("wrote the report"),
        "source-listed": _("listed a source"), "source-done": _("finished a source"),
        "source-not-opened": _("could not open a source"),
        "source-crosschecked": _("compared a source with a second reader"),
        "processing-started": _("began processing"), "refreshed": _("did again what a newer version touches"),
        "tried-again": _("tried again what had failed"),
        "hash-list-added": _("added a hash list"), "hash-list-removed": _("took a hash list out"),
        "hash-list-updated": _("gave a hash list a new version"), "hash-list-exported": _("exported a hash list"),
        "list-rule-set": _("said what a list settles"), "hit-confirmed": _("confirmed a hit"),
        "hit-checked": _("checked a hit the reference way"),
        "hit-confirmation-withdrawn": _("withdrew a confirmation"),
        "stack-decided": _("decided a stack"), "stack-left": _("took a content out of a stack"),
        "stack-decision-taken-back": _("took a stack's decision back"),
        "stacks-answered": _("answered whether two stacks are one"),
        "stacks-answer-taken-back": _("took an answer about two stacks back"),
        "custody-entered": _("entered a custody line"), "custody-signed": _("signed a custody line"),
        "key-added": _("added a key"), "referral-added": _("added a referral"),
        "list-added": _("added a hash list"), "target-added": _("decided a target"),
        "target-changed": _("changed a target"), "action-day-added": _("named an action day"),
        "measure-entered": _("entered a measure"), "package-made": _("made a package"), "assessed": _("assessed"),
        "processed": _("processed"),
    },
    "fact": {
        "StoreFact": _("message store"), "AccountFact": _("account"), "IdentifierFact": _("identifier"),
        "GroupFact": _("group"), "SnapshotFact": _("member list"), "EventFact": _("group event"),
        "MessageFact": _("message"), "DeliveryFact": _("delivery"), "AttachmentFact": _("attachment"),
        "ReactionFact": _("reaction"), "LinkFact": _("link"), "Entry": _("file"), "Problem": _("damage"),
        "ReferralElement": _("element of a referral"),
    },
}  # fmt: skip


def word(code: str, family: str) -> str:
    """Return the word for a code of a family; the code itself, without underscores, where none is set down."""
    if not code:
        return str(_("unknown"))
    return str(WORDS.get(family, {}).get(code, code.replace("_", " ").replace("-", " ")))


def choices(family: str) -> list[tuple[str, str | Promise]]:
    """Return a family as the choices of a form's field."""
    return list(WORDS[family].items())
