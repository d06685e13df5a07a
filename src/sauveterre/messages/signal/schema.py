"""The field tables of Signal's backup format 2 (``number name kind``; a star marks a repeated field).

Numbers and names are facts about the format, written down from public descriptions of it and checked against
152 backups made by others. ``SCHEMA`` is for reading; ``SURVEY`` names only what the first, cheap pass needs.
Dates are Unix milliseconds, ``timestamp`` too; an ACI is 16 raw bytes.
"""

from sauveterre.messages.protobuf import leading_to, schema
from sauveterre.messages.signal.settings_schema import SETTINGS, SETTINGS_ENUMS

RECIPIENTS = {
    "BackupInfo": "1 version uint64, 2 backupTimeMs uint64, 3 mediaRootBackupKey bytes, "
    "4 currentAppVersion string, 5 firstAppVersion string, 6 debugInfo bytes",
    "Frame": "1 account AccountData, 2 recipient Recipient, 3 chat Chat, 4 chatItem ChatItem, "
    "5 stickerPack StickerPack, 6 adHocCall AdHocCall, 7 notificationProfile NotificationProfile, "
    "8 chatFolder ChatFolder",
    "Recipient": "1 id uint64, 2 contact Contact, 3 group Group, 4 distributionList DistributionListItem, "
    "5 self Self, 6 releaseNotes ReleaseNotes, 7 callLink CallLink",
    "Contact": "1 aci bytes, 2 pni bytes, 3 username string, 4 e164 uint64, 5 blocked bool, 6 visibility "
    "Visibility, "
    "7 registered Empty, 8 notRegistered NotRegistered, 9 profileKey bytes, 10 profileSharing bool, "
    "11 profileGivenName string, 12 profileFamilyName string, 13 hideStory bool, 14 identityKey bytes, "
    "15 identityState IdentityState, 16 nickname ContactName, 17 note string, 18 systemGivenName string, "
    "19 systemFamilyName string, 20 systemNickname string, 21 avatarColor AvatarColor, 22 keyTransparency "
    "bytes, "
    "23 blockedAtTimestamp uint64",
    "ContactName": "1 given string, 2 family string",
    "NotRegistered": "1 unregisteredTimestamp uint64",
    "Empty": "",
    "ReleaseNotes": "",
    "Self": "1 avatarColor AvatarColor",
    "Group": "1 masterKey bytes, 2 whitelisted bool, 3 hideStory bool, 4 storySendMode StorySendMode, "
    "5 snapshot GroupSnapshot, 6 blocked bool, 7 avatarColor AvatarColor, 8 blockedAtTimestamp uint64",
    "GroupSnapshot": "2 title GroupAttributeBlob, 3 avatarUrl string, 4 disappearingMessagesTimer "
    "GroupAttributeBlob, "
    "5 accessControl AccessControl, 6 version uint32, 7 members Member*, "
    "8 membersPendingProfileKey MemberPendingProfileKey*, "
    "9 membersPendingAdminApproval MemberPendingAdminApproval*, 10 inviteLinkPassword bytes, "
    "11 description GroupAttributeBlob, 12 announcementsOnly bool, 13 membersBanned MemberBanned*, 14 "
    "terminated bool",
    "GroupAttributeBlob": "1 title string, 2 avatar bytes, 3 disappearingMessagesDuration uint32, "
    "4 descriptionText string",
    "AccessControl": "1 attributes AccessRequired, 2 members AccessRequired, 3 addFromInviteLink "
    "AccessRequired, "
    "4 memberLabel AccessRequired",
    "Member": "1 userId bytes, 2 role Role, 5 joinedAtVersion uint32, 6 labelEmoji string, 7 labelString string",
    "MemberPendingProfileKey": "1 member Member, 2 addedByUserId bytes, 3 timestamp uint64",
    "MemberPendingAdminApproval": "1 userId bytes, 4 timestamp uint64",
    "MemberBanned": "1 userId bytes, 2 timestamp uint64",
    "DistributionListItem": "1 distributionId bytes, 2 deletionTimestamp uint64, 3 distributionList DistributionList",
    "DistributionList": "1 name string, 2 allowReplies bool, 3 privacyMode PrivacyMode, 4 memberRecipientIds uint64*",
    "CallLink": "1 rootKey bytes, 2 adminKey bytes, 3 name string, 4 restrictions Restrictions, 5 expirationMs uint64",
    "Chat": "1 id uint64, 2 recipientId uint64, 3 archived bool, 4 pinnedOrder uint32, 5 expirationTimerMs "
    "uint64, "
    "6 muteUntilMs uint64, 7 markedUnread bool, 8 dontNotifyForMentionsIfMuted bool, 9 style ChatStyle, "
    "10 expireTimerVersion uint32",
}

