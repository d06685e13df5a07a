"""What the updates of a twin must become: each kind with who did it and to whom, apart from the reader's table."""

from tests.messages.twin_people import ACCESS, CIRCLES
from tests.messages.twin_tree import aci, at, iso, seconds, service

ME = "@owner"
NEW, ASKING, BY = "newMemberAci", "requestorAci", "updaterAci"


def approval(node):
    return "an administrator approves" if node.get("linkRequiresAdminApproval") else "no approval needed"


def access(name):
    return lambda node: ACCESS[name] + CIRCLES.get(node.get("accessLevel"), "an unknown circle")


def counted(words, field):
    return lambda node: words.format(node.number(field))


def timer(node):
    wait = node.number("expiresInMs")
    return f"messages disappear after {seconds(wait)} s" if wait else "messages no longer disappear"


def sayer(node):
    return f"messages may be sent by {'administrators' if node.get('isAnnouncementOnly') else 'all members'}"


# The kind, who did it, to whom, and what is said of it. A pair of kinds: where the flag behind them is set, and not.
GROUP = {
    "genericGroupUpdate": ("updated", BY, ""),
    "groupCreationUpdate": ("created", BY, ""),
    "groupNameUpdate": ("renamed", BY, "", lambda node: node.text("newGroupName")),
    "groupAvatarUpdate": ("avatar", BY, "", lambda node: "removed" if node.get("wasRemoved") else "changed"),
    "groupDescriptionUpdate": ("description", BY, "", lambda node: node.text("newDescription")),
    "groupMembershipAccessLevelChangeUpdate": ("settings", BY, "", access("members")),
    "groupAttributesAccessLevelChangeUpdate": ("settings", BY, "", access("attributes")),
    "groupAnnouncementOnlyChangeUpdate": ("settings", BY, "", sayer),
    "groupAdminStatusUpdate": (("promoted", "demoted", "wasAdminStatusGranted"), BY, "memberAci"),
    "groupMemberLeftUpdate": ("left", "aci", "aci"),
    "groupMemberRemovedUpdate": ("removed", "removerAci", "removedAci"),
    "selfInvitedToGroupUpdate": ("invited", "inviterAci", ME),
    "selfInvitedOtherUserToGroupUpdate": ("invited", ME, "inviteeServiceId"),
    "groupUnknownInviteeUpdate": (
        "invited",
        "inviterAci",
        "",
        counted("{} people who are not named", "inviteeCount"),
    ),
    "groupInvitationAcceptedUpdate": ("invite_accepted", NEW, NEW),
    "groupInvitationDeclinedUpdate": ("invite_declined", "inviteeAci", "inviteeAci"),
    "groupMemberJoinedUpdate": ("joined", NEW, NEW),
    "groupMemberAddedUpdate": (
        "added",
        BY,
        NEW,
        lambda node: "had an open invitation" if node.get("hadOpenInvitation") else "",
    ),
    "groupSelfInvitationRevokedUpdate": ("invite_revoked", "revokerAci", ME),
    "groupJoinRequestUpdate": ("join_requested", ASKING, ASKING),
    "groupJoinRequestApprovalUpdate": (("request_approved", "request_denied", "wasApproved"), BY, ASKING),
    "groupJoinRequestCanceledUpdate": ("request_cancelled", ASKING, ASKING),
    "groupInviteLinkResetUpdate": ("link_reset", BY, ""),
    "groupInviteLinkEnabledUpdate": ("link_enabled", BY, "", approval),
    "groupInviteLinkAdminApprovalUpdate": ("settings", BY, "", lambda node: f"link: {approval(node)}"),
    "groupInviteLinkDisabledUpdate": ("link_disabled", BY, ""),
    "groupMemberJoinedByLinkUpdate": ("joined_by_link", NEW, NEW),
    "groupV2MigrationUpdate": ("migrated", "", ""),
    "groupV2MigrationSelfInvitedUpdate": ("invited", "", ME, lambda _: "when the group changed to the new format"),
    "groupV2MigrationInvitedMembersUpdate": (
        "migrated",
        "",
        "",
        counted("{} members were invited again", "invitedMembersCount"),
    ),
    "groupV2MigrationDroppedMembersUpdate": (
        "migrated",
        "",
        "",
        counted("{} members were dropped", "droppedMembersCount"),
    ),
    "groupSequenceOfRequestsAndCancelsUpdate": (
        "request_cancelled",
        ASKING,
        ASKING,
        counted("asked to join and withdrew {} times", "count"),
    ),
    "groupExpirationTimerUpdate": ("timer", BY, "", timer),
    "groupMemberLabelAccessLevelChangeUpdate": ("settings", BY, "", access("memberLabel")),
    "groupTerminateChangeUpdate": ("terminated", BY, ""),
}
# What is said, and whether the owner did it (to the other), or it is told of the author.
SIMPLE = {
    "JOINED_SIGNAL": ("joined Signal", False),
    "IDENTITY_UPDATE": ("safety number changed", False),
    "IDENTITY_VERIFIED": ("safety number marked as verified", False),
    "IDENTITY_DEFAULT": ("safety number marked as not verified", False),
    "RELEASE_CHANNEL_DONATION_REQUEST": ("was asked for a donation", False),
    "END_SESSION": ("ended the session", False),
    "CHAT_SESSION_REFRESH": ("the session was refreshed", False),
    "BAD_DECRYPT": ("a message could not be decrypted", False),
    "PAYMENTS_ACTIVATED": ("payments were activated", False),
    "PAYMENT_ACTIVATION_REQUEST": ("asked to activate payments", False),
    "UNSUPPORTED_PROTOCOL_MESSAGE": ("sent a message that this version does not support", False),
    "REPORTED_SPAM": ("reported as spam", True),
    "BLOCKED": ("blocked", True),
    "UNBLOCKED": ("unblocked", True),
    "MESSAGE_REQUEST_ACCEPTED": ("message request accepted", True),
}
CALLS = {"AUDIO_CALL": "audio call", "VIDEO_CALL": "video call"}
OUTCOMES = {
    "ACCEPTED": "accepted",
    "NOT_ACCEPTED": "not accepted",
    "MISSED": "missed",
    "MISSED_NOTIFICATION_PROFILE": "missed (notification profile)",
}
GROUP_CALLS = {
    "GENERIC": "group call",
    "OUTGOING_RING": "group call, ringing others",
    "RINGING": "group call, ringing",
    "JOINED": "group call, joined",
    "DECLINED": "group call, declined",
    **{name: f"group call, {words}" for name, words in OUTCOMES.items() if name != "NOT_ACCEPTED"},
}


