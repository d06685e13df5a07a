"""Hash lists and the referral: read back with the standard library alone."""

import hashlib
import json
import xml.etree.ElementTree as ET

import pytest

ORDER = [
    "incidentSummary", "internetDetails", "lawEnforcement", "reporter", "personOrUserReported", "intendedRecipient",
    "victim", "additionalInfo",
]  # fmt: skip
PERSON_ORDER = [
    "personOrUserReportedPerson", "vehicleDescription", "espIdentifier", "espService", "compromisedAccount",
    "screenName", "displayName", "profileUrl", "profileBio", "ipCaptureEvent", "deviceId", "thirdPartyUserReported",
    "priorCTReports", "groupIdentifier", "accountTemporarilyDisabled", "accountPermanentlyDisabled",
    "estimatedLocation", "allEmailsReported", "associatedAccount", "additionalInfo",
]  # fmt: skip
FILE_ORDER = [
    "reportId", "fileId", "fileName", "originalFileName", "uploadedToEspTimestamp", "locationOfFile",
    "fileViewedByEsp", "exifViewedByEsp", "publiclyAvailable", "fileRelevance", "potentialMeme",
    "industryClassification", "originalFileHash", "ipCaptureEvent", "deviceId", "details", "additionalInfo",
]  # fmt: skip


@pytest.fixture(scope="module")
def digests(found):
    """MD5 and SHA-1 of every content, each to its SHA-256."""
    table = {}
    for contents in found.values():
        for content in contents:
            sha256 = hashlib.sha256(content).hexdigest()
            table[hashlib.md5(content).hexdigest()] = table[hashlib.sha1(content).hexdigest()] = sha256
    return table


def in_order(element, order):
    positions = [order.index(child.tag) for child in element]
    return positions == sorted(positions)


def test_the_national_list_is_vics_in_several_dialects_and_holds_what_the_truth_says(drawn, digests):
    data = (drawn.folder / "lists/known_national.json").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf{")
    listed = json.loads(data.decode("utf-8-sig"))
    assert listed["@odata.context"].endswith("2.0.xml/Default/$metadata#Media")
    media = listed["value"]
    assert len(media) == 1_150
    assert len({item["MediaID"] for item in media}) == len(media)
    hits = {digests[item["MD5"].lower()] for item in media if item["MD5"].lower() in digests}
    assert sorted(hits) == drawn.truth.known["known_national"]
    assert len(hits) == 150
    by_sha1 = {digests[item["SHA1"].lower()] for item in media if item.get("SHA1", "").lower() in digests}
    assert by_sha1 < hits
    assert {type(item["Category"]) for item in media} == {int, str}
    assert {item.get("IsPrecategorized") for item in media} == {None, True, "true"}
    assert any(len(item.get("MediaFiles", ())) > 1 for item in media)


def test_the_list_of_files_to_ignore_is_plain_sha1(drawn, digests):
    lines = (drawn.folder / "lists/ignorable.txt").read_text().splitlines()
    assert all(len(line) == 40 for line in lines)
    assert sorted({digests[line] for line in lines}) == drawn.truth.known["ignorable"]
    assert len(lines) == 300


def test_the_referral_states_the_reported_person_in_schema_order(drawn):
    report = ET.parse(drawn.folder / "referral.xml").getroot()
    assert report.tag == "report"
    assert in_order(report, ORDER)
    person = report.find("personOrUserReported")
    assert in_order(person, PERSON_ORDER)
    assert report.findtext("incidentSummary/incidentType") == "Misleading Domain Name"
    assert person.findtext("personOrUserReportedPerson/phone") == drawn.truth.referral.phone
    assert person.findtext("espIdentifier") == drawn.truth.referral.esp_identifier
    assert person.findtext("ipCaptureEvent/port") == "50443"
    assert person.findtext("estimatedLocation/region") == "Occitanie"
    assert drawn.truth.referral.number == ""


def test_the_file_details_leave_one_flag_open_and_meet_a_content(drawn, digests):
    details = ET.parse(drawn.folder / "referral_files/1.xml").getroot()
    assert details.tag == "fileDetails"
    assert in_order(details, FILE_ORDER)
    assert details.findtext("fileViewedByEsp") == "true"
    assert details.findtext("publiclyAvailable") == "false"
    assert details.find("exifViewedByEsp") is None
    hashes = {one.get("hashType"): one.text for one in details.findall("originalFileHash")}
    assert set(hashes) == {"MD5", "SHA1"}
    assert {digests[value] for value in hashes.values()} == {drawn.truth.referral.file}


def test_the_reported_file_was_shared_in_a_group_by_the_person_reported(drawn, stores):
    items = stores["01"].items
    shared = [item for item in items if drawn.truth.referral.file in [file[0] for file in item["files"]]]
    assert any(item["outgoing"] and item["peer"] in stores["01"].groups for item in shared)
