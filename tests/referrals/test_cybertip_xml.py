"""Reports as NCMEC documents them, reports by others, and reports that nobody should send."""

import contextlib
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sauveterre.errors import MalformedReferral, SauveterreError, UnknownFormat
from sauveterre.referrals import document
from sauveterre.referrals.cybertip_terms import CHILDREN
from sauveterre.referrals.reading import read_referral

REPORTS = (
    "doc_examples/01_report.xml",
    "doc_examples/04_fileDetails.xml",
    "doc_examples/11_report_2026_with_informational.xml",
    "reports/report_1.xml",
    "reports/report_4.xml",
)

WHOLE = """<?xml version="1.0" encoding="UTF-8"?>
<report>
  <personOrUserReported>
    <espIdentifier>user-7</espIdentifier>
    <espService>Example Film Club</espService>
    <screenName>cinema_fan</screenName>
    <displayName>Cinema</displayName><displayName>Ciné</displayName>
    <profileUrl>https://club.example/u/7</profileUrl>
    <deviceId><idType>IMEI</idType><idValue>490154203237518</idValue></deviceId>
    <ipCaptureEvent><ipAddress>::ffff:192.0.2.7</ipAddress><eventName>Login</eventName>
      <dateTime>2026-05-01T10:00:00+02:00</dateTime><possibleProxy>false</possibleProxy><port>50123</port>
    </ipCaptureEvent>
    <ipCaptureEvent><ipAddress>2001:db8::1</ipAddress></ipCaptureEvent>
    <estimatedLocation><city>Exempleville</city><region>Occitanie</region><countryCode>fr</countryCode></estimatedLocation>
    <personOrUserReportedPerson>
      <firstName>Jean</firstName><lastName>Exemple</lastName>
      <phone countryCallingCode="+33" type="Mobile">06 39 98 00 01</phone>
      <phone>+32 460 00 11 22</phone><phone>0639 98 00 01</phone>
      <email verified="true">jean@mail.example</email>
      <address type="Home"><address>1 rue des Films</address><city>Exempleville</city><zipCode>31000</zipCode>
        <nonUsaState>Occitanie</nonUsaState><country>FR</country></address>
    </personOrUserReportedPerson>
    <associatedAccount type="Linked">
      <platform>Weather Board</platform><screenName>sunny</screenName></associatedAccount>
  </personOrUserReported>
  <victim><victimPerson><age>12</age></victimPerson></victim>
  <incidentSummary>
    <incidentDateTime>2026-05-01T08:00:00Z</incidentDateTime>
    <platform>Example Club</platform>
    <escalateToHighPriority>storm warning</escalateToHighPriority>
    <incidentType>Misleading Domain Name</incidentType>
  </incidentSummary>
  <reporter><reportingPerson><firstName>Ada</firstName><email>ada@club.example</email></reportingPerson></reporter>
</report>
"""


def details(inside: str) -> bytes:
    return f"<fileDetails><reportId>12</reportId><fileId>ab</fileId>{inside}</fileDetails>".encode()


@pytest.mark.parametrize("path", REPORTS)
def test_every_element_is_kept_in_order_with_text_and_attributes(fixtures, path):
    data = (fixtures / "referrals" / path).read_bytes()
    kept = read_referral(data, path).elements
    walked = list(ElementTree.fromstring(data).iter())
    assert [element.path.rpartition("/")[2].partition("[")[0] for element in kept] == [e.tag for e in walked]
    assert [element.text.strip() for element in kept] == [(e.text or "").strip() for e in walked]
    assert [[v for _, v in element.attributes] for element in kept] == [list(e.attrib.values()) for e in walked]
    assert len({element.path for element in kept}) == len(kept)


@pytest.mark.parametrize("number", ["02", "03", "05", "06", "07", "08"])
def test_answers_of_the_server_are_no_referrals(fixtures, number):
    (path,) = (fixtures / "referrals" / "doc_examples").glob(f"{number}_*.xml")
    with pytest.raises(MalformedReferral, match="the reporting server's answer"):
        read_referral(path.read_bytes(), path.name)


def test_an_element_newer_than_the_schema_is_kept_with_a_warning(fixtures):
    path = fixtures / "referrals/doc_examples/11_report_2026_with_informational.xml"
    referral = read_referral(path.read_bytes(), path.name)
    assert any(element.path.endswith("/informational[1]") for element in referral.elements)
    assert len(referral.warnings) == 1
    assert "informational" in referral.warnings[0]


def test_the_documentation_example_has_no_warning(fixtures):
    path = fixtures / "referrals/doc_examples/01_report.xml"
    referral = read_referral(path.read_bytes(), path.name)
    assert referral.warnings == ()
    assert referral.incident_at == datetime(2012, 10, 15, 15, tzinfo=UTC)
    assert referral.incident_at_raw == "2012-10-15T08:00:00-07:00"
    assert referral.reporter == "John Smith, jsmith@example.com"


