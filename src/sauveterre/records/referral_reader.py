"""What a reader of referrals is: a module with these names."""

from typing import Protocol

from sauveterre.records.referral import Referral


class ReferralReader(Protocol):
    """The shape of every module in ``referrals/readers/``."""

    NAME: str

    def recognises(self, head: bytes) -> bool:
        """Say from the first 8,192 bytes whether the file is in this format."""

    def read(self, data: bytes, *, identity: str, name: str) -> Referral:
        """Read one referral; raise ``MalformedReferral`` when it cannot be read at all."""