ITEMS = {
    "ChatItem": "1 chatId uint64, 2 authorId uint64, 3 dateSent uint64, 4 expireStartDate uint64, "
    "5 expiresInMs uint64, 6 revisions ChatItem*, 7 sms bool, 8 incoming IncomingMessageDetails, "
    "9 outgoing OutgoingMessageDetails, 10 directionless Empty, 11 standardMessage StandardMessage, "
    "12 contactMessage ContactMessage, 13 stickerMessage StickerMessage, 14 remoteDeletedMessage Empty, "
    "15 updateMessage ChatUpdateMessage, 16 paymentNotification PaymentNotification, 17 giftBadge GiftBadge, "
    "18 viewOnceMessage ViewOnceMessage, 19 directStoryReplyMessage DirectStoryReplyMessage, 20 poll Poll, "
    "21 pinDetails PinDetails, 22 adminDeletedMessage AdminDeletedMessage",
    "IncomingMessageDetails": "1 dateReceived uint64, 2 dateServerSent uint64, 3 read bool, 4 sealedSender bool",
    "OutgoingMessageDetails": "1 sendStatus SendStatus*, 2 dateReceived uint64",
    "SendStatus": "1 recipientId uint64, 2 timestamp uint64, 3 pending Empty, 4 sent Sealed, 5 delivered "
    "Sealed, "
    "6 read Sealed, 7 viewed Sealed, 8 skipped Empty, 9 failed Failed",
    "Sealed": "1 sealedSender bool",
    "Failed": "1 reason SendFailure",
    "StandardMessage": "1 quote Quote, 2 text Text, 3 attachments MessageAttachment*, 4 linkPreview "
    "LinkPreview*, "
    "5 longText FilePointer, 6 reactions Reaction*",
    "Quote": "1 targetSentTimestamp uint64, 2 authorId uint64, 3 text Text, 4 attachments QuotedAttachment*, "
    "5 type QuoteType",
    "QuotedAttachment": "1 contentType string, 2 fileName string, 3 thumbnail MessageAttachment",
    "Text": "1 body string, 2 bodyRanges BodyRange*",
    "BodyRange": "1 start uint32, 2 length uint32, 3 mentionAci bytes, 4 style TextStyle",
    "Reaction": "1 emoji string, 2 authorId uint64, 3 sentTimestamp uint64, 4 sortOrder uint64",
    "LinkPreview": "1 url string, 2 title string, 3 image FilePointer, 4 description string, 5 date uint64",
    "MessageAttachment": "1 pointer FilePointer, 2 flag AttachmentFlag, 3 wasDownloaded bool, 4 clientUuid bytes",
    "FilePointer": "4 contentType string, 5 incrementalMac bytes, 6 incrementalMacChunkSize uint32, 7 "
    "fileName string, "
    "8 width uint32, 9 height uint32, 10 caption string, 11 blurHash string, 13 locatorInfo LocatorInfo",
    "LocatorInfo": "1 key bytes, 3 size uint32, 4 transitCdnKey string, 5 transitCdnNumber uint32, "
    "6 transitTierUploadTimestamp uint64, 7 mediaTierCdnNumber uint32, 9 localKey bytes, 10 plaintextHash "
    "bytes, "
    "11 encryptedDigest bytes",
    "StickerMessage": "1 sticker Sticker, 2 reactions Reaction*",
    "Sticker": "1 packId bytes, 2 packKey bytes, 3 stickerId uint32, 4 emoji string, 5 data FilePointer",
    "ViewOnceMessage": "1 attachment MessageAttachment, 2 reactions Reaction*",
    "ContactMessage": "1 contact ContactAttachment, 2 reactions Reaction*",
    "ContactAttachment": "1 name SharedName, 3 number Phone*, 4 email Email*, 5 address PostalAddress*, "
    "6 avatar FilePointer, 7 organization string",
    "SharedName": "1 givenName string, 2 familyName string, 3 prefix string, 4 suffix string, 5 middleName "
    "string, "
    "6 nickname string",
    "Phone": "1 value string, 2 type PhoneType, 3 label string",
    "Email": "1 value string, 2 type PhoneType, 3 label string",
    "PostalAddress": "1 type AddressType, 2 label string, 3 street string, 4 pobox string, 5 neighborhood "
    "string, "
    "6 city string, 7 region string, 8 postcode string, 9 country string",
    "DirectStoryReplyMessage": "1 textReply TextReply, 2 emoji string, 3 reactions Reaction*",
    "TextReply": "1 text Text, 2 longText FilePointer",
    "Poll": "1 question string, 2 allowMultiple bool, 3 options PollOption*, 4 hasEnded bool, 5 reactions Reaction*",
    "PollOption": "1 option string, 2 votes PollVote*",
    "PollVote": "1 voterId uint64, 2 voteCount uint32",
    "PinDetails": "1 pinnedAtTimestamp uint64, 2 pinExpiresAtTimestamp uint64, 3 pinNeverExpires bool",
    "AdminDeletedMessage": "1 adminId uint64",
    "GiftBadge": "1 receiptCredentialPresentation bytes, 2 state GiftState",
    "PaymentNotification": "1 amountMob string, 2 feeMob string, 3 note string, 4 transactionDetails "
    "TransactionDetails",
    "TransactionDetails": "1 transaction Transaction, 2 failedTransaction FailedTransaction",
    "Transaction": "1 status TransactionStatus, 2 mobileCoinIdentification MobileCoin, 3 timestamp uint64, "
    "4 blockIndex uint64, 5 blockTimestamp uint64, 6 transaction bytes, 7 receipt bytes",
    "MobileCoin": "1 publicKey bytes*, 2 keyImages bytes*",
    "FailedTransaction": "1 reason TransactionFailure",
}

