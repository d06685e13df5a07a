"""Tells what a device saw as an extraction program's report, for an app of which the same world could be.

Shape after published excerpts of such reports: chats with participants and messages, activities in messages of the app
itself, attachments that name a listed file, and fields that are empty where the program does not know.
"""

import base64
import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass

from sauveterre.scenarios.cast import Account, Room
from sauveterre.scenarios.devices import Teller, administrators
from sauveterre.scenarios.report_xml import Counter, cdata, field, iso, many, one, project, tagged_file, truth, when
from sauveterre.scenarios.timeline import Change, Post

PASSWORD = "mulled-plum-kettle-17"  # noqa: S105 - invented
"""In every report, as reports hold such things: nothing may repeat it."""
SILENT_ROOMS = ("garden", "choir")
"""Groups of which the report does not say who is an administrator."""
ACTIONS = {
    "created": "ChatCreated", "added": "ParticipantAdded", "joined_by_link": "ParticipantJoined",
    "request_approved": "ParticipantJoined", "invite_accepted": "ParticipantJoined", "left": "ParticipantLeft",
    "removed": "ParticipantRemoved", "promoted": "ParticipantPromoted", "demoted": "ParticipantDemoted",
    "link_enabled": "InviteLinkRevived",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class App:
    """How an app identifies people, groups and messages."""

    source: str
    person: Callable[[Account], str]
    group: Callable[[Room, int], str]
    message: Callable[[Post, str], str]
    """From a post and its conversation's identifier."""


def _key(post: Post) -> str:
    return hashlib.md5(f"{post.room} {post.author} {post.at}".encode(), usedforsecurity=False).hexdigest().upper()


WHATSAPP = App(
    "WhatsApp",
    lambda account: f"99900{account.index:07d}@s.whatsapp.net",
    lambda _room, number: f"12036300000000{number:04d}@g.us",
    lambda post, _group: _key(post),
)
SIGNAL = App(
    "Signal",
    lambda account: str(account.aci).upper(),
    lambda room, _number: base64.b64encode(room.master_key).decode(),
    lambda _post, _group: "",
)
TELEGRAM = App(
    "Telegram",
    lambda account: str(5_000_000_000 + account.index),
    lambda _room, number: f"-100{1_600_000_000 + number}",
    lambda post, group: f"{group}:{post.at % 1_000_000_007}",
)


class ReportWriter:
    """Writes one device's report. The generator alone decides identifiers."""

    def __init__(self, teller: Teller, app: App, rng: random.Random) -> None:
        """Take a device's view of the world, the app that it is told as, and a generator."""
        self._teller = teller
        self._app = app
        self._xml = Counter(rng)
        self._files: dict[str, str] = {}
        self._listed: list[str] = []
        self._content: dict[str, bytes] = {}
        self._ids = {post.at: self._xml.guid() for post in teller.posts()}
        self.owner = self._account(teller.device.owner)

    def files(self, *, files_last: bool = False) -> dict[str, bytes]:
        """Return the package's files by path; the list of files stands before or after what refers to it."""
        chats = "".join([*map(self._group, range(len(self._teller.rooms))), *map(self._direct, self._pairs())])
        decoded = [
            ("Chat", chats), ("Contact", "".join(map(self._contact, self._teller.contacts))),
            ("UserAccount", self._user_account()), ("Call", "".join(map(self._call, self._teller.contacts[:3]))),
            ("Cookie", self._xml.model("Cookie", field("Name", "a crumb"))),
        ]  # fmt: skip
        models = "".join(f'<modelType type="{kind}">{inside}</modelType>' for kind, inside in decoded)
        parts = [f"<taggedFiles>{''.join(self._listed)}</taggedFiles>", f"<decodedData>{models}</decodedData>"]
        return {"report.xml": project(self._head(), parts[::-1] if files_last else parts), **self._content}

    def _account(self, index: int) -> Account:
        return self._teller.cast.accounts[index]

    def _head(self) -> str:
        made = self._teller.device.made_at
        end = f"{made:%d/%m/%Y %H:%M:%S}(UTC+0)" if made.day > 12 else made.isoformat()
        return (
            '<sourceExtractions><extractionInfo id="0" name="Drawn" type="FileSystem" /></sourceExtractions>'
            '<metadata section="Additional Fields"><item name="UFED_PA_Version">10.1</item></metadata>'
            '<metadata section="Extraction Data"><item name="DeviceInfoExtractionEndDateTime" sourceExtraction="0">'
            f"{cdata(end)}</item></metadata>"
        )

    def _party(self, index: int, role: str = "", *extra: str, admin: bool | None = None) -> str:
        account = self._account(index)
        fields = [field("Identifier", self._app.person(account)), field("Role", role or None, "PartyRole")]
        fields += [field("Name", f"{account.given} {account.family}"), *extra]
        is_owner = account.index == self._teller.device.owner
        return self._xml.model("Party", *fields, truth("IsPhoneOwner", is_owner), truth("IsGroupAdmin", admin))

    def _group(self, number: int) -> str:
        teller, room = self._teller, self._teller.rooms[number]
        until = teller.device.until
        changes = [change for change in teller.line.changes if change.room == room.name and change.at <= until]
        admins = administrators(changes)
        inside = [index for index in sorted(room.everyone) if teller.line.inside(room.name, index, until)]
        silent = room.name in SILENT_ROOMS
        parties = [self._party(index, admin=None if silent else index in admins) for index in inside]
        identifier = self._app.group(room, number)
        posts = [post for post in teller.posts() if post.room == room.name]
        told = [self._message(post, identifier) for post in posts]
        seen = [change for change in teller.changes() if change.room == room.name]
        systems = [self._xml.guid() for _ in seen]
        told += [self._system(change, guid) for change, guid in zip(seen, systems, strict=True)]
        log = [self._activity(change, guid) for change, guid in zip(seen[:3], systems, strict=False)]
        last = max([post.at for post in posts] + [change.at for change in seen], default=None)
        return self._chat(identifier, room.title, "Group", parties, told, log, last)

    def _pairs(self) -> list[str]:
        return sorted({post.room for post in self._teller.posts() if post.room.startswith("direct:")})

    def _direct(self, name: str) -> str:
        owner = self._teller.device.owner
        (peer,) = {int(index) for index in name.partition(":")[2].split("|")} - {owner}
        identifier = self._app.person(self._account(peer))
        posts = [post for post in self._teller.posts() if post.room == name]
        told = [self._message(post, identifier) for post in posts]
        return self._chat(identifier, "", "OneOnOne", [self._party(peer), self._party(owner)], told, [], posts[-1].at)

    def _chat(
        self, identifier: str, title: str, kind: str, parties: list[str], told: list[str], log: list[str],
        last: int | None,
    ) -> str:  # fmt: skip
        return self._xml.model(
            "Chat", field("Source", self._app.source), field("ServiceIdentifier", None), field("Id", identifier),
            field("Name", title or None), field("ChatType", kind, "ChatType"),
            field("Account", self._app.person(self.owner)), when("LastActivity", last),
            many("Participants", "Party", *parties), many("Photos", "ContactPhoto"),
            many("Messages", "InstantMessage", *told), many("ActivityLog", "ChatActivity", *log),
        )  # fmt: skip

    def _message(self, post: Post, group: str) -> str:
        mine = post.author == self._teller.device.owner
        parties = [self._party(index, "To", *self._dates(post, index)) for index in self.recipients(post)]
        fields = [
            field("Source", self._app.source), one("From", "Party", self._party(post.author, "From")),
            many("To", "Party", *(parties if mine else [])), field("Body", post.text),
            field("Identifier", self._app.message(post, group) or None), when("TimeStamp", post.at),
            one("Attachment", "Attachment"), many("Attachments", "Attachment", *map(self._attachment, post.pictures)),
            field("Status", "Sent" if mine else "Read", "MessageStatus"), *self._extra(post, group),
            field("Type", "AppMessage", "InstantMessageType"),
        ]  # fmt: skip
        deleted = post.fate == "deleted"
        return self._xml.model("InstantMessage", *fields, identifier=self._ids[post.at], deleted=deleted)

    def recipients(self, post: Post) -> list[int]:
        """Return to whom a post of the device's owner went, as the report states it."""
        owner, line = self._teller.device.owner, self._teller.line
        if post.author != owner:
            return []
        if post.room.startswith("direct:"):
            return sorted({int(index) for index in post.room.partition(":")[2].split("|")} - {owner})
        return [index for index in self._teller.contacts if index in line.stays[post.room] and
                line.inside(post.room, index, post.at)]  # fmt: skip

    def _dates(self, post: Post, index: int) -> list[str]:
        delivered, read = self.dates(post, index)
        return [when("DateDelivered", delivered), when("DateRead", read)]

    @staticmethod
    def dates(post: Post, index: int) -> tuple[int | None, int | None]:
        """Return when a recipient had a post and read it; None where the report does not know."""
        return (None, None) if index % 4 == 3 else (post.at + 60_000, post.at + 90_000 if index % 2 else None)

    def _extra(self, post: Post, group: str) -> list[str]:
        before = [other for other in self._teller.posts() if other.at == post.quotes and other.room == post.room]
        if not post.quotes or not before:
            return []
        reference = field("ReferenceId", self._ids[post.quotes], "Guid")
        original = field("OriginalMessageID", self._app.message(before[0], group) or None)
        label = field("Label", "Reply", "Label")
        data = self._xml.model("QuotedMessageData", label, original, reference)
        return [many("MessageExtraData", "InstantMessageExtraData", data)]

    def _attachment(self, number: int) -> str:
        data, name = self._teller.album.shared[number], f"picture-{number:03d}.jpg"
        if name not in self._files:
            self._files[name] = self._xml.guid()
            local = f"files\\Image\\{name}"
            digests = {"MD5": hashlib.md5(data, usedforsecurity=False).hexdigest().upper()}
            digests["SHA256"] = hashlib.sha256(data).hexdigest()
            path = f"/data/media/0/Pictures/drawn & kept/{name}"
            self._listed.append(tagged_file(self._files[name], path, local, len(data), digests))
            if self._teller.stored(number, data) is not None:
                self._content[f"files/Image/{name}"] = data
        fields = [field("Filename", name), field("ContentType", "image/jpeg")]
        fields.append(f'<dataField name="Data" type="MemoryRange"><source length="{len(data)}" /></dataField>')
        fields.append(field("attachment_extracted_path", f"files\\Image\\{name}"))
        return self._xml.model("Attachment", *fields, file_id=self._files[name])

    def _system(self, change: Change, guid: str) -> str:
        author = self._xml.model("Party", field("Identifier", "System Message"), field("Name", "System Message"))
        log = many("ActivityLog", "ChatActivity", self._activity(change, guid))
        fields = [field("Source", self._app.source), one("From", "Party", author), when("TimeStamp", change.at), log]
        return self._xml.model("InstantMessage", *fields, identifier=guid)

    def _activity(self, change: Change, guid: str) -> str:
        person = change.actor if change.target is None else change.target
        party = "" if person is None else self._party(person, "General")
        return self._xml.model(
            "ChatActivity", field("Action", ACTIONS[change.kind], "ChatActivityAction"),
            field("SystemMessageId", guid, "Guid"), when("SystemMessageTimeStamp", change.at),
            field("SystemMessageBody", f"{change.kind} at {iso(change.at)}"), one("Participant", "Party", party),
        )  # fmt: skip

    def _entry(self, kind: str, category: str, value: str) -> str:
        return self._xml.model(kind, field("Category", category), field("Value", value), field("Domain", "User ID"))

    def _contact(self, index: int) -> str:
        account = self._account(index)
        entries = [self._entry("UserID", f"{self._app.source} User Id", self._app.person(account))]
        if account.phone:
            entries.append(self._entry("PhoneNumber", "Mobile", account.phone))
        name = field("Name", f"{account.given} from the club")
        return self._xml.model("Contact", field("Source", self._app.source), name, many("Entries", "", *entries))

    def _user_account(self) -> str:
        entry = self._entry("UserID", f"{self._app.source} User Id", self._app.person(self.owner))
        more = self._entry("UserID", "Additional Name", self.owner.given)
        fields = [field("Source", self._app.source), field("Name", self.owner.given), field("Password", PASSWORD)]
        return self._xml.model("UserAccount", *fields, many("Entries", "ContactEntry", entry, more))

    def _call(self, index: int) -> str:
        fields = [field("Source", self._app.source), field("Direction", "Outgoing"), field("Duration", "00:01:05")]
        parties = [self._party(self._teller.device.owner, "From"), self._party(index, "To")]
        at = self._teller.device.until - 1_000 * (index + 1)
        return self._xml.model("Call", *fields, when("TimeStamp", at), many("Parties", "Party", *parties))
