"""The forms of referral that can be read: one file each, and one line here."""

from sauveterre.records.referral_reader import ReferralReader
from sauveterre.referrals.readers import cybertip_xml

READERS: tuple[ReferralReader, ...] = (cybertip_xml,)