def test_an_incident_type_outside_the_list_is_kept_with_a_warning(fixtures):
    referral = read_referral((fixtures / "referrals/reports/report_4.xml").read_bytes(), "report_4.xml")
    assert referral.incident_type == "Online Enticement of Children for Sexual Act"
    assert "not in the schema's list" in referral.warnings[0]


def test_a_report_in_any_order_gives_people_with_all_they_are_known_by():
    referral = read_referral(WHOLE.encode(), "whole.xml")
    assert referral.warnings == ()
    assert referral.urgent_reason == "storm warning"
    reported, associated, victim = referral.people
    assert [person.part for person in referral.people] == ["reported", "associated", "victim"]
    assert {(i.type, i.value, i.service) for i in reported.identifiers} == {
        ("user_id", "user-7", "Example Film Club"),
        ("screen_name", "cinema_fan", "Example Film Club"),
        ("display_name", "Cinema", "Example Film Club"),
        ("display_name", "Ciné", "Example Film Club"),
        ("profile_url", "https://club.example/u/7", "Example Film Club"),
        ("device_id", "IMEI:490154203237518", ""),
        ("name", "Jean Exemple", ""),
        ("e164", "+33639980001", ""),
        ("e164", "+32460001122", ""),
        ("phone", "0639 98 00 01", ""),
        ("email", "jean@mail.example", ""),
    }
    assert [(i.type, i.value, i.service) for i in associated.identifiers] == [("screen_name", "sunny", "Weather Board")]
    assert victim.identifiers == ()


def test_places_and_addresses_keep_what_is_stated_and_only_that():
    reported = read_referral(WHOLE.encode(), "whole.xml").people[0]
    home, estimated = reported.places
    assert (home.country, home.region, home.city, home.postal_code, home.kind) == (
        ("FR", "Occitanie", "Exempleville", "31000", "Home")
    )
    assert (estimated.country, estimated.postal_code, estimated.kind) == ("FR", "", "estimated")
    login, silent = reported.addresses
    assert (login.address, login.port, login.possible_proxy) == ("192.0.2.7", 50123, False)
    assert login.at == datetime(2026, 5, 1, 8, tzinfo=UTC)
    assert (silent.address, silent.at, silent.port, silent.possible_proxy) == (
        "2001:db8::1",
        None,
        None,
        None,
    )


def test_provenance_is_the_path_of_the_element():
    referral = read_referral(WHOLE.encode(), "whole.xml")
    paths = {element.path for element in referral.elements}
    reported = referral.people[0]
    for record in (*reported.identifiers, *reported.places, *reported.addresses, reported, referral):
        assert record.provenance.locator in paths
        assert record.provenance.reader == "cybertip_xml"
        assert record.provenance.source.startswith("sha256:")
    email = next(i for i in reported.identifiers if i.type == "email")
    assert email.provenance.locator == ("/report[1]/personOrUserReported[1]/personOrUserReportedPerson[1]/email[1]")


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("", (None, None, None)),
        ("<fileViewedByEsp>true</fileViewedByEsp>", (True, None, None)),
        ("<exifViewedByEsp>false</exifViewedByEsp><fileViewedByEsp>1</fileViewedByEsp>", (True, False, None)),
        ("<publiclyAvailable> false </publiclyAvailable>", (None, None, False)),
        ("<publiclyAvailable/>", (None, None, None)),
        ("<fileViewedByEsp>perhaps</fileViewedByEsp>", (None, None, None)),
    ],
)
def test_silence_is_never_taken_as_viewed(inside, expected):
    referral = read_referral(details(inside), "file.xml")
    (file,) = referral.files
    assert (file.viewed_by_provider, file.exif_viewed_by_provider, file.publicly_available) == expected
    assert bool(referral.warnings) == ("perhaps" in inside or "<publiclyAvailable/>" in inside)


def test_details_of_a_file_are_a_referral_with_one_file():
    md5, sha256 = "0" * 32, "AB" * 32
    referral = read_referral(
        details(
            f'<originalFileHash hashType="md5">{md5}</originalFileHash>'
            f'<originalFileHash hashType="SHA-256">{sha256}</originalFileHash>'
            '<originalFileHash hashType="PhotoDNA">x</originalFileHash>'
            "<originalFileName>storm.jpg</originalFileName><industryClassification>B2</industryClassification>"
            "<fileRelevance>Supplemental Reported</fileRelevance>"
            "<ipCaptureEvent><ipAddress>192.0.2.9</ipAddress><port>70000</port></ipCaptureEvent>"
        ),
        "file.xml",
    )
    (file,) = referral.files
    assert referral.number == "12"
    assert [str(digest) for digest in file.hashes] == [f"md5:{md5}", f"sha256:{sha256.lower()}"]
    assert (file.name, file.classification, file.relevance) == ("storm.jpg", "B2", "Supplemental Reported")
    assert [(event.address, event.port) for event in file.addresses] == [("192.0.2.9", None)]
    assert len(referral.warnings) == 2


