"""Writes messages, given as plain dictionaries, in the two encodings of protocol buffers: binary and JSON.

A message is a dictionary from field name to value; ``MESSAGES`` says each field's number and type. Only what
the made-up Signal backups need is here. An enumeration's value is its name.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

Message = Mapping[str, Any]

ENUMS: dict[str, dict[str, int]] = {
    "Role": {"UNKNOWN": 0, "DEFAULT": 1, "ADMINISTRATOR": 2},
    "Access": {"UNKNOWN": 0, "ANY": 1, "MEMBER": 2, "ADMINISTRATOR": 3, "UNSATISFIABLE": 4},
    "PrivacyMode": {"UNKNOWN": 0, "ONLY_WITH": 1, "ALL_EXCEPT": 2, "ALL": 3},
    "Simple": {"UNKNOWN": 0, "JOINED_SIGNAL": 1, "IDENTITY_UPDATE": 2},
    "Flag": {"NONE": 0, "VOICE_MESSAGE": 1, "BORDERLESS": 2, "GIF": 3},
}

MESSAGES: dict[str, dict[str, tuple[int, str]]] = {
    "Metadata": {"version": (1, "uint32"), "backupId": (2, "EncryptedBackupId")},
    "EncryptedBackupId": {"iv": (1, "bytes"), "encryptedId": (2, "bytes")},
    "FilesFrame": {"mediaName": (1, "string")},
    "GroupInviteLink": {"contentsV1": (1, "GroupInviteLinkContents")},
    "GroupInviteLinkContents": {"groupMasterKey": (1, "bytes"), "inviteLinkPassword": (2, "bytes")},
    "BackupInfo": {
        "version": (1, "uint64"), "backupTimeMs": (2, "uint64"), "mediaRootBackupKey": (3, "bytes"),
        "currentAppVersion": (4, "string"), "firstAppVersion": (5, "string"),
    },
    "Frame": {
        "account": (1, "AccountData"), "recipient": (2, "Recipient"), "chat": (3, "Chat"), "chatItem": (4, "ChatItem"),
    },
    "AccountData": {
        "profileKey": (1, "bytes"), "username": (2, "string"), "givenName": (4, "string"), "familyName": (5, "string"),
    },
    "Recipient": {
        "id": (1, "uint64"), "contact": (2, "Contact"), "group": (3, "Group"),
        "distributionList": (4, "DistributionListItem"), "self": (5, "Empty"), "releaseNotes": (6, "Empty"),
    },
    "DistributionListItem": {"distributionId": (1, "bytes"), "distributionList": (3, "DistributionList")},
    "DistributionList": {"name": (1, "string"), "allowReplies": (2, "bool"), "privacyMode": (3, "PrivacyMode")},
    "Empty": {},
    "Contact": {
        "aci": (1, "bytes"), "pni": (2, "bytes"), "username": (3, "string"), "e164": (4, "uint64"),
        "registered": (7, "Empty"), "profileKey": (9, "bytes"), "profileSharing": (10, "bool"),
        "profileGivenName": (11, "string"), "profileFamilyName": (12, "string"), "systemGivenName": (18, "string"),
    },
    "Group": {"masterKey": (1, "bytes"), "whitelisted": (2, "bool"), "snapshot": (5, "GroupSnapshot")},
    "GroupSnapshot": {
        "title": (2, "AttributeBlob"), "description": (11, "AttributeBlob"), "accessControl": (5, "AccessControl"),
        "version": (6, "uint32"), "members": (7, "Member"), "inviteLinkPassword": (10, "bytes"),
        "membersBanned": (13, "BannedMember"),
    },
    "AttributeBlob": {"title": (1, "string"), "descriptionText": (4, "string")},
    "AccessControl": {
        "attributes": (1, "Access"), "members": (2, "Access"), "addFromInviteLink": (3, "Access"),
    },
    "Member": {"userId": (1, "bytes"), "role": (2, "Role"), "joinedAtVersion": (5, "uint32")},
    "BannedMember": {"userId": (1, "bytes"), "timestamp": (2, "uint64")},
    "Chat": {"id": (1, "uint64"), "recipientId": (2, "uint64"), "expireTimerVersion": (10, "uint32")},
    "ChatItem": {
        "chatId": (1, "uint64"), "authorId": (2, "uint64"), "dateSent": (3, "uint64"), "expireStartDate": (4, "uint64"),
        "expiresInMs": (5, "uint64"), "incoming": (8, "Incoming"), "outgoing": (9, "Outgoing"),
        "directionless": (10, "Empty"), "standardMessage": (11, "StandardMessage"),
        "remoteDeletedMessage": (14, "Empty"), "updateMessage": (15, "ChatUpdateMessage"),
        "adminDeletedMessage": (22, "AdminDeleted"),
    },
    "AdminDeleted": {"adminId": (1, "uint64")},
    "Incoming": {
        "dateReceived": (1, "uint64"), "dateServerSent": (2, "uint64"), "read": (3, "bool"),
        "sealedSender": (4, "bool"),
    },
    "Outgoing": {"sendStatus": (1, "SendStatus"), "dateReceived": (2, "uint64")},
    "SendStatus": {
        "recipientId": (1, "uint64"), "timestamp": (2, "uint64"), "sent": (4, "Sealed"), "delivered": (5, "Sealed"),
        "read": (6, "Sealed"),
    },
    "Sealed": {"sealedSender": (1, "bool")},
    "StandardMessage": {
        "quote": (1, "Quote"), "text": (2, "Text"), "attachments": (3, "MessageAttachment"),
        "linkPreview": (4, "LinkPreview"), "reactions": (6, "Reaction"),
    },
    "Quote": {"targetSentTimestamp": (1, "uint64"), "authorId": (2, "uint64"), "text": (3, "Text")},
    "Text": {"body": (1, "string")},
    "LinkPreview": {"url": (1, "string"), "title": (2, "string"), "description": (4, "string")},
    "Reaction": {
        "emoji": (1, "string"), "authorId": (2, "uint64"), "sentTimestamp": (3, "uint64"), "sortOrder": (4, "uint64"),
    },
    "MessageAttachment": {"pointer": (1, "FilePointer"), "flag": (2, "Flag"), "wasDownloaded": (3, "bool")},
    "FilePointer": {
        "contentType": (4, "string"), "fileName": (7, "string"), "width": (8, "uint32"), "height": (9, "uint32"),
        "locatorInfo": (13, "LocatorInfo"),
    },
    "LocatorInfo": {
        "key": (1, "bytes"), "plaintextHash": (10, "bytes"), "size": (3, "uint32"), "localKey": (9, "bytes"),
    },
    "ChatUpdateMessage": {"simpleUpdate": (1, "SimpleUpdate"), "groupChange": (2, "GroupChange")},
    "SimpleUpdate": {"type": (1, "Simple")},
    "GroupChange": {"updates": (1, "Update")},
    "Update": {
        "groupCreationUpdate": (2, "Updater"), "groupNameUpdate": (3, "NameUpdate"),
        "groupAdminStatusUpdate": (9, "AdminUpdate"), "groupMemberLeftUpdate": (10, "Left"),
        "groupMemberRemovedUpdate": (11, "Removed"), "groupInvitationAcceptedUpdate": (15, "InviteAccepted"),
        "groupMemberJoinedUpdate": (17, "Joined"), "groupMemberAddedUpdate": (18, "Added"),
        "groupJoinRequestUpdate": (21, "Request"), "groupJoinRequestApprovalUpdate": (22, "Approval"),
        "groupInviteLinkEnabledUpdate": (25, "LinkEnabled"), "groupMemberJoinedByLinkUpdate": (28, "Joined"),
    },
    "Updater": {"updaterAci": (1, "bytes")},
    "NameUpdate": {"updaterAci": (1, "bytes"), "newGroupName": (2, "string")},
    "AdminUpdate": {"updaterAci": (1, "bytes"), "memberAci": (2, "bytes"), "wasAdminStatusGranted": (3, "bool")},
    "Left": {"aci": (1, "bytes")},
    "Removed": {"removerAci": (1, "bytes"), "removedAci": (2, "bytes")},
    "InviteAccepted": {"inviterAci": (1, "bytes"), "newMemberAci": (2, "bytes")},
    "Joined": {"newMemberAci": (1, "bytes")},
    "Added": {
        "updaterAci": (1, "bytes"), "newMemberAci": (2, "bytes"), "hadOpenInvitation": (3, "bool"),
        "inviterAci": (4, "bytes"),
    },
    "Request": {"requestorAci": (1, "bytes")},
    "Approval": {"requestorAci": (1, "bytes"), "updaterAci": (2, "bytes"), "wasApproved": (3, "bool")},
    "LinkEnabled": {"updaterAci": (1, "bytes"), "linkRequiresAdminApproval": (2, "bool")},
    "MessageExtras": {"group": (1, "GroupDescription")},
    "GroupDescription": {"context": (1, "GroupContext"), "change": (2, "GroupChange")},
    "GroupContext": {
        "change": (2, "DecryptedChange"), "state": (3, "DecryptedGroup"), "previous": (4, "DecryptedGroup"),
    },
    "DecryptedGroup": {
        "title": (2, "string"), "accessControl": (5, "AccessControl"), "revision": (6, "uint32"),
        "members": (7, "DecryptedMember"), "pending": (8, "DecryptedPending"), "requesting": (9, "DecryptedRequest"),
        "password": (10, "bytes"), "description": (11, "string"),
    },
    "DecryptedMember": {
        "aci": (1, "bytes"), "role": (2, "Role"), "profileKey": (3, "bytes"), "joinedAtRevision": (5, "uint32"),
    },
    "DecryptedPending": {
        "serviceId": (1, "bytes"), "role": (2, "Role"), "addedByAci": (3, "bytes"), "timestamp": (4, "uint64"),
    },
    "DecryptedRequest": {"aci": (1, "bytes"), "profileKey": (2, "bytes"), "timestamp": (4, "uint64")},
    "DecryptedRole": {"aci": (1, "bytes"), "role": (2, "Role")},
    "DecryptedChange": {
        "editor": (1, "bytes"), "revision": (2, "uint32"), "newMembers": (3, "DecryptedMember"),
        "deleteMembers": (4, "bytes"), "modifyMemberRoles": (5, "DecryptedRole"),
        "promotePendingMembers": (9, "DecryptedMember"), "newInviteLinkAccess": (15, "Access"),
        "promoteRequestingMembers": (18, "DecryptedRole"), "newInviteLinkPassword": (19, "bytes"),
    },
    "OldFrame": {
        "header": (1, "OldHeader"), "statement": (2, "OldStatement"), "preference": (3, "OldPreference"),
        "attachment": (4, "OldFile"),
        "version": (5, "OldVersion"), "end": (6, "bool"), "keyValue": (9, "OldKeyValue"),
    },
    "OldHeader": {"iv": (1, "bytes"), "salt": (2, "bytes"), "version": (3, "uint32")},
    "OldStatement": {"statement": (1, "string"), "parameters": (2, "OldParameter")},
    "OldParameter": {"text": (1, "text"), "integer": (2, "integer"), "blob": (4, "blob"), "null": (5, "bool")},
    "OldPreference": {"file": (1, "string"), "key": (2, "string"), "value": (3, "string")},
    "OldFile": {"row": (1, "uint64"), "unique": (2, "uint64"), "length": (3, "uint32")},
    "OldVersion": {"version": (1, "uint32")},
    "OldKeyValue": {"key": (1, "string"), "text": (7, "string")},
}  # fmt: skip
"""Field numbers and types by message, as used by Signal's backup formats; ``Old…`` and ``Decrypted…`` on Android alone.

