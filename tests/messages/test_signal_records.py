"""What one invented backup becomes: edits, deletions, links, calls, and no secret anywhere."""

import base64
import hashlib
import random

from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import Group, GroupEvent, GroupKind, MemberSnapshot
from sauveterre.records.message import Link, Message
from sauveterre.records.problem import Problem

ANA, BEN, CLEO, OWNER = (f"{digit}" * 32 for digit in "abc1")
SECRETS = random.Random(3)
T = 1_700_000_000_000


def secret(size):
    return SECRETS.randbytes(size)


MASTER, PASSWORD, ROOT, ADMIN, PROFILE, PACK, LOCAL, RECEIPT, CDN, ENTROPY = map(
    secret, (32, 16, 16, 32, 32, 32, 64, 90, 64, 32)
)
OTHER_MASTER = secret(32)
PIN = "918273645"
RAW = [MASTER, PASSWORD, ROOT, ADMIN, PROFILE, PACK, LOCAL, RECEIPT, CDN, ENTROPY, OTHER_MASTER]
INVITATION = base64.urlsafe_b64encode(b"\x0a\x34\x0a\x20" + OTHER_MASTER + b"\x12\x10" + PASSWORD).decode().rstrip("=")
URL = f"https://signal.group/#{INVITATION}"


def aci(text):
    return bytes.fromhex(text)


def account(text):
    return f"aci:{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def item(number, author, direction, **content):
    return {"chatItem": {"chatId": 20, "authorId": author, "dateSent": T + number, direction: {}, **content}}


def text(body, **more):
    return {"standardMessage": {"text": {"body": body}, **more}}


POINTER = {"contentType": "image/png", "fileName": "dune.png",
           "locatorInfo": {"plaintextHash": b"\x09" * 32, "localKey": LOCAL, "key": CDN, "size": 77}}  # fmt: skip