UPDATES = {
    "ChatUpdateMessage": "1 simpleUpdate SimpleUpdate, 2 groupChange GroupChange, "
    "3 expirationTimerChange ExpirationTimerChange, 4 profileChange ProfileChange, 5 threadMerge "
    "ThreadMerge, "
    "6 sessionSwitchover SessionSwitchover, 7 individualCall IndividualCall, 8 groupCall GroupCall, "
    "9 learnedProfileChange LearnedProfileChange, 10 pollTerminate PollTerminate, 11 pinMessage PinMessage",
    "SimpleUpdate": "1 type SimpleUpdateType",
    "ExpirationTimerChange": "1 expiresInMs uint64",
    "ProfileChange": "1 previousName string, 2 newName string",
    "ThreadMerge": "1 previousE164 uint64",
    "SessionSwitchover": "1 e164 uint64",
    "LearnedProfileChange": "1 e164 uint64, 2 username string",
    "PollTerminate": "1 targetSentTimestamp uint64, 2 question string",
    "PinMessage": "1 targetSentTimestamp uint64, 2 authorId uint64",
    "IndividualCall": "1 callId uint64, 2 type CallType, 3 direction CallDirection, 4 state CallState, "
    "5 startedCallTimestamp uint64, 6 read bool",
    "GroupCall": "1 callId uint64, 2 state GroupCallState, 3 ringerRecipientId uint64, "
    "4 startedCallRecipientId uint64, 5 startedCallTimestamp uint64, 6 endedCallTimestamp uint64, 7 read "
    "bool",
    "GroupChange": "1 updates GroupUpdate*",
    "GroupUpdate": "1 genericGroupUpdate ByUpdater, 2 groupCreationUpdate ByUpdater, 3 groupNameUpdate "
    "NewName, "
    "4 groupAvatarUpdate AvatarChange, 5 groupDescriptionUpdate NewDescription, "
    "6 groupMembershipAccessLevelChangeUpdate AccessChange, 7 groupAttributesAccessLevelChangeUpdate "
    "AccessChange, "
    "8 groupAnnouncementOnlyChangeUpdate AnnouncementChange, 9 groupAdminStatusUpdate AdminStatusChange, "
    "10 groupMemberLeftUpdate MemberLeft, 11 groupMemberRemovedUpdate MemberRemoved, "
    "12 selfInvitedToGroupUpdate ByInviter, 13 selfInvitedOtherUserToGroupUpdate InvitedOther, "
    "14 groupUnknownInviteeUpdate UnknownInvitee, 15 groupInvitationAcceptedUpdate InvitationAccepted, "
    "16 groupInvitationDeclinedUpdate InvitationDeclined, 17 groupMemberJoinedUpdate NewMember, "
    "18 groupMemberAddedUpdate MemberAdded, 19 groupSelfInvitationRevokedUpdate ByRevoker, "
    "20 groupInvitationRevokedUpdate InvitationsRevoked, 21 groupJoinRequestUpdate ByRequestor, "
    "22 groupJoinRequestApprovalUpdate RequestDecided, 23 groupJoinRequestCanceledUpdate ByRequestor, "
    "24 groupInviteLinkResetUpdate ByUpdater, 25 groupInviteLinkEnabledUpdate LinkApproval, "
    "26 groupInviteLinkAdminApprovalUpdate LinkApproval, 27 groupInviteLinkDisabledUpdate ByUpdater, "
    "28 groupMemberJoinedByLinkUpdate NewMember, 29 groupV2MigrationUpdate Empty, "
    "30 groupV2MigrationSelfInvitedUpdate Empty, 31 groupV2MigrationInvitedMembersUpdate MigrationInvited, "
    "32 groupV2MigrationDroppedMembersUpdate MigrationDropped, "
    "33 groupSequenceOfRequestsAndCancelsUpdate RequestSequence, 34 groupExpirationTimerUpdate TimerChange, "
    "35 groupMemberLabelAccessLevelChangeUpdate AccessChange, 36 groupTerminateChangeUpdate ByUpdater",
    "ByUpdater": "1 updaterAci bytes",
    "ByInviter": "1 inviterAci bytes",
    "ByRevoker": "1 revokerAci bytes",
    "ByRequestor": "1 requestorAci bytes",
    "NewName": "1 updaterAci bytes, 2 newGroupName string",
    "AvatarChange": "1 updaterAci bytes, 2 wasRemoved bool",
    "NewDescription": "1 updaterAci bytes, 2 newDescription string",
    "AccessChange": "1 updaterAci bytes, 2 accessLevel AccessRequired",
    "AnnouncementChange": "1 updaterAci bytes, 2 isAnnouncementOnly bool",
    "AdminStatusChange": "1 updaterAci bytes, 2 memberAci bytes, 3 wasAdminStatusGranted bool",
    "MemberLeft": "1 aci bytes",
    "MemberRemoved": "1 removerAci bytes, 2 removedAci bytes",
    "InvitedOther": "1 inviteeServiceId bytes",
    "UnknownInvitee": "1 inviterAci bytes, 2 inviteeCount uint32",
    "InvitationAccepted": "1 inviterAci bytes, 2 newMemberAci bytes",
    "InvitationDeclined": "1 inviterAci bytes, 2 inviteeAci bytes",
    "NewMember": "1 newMemberAci bytes",
    "MemberAdded": "1 updaterAci bytes, 2 newMemberAci bytes, 3 hadOpenInvitation bool, 4 inviterAci bytes",
    "InvitationsRevoked": "1 updaterAci bytes, 2 invitees Invitee*",
    "Invitee": "1 inviterAci bytes, 2 inviteeAci bytes, 3 inviteePni bytes",
    "RequestDecided": "1 requestorAci bytes, 2 updaterAci bytes, 3 wasApproved bool",
    "LinkApproval": "1 updaterAci bytes, 2 linkRequiresAdminApproval bool",
    "MigrationInvited": "1 invitedMembersCount uint32",
    "MigrationDropped": "1 droppedMembersCount uint32",
    "RequestSequence": "1 requestorAci bytes, 2 count uint32",
    "TimerChange": "1 expiresInMs uint64, 2 updaterAci bytes",
}