``text``, ``integer`` and ``blob`` are written even when they are empty or 0: which of them is there says what it is.
"""

VARINTS = frozenset({"uint32", "uint64", "bool"})


def varint(value: int) -> bytes:
    """Return a number of at most 64 bits as a base-128 varint."""
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)


def binary(kind: str, message: Message) -> bytes:
    """Encode a message in the wire format. Fields go in the order of the dictionary; defaults are left out."""
    parts = bytearray()
    for name, value in message.items():
        number, field_kind = MESSAGES[kind][name]
        for item in value if isinstance(value, list) else [value]:
            parts += _field(number, field_kind, item)
    return bytes(parts)


def _field(number: int, kind: str, value: Any) -> bytes:
    if kind == "integer":
        return varint(number << 3) + varint(value & (1 << 64) - 1)
    if kind in ("text", "blob"):
        return _long(number, value.encode() if kind == "text" else value)
    if kind in VARINTS or kind in ENUMS:
        value = ENUMS[kind][value] if kind in ENUMS else int(value)
        return varint(number << 3) + varint(value) if value else b""
    if kind == "string":
        value = value.encode()
    elif kind != "bytes":
        return _long(number, binary(kind, value))
    return _long(number, value) if value else b""


def _long(number: int, value: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(value)) + value


def delimited(kind: str, message: Message) -> bytes:
    """Encode a message with its length before it, as in a stream of messages."""
    encoded = binary(kind, message)
    return varint(len(encoded)) + encoded


def json_line(kind: str, message: Message) -> str:
    """Encode a message as one line of proto3 JSON: 64-bit numbers as text, bytes in base64."""
    return json.dumps(_as_json(kind, message), ensure_ascii=False, separators=(",", ":"))


def _as_json(kind: str, message: Message) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in message.items():
        field_kind = MESSAGES[kind][name][1]
        if isinstance(value, list):
            result[name] = [_json_value(field_kind, item) for item in value]
        elif isinstance(value, Mapping) or value:
            result[name] = _json_value(field_kind, value)
    return result


def _json_value(kind: str, value: Any) -> Any:
    if kind == "uint64":
        return str(value)
    if kind == "bytes":
        return base64.b64encode(value).decode()
    return _as_json(kind, value) if kind in MESSAGES else value