class Update:
    """One chat item that is an update, where and when it stands."""

    def __init__(self, people, item):
        self.people, self.when = people, item.number("dateSent")
        self.group, self.peer = people.chats[item.number("chatId")]
        self.author = people.who(item.number("authorId"))
        self.direction = item.either(("incoming", "outgoing", "directionless"))

    def event(self, kind, actor, target, detail="", place="", when=None):
        self.people.event(place, self.group, kind, actor, target, when or self.when, detail)

    def groupChange(self, node):  # noqa: N802 - these are named as in the format
        for count, update in enumerate(node.many("updates")):
            [name] = update.values
            inner = update.get(name)
            place = f"update {count}"
            if name == "groupInvitationRevokedUpdate":
                self._revoked(inner, place)
                continue
            kind, actor, target, *said = GROUP[name]
            if not isinstance(kind, str):
                kind = kind[0] if inner.get(kind[2]) else kind[1]
            detail = said[0](inner) if said else ""
            if actor != "inviterAci" and (inviter := aci(inner.get("inviterAci"))):
                self.people.account(inviter)
                detail = ", ".join(filter(None, [detail, f"invited by {inviter}"]))
            self.event(kind, self._one(inner, actor), self._one(inner, target), detail, place)

    def _one(self, node, field):
        return self.people.owner if field == ME else service(node.get(field)) if field else None

    def _revoked(self, node, place):
        by = aci(node.get(BY))
        for count, row in enumerate(node.many("invitees")):
            whom = aci(row.get("inviteeAci"))
            if row.get("inviteePni"):
                whom = service(b"\1" + row.get("inviteePni")[-16:])
            inviter = self.people.account(aci(row.get("inviterAci")))
            told = f"invited by {inviter}" if inviter else ""
            self.event("invite_revoked", by, whom, told, f"{place} invitee {count}")
        if not node.many("invitees"):
            self.event("invite_revoked", by, None, "", place)

    def simpleUpdate(self, node):  # noqa: N802
        kind = node.get("type")
        if kind == "CHANGE_NUMBER":
            self.event("number_changed", self.author, self.author)
            return
        said, is_owners = SIMPLE[kind]
        self.event("updated", *((self.people.owner, self.peer) if is_owners else (None, self.author)), said)

    def expirationTimerChange(self, node):  # noqa: N802
        self.event("timer", self.author, None, timer(node))

    def profileChange(self, node):  # noqa: N802
        before, after = node.text("previousName"), node.text("newName")
        self.event("updated", self.author, self.author, f"profile name: {before} → {after}")
        self.people.named(self.author, "profile_name", before, until=at(self.when))
        self.people.named(self.author, "profile_name", after, since=at(self.when))

    def _learned(self, words, node, field):
        number = f"+{node.number(field)}" if node.get(field) else ""
        person = self.peer or self.author
        self.event("updated", None, person, f"{words} {number or node.text('username')}")
        self.people.named(person, "e164", number)
        self.people.named(person, "username", node.text("username"))

    def threadMerge(self, node):  # noqa: N802
        self._learned("conversation merged with that of", node, "previousE164")

    def sessionSwitchover(self, node):  # noqa: N802
        self._learned("session moved from", node, "e164")

    def learnedProfileChange(self, node):  # noqa: N802
        self._learned("known before as", node, "e164")

    def individualCall(self, node):  # noqa: N802
        sides = {
            "INCOMING": (self.peer, self.people.owner, "incoming"),
            "OUTGOING": (self.people.owner, self.peer, "outgoing"),
        }
        caller, called, way = sides[node.get("direction")]
        told = f"{CALLS[node.get('type')]}, {way}, {OUTCOMES[node.get('state')]}"
        self.event("call", caller, called, told + self._number(node), when=node.number("startedCallTimestamp"))

    def groupCall(self, node):  # noqa: N802
        who = self.people.who
        starter, ringer = node.get("startedCallRecipientId"), node.get("ringerRecipientId")
        told = GROUP_CALLS[node.get("state")]
        told += f", rung by {who(ringer)}" if ringer else ""
        told += f", ended {iso(node.number('endedCallTimestamp'))}" if node.get("endedCallTimestamp") else ""
        told += self._number(node)
        began = node.number("startedCallTimestamp")
        self.event("call", who(starter) if starter else None, None, told, when=began)

    def _number(self, node):
        return f", call id {node.number('callId')}" if node.get("callId") else ""

    def pollTerminate(self, node):  # noqa: N802
        told = f"ended a poll: {node.text('question')} (sent at {node.number('targetSentTimestamp')})"
        self.event("updated", self.author, None, told)

    def pinMessage(self, node):  # noqa: N802
        author, sent = self.people.who(node.number("authorId")), node.number("targetSentTimestamp")
        self.event("pinned", self.author, None, f"{self.group}|{author}|{sent}")


def tell(people, item):
    """Tell one chat item that is an update."""
    update = item.node("updateMessage")
    [name] = update.values
    getattr(Update(people, item), name)(update.get(name))
