"""A small package for Belgium, made up: two persons, and traces of others that must not leave with it."""

from datetime import UTC, datetime

import pytest

from sauveterre.exchange.package import (
    Package,
    PackageAccount,
    PackageContent,
    PackageIdentifier,
    PackageIndication,
    PackagePerson,
    PackageRole,
)
from sauveterre.records.provenance import Provenance

OTHERS = (
    "aci:7e57ab1e-0000-4000-8000-00000000f00d",
    "7e57ab1e-0000-4000-8000-00000000f00d",
    "+34600000099",
    "+34 600 00 00 98",
    "rain@elsewhere.example",
    "username:thunder.07",
)


def row(locator: str, path: str = "backup/signal.backup") -> Provenance:
    return Provenance("sha256:" + "a1" * 32, path, locator, "signal_backup")


@pytest.fixture
def others() -> tuple[str, ...]:
    """Keys of accounts that are not in the package, as its texts would name them."""
    return OTHERS


@pytest.fixture
def package() -> Package:
    spanish, bare, phone, spaced, mail, handle = OTHERS
    storm = PackageAccount(
        "Signal",
        "aci:11111111-1111-4111-8111-111111111111",
        (
            PackageIdentifier("e164", "+32460001122", row("frame 4")),
            PackageIdentifier("profile_name", "=Storm & Co", row("frame 5")),
            PackageIdentifier("email", "storm@mail.example", row("frame 6", f"mail/{mail}/box")),
        ),
    )
    second = PackageAccount("Signal", "aci:22222222-2222-4222-8222-222222222222")
    cloud = PackageAccount("Example Club", "user:cloud", (PackageIdentifier("username", "cloud.01", row("line 9")),))
    indication = PackageIndication("BE", "phone_plan", 0.8, "the number is in Belgium's plan", (row("frame 4"),))
    return Package(
        operation="Operation Cumulus",
        country="BE",
        created=datetime(2026, 11, 1, 9, 30, tzinfo=UTC),
        purpose=f"Identification of users in Belgium; ask {mail} for more",
        handling=("TLP:AMBER+STRICT", "H1"),
        hits=1,
        origin="Example unit",
        reference="CUM-BE-1",
        persons=(
            PackagePerson(
                key="aci:11111111-1111-4111-8111-111111111111",
                label="Storm <b>",
                accounts=(storm, second),
                indications=(indication,),
                reasons=(f"both accounts hold +32 460 00 11 22, which {bare} and {phone} wrote",),
                rows=(row("frame 7"),),
                confidence=85,
                roles=(
                    PackageRole(
                        "Film évenings", "ab" * 32, "admin", storm.stable_id,
                        start=datetime(2026, 1, 2, tzinfo=UTC), end=datetime(2026, 2, 3, tzinfo=UTC),
                        rows=(row("frame 12"),), granted_by=spanish,
                    ),
                    PackageRole(
                        "Weather", f"direct:{spanish}|{storm.stable_id}", "supplier", storm.stable_id,
                        basis="assessment", reasons=(f"shared 12 contents, 9 before {spaced} or {handle}",),
                        rows=(row("frame 13"),), granted_by=second.stable_id,
                    ),
                ),
            ),
            PackagePerson("user:cloud", "Cloud", (cloud,), (indication,), basis="judgement"),
        ),
        contents=(
            PackageContent("cd" * 32, storm.stable_id, "ab" * 32, md5="ef" * 16, size=1200,
                           lists=("Example list 7",), rows=(row("frame 20"),)),
        ),
    )  # fmt: skip
