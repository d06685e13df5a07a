"""A country's package as CASE 1.5.0 / UCO 1.5.0 in JSON-LD (https://caseontology.org).

Deterministic: every identity is a UUID of version 5 of what it stands for, so the same account has the same
identity in every package, and the same package is the same to the byte. Every link carries an annotation that says
whether it is a fact, an assessment or a judgement, why, and on which rows it rests.
"""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from sauveterre.errors import InvalidInput
from sauveterre.exchange.case_check import check_case
from sauveterre.exchange.handling import handling_text
from sauveterre.exchange.package import (
    ASSESSMENT,
    FACT,
    Package,
    PackageAccount,
    PackageContent,
    PackageIdentifier,
    PackagePerson,
    PackageRole,
)
from sauveterre.records.provenance import Provenance

NAME = "case_uco"

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:sauveterre:case")
_UCO = "https://ontology.unifiedcyberontology.org/uco"
CONTEXT = {
    "kb": "urn:sauveterre:kb:",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-core": f"{_UCO}/core/",
    "uco-identity": f"{_UCO}/identity/",
    "uco-location": f"{_UCO}/location/",
    "uco-marking": f"{_UCO}/marking/",
    "uco-observable": f"{_UCO}/observable/",
    "uco-types": f"{_UCO}/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_DISPLAYED = ("profile_name", "display_name", "contact_name", "nickname")
_LOGINS = ("username", "screen_name", "user_id")
_HASHES = (("MD5", "md5"), ("SHA1", "sha1"), ("SHA256", "sha256"))

Json = dict[str, Any]


def case_json(package: Package) -> bytes:
    """Return the document as UTF-8 JSON, one object of the graph on each line.

    Raises ``InvalidInput`` with the first problem if the document fails ``check_case``.
    """
    document = case_document(package)
    problems = check_case(document)
    if problems:
        raise InvalidInput(f"The CASE document was not written, please report this: {problems[0]}")
    context = json.dumps(document["@context"], ensure_ascii=False)
    objects = ",\n".join(json.dumps(node, ensure_ascii=False) for node in document["@graph"])
    return f'{{"@context": {context},\n"@graph": [\n{objects}\n]}}\n'.encode()


def case_document(package: Package) -> Json:
    """Return the package as one JSON-LD document whose references are closed."""
    return {"@context": dict(CONTEXT), "@graph": _Graph(package).build()}


class _Graph:
    """The objects of one document, in the order in which they are first needed."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.nodes: dict[str, Json] = {}
        self.proved: dict[str, dict[str, None]] = {}
        """Source to the objects that its rows prove."""
        self.accounts = {
            account.stable_id: _identity("account", account.service, account.stable_id)
            for person in package.persons
            for account in person.accounts
        }

    def build(self) -> list[Json]:
        """Return the objects of the whole package."""
        for person in self.package.persons:
            self._person(person)
        for content in self.package.contents:
            self._content(content)
        for source, objects in self.proved.items():
            self._add(
                *("provenance-record", source, self.package.operation),
                kind="case-investigation:ProvenanceRecord",
                properties={
                    "case-investigation:exhibitNumber": source,
                    "uco-core:object": [_ref(identity) for identity in objects],
                },
            )
        self._investigation()
        return list(self.nodes.values())

    def _add(self, *key: str, kind: str, properties: Json) -> str:
        identity = _identity(*key)
        self.nodes.setdefault(identity, {"@id": identity, "@type": kind, **properties})
        return identity

    def _person(self, person: PackagePerson) -> None:
        identity = self._add(
            *("person", self.package.operation, person.key),
            kind="uco-identity:Person",
            properties={"uco-core:name": person.label},
        )
        for account in person.accounts:
            link = self._link("Attributed_To", self._account(account), identity, confidence=person.confidence)
            reasons = person.reasons or ("The account is this person's only one.",)
            self._annotate(link, person.basis, reasons, person.rows)
        for indication in person.indications:
            place = self._add(
                *("location", indication.country),
                kind="uco-location:Location",
                properties=_facets(
                    _facet("simple-address-facet", "uco-location:SimpleAddressFacet", ("country", indication.country),
                           {"uco-location:country": indication.country}),
                ),
            )  # fmt: skip
            confidence = round(indication.weight * 100)
            key = (indication.basis, indication.reason)
            link = self._link("Indicated_In", identity, place, *key, confidence=confidence)
            reasons = (f"{indication.basis}: {indication.reason}",)
            self._annotate(link, ASSESSMENT, reasons, indication.rows)
        for role in person.roles:
            self._role(role)

    def _account(self, account: PackageAccount) -> str:
        application = self._add(
            *("application", account.service),
            kind="uco-observable:Application",
            properties={"uco-core:name": account.service},
        )
        key = (account.service, account.stable_id)
        identity = self._add(
            *("account", *key),
            kind="uco-observable:ApplicationAccount",
            properties=_facets(
                _facet("account-facet", "uco-observable:AccountFacet", key,
                       {"uco-observable:accountIdentifier": account.stable_id}),
                _facet("digital-account-facet", "uco-observable:DigitalAccountFacet", key, _digital(account)),
                _facet("application-account-facet", "uco-observable:ApplicationAccountFacet", key,
                       {"uco-observable:application": _ref(application)}),
            ),
        )  # fmt: skip
        for stated in account.identifiers:
            subject = self._identifier(identity, stated)
            self._annotate(subject, FACT, (f"{stated.type}: {stated.value}",), (stated.provenance,))
        return identity

    def _identifier(self, account: str, stated: PackageIdentifier) -> str:
        """Return what the row speaks of: the link to a phone or mail account, or the account itself."""
        if stated.type in {"e164", "phone"}:
            properties = _facets(
                _facet("phone-account-facet", "uco-observable:PhoneAccountFacet", (stated.value,),
                       {"uco-observable:phoneNumber": stated.value}),
            )  # fmt: skip
            kind = "uco-observable:PhoneAccount"
            other = self._add("phone-account", stated.value, kind=kind, properties=properties)
        elif stated.type == "email":
            facet: Json = {"uco-observable:addressValue": stated.value}
            address = self._add(
                *("email-address", stated.value),
                kind="uco-observable:EmailAddress",
                properties=_facets(
                    _facet("email-address-facet", "uco-observable:EmailAddressFacet", (stated.value,), facet)
                ),
            )
            facet = {"uco-observable:emailAddress": _ref(address)}
            other = self._add(
                *("email-account", stated.value),
                kind="uco-observable:EmailAccount",
                properties=_facets(
                    _facet("email-account-facet", "uco-observable:EmailAccountFacet", (stated.value,), facet)
                ),
            )
        else:
            return account
        return self._link("Connected_To", account, other, observable=True)

    def _role(self, role: PackageRole) -> None:
        group = self._add(
            *("message-thread", role.group),
            kind="uco-observable:MessageThread",
            properties={"uco-core:name": role.group_title or "(no title)", "uco-core:description": [role.group]},
        )
        times = (role.start, role.end)
        interval = "/".join("" if at is None else at.isoformat() for at in times)
        kind = f"{role.role.capitalize()}_Of"
        link = self._link(kind, self.accounts[role.account], group, interval, role.basis, times=times)
        reasons = role.reasons or (f"The data states the role {role.role}.",)
        if role.granted_by:
            reasons = (*reasons, f"Granted by {role.granted_by}.")
        self._annotate(link, role.basis, reasons, role.rows)

    def _content(self, content: PackageContent) -> None:
        hashes = [
            _facet("hash", "uco-types:Hash", (content.sha256, method, value), {
                "uco-types:hashMethod": method,
                "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": value},
            })
            for method, field in _HASHES if (value := getattr(content, field))
        ]  # fmt: skip
        data: Json = {"uco-observable:hash": hashes}
        if content.size is not None:
            data["uco-observable:sizeInBytes"] = content.size
        file = self._add(
            *("file", content.sha256),
            kind="uco-observable:File",
            properties=_facets(
                _facet("content-data-facet", "uco-observable:ContentDataFacet", (content.sha256,), data)
            ),
        )
        link = self._link("Shared", self.accounts[content.account], file, content.group, observable=True)
        known = f"Known to: {', '.join(content.lists)}." if content.lists else "On no list of known hashes."
        self._annotate(link, FACT, (known,), content.rows)

    def _link(
        self,
        kind: str,
        source: str,
        target: str,
        *key: str,
        confidence: int | None = None,
        observable: bool = False,
        times: tuple[datetime | None, datetime | None] = (None, None),
    ) -> str:
        properties: Json = {
            "uco-core:source": [_ref(source)],
            "uco-core:target": _ref(target),
            "uco-core:kindOfRelationship": kind,
            "uco-core:isDirectional": True,
        }
        for name, at in zip(("startTime", "endTime"), times, strict=True):
            if at is not None:
                properties[f"uco-core:{name}"] = [_moment(at)]
        full_key = (self.package.operation, kind, source, target, *key)
        if confidence is not None:
            value = {"@type": "xsd:nonNegativeInteger", "@value": str(confidence)}
            facet = {"uco-core:confidence": value}
            properties |= _facets(_facet("confidence-facet", "uco-core:ConfidenceFacet", full_key, facet))
        node_type = "uco-observable:ObservableRelationship" if observable else "uco-core:Relationship"
        return self._add("relationship", *full_key, kind=node_type, properties=properties)

    def _annotate(self, subject: str, basis: str, why: tuple[str, ...], rows: tuple[Provenance, ...]) -> None:
        statements = [*why, *(f"row: {row.source} {row.path} {row.locator} ({row.reader})" for row in rows)]
        self._add(
            *("annotation", subject, basis, *statements),
            kind="uco-core:Annotation",
            properties={
                "uco-core:statement": statements,
                "uco-core:object": [_ref(subject)],
                "uco-core:tag": [basis],
            },
        )
        for row in rows:
            self.proved.setdefault(row.source, {})[subject] = None

    def _markings(self) -> list[str]:
        definitions: list[tuple[str, str, str, Json]] = [
            (code, "statement", "uco-marking:StatementMarking",
             {"uco-marking:statement": f"{code}: {handling_text(code, 'en')}"})
            for code in self.package.handling
        ]  # fmt: skip
        definitions.append(
            ("Release to", "release-to", "uco-marking:ReleaseToMarking",
             {"uco-marking:authorizedIdentities": [self.package.country]})
        )  # fmt: skip
        return [
            self._add(
                *("marking", name, self.package.country),
                kind="uco-marking:MarkingDefinition",
                properties={
                    "uco-core:name": name,
                    "uco-marking:definitionType": form,
                    "uco-marking:definition": [
                        _facet("marking-model", model, (name, self.package.country),
                               {"uco-marking:definitionType": form, **properties})
                    ],
                },
            )
            for name, form, model, properties in definitions
        ]  # fmt: skip

    def _investigation(self) -> None:
        members = [_ref(identity) for identity in self.nodes]
        self._add(
            *("investigation", self.package.operation, self.package.country),
            kind="case-investigation:Investigation",
            properties={
                "uco-core:name": self.package.operation,
                "uco-core:description": [self.package.purpose],
                "uco-core:objectCreatedTime": _moment(self.package.created),
                "case-investigation:investigationForm": "case",
                "case-investigation:focus": ["Child protection"],
                "uco-core:objectMarking": [_ref(marking) for marking in self._markings()],
                "uco-core:object": members,
            },
        )


def _identity(kind: str, *key: str) -> str:
    return f"kb:{kind}-{uuid.uuid5(NAMESPACE, chr(31).join((kind, *key)))}"


def _ref(identity: str) -> Json:
    return {"@id": identity}


def _facet(kind: str, node_type: str, key: tuple[str, ...], properties: Json) -> Json:
    return {"@id": _identity(kind, *key), "@type": node_type, **properties}


def _facets(*facets: Json) -> Json:
    return {"uco-core:hasFacet": list(facets)}


def _digital(account: PackageAccount) -> Json:
    """Return the name shown for an account and its logins; other devices' names for it stand in annotations."""
    found: Json = {}
    for name in _DISPLAYED:
        shown = next((stated.value for stated in account.identifiers if stated.type == name), "")
        if shown:
            found["uco-observable:displayName"] = shown
            break
    logins = dict.fromkeys(stated.value for stated in account.identifiers if stated.type in _LOGINS)
    if logins:
        found["uco-observable:accountLogin"] = list(logins)
    return found


def _moment(at: datetime) -> Json:
    text = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {"@type": "xsd:dateTime", "@value": text}