STATE = {
    "title": {"title": f"Film club {URL}"}, "description": {"descriptionText": "every Tuesday"}, "version": 9,
    "accessControl": {"addFromInviteLink": 3}, "inviteLinkPassword": PASSWORD, "announcementsOnly": True,
    "members": [{"userId": aci(ANA), "role": 2, "joinedAtVersion": 4}, {"userId": aci(OWNER), "role": 1}],
    "membersPendingProfileKey": [{"member": {"userId": aci(BEN)}, "addedByUserId": aci(ANA), "timestamp": T - 5}],
    "membersBanned": [{"userId": aci(CLEO), "timestamp": T - 9}],
}  # fmt: skip
FRAMES = [
    {"account": {"profileKey": PROFILE, "svrPin": PIN, "givenName": "Owen", "username": "owen.12",
                 "usernameLink": {"entropy": ENTROPY}}},
    {"recipient": {"id": 1, "self": {}}},
    {"recipient": {"id": 2, "contact": {"aci": aci(ANA), "e164": 15555550101, "profileKey": PROFILE,
                                        "profileGivenName": "Ana",
                                        "profileFamilyName": "A.", "systemGivenName": "Neighbour", "username": "ana.01",
                                        "nickname": {"given": "Annie"}}}},
    {"recipient": {"id": 3, "contact": {"pni": aci(BEN)}}},
    {"recipient": {"id": 4, "contact": {"e164": 15555550104}}},
    {"recipient": {"id": 5, "releaseNotes": {}}},
    {"recipient": {"id": 10, "group": {"masterKey": MASTER, "snapshot": STATE}}},
    {"recipient": {"id": 11, "callLink": {"rootKey": ROOT, "adminKey": ADMIN, "name": "Rehearsal", "restrictions": 1}}},
    {"recipient": {"id": 12, "distributionList": {"distributionId": b"\x07" * 16, "distributionList": {
        "name": "Close", "privacyMode": 1, "memberRecipientIds": [2, 4]}}}},
    {"recipient": {"id": 13, "distributionList": {"distributionId": b"\x08" * 16, "distributionList": {
        "name": "Others", "privacyMode": 2, "memberRecipientIds": [2]}}}},
    {"stickerPack": {"packId": b"\x01" * 16, "packKey": PACK}},
    {"chat": {"id": 20, "recipientId": 10}},
    {"chat": {"id": 21, "recipientId": 2}},
    item(100, 2, "incoming", **text("third", linkPreview=[{"url": URL}]), expiresInMs=60000,
         revisions=[item(10, 2, "incoming", **text("first"))["chatItem"],
                    item(50, 2, "incoming", **text("second"))["chatItem"]]),
    item(200, 1, "outgoing", **text(f"come: {URL}, bring example.org/film", attachments=[{"pointer": POINTER}],
                                    quote={"targetSentTimestamp": T + 10, "authorId": 2})),
    item(300, 2, "incoming", remoteDeletedMessage={}),
    item(400, 3, "incoming", adminDeletedMessage={"adminId": 2}),
    item(500, 4, "incoming", giftBadge={"receiptCredentialPresentation": RECEIPT}, sms=True),
    item(600, 2, "incoming", stickerMessage={"sticker": {"packId": b"\x01" * 16, "packKey": PACK, "emoji": "🌧"}}),
    item(700, 2, "incoming", contactMessage={"contact": {"name": {"givenName": "Dora"},
                                                             "number": [{"value": "+15555550109"}]}}),
    item(800, 2, "incoming", poll={"question": "Which film?",
                                     "options": [{"option": "A", "votes": [{"voterId": 2}]}, {"option": "B"}]}),
    item(900, 2, "directionless", updateMessage={"groupChange": {"updates": [
        {"groupAdminStatusUpdate": {"updaterAci": aci(ANA), "memberAci": aci(BEN), "wasAdminStatusGranted": True}},
        {"groupMemberAddedUpdate": {"updaterAci": aci(ANA), "newMemberAci": aci(CLEO), "inviterAci": aci(BEN)}},
        {"groupInvitationRevokedUpdate": {"invitees": [{"inviteeAci": aci(BEN)}, {"inviteePni": aci(CLEO)}]}},
        {"groupDescriptionUpdate": {"updaterAci": aci(ANA), "newDescription": URL}}]}}),
    {"chatItem": {"chatId": 21, "authorId": 1, "dateSent": T, "directionless": {}, "updateMessage": {
        "individualCall": {"type": 2, "direction": 1, "state": 3, "startedCallTimestamp": T + 5}}}},
    {"chatItem": {"chatId": 21, "authorId": 2, "dateSent": T, "directionless": {}, "updateMessage": {
        "profileChange": {"previousName": "Ana", "newName": "Anna"}}}},
    {"chatItem": {"chatId": 21, "authorId": 1, "dateSent": T, "directionless": {}, "updateMessage": {
        "learnedProfileChange": {"e164": 15555550102}}}},
    {"chatItem": {"chatId": 21, "authorId": 2, "dateSent": T, "directionless": {}, "updateMessage": {
        "simpleUpdate": {"type": 5}}}},
    {"adHocCall": {"callId": 1, "recipientId": 11, "state": 1, "callTimestamp": T + 1}},
]  # fmt: skip
GROUP = hashlib.sha256(MASTER).hexdigest()


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def records_of(kit, tmp_path):
    return kit.read(tmp_path, kit.stream(FRAMES))


def by_time(records):
    told = [message for message in of(records, Message) if message.kind not in ("quote", "details")]
    return {int(message.sent_raw) - T: message for message in told}


def test_nothing_is_a_problem(kit, tmp_path):
    assert of(records_of(kit, tmp_path), Problem) == []


