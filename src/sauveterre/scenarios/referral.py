"""Writes the referral that starts the operation, in the shape that providers report in (ispws schema order)."""

import hashlib
import xml.etree.ElementTree as ET
from pathlib import Path

from sauveterre.scenarios.cast import Account

SCHEMA = "https://report.cybertip.org/ispws/xsd"
ESP_ID = "vx-user-0042-7731"
REPORT_ID = "40000017"
UNIT = "Antenne Occitanie"
"""The unit that the default table of territories puts in charge of the stated place."""
IP, PORT = "203.0.113.77", "50443"

Node = tuple[str, "str | list[Node]"]


def write_referral(folder: Path, person: Account, picture: bytes) -> None:
    """Write ``referral.xml`` about the account's holder, and ``referral_files/1.xml`` about one picture."""
    _write(folder / "referral.xml", "report", _report(person))
    (folder / "referral_files").mkdir()
    _write(folder / "referral_files" / "1.xml", "fileDetails", _file_details(picture))


def _report(person: Account) -> list[Node]:
    reported: list[Node] = [
        ("email verified=true", "h.maple@example.org"),
        ("phone type=Mobile verified=true", person.phone),
        ("address type=Home", [
            ("address", "3 place du Marché-Inventé"), ("city", "Villeneuve-des-Exemples"), ("zipCode", "00000"),
            ("nonUsaState", "Occitanie"), ("country", "FR"),
        ]),
    ]  # fmt: skip
    return [
        ("incidentSummary", [
            ("incidentType", "Misleading Domain Name"), ("platform", "Valley Exchange"),
            ("incidentDateTime", "2026-04-14T18:22:05Z"),
        ]),
        ("internetDetails", [("chatImIncident", [
            ("chatClient", "Valley Exchange"), ("chatRoomName", "weather-talk"),
            ("content", "Rain over the ridge, eleven degrees, wind from the west."),
        ])]),
        ("reporter", [
            ("reportingPerson", [("firstName", "Trust"), ("lastName", "Desk"), ("email", "trust@valley.example")]),
        ]),
        ("personOrUserReported", [
            ("personOrUserReportedPerson", reported),
            ("espIdentifier", ESP_ID), ("espService", "Valley Exchange"),
            ("screenName", "cirrus_on_the_ridge"), ("displayName", "Cirrus"),
            ("ipCaptureEvent", [
                ("ipAddress", IP), ("eventName", "Upload"), ("dateTime", "2026-04-14T18:21:47Z"),
                ("possibleProxy", "false"), ("port", PORT),
            ]),
            ("estimatedLocation", [
                ("city", "Villeneuve-des-Exemples"), ("region", "Occitanie"), ("countryCode", "FR"),
            ]),
        ]),
        ("additionalInfo", "One file is described separately."),
    ]  # fmt: skip


def _file_details(picture: bytes) -> list[Node]:
    md5 = hashlib.md5(picture, usedforsecurity=False).hexdigest()
    sha1 = hashlib.sha1(picture, usedforsecurity=False).hexdigest()
    return [
        ("reportId", REPORT_ID), ("fileId", hashlib.sha256(b"file 1").hexdigest()[:32]),
        ("originalFileName", "cloud.jpg"), ("fileViewedByEsp", "true"), ("publiclyAvailable", "false"),
        ("fileRelevance", "Reported"), ("originalFileHash hashType=MD5", md5),
        ("originalFileHash hashType=SHA1", sha1),
        ("ipCaptureEvent", [
            ("ipAddress", IP), ("eventName", "Upload"), ("dateTime", "2026-04-14T18:21:47Z"), ("port", PORT),
        ]),
    ]  # fmt: skip


def _write(path: Path, root: str, nodes: list[Node]) -> None:
    element = ET.Element(root)
    element.set("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
    element.set("xsi:noNamespaceSchemaLocation", SCHEMA)
    for node in nodes:
        _append(element, node)
    ET.indent(element)
    path.write_bytes(ET.tostring(element, "UTF-8", xml_declaration=True) + b"\n")


def _append(parent: ET.Element, node: Node) -> None:
    name, content = node
    tag, *attributes = name.split(" ")
    element = ET.SubElement(parent, tag, dict(pair.split("=", 1) for pair in attributes))
    if isinstance(content, str):
        element.text = content
        return
    for child in content:
        _append(element, child)
