"""Referrals: taking them in whole, version after version."""

import hashlib

from django.db import transaction
from django.db.models import Max

from sauveterre.casework import audit
from sauveterre.casework.models import Officer, Operation, Referral, ReferralElement
from sauveterre.casework.rows import storable
from sauveterre.casework.services.operations import require_member
from sauveterre.casework.territories import unit_of
from sauveterre.errors import InvalidInput
from sauveterre.referrals.reading import read_referral


@transaction.atomic
def add_referral(*, operation: Operation, name: str, data: bytes, by: Officer) -> Referral:
    """Keep a referral byte for byte, with every element of it; a changed file of the same name is a new version.

    Raises ``UnknownFormat`` or ``MalformedReferral`` when it cannot be read, ``InvalidInput`` when it is here.
    """
    require_member(operation=operation, officer=by)
    digest = hashlib.sha256(data).hexdigest()
    if operation.referrals.filter(sha256=digest).exists():
        raise InvalidInput(f"{name} is in this operation already, byte for byte; nothing was added")
    record = read_referral(data, name)
    last = operation.referrals.filter(name=name).aggregate(last=Max("version"))["last"] or 0
    unit, reason = unit_of(record)
    referral = Referral.objects.create(
        operation=operation,
        name=name,
        version=last + 1,
        sha256=digest,
        original=data,
        reader=record.provenance.reader,
        number=record.number,
        incident_type=storable(record.incident_type),
        incident_at=record.incident_at,
        incident_at_raw=storable(record.incident_at_raw),
        urgent_reason=storable(record.urgent_reason),
        reporter=storable(record.reporter),
        warnings=[storable(warning) for warning in record.warnings],
        unit=unit,
        unit_reason=reason,
    )
    ReferralElement.objects.bulk_create(
        ReferralElement(
            referral=referral,
            ordinal=ordinal,
            path=element.path,
            text=storable(element.text),
            attributes=[[storable(name), storable(value)] for name, value in element.attributes],
        )
        for ordinal, element in enumerate(record.elements)
    )
    audit.record(
        actor=by.username,
        action="referral-added",
        subject=name,
        operation=operation,
        sha256=digest,
        unit=unit,
    )
    return referral