def test_no_secret_is_in_any_record(kit, tmp_path):
    forms = [PIN.encode()]
    for raw in RAW:
        standard, safe = base64.b64encode(raw), base64.urlsafe_b64encode(raw)
        forms += [
            raw.hex().encode(),
            raw.hex().upper().encode(),
            standard.rstrip(b"="),
            safe.rstrip(b"="),
            repr(raw).encode(),
        ]
        forms += [base64.b64encode(b"??" + raw)[4:-6], base64.urlsafe_b64encode(b"?" + raw)[4:-6]]
    forms.append(INVITATION[4:].encode())
    data = kit.stream(FRAMES)
    for name, content in (("a.binproto", data),):
        text = "\n".join(map(repr, kit.read(tmp_path, content, name))).encode()
        assert [form for form in forms if form in text] == []
    lines = [kit.to_json("BackupInfo", kit.info), *(kit.to_json("Frame", frame) for frame in FRAMES)]
    text = "\n".join(map(repr, kit.read(tmp_path, kit.export(lines[0], lines[1:]), "main.jsonl"))).encode()
    assert [form for form in forms if form in text] == []


def test_accounts_are_named_by_the_best_identifier_that_their_row_states(kit, tmp_path):
    records = records_of(kit, tmp_path)
    accounts = [a.stable_id for a in of(records, Account)]
    stated = {(i.type, i.value) for i in of(records, AccountIdentifier) if i.account == account(ANA)}

    assert account(ANA) in accounts
    assert "pni:" + account(BEN)[4:] in accounts
    assert "e164:+15555550104" in accounts
    assert stated == {
        ("aci", account(ANA)[4:]), ("e164", "+15555550101"), ("profile_name", "Ana A."), ("profile_name", "Ana"),
        ("profile_name", "Anna"), ("contact_name", "Neighbour"), ("nickname", "Annie"), ("username", "ana.01"),
        ("e164", "+15555550102"),
    }  # fmt: skip
    before, after = (next(i for i in of(records, AccountIdentifier) if i.value == name) for name in ("Ana", "Anna"))
    assert before.valid_to == after.valid_from is not None


def test_groups_say_what_their_state_says(kit, tmp_path):
    records = records_of(kit, tmp_path)
    groups = {group.stable_id: group for group in of(records, Group)}
    club = groups[GROUP]
    link = hashlib.sha256(INVITATION.encode()).hexdigest()[:16]

    assert (club.title, club.revision, club.link_state) == (
        f"Film club https://signal.group/#[credential sha256:{link}]",
        9,
        "approval",
    )
    assert (club.announcement_only, club.terminated, club.description) == (True, False, "every Tuesday")
    assert groups[f"calllink:{hashlib.sha256(ROOT).hexdigest()}"].link_state == "open"
    assert [g.title for g in groups.values() if g.kind is GroupKind.DISTRIBUTION_LIST] == ["Close", "Others"]
    owner = next(a.stable_id for a in of(records, Account) if a.is_owner)
    assert f"direct:{'|'.join(sorted([owner, account(ANA)]))}" in groups


def test_members_are_told_with_role_revision_and_inviter(kit, tmp_path):
    records = records_of(kit, tmp_path)
    owner = next(a.stable_id for a in of(records, Account) if a.is_owner)
    found = {(s.account, str(s.role)): s for s in of(records, MemberSnapshot) if s.group == GROUP}
    events = {
        (e.kind, e.actor, e.target, e.at_raw)
        for e in of(records, GroupEvent)
        if e.provenance.locator.startswith("frame 7") and e.at_raw
    }

    assert set(found) == {
        (account(ANA), "admin"),
        (account(OWNER), "member"),
        (account(BEN), "invited"),
        (account(CLEO), "banned"),
    }
    assert found[account(ANA), "admin"].joined_at_revision == 4
    assert found[account(BEN), "invited"].added_by == account(ANA)
    assert events == {("invited", account(ANA), account(BEN), str(T - 5)), ("banned", None, account(CLEO), str(T - 9))}
    lists = [s.account for s in of(records, MemberSnapshot) if s.group.startswith("list:")]
    left_out = [(e.actor == owner, e.target, e.at) for e in of(records, GroupEvent) if "not as one of" in e.detail]
    assert lists == [account(ANA), "e164:+15555550104"], "the list of all except some names who is left out"
    assert left_out == [(True, account(ANA), None)]