ENUMS = {
    "Visibility": "VISIBLE HIDDEN HIDDEN_MESSAGE_REQUEST",
    "IdentityState": "DEFAULT VERIFIED UNVERIFIED",
    "AvatarColor": "A100 A110 A120 A130 A140 A150 A160 A170 A180 A190 A200 A210",
    "StorySendMode": "DEFAULT DISABLED ENABLED",
    "AccessRequired": "UNKNOWN ANY MEMBER ADMINISTRATOR UNSATISFIABLE",
    "Role": "UNKNOWN DEFAULT ADMINISTRATOR",
    "PrivacyMode": "UNKNOWN ONLY_WITH ALL_EXCEPT ALL",
    "Restrictions": "UNKNOWN NONE ADMIN_APPROVAL",
    "SendFailure": "UNKNOWN NETWORK IDENTITY_KEY_MISMATCH",
    "QuoteType": "UNKNOWN NORMAL GIFT_BADGE VIEW_ONCE POLL",
    "TextStyle": "NONE BOLD ITALIC SPOILER STRIKETHROUGH MONOSPACE",
    "AttachmentFlag": "NONE VOICE_MESSAGE BORDERLESS GIF",
    "PhoneType": "UNKNOWN HOME MOBILE WORK CUSTOM",
    "AddressType": "UNKNOWN HOME WORK CUSTOM",
    "GiftState": "UNOPENED OPENED REDEEMED FAILED",
    "TransactionStatus": "INITIAL SUBMITTED SUCCESSFUL",
    "TransactionFailure": "GENERIC NETWORK INSUFFICIENT_FUNDS",
    "SimpleUpdateType": "UNKNOWN JOINED_SIGNAL IDENTITY_UPDATE IDENTITY_VERIFIED IDENTITY_DEFAULT "
    "CHANGE_NUMBER "
    "RELEASE_CHANNEL_DONATION_REQUEST END_SESSION CHAT_SESSION_REFRESH BAD_DECRYPT PAYMENTS_ACTIVATED "
    "PAYMENT_ACTIVATION_REQUEST UNSUPPORTED_PROTOCOL_MESSAGE REPORTED_SPAM BLOCKED UNBLOCKED "
    "MESSAGE_REQUEST_ACCEPTED",
    "CallType": "UNKNOWN_TYPE AUDIO_CALL VIDEO_CALL",
    "CallDirection": "UNKNOWN_DIRECTION INCOMING OUTGOING",
    "CallState": "UNKNOWN_STATE ACCEPTED NOT_ACCEPTED MISSED MISSED_NOTIFICATION_PROFILE",
    "GroupCallState": "UNKNOWN_STATE GENERIC OUTGOING_RING RINGING JOINED ACCEPTED MISSED "
    "MISSED_NOTIFICATION_PROFILE "
    "DECLINED",
}

