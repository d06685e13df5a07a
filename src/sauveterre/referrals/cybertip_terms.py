"""The vocabulary of the CyberTipline reporting schema: which element may lie in which, and the closed lists.

Source: NCMEC's schema of the reporting interface (``ispws``), December 2025. A referral that goes beyond it
is read all the same; what is outside the vocabulary is kept and named in a warning.
"""

INCIDENT_TYPES = frozenset(
    {
        "Child Pornography (possession, manufacture, and distribution)",
        "Child Sex Trafficking",
        "Child Sex Tourism",
        "Child Sexual Molestation",
        "Misleading Domain Name",
        "Misleading Words or Digital Images on the Internet",
        "Online Enticement of Children for Sexual Acts",
        "Unsolicited Obscene Material Sent to a Child",
    }
)

EVENT_NAMES = frozenset({"", "Login", "Registration", "Purchase", "Upload", "Other", "Unknown"})

PARTS = {
    "personOrUserReported": "reported",
    "intendedRecipient": "recipient",
    "victim": "victim",
    "associatedAccount": "associated",
}
"""Elements that stand for a person, and the part that each plays."""

PERSON_ELEMENTS = ("personOrUserReportedPerson", "intendedRecipientPerson", "victimPerson")

_CONTACT = "firstName lastName phone email address"
_PERSON = f"{_CONTACT} age dateOfBirth"
_ACCOUNT = (
    "espIdentifier espService compromisedAccount screenName displayName profileUrl profileBio ipCaptureEvent"
    " deviceId accountTemporarilyDisabled accountPermanentlyDisabled additionalInfo"
)
_USER = f"{_ACCOUNT} priorCTReports estimatedLocation allEmailsReported"

_CHILDREN = {
    "report": "batchedReport incidentSummary internetDetails lawEnforcement reporter personOrUserReported"
    " intendedRecipient victim additionalInfo",
    "batchedReport": "",
    "incidentSummary": "incidentType platform escalateToHighPriority reportAnnotations incidentDateTime"
    " incidentDateTimeDescription",
    "reportAnnotations": "sextortion csamSolicitation minorToMinorInteraction spam sadisticOnlineExploitation",
    "internetDetails": "webPageIncident emailIncident newsgroupIncident chatImIncident onlineGamingIncident"
    " cellPhoneIncident nonInternetIncident peer2peerIncident",
    "webPageIncident": "url additionalInfo",
    "emailIncident": "emailAddress content additionalInfo",
    "newsgroupIncident": "name emailAddress content additionalInfo",
    "chatImIncident": "chatClient chatRoomName content additionalInfo",
    "onlineGamingIncident": "gameName console content additionalInfo",
    "cellPhoneIncident": "phoneNumber latitude longitude additionalInfo",
    "nonInternetIncident": "locationName incidentAddress additionalInfo",
    "peer2peerIncident": "client ipCaptureEvent fileNames additionalInfo",
    "lawEnforcement": "agencyName caseNumber officerContact reportedToLe servedLegalProcessDomestic"
    " servedLegalProcessInternational",
    "officerContact": _CONTACT,
    "reporter": "reportingPerson contactPerson companyTemplate termsOfService legalURL",
    "reportingPerson": _PERSON,
    "contactPerson": _CONTACT,
    "personOrUserReported": f"{_USER} personOrUserReportedPerson vehicleDescription thirdPartyUserReported"
    " groupIdentifier associatedAccount",
    "personOrUserReportedPerson": _PERSON,
    "intendedRecipient": f"{_USER} intendedRecipientPerson groupIdentifier",
    "intendedRecipientPerson": _PERSON,
    "victim": f"{_USER} victimPerson schoolName associatedAccount",
    "victimPerson": _PERSON,
    "associatedAccount": f"{_ACCOUNT} {_CONTACT} platform middleName approximateAge dateOfBirth"
    " allEmailsReported groupIdentifier priorCTReport",
    "address": "address city zipCode state nonUsaState country",
    "incidentAddress": "address city zipCode state nonUsaState country",
    "estimatedLocation": "city region countryCode",
    "ipCaptureEvent": "ipAddress eventName dateTime possibleProxy port",
    "deviceId": "idType idValue eventName dateTime",
    "fileDetails": "reportId fileId fileName originalFileName uploadedToEspTimestamp locationOfFile"
    " fileViewedByEsp exifViewedByEsp publiclyAvailable fileRelevance potentialMeme fileAnnotations"
    " industryClassification originalFileHash ipCaptureEvent deviceId details additionalInfo",
    "fileAnnotations": "animeDrawingVirtualHentai potentialMeme viral possibleSelfProduction physicalHarm"
    " violenceGore bestiality liveStreaming infant generativeAi",
    "details": "nameValuePair",
    "nameValuePair": "name value",
}
CHILDREN = {name: frozenset(children.split()) for name, children in _CHILDREN.items()}
"""Element to the elements that the schema allows in it, in any order. The rest hold only text."""
