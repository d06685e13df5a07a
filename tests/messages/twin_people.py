"""What recipients, chats and the account of a twin must become; written from the format, apart from the reader."""

import hashlib
from uuid import UUID

from tests.messages.twin_tree import Row, aci, at, iso, seconds

from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import EventKind, Group, GroupEvent, GroupKind, MemberSnapshot, Role

LINKS = {"ANY": "open", "ADMINISTRATOR": "approval", "UNSATISFIABLE": "off"}
CALL_LINKS = {"NONE": "open", "ADMIN_APPROVAL": "approval"}
CIRCLES = {"ANY": "anyone", "MEMBER": "all members", "ADMINISTRATOR": "administrators", "UNSATISFIABLE": "no one"}
ACCESS = {
    "members": "members may be added by ",
    "attributes": "title, picture and timer may be changed by ",
    "memberLabel": "member labels may be set by ",
}
LISTS = {
    "ONLY_WITH": "reaches only those named",
    "ALL_EXCEPT": "reaches all except those named",
    "ALL": "reaches everyone",
}
NAMES = {
    "profile_name": ("profileGivenName", "profileFamilyName"),
    "contact_name": ("systemGivenName", "systemFamilyName"),
    "username": ("username",),
}
DATED = "dated by the group's state at the time of the backup"


def joined(node, names):
    return " ".join(filter(None, (node.text(name) for name in names))).strip()