def test_an_edited_message_keeps_one_key_for_all_its_versions(kit, tmp_path):
    messages = by_time(records_of(kit, tmp_path))
    key = f"{GROUP}|{account(ANA)}|{T + 10}"

    assert [(messages[n].key, messages[n].revision, messages[n].body) for n in (10, 50, 100)] == [
        (f"{key}|r0", 0, "first"), (f"{key}|r1", 1, "second"), (key, 2, "third"),
    ]  # fmt: skip
    assert messages[200].reply_to == key
    assert messages[200].key == f"{GROUP}|{messages[200].sender}|{T + 200}"
    assert [messages[n].provenance.locator for n in (10, 100)] == ["frame 14 revision 0", "frame 14"]
    assert messages[100].expires_in_ms == 60000


def test_deletions_say_who_deleted(kit, tmp_path):
    messages = by_time(records_of(kit, tmp_path))

    assert (messages[300].deleted, messages[300].deleted_by) == ("by_author", account(ANA))
    assert (messages[400].deleted, messages[400].deleted_by) == ("by_admin", account(ANA))
    assert {messages[n].deleted for n in (10, 100, 200)} == {"no"}


def test_each_kind_of_content_has_a_body(kit, tmp_path):
    messages = by_time(records_of(kit, tmp_path))

    assert {n: (messages[n].kind, messages[n].body) for n in (500, 600, 700, 800)} == {
        500: ("gift_badge", "badge unopened"),
        600: ("sticker", "🌧"),
        700: ("contact", "Dora\n+15555550109"),
        800: ("poll", "Which film?\n- A (1)\n- B (0)"),
    }


def test_links_lead_to_groups_without_their_keys(kit, tmp_path):
    links = of(records_of(kit, tmp_path), Link)
    group, credential = hashlib.sha256(OTHER_MASTER).hexdigest(), hashlib.sha256(INVITATION.encode()).hexdigest()

    assert [(link.kind, link.url, link.group, link.credential) for link in links] == [
        ("group_invite", "https://signal.group/", group, credential),
        ("group_invite", "https://signal.group/", group, credential),
        ("text", "example.org/film", None, None),
        ("sticker_pack", f"signal:stickers/{'01' * 16}/0", None, None),
    ]


def test_events_name_their_own_actor_target_and_time(kit, tmp_path):
    records = records_of(kit, tmp_path)
    owner = next(a.stable_id for a in of(records, Account) if a.is_owner)
    events = [(e.kind, e.actor, e.target, int(e.at_raw) - T) for e in of(records, GroupEvent) if e.at_raw][2:]
    pni = "pni:" + account(CLEO)[4:]

    assert events == [
        ("promoted", account(ANA), account(BEN), 900),
        ("added", account(ANA), account(CLEO), 900),
        ("invite_revoked", None, account(BEN), 900),
        ("invite_revoked", None, pni, 900),
        ("description", account(ANA), None, 900),
        ("call", account(ANA), owner, 5),
        ("updated", account(ANA), account(ANA), 0),
        ("updated", None, account(ANA), 0),
        ("number_changed", account(ANA), account(ANA), 0),
        ("call", None, None, 1),
    ]
    assert [e.detail for e in of(records, GroupEvent) if e.kind == "added"] == [f"invited by {account(BEN)}"]
    assert next(e.detail for e in of(records, GroupEvent) if e.kind == "call") == "video call, incoming, missed"


def test_reading_twice_gives_the_same_records(kit, tmp_path):
    assert records_of(kit, tmp_path) == records_of(kit, tmp_path)
