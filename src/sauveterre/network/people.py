"""The people of referrals, under the keys by which findings name them."""

from collections.abc import Iterable

from sauveterre.records.referral import Referral, ReferralPerson


def people_of(referrals: Iterable[Referral]) -> dict[str, ReferralPerson]:
    """Return ``referral:NUMBER#N`` to person, N counted from 1 in the order of the referral.

    A referral that carries no number is named by what it was read from (``Provenance.source``).
    """
    return {
        f"referral:{referral.number or referral.provenance.source}#{place}": person
        for referral in referrals
        for place, person in enumerate(referral.people, start=1)
    }
