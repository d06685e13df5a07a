"""CyberTipline reports as XML: the reporting form (``<report>``) and its ``<fileDetails>``.

Source: NCMEC's schema of the reporting interface (``ispws``) and its documentation. A report of the police
side (namespace ``…/leaws/…``, whose schema is not public) is read by the same names. Nothing but well-formed
XML is required: order is not assumed, almost everything may be absent, what is unknown is kept and named.
"""

import re
from collections import Counter
from datetime import datetime

from sauveterre.records.digest import Digest
from sauveterre.records.provenance import Provenance
from sauveterre.records.referral import (
    IpEvent,
    Place,
    Referral,
    ReferralFile,
    ReferralIdentifier,
    ReferralPerson,
)
from sauveterre.referrals import values
from sauveterre.referrals.cybertip_terms import CHILDREN, EVENT_NAMES, INCIDENT_TYPES, PARTS, PERSON_ELEMENTS
from sauveterre.referrals.document import Document, Node, read_document, refusal

NAME = "cybertip_xml"

ROOTS = frozenset({"report", "fileDetails"})
ANSWERS = frozenset({"reportResponse", "reportDoneResponse"})
ROOT_EXTRAS = frozenset({"reportId", "fileDetails"})
"""What a report may hold once the reporting body has numbered it and put its files beside it."""
MAX_WARNINGS = 100
MAX_IDENTIFIER = 4_096
"""Characters; the schema's longest identifier, a URL, has 2,083."""

_ROOT = re.compile(r"<(?:!DOCTYPE\s{1,64})?(?:[\w.-]{1,64}:)?([\w.-]{1,64})[\s/>]")
_ASIDES = (("<?", "?>"), ("<!--", "-->"))
_ON_SERVICE = {
    "espIdentifier": "user_id",
    "screenName": "screen_name",
    "displayName": "display_name",
    "profileUrl": "profile_url",
}
IDENTIFYING = frozenset({"email", "phone", *_ON_SERVICE})
_HASH_NAMES = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256", "PDQ": "pdq"}


def recognises(head: bytes) -> bool:
    """Say whether the document's first element is a report, file details, or the server's answer to one."""
    text = _decode(head).lstrip("\ufeff \t\r\n")
    while (aside := next((pair for pair in _ASIDES if text.startswith(pair[0])), None)) is not None:
        text = text.partition(aside[1])[2].lstrip()
    root = _ROOT.match(text)
    return root is not None and root[1] in ROOTS | ANSWERS


def read(data: bytes, *, identity: str, name: str) -> Referral:
    """Read a report, or the details of one file, which are a referral with one file and no person.

    Args:
        data: the whole document.
        identity: what provenance names as the source.
        name: the file's name.

    Raises:
        MalformedReferral: broken, hostile or oversized XML, or a document that is not a referral.

    """
    document = read_document(data, name)
    if document.root.name in ANSWERS:
        raise refusal(name, f"it is the reporting server's answer ({document.root.name}) and not a report")
    if document.root.name not in ROOTS:
        raise refusal(name, f"its first element is <{document.root.name}>, neither a report nor file details")
    return _Reading(document, identity, name).referral()