SCHEMA = schema({**RECIPIENTS, **ITEMS, **UPDATES, **SETTINGS}, {**ENUMS, **SETTINGS_ENUMS})
"""Everything, for reading. The roots are ``BackupInfo`` and ``Frame``."""

SURVEY = schema(
    {
        **UPDATES,
        "Empty": "",
        "Frame": "2 recipient Recipient, 4 chatItem ChatItem",
        "Recipient": "1 id uint64, 2 contact Contact, 3 group Group, 5 self Empty",
        "Contact": "1 aci bytes",
        "Group": "5 snapshot GroupSnapshot",
        "GroupSnapshot": "7 members Member*",
        "Member": "1 userId bytes",
        "ChatItem": "15 updateMessage ChatUpdateMessage",
        "ChatUpdateMessage": "2 groupChange GroupChange",
    },
    ENUMS,
)
"""Only what the first pass needs to tell the device owner's own ACI."""

MEDIA = leading_to(SCHEMA, "LocatorInfo")
"""Only what leads to the files that messages name."""

LOCAL = schema(
    {
        "Metadata": "1 version uint32, 2 backupId EncryptedBackupId",
        "EncryptedBackupId": "1 iv bytes, 2 encryptedId bytes",
        "GroupInviteLink": "1 contents GroupInviteLinkContents",
        "GroupInviteLinkContents": "1 masterKey bytes, 2 password bytes",
    },
    {},
)
"""The small messages beside a backup: the metadata of a local one, and what a group link carries."""
