"""Referrals: what came in, read again from the original each time it is shown."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from sauveterre.casework.models import Referral
from sauveterre.casework.selectors.access import Sight
from sauveterre.errors import SauveterreError
from sauveterre.records import referral as records
from sauveterre.referrals.reading import read_referral


@dataclass(frozen=True, slots=True)
class ReferralView:
    """A referral's row and what its original states."""

    row: Referral
    record: records.Referral | None
    """None where the original can no longer be read; ``trouble`` says why."""
    trouble: str


def referral_rows(sight: Sight) -> QuerySet[Referral]:
    """Return the referrals, the newest first, each with how many ``parts`` (elements) it has."""
    rows = sight.operation.referrals.defer("original").annotate(parts=Count("elements"))
    return rows.order_by("-received_at", "-pk")


def referral(sight: Sight, key: int) -> ReferralView | None:
    """Return one referral of the operation, or None."""
    row = sight.operation.referrals.filter(pk=key).first()
    if row is None:
        return None
    try:
        return ReferralView(row, read_referral(bytes(row.original), row.name), "")
    except SauveterreError as error:
        return ReferralView(row, None, str(error))
