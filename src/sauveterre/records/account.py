"""An account on a service, and the identifiers that rows state for it."""

from dataclasses import dataclass
from datetime import datetime

from sauveterre.records.provenance import Provenance


@dataclass(frozen=True, slots=True)
class Account:
    """An identity on a service.

    ``stable_id`` carries its own type: ``aci:UUID``, ``pni:UUID``, ``e164:+…``, ``jid:…``, ``tg:user…``, ``mxid:@…``,
    ``discord:…``; ``self:STORE`` for a device owner whose identifier the store does not state, and ``name:STORE:NAME``
    for one of whom the store states a display name only: it is never the same account as another store's.
    """

    service: str
    stable_id: str
    is_owner: bool
    """Whether the store says that this account is the device's own."""
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class AccountIdentifier:
    """One row that states an identifier of an account. Names are how *this device* calls it."""

    account: str
    """``Account.stable_id``."""
    type: str
    """aci, pni, e164, username, profile_name, contact_name, nickname."""
    value: str
    provenance: Provenance
    valid_from: datetime | None = None
    valid_to: datetime | None = None