class People:
    """Who is who in one twin, and the rows that tell it."""

    def __init__(self, digest, owner, taken):
        self.digest, self.owner, self.taken = digest, owner, taken
        self.rows, self.told, self.peers, self.chats, self.frame = [], set(), {}, {}, ""

    def add(self, kind, place, /, **fields):
        self.rows.append(Row(kind, f"{self.frame} {place}".strip(), fields))

    def account(self, name):
        if name and name not in self.told:
            self.told.add(name)
            self.add(Account, "", service="signal", stable_id=name, is_owner=name == self.owner)
        return name

    def who(self, number):
        return self.peers[number]

    def named(self, account, kind, value, place="", since=None, until=None):
        if value:
            fields = {"account": account, "type": kind, "value": value, "valid_from": since, "valid_to": until}
            self.add(AccountIdentifier, place, **fields)

    def event(self, place, group, kind, actor, target, raw, detail=""):
        fields = {"at": at(raw), "at_raw": "" if raw is None else str(raw), "detail": detail}
        people = {"actor": self.account(actor), "target": self.account(target)}
        self.add(GroupEvent, place, group=group, kind=EventKind(kind), **people, **fields)

    def group(self, name, kind, title="", /, **fields):
        self.add(Group, "", service="signal", stable_id=name, title=title, **{"kind": kind, **fields})

    def inside(self, place, group, account, role, **fields):
        who = self.account(account)
        self.add(MemberSnapshot, place, group=group, account=who, role=role, at=self.taken, **fields)

    def own(self, node):
        self.account(self.owner)
        self.named(self.owner, "profile_name", joined(node, ("givenName", "familyName")))
        self.named(self.owner, "username", node.text("username"))
        self.named(self.owner, "about", joined(node, ("bioEmoji", "bioText")))

    def recipient(self, node):
        number = node.number("id")
        kind = node.either(("contact", "group", "distributionList", "self", "releaseNotes", "callLink"))
        self.peers[number] = getattr(self, f"_{kind}")(node.node(kind))

    def _self(self, node):
        self.account(self.owner)
        if self.owner.startswith("aci:"):
            self.named(self.owner, "aci", self.owner[4:])
        return self.owner

    def _releaseNotes(self, node):  # noqa: N802 - named as in the format
        return self.account("signal:release-notes")

    def _contact(self, node):
        stated = {kind: str(UUID(bytes=node.get(kind))) for kind in ("aci", "pni") if node.get(kind)}
        if node.get("e164"):
            stated["e164"] = f"+{node.number('e164')}"
        name = self.account(next(f"{kind}:{value}" for kind, value in stated.items()))
        gone = at(node.node("notRegistered").number("unregisteredTimestamp"))
        for kind, value in stated.items():
            self.named(name, kind, value, until=gone)
        for kind, fields in NAMES.items():
            self.named(name, kind, joined(node, fields))
        self.named(name, "nickname", node.text("systemNickname"))
        self.named(name, "nickname", joined(node.node("nickname"), ("given", "family")))
        return name

    def _group(self, node):
        name, state = hashlib.sha256(node.get("masterKey")).hexdigest(), node.node("snapshot")
        access, is_shown = state.node("accessControl"), node.has("snapshot")
        self.group(
            name,
            GroupKind.GROUP,
            state.node("title").text("title"),
            revision=state.number("version") if is_shown else None,
            description=state.node("description").text("descriptionText"),
            announcement_only=state.get("announcementsOnly", False) if is_shown else None,
            link_state=LINKS.get(access.get("addFromInviteLink"), "unknown"),
            terminated=state.get("terminated", False) if is_shown else None,
        )
        lines = [words + CIRCLES[access.get(field)] for field, words in ACCESS.items() if access.get(field)]
        if wait := state.node("disappearingMessagesTimer").number("disappearingMessagesDuration"):
            lines.append(f"messages disappear after {wait} s")
        self.state(name, "settings", "; ".join(lines))
        self._members(name, state)
        return name

    def state(self, group, kind, detail):
        if detail:
            self.event("state", group, kind, None, None, None, f"at the time of the backup: {detail}")

    def _members(self, group, state):
        for count, member in enumerate(state.many("members")):
            role = Role.ADMIN if member.get("role") == "ADMINISTRATOR" else Role.MEMBER
            who, place = aci(member.get("userId")), f"member {count}"
            self.inside(place, group, who, role, joined_at_revision=member.get("joinedAtVersion"))
            self.named(who, "member_label", joined(member, ("labelEmoji", "labelString")), place)
        for count, row in enumerate(state.many("membersPendingProfileKey")):
            inviter, who = aci(row.get("addedByUserId")), aci(row.node("member").get("userId"))
            self.inside(f"invited {count}", group, who, Role.INVITED, added_by=self.account(inviter))
            self._dated(f"invited {count}", group, "invited", inviter, who, row)
        for count, row in enumerate(state.many("membersPendingAdminApproval")):
            who = aci(row.get("userId"))
            self.inside(f"requesting {count}", group, who, Role.REQUESTING)
            self._dated(f"requesting {count}", group, "join_requested", who, who, row)
        for count, row in enumerate(state.many("membersBanned")):
            who = aci(row.get("userId"))
            self.inside(f"banned {count}", group, who, Role.BANNED)
            self._dated(f"banned {count}", group, "banned", None, who, row)

    def _dated(self, place, group, kind, actor, target, row):
        if row.get("timestamp"):
            self.event(place, group, kind, actor, target, row.number("timestamp"), DATED)

    def _distributionList(self, node):  # noqa: N802 - named as in the format
        name, content = f"list:{UUID(bytes=node.get('distributionId'))}", node.node("distributionList")
        privacy, is_gone = content.get("privacyMode"), node.has("deletionTimestamp")
        rule = [LISTS[privacy]] if privacy else []
        rule += ["replies allowed"] if content.get("allowReplies") else []
        title, kind = content.text("name"), GroupKind.DISTRIBUTION_LIST
        self.group(name, kind, title, description="; ".join(rule), terminated=is_gone)
        if is_gone:
            self.event("", name, "terminated", self.owner, None, node.number("deletionTimestamp"))
        for count, member in enumerate(content.many("memberRecipientIds")):
            who, place = self.who(member), f"member {count}"
            if privacy == "ONLY_WITH":
                self.inside(place, name, who, Role.MEMBER)
            else:
                told = "named in the list, but not as one of those whom it reaches"
                self.event(place, name, "settings", self.owner, who, None, told)
        return name

    def _callLink(self, node):  # noqa: N802 - named as in the format
        name = f"calllink:{hashlib.sha256(node.get('rootKey')).hexdigest()}"
        state = CALL_LINKS.get(node.get("restrictions"), "unknown")
        self.group(name, GroupKind.CALL_LINK, node.text("name"), link_state=state)
        if ends := node.number("expirationMs"):
            self.state(name, "settings", f"the link expires {iso(ends)}")
        if node.get("adminKey"):
            self.inside("admin", name, self.owner, Role.ADMIN)
        return name

    def chat(self, node):
        peer = self.who(node.number("recipientId"))
        self.chats[node.number("id")] = (peer, None)
        if ":" in peer and not peer.startswith(("list:", "calllink:")):
            first, second = sorted((peer, self.owner))
            name = f"direct:{first}|{second}"
            self.group(name, GroupKind.DIRECT)
            self.chats[node.number("id")] = (name, peer)
        if wait := node.number("expirationTimerMs"):
            told = f"messages disappear after {seconds(wait)} s"
            self.state(self.chats[node.number("id")][0], "timer", told)

    def call_by_link(self, node):
        number, when = node.number("callId"), node.number("callTimestamp")
        told = f"by call link, call id {number}" if number else "by call link"
        self.event("", self.who(node.number("recipientId")), "call", None, None, when, told)
