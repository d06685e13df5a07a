"""The field tables for the device owner's own settings: decoded, so that nothing in a backup is a blank.

Only names, username and the time of export are used; the rest tells of colours, sounds and read receipts.
"""

SETTINGS = {
    "AccountData": "1 profileKey bytes, 2 username string, 3 usernameLink UsernameLink, 4 givenName string, "
    "5 familyName string, 6 avatarUrlPath string, 7 donationSubscriberData Subscriber, "
    "9 accountSettings AccountSettings, 10 backupsSubscriberData BackupSubscriber, 11 svrPin string, "
    "12 androidSpecificSettings AndroidSettings, 13 bioText string, 14 bioEmoji string, 16 "
    "iosSpecificSettings IosSettings",
    "IosSettings": "",
    "UsernameLink": "1 entropy bytes, 2 serverId bytes, 3 color LinkColor",
    "Subscriber": "1 subscriberId bytes, 2 currencyCode string, 3 manuallyCancelled bool",
    "BackupSubscriber": "1 subscriberId bytes, 2 purchaseToken string",
    "AndroidSettings": "1 useSystemEmoji bool, 2 screenshotSecurity bool, 3 navigationBarSize NavigationBarSize",
    "AccountSettings": "1 readReceipts bool, 2 sealedSenderIndicators bool, 3 typingIndicators bool, "
    "4 linkPreviews bool, 5 notDiscoverableByPhoneNumber bool, 6 preferContactAvatars bool, "
    "7 universalExpireTimerSeconds uint32, 8 preferredReactionEmoji string*, 9 displayBadgesOnProfile bool, "
    "10 keepMutedChatsArchived bool, 11 hasSetMyStoriesPrivacy bool, 12 hasViewedOnboardingStory bool, "
    "13 storiesDisabled bool, 14 storyViewReceiptsEnabled bool, 15 hasSeenGroupStoryEducationSheet bool, "
    "16 hasCompletedUsernameOnboarding bool, 17 phoneNumberSharingMode NumberSharing, 18 defaultChatStyle "
    "ChatStyle, "
    "19 customChatColors CustomChatColor*, 20 optimizeOnDeviceStorage bool, 21 backupTier uint64, "
    "23 defaultSentMediaQuality MediaQuality, 24 autoDownloadSettings AutoDownload, 27 pinReminders bool, "
    "28 appTheme AppTheme, 29 callsUseLessDataSetting LessData, 30 allowSealedSenderFromAnyone bool, "
    "31 allowAutomaticKeyVerification bool",
    "AutoDownload": "1 images DownloadOption, 2 audio DownloadOption, 3 video DownloadOption, "
    "4 documents DownloadOption",
    "ChatStyle": "1 wallpaperPreset Preset, 2 wallpaperPhoto FilePointer, 3 autoBubbleColor Empty, "
    "4 bubbleColorPreset BubblePreset, 5 customColorId uint64, 7 dimWallpaperInDarkMode bool",
    "CustomChatColor": "1 id uint64, 2 solid fixed32, 3 gradient Gradient",
    "Gradient": "1 angle uint32, 2 colors fixed32*, 3 positions float*",
    "StickerPack": "1 packId bytes, 2 packKey bytes",
    "AdHocCall": "1 callId uint64, 2 recipientId uint64, 3 state AdHocState, 4 callTimestamp uint64",
    "NotificationProfile": "1 name string, 2 emoji string, 3 color fixed32, 4 createdAtMs uint64, 5 "
    "allowAllCalls bool, "
    "6 allowAllMentions bool, 7 allowedMembers uint64*, 8 scheduleEnabled bool, 9 scheduleStartTime uint32, "
    "10 scheduleEndTime uint32, 11 scheduleDaysEnabled DayOfWeek*, 12 id bytes",
    "ChatFolder": "1 name string, 2 showOnlyUnread bool, 3 showMutedChats bool, 4 includeAllIndividualChats "
    "bool, "
    "5 includeAllGroupChats bool, 6 folderType FolderType, 7 includedRecipientIds uint64*, "
    "8 excludedRecipientIds uint64*, 9 id bytes",
}

SETTINGS_ENUMS = {
    "LinkColor": "UNKNOWN BLUE WHITE GREY OLIVE GREEN ORANGE PINK PURPLE",
    "NavigationBarSize": "UNKNOWN_BAR_SIZE NORMAL COMPACT",
    "NumberSharing": "UNKNOWN EVERYBODY NOBODY",
    "MediaQuality": "UNKNOWN_QUALITY STANDARD HIGH",
    "DownloadOption": "UNKNOWN NEVER WIFI WIFI_AND_CELLULAR",
    "AppTheme": "UNKNOWN_APP_THEME SYSTEM LIGHT DARK",
    "LessData": "UNKNOWN_CALL_DATA_SETTING NEVER MOBILE_DATA_ONLY WIFI_AND_MOBILE_DATA",
    "Preset": "UNKNOWN_WALLPAPER_PRESET SOLID_BLUSH SOLID_COPPER SOLID_DUST SOLID_CELADON SOLID_RAINFOREST "
    "SOLID_PACIFIC SOLID_FROST SOLID_NAVY SOLID_LILAC SOLID_PINK SOLID_EGGPLANT SOLID_SILVER GRADIENT_SUNSET "
    "GRADIENT_NOIR GRADIENT_HEATMAP GRADIENT_AQUA GRADIENT_IRIDESCENT GRADIENT_MONSTERA GRADIENT_BLISS "
    "GRADIENT_SKY "
    "GRADIENT_PEACH",
    "BubblePreset": "UNKNOWN_BUBBLE_COLOR_PRESET SOLID_ULTRAMARINE SOLID_CRIMSON SOLID_VERMILION "
    "SOLID_BURLAP "
    "SOLID_FOREST SOLID_WINTERGREEN SOLID_TEAL SOLID_BLUE SOLID_INDIGO SOLID_VIOLET SOLID_PLUM SOLID_TAUPE "
    "SOLID_STEEL "
    "GRADIENT_EMBER GRADIENT_MIDNIGHT GRADIENT_INFRARED GRADIENT_LAGOON GRADIENT_FLUORESCENT GRADIENT_BASIL "
    "GRADIENT_SUBLIME GRADIENT_SEA GRADIENT_TANGERINE",
    "AdHocState": "UNKNOWN_STATE GENERIC",
    "DayOfWeek": "UNKNOWN MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY SUNDAY",
    "FolderType": "UNKNOWN ALL CUSTOM",
}