def _decode(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace")
    return head.decode("utf-8", "replace")


class _Reading:
    """One reading of one document: where it comes from, and what was odd about it."""

    def __init__(self, document: Document, identity: str, name: str) -> None:
        self.document = document
        self.root = document.root
        self.identity = identity
        self.name = name
        self.odd: Counter[str] = Counter()
        summary = self.root.first("incidentSummary")
        self.summary = Node("incidentSummary", "", ()) if summary is None else summary
        reporter = self.root.first("reporter")
        self.reporting = None if reporter is None else reporter.first("reportingPerson")

    def referral(self) -> Referral:
        """Return the whole record; warnings are gathered on the way, so they come last."""
        nodes = list(self.root.walk())
        self._check_vocabulary(nodes)
        incident_type, incident_raw = self._incident()
        people = tuple(self._person(node) for node in nodes if node.name in PARTS)
        file_nodes = [node for node in nodes if node.name == "fileDetails"]
        files = tuple(self._file(node) for node in file_nodes)
        return Referral(
            number=next((text for node in (self.root, *file_nodes) if (text := node.value_of("reportId"))), ""),
            incident_type=incident_type,
            incident_at=self._time(self.summary, "incidentDateTime"),
            incident_at_raw=incident_raw,
            urgent_reason=self.summary.value_of("escalateToHighPriority"),
            reporter=self._reporter(),
            people=people,
            files=files,
            elements=tuple(node.element() for node in nodes),
            warnings=self._warnings(),
            provenance=self._at(self.root),
        )

    def _incident(self) -> tuple[str, str]:
        kind = self.summary.value_of("incidentType")
        raw = self.summary.value_of("incidentDateTime")
        if self.root.name != "report":
            return kind, raw
        if not kind:
            self._warn("The report states no incident type.")
        elif kind not in INCIDENT_TYPES:
            self._warn(f"The incident type {kind[:200]!r} is not in the schema's list; it is kept as written.")
        if not raw:
            self._warn("The report states no incident time.")
        return kind, raw

    def _reporter(self) -> str:
        if self.reporting is None:
            return ""
        name = _joined(self.reporting, "firstName", "lastName")
        return ", ".join(part for part in (name, self.reporting.value_of("email")) if part)

    def _person(self, node: Node) -> ReferralPerson:
        holders = [node, *(child for child in node.children if child.name in PERSON_ELEMENTS)]
        service = node.value_of("platform", "espService") or self._service()
        identifiers = [found for holder in holders for found in self._identifiers(holder, service)]
        places = [self._place(at) for holder in holders for at in holder.all("address")]
        places += [self._estimated(at) for at in node.all("estimatedLocation")]
        events = [event for at in node.all("ipCaptureEvent") if (event := self._event(at)) is not None]
        return ReferralPerson(PARTS[node.name], tuple(identifiers), tuple(places), tuple(events), self._at(node))

    def _service(self) -> str:
        """Return the service that the whole report is about: its platform, or the reporter's domain."""
        mail = self.reporting.value_of("email") if self.reporting is not None else ""
        return self.summary.value_of("platform") or mail.rpartition("@")[2].lower()

    def _identifiers(self, holder: Node, service: str) -> list[ReferralIdentifier]:
        found = []
        if name := _joined(holder, "firstName", "middleName", "lastName")[:MAX_IDENTIFIER]:
            found.append(ReferralIdentifier("name", name, self._at(holder)))
        for node in holder.children:
            if len(node.text) > MAX_IDENTIFIER and node.name in IDENTIFYING:
                self._warn(f"{node.path} is too long for an identifier; it is kept as an element only.")
                continue
            at = self._at(node)
            if node.name == "deviceId":
                if device := _device(node):
                    found.append(ReferralIdentifier("device_id", device, at))
            elif not node.value:
                continue
            elif node.name == "email":
                found.append(ReferralIdentifier("email", node.value, at))
            elif node.name == "phone":
                kind, number = values.phone(node.value, node.attribute("countryCallingCode"))
                found.append(ReferralIdentifier(kind, number, at))
            elif node.name in _ON_SERVICE:
                found.append(ReferralIdentifier(_ON_SERVICE[node.name], node.value, at, service))
        return found

    def _place(self, node: Node) -> Place:
        return Place(
            country=self._country(node, "country"),
            region=node.value_of("state", "nonUsaState"),
            city=node.value_of("city"),
            postal_code=node.value_of("zipCode"),
            kind=node.attribute("type"),
            provenance=self._at(node),
        )

    def _estimated(self, node: Node) -> Place:
        country = self._country(node, "countryCode")
        return Place(country, node.value_of("region"), node.value_of("city"), "", "estimated", self._at(node))

    def _country(self, node: Node, name: str) -> str:
        text = node.value_of(name)
        code = values.country(text)
        if text and not code:
            self._warn(f"{node.path} states a country that is not a two-letter code; it is kept as an element only.")
        return code

    def _event(self, node: Node) -> IpEvent | None:
        address = values.address(node.value_of("ipAddress"))
        if not address:
            self._warn(f"{node.path} states no readable IP address; it is kept as an element only.")
            return None
        event = node.value_of("eventName")
        if event not in EVENT_NAMES:
            self._warn(f"{node.path} names an event outside the schema's list; it is kept as written.")
        port = values.port(node.value_of("port"))
        if port is None and node.value_of("port"):
            self._warn(f"{node.path} states a port that is not one from 1 to 65535; it is kept as an element only.")
        proxy = self._truth(node, "possibleProxy")
        return IpEvent(address, event, self._time(node, "dateTime"), port, proxy, self._at(node))

    def _file(self, node: Node) -> ReferralFile:
        events = [event for at in node.all("ipCaptureEvent") if (event := self._event(at)) is not None]
        return ReferralFile(
            name=node.value_of("originalFileName", "fileName", "fileId"),
            hashes=tuple(digest for at in node.all("originalFileHash") for digest in self._digest(at)),
            viewed_by_provider=self._truth(node, "fileViewedByEsp"),
            exif_viewed_by_provider=self._truth(node, "exifViewedByEsp"),
            publicly_available=self._truth(node, "publiclyAvailable"),
            classification=node.value_of("industryClassification"),
            relevance=node.value_of("fileRelevance"),
            provenance=self._at(node),
            addresses=tuple(events),
        )

    def _digest(self, node: Node) -> list[Digest]:
        algorithm = _HASH_NAMES.get(node.attribute("hashType").upper().replace("-", ""))
        try:
            return [Digest(algorithm or "", node.value.lower())]
        except ValueError:
            self._warn(f"{node.path} states a hash that is not a well-formed MD5, SHA-1, SHA-256 or PDQ value.")
            return []

    def _truth(self, node: Node, name: str) -> bool | None:
        stated = node.first(name)
        if stated is None:
            return None
        answer = values.truth(stated.value)
        if answer is None:
            self._warn(f"{stated.path} says neither yes nor no; it is taken as unknown.")
        return answer

    def _time(self, node: Node, name: str) -> datetime | None:
        stated = node.first(name)
        if stated is None or not stated.value:
            return None
        at = values.time(stated.value)
        if at is None:
            self._warn(f"{stated.path} is not a time with its zone; it is kept as written and dates nothing.")
        return at

    def _check_vocabulary(self, nodes: list[Node]) -> None:
        if "leaws" in self.document.namespace:
            self._warn(
                "This is the form that police receive, whose schema is not public: what it shares with the "
                "reporting form is read, every other element is kept."
            )
        if self.document.asides:
            self._warn("The file holds comments or processing instructions; they stay in the original only.")
        for node in nodes:
            if node.name not in CHILDREN:
                continue
            known = CHILDREN[node.name] | (ROOT_EXTRAS if node is self.root else frozenset())
            for child in node.children:
                if child.name not in known:
                    self._warn(f"<{child.name}> in <{node.name}> is not in the schema; it is kept as an element.")

    def _warn(self, sentence: str) -> None:
        self.odd[sentence] += 1

    def _warnings(self) -> tuple[str, ...]:
        listed = [f"{text} ({count} times)" if count > 1 else text for text, count in self.odd.items()]
        if len(listed) > MAX_WARNINGS:
            listed[MAX_WARNINGS:] = [f"{len(listed) - MAX_WARNINGS} more oddities are not listed."]
        return tuple(listed)

    def _at(self, node: Node) -> Provenance:
        return Provenance(self.identity, self.name, node.path, NAME)


def _joined(node: Node, *names: str) -> str:
    return " ".join(part for part in (node.value_of(name) for name in names) if part)


def _device(node: Node) -> str:
    """Return ``IMEI:…``: the value says little without the kind of number that it is."""
    value = node.value_of("idValue")[:MAX_IDENTIFIER]
    return f"{node.value_of('idType')[:MAX_IDENTIFIER]}:{value}".lstrip(":") if value else ""