def test_times_without_a_zone_date_nothing():
    text = WHOLE.replace("2026-05-01T08:00:00Z", "2026-05-01T08:00:00")
    referral = read_referral(text.encode(), "whole.xml")
    assert referral.incident_at is None
    assert referral.incident_at_raw == "2026-05-01T08:00:00"
    assert "zone" in referral.warnings[0]


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
def test_namespaces_and_marks_do_not_matter(prefix):
    text = WHOLE.replace("<report>", '<report xmlns="http://report.cybertip.org/leaws/icac">')
    text = text.replace("<victim>", "<reportId>99</reportId><victim>")
    referral = read_referral(prefix + text.encode(), "police.xml")
    assert referral.number == "99"
    assert len(referral.people) == 3
    assert [warning for warning in referral.warnings if "police receive" in warning]
    prefixed = (
        '<?xml version="1.0"?><n:report xmlns:n="http://report.cybertip.org/x"><n:reportId>5</n:reportId></n:report>'
    )
    assert read_referral(prefix + prefixed.encode(), "prefixed.xml").number == "5"


def test_utf_16_is_read():
    text = WHOLE.replace('encoding="UTF-8"', 'encoding="UTF-16"')
    assert len(read_referral(text.encode("utf-16"), "wide.xml").people) == 3


BOMB = """<?xml version="1.0"?><!DOCTYPE report [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">
]><report><additionalInfo>&b;</additionalInfo></report>"""


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (BOMB.encode(), "document type"),
        (b'<!DOCTYPE report SYSTEM "http://example.org/x.dtd"><report/>', "document type"),
        (b"<report>" + b"<a>" * 40 + b"</a>" * 40 + b"</report>", "deep"),
        (b"<report><" + b"a" * 200 + b"/></report>", "name of more than"),
        (b"<report>" + b" " * document.MAX_BYTES + b"</report>", "larger than"),
        (b"<report><incidentSummary>", "broken"),
        (b'<?xml version="1.0" encoding="x-none"?><report/>', "encoding|broken"),
        (b"<report>\xff\xfe</report>", "broken"),
    ],
)
def test_hostile_documents_are_refused_in_one_sentence(data, why):
    with pytest.raises(MalformedReferral, match=why) as caught:
        read_referral(data, "bad.xml")
    assert str(caught.value).startswith("bad.xml: ")
    assert "\n" not in str(caught.value)


def test_more_elements_than_may_be_read_are_refused(monkeypatch):
    monkeypatch.setattr(document, "MAX_ELEMENTS", 50)
    assert len(read_referral(b"<report>" + b"<a/>" * 49 + b"</report>", "many.xml").elements) == 50
    with pytest.raises(MalformedReferral, match="more elements than the 50"):
        read_referral(b"<report>" + b"<a/>" * 50 + b"</report>", "many.xml")


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"{}", b"<html></html>", b"\x89PNG", b"<!--" * 3000])
def test_other_files_are_of_unknown_format(data):
    with pytest.raises(UnknownFormat, match="cybertip_xml"):
        read_referral(data, "other")


def test_oddities_are_counted_and_their_list_is_bounded():
    inside = "".join(f"<odd{number}/>" for number in range(300)) + "<same/><same/>"
    warnings = read_referral(details(inside), "odd.xml").warnings
    assert len(warnings) == 101
    assert warnings[-1] == "201 more oddities are not listed."
    same = read_referral(details("<same/><same/>"), "odd.xml").warnings
    assert same[0].endswith("(2 times)")


def test_a_text_too_long_for_an_identifier_stays_an_element():
    text = f"<report><victim><screenName>{'x' * 5000}</screenName></victim></report>"
    referral = read_referral(text.encode(), "long.xml")
    assert referral.people[0].identifiers == ()
    assert any(len(element.text) == 5000 for element in referral.elements)
    assert any("too long" in warning for warning in referral.warnings)


TAGS = st.sampled_from(sorted(set(CHILDREN).union(*CHILDREN.values())))
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="<&"), max_size=12) | st.sampled_from(
    ["true", "192.0.2.1", "2026-01-01T24:00:00Z", "+", "+999", "٣", "0001-01-01T00:00:00+23:59"]
)


@st.composite
def trees(draw, depth=3):
    tag = draw(TAGS)
    inside = draw(TEXTS) if depth == 0 else "".join(draw(st.lists(trees(depth - 1) | TEXTS, max_size=3)))
    return f'<{tag} hashType="MD5" countryCallingCode="+{draw(st.integers(0, 1999))}">{inside}</{tag}>'


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees(), st.integers(0, 400))
def test_no_tree_and_no_cut_raises_anything_but_our_own_errors(tree, cut):
    for text in (f"<report>{tree}</report>", f"<fileDetails>{tree}</fileDetails>"):
        for data in (text.encode(), text.encode()[: len(text) - cut]):
            try:
                referral = read_referral(data, "random.xml")
            except SauveterreError:
                continue
            assert referral.elements


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.integers(0, len(WHOLE)))
def test_no_bytes_raise_anything_but_our_own_errors(noise, at):
    data = WHOLE.encode()
    for sample in (noise, b"<report>" + noise, data[:at], data[:at] + noise + data[at:]):
        with contextlib.suppress(SauveterreError):
            read_referral(sample, "random.xml")
