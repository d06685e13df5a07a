"""People and groups: the truth worked out again from the stores' own bytes."""

import hashlib
import hmac
from collections import Counter
from datetime import UTC, datetime
from urllib.parse import unquote
from uuid import UUID

import phonenumbers
import pytest

from sauveterre.scenarios.signal_writer import derived
from sauveterre.scenarios.wording import SPACE_SPELLINGS

PROVEN = ("01", "03")


def stable(aci: bytes) -> str:
    return f"aci:{UUID(bytes=aci)}"


def iso(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds")


@pytest.fixture(scope="module")
def owners(drawn):
    return {store.exhibit: store.owner for store in drawn.truth.stores}


@pytest.fixture(scope="module")
def messages(stores, owners):
    """Every message in a group once: (group, author, sent) -> (text, digests of its files)."""
    found = {}
    for exhibit, store in stores.items():
        for item in store.items:
            if item["peer"] in store.groups and not item["directionless"]:
                known = store.contacts.get(item["author"])
                author = owners[exhibit] if known is None else stable(known["aci"])
                group = store.groups[item["peer"]]["id"]
                found[group, author, item["sent"]] = (item["text"], [file[0] for file in item["files"]])
    return found


def is_space(text: str) -> bool:
    return "files.storage.example" in text.lower() and "Qx7Lm2Vr9TzK" in unquote(text)


def test_both_encrypted_backups_open_and_prove_their_owner(drawn, stores):
    for store in drawn.truth.stores:
        assert store.provable == (store.exhibit in PROVEN)
        if store.provable:
            key = next(one.key for one in drawn.truth.exhibits if one.number == store.exhibit)
            backup_key = derived(key.encode(), b"20240801_SIGNAL_BACKUP_KEY", 32)
            aci = UUID(store.owner.removeprefix("aci:")).bytes
            secret = hmac.digest(bytes(32), backup_key, "sha256")
            info = b"20241024_SIGNAL_BACKUP_ID:" + aci + b"\x01"
            assert stores[store.exhibit].owner_id == hmac.digest(secret, info, "sha256")[:16]
            assert any(aci in group["members"] for group in stores[store.exhibit].groups.values())


def test_key_derivation_gives_signals_own_known_answer():
    recovery = b"dtjs858asj6tv0jzsqrsmj0ubp335pisj98e9ssnss8myoc08drhtcktyawvx45l"
    key = derived(recovery, b"20240801_SIGNAL_BACKUP_KEY", 32)
    assert key.hex() == "ea26a2ddb5dba5ef9e34e1b8dea1f5ae7f255306a6d2d883e542306eaa9fe985"


def test_attachments_are_what_their_rows_claim_and_one_is_damaged(drawn, stores):
    for exhibit in PROVEN:
        for digest, data in stores[exhibit].attachments.items():
            assert hashlib.sha256(data).hexdigest() == digest
        assert len(stores[exhibit].attachments) > 60
    assert (len(stores["01"].damaged), len(stores["03"].damaged)) == (0, 1)
    told = [hazard.path for hazard in drawn.truth.hazards if hazard.source.endswith("!attachments")]
    assert told == [f"attachments/{stores['03'].damaged[0]}"]


def test_suppliers_are_those_who_were_first_and_nobody_is_in_between(drawn, messages):
    of_interest = {group.stable_id for group in drawn.truth.groups if group.of_interest}
    first, firsts, days = set(), Counter(), {}
    for (group, author, sent), (text, files) in sorted(messages.items(), key=lambda one: one[0][2]):
        for subject in [*files, *(["space"] if is_space(text) else [])]:
            if group in of_interest and (group, subject) not in first:
                first.add((group, subject))
                firsts[group, author] += 1
                days.setdefault((group, author), []).append(sent)
    suppliers = {(one.group, one.account) for one in drawn.truth.suppliers}
    assert suppliers == {who for who, count in firsts.items() if count >= 5}
    assert all(count <= 1 or count >= 8 for count in firsts.values())
    assert all(days[who][-1] - days[who][0] >= 10 * 86_400_000 for who in suppliers)
    assert len({account for _, account in suppliers}) == 5
    assert not suppliers & {(one.group, one.account) for one in drawn.truth.users}


def test_two_users_repost_often_and_bring_nothing(drawn, messages):
    users = {(one.group, one.account) for one in drawn.truth.users}
    brought, shared, seen = Counter(), Counter(), set()
    for (group, author, _), (_, files) in sorted(messages.items(), key=lambda one: one[0][2]):
        for digest in files:
            shared[group, author] += 1
            brought[group, author] += (group, digest) not in seen
            seen.add((group, digest))
    assert sum(shared[who] >= 10 and not brought[who] for who in users) == 2


def test_members_ever_are_suppliers_or_users(drawn, stores):
    told = {}
    for one in [*drawn.truth.suppliers, *drawn.truth.users]:
        told.setdefault(one.group, set()).add(one.account)
    seen = {}
    for store in stores.values():
        for group in store.groups.values():
            seen.setdefault(group["id"], set()).update(stable(aci) for aci in group.get("members", ()))
        for item in store.items:
            for update in item["updates"]:
                for number, change in update.items():
                    target = {10: 1, 11: 2, 15: 2, 17: 1, 18: 2, 22: 1, 28: 1}.get(number)
                    if target:
                        seen[store.groups[item["peer"]]["id"]].add(stable(change[target][0]))
    for group in drawn.truth.groups:
        if group.of_interest:
            assert told[group.stable_id] == seen[group.stable_id]
            assert len(told[group.stable_id]) == group.members_ever


def test_administrators_follow_from_the_events_and_the_last_snapshots(drawn, stores):
    starts, ends = {}, {}
    for exhibit in ("01", "03", "06"):
        store = stores[exhibit]
        for item in store.items:
            for update in item["updates"]:
                group = store.groups[item["peer"]]["id"]
                if 2 in update:
                    actor = stable(update[2][1][0])
                    starts[group, actor] = (iso(item["sent"]), actor)
                if 9 in update:
                    actor, member = stable(update[9][1][0]), stable(update[9][2][0])
                    if 3 in update[9]:
                        starts[group, member] = (iso(item["sent"]), actor)
                    else:
                        ends[group, member] = (iso(item["sent"]), actor)
    terms = [*drawn.truth.administrators, *drawn.truth.other_administrators]
    assert {(t.group, t.account): (t.start, t.granted_by) for t in terms} == starts
    assert {(t.group, t.account): (t.end, t.revoked_by) for t in terms if t.end} == ends
    assert len(ends) == 1
    assert len({t.account for t in drawn.truth.administrators}) == 3
    still = {(t.group, t.account) for t in terms if t.end is None}
    shown = {
        (group["id"], stable(aci))
        for exhibit in ("01", "03", "06")
        for group in stores[exhibit].groups.values()
        for aci, (role, _) in group["members"].items()
        if role == 2
    }
    assert shown == still


def test_a_message_has_one_sent_time_on_all_devices_and_each_shows_only_its_own_time(drawn, stores):
    sent = {}
    for exhibit, store in stores.items():
        for item in store.items:
            if item["peer"] in store.groups and not item["directionless"]:
                group = store.groups[item["peer"]]["id"]
                sent.setdefault((group, item["sent"]), set()).add(exhibit)
    assert any(len(devices) >= 3 for devices in sent.values())
    for group in drawn.truth.groups:
        devices = set().union(*(seen for (where, _), seen in sent.items() if where == group.stable_id))
        assert (2 if group.of_interest else 1) <= len(devices) <= 4
        assert group.messages == sum(where == group.stable_id for where, _ in sent)
    joined = {(one.group, one.account): one.start for one in drawn.truth.memberships}
    for store in drawn.truth.stores:
        for group in store.groups:
            times = [moment for (where, moment), seen in sent.items() if where == group and store.exhibit in seen]
            assert iso(min(times)) >= joined[group, store.owner]


def test_the_export_is_sanitised_and_unproven_owners_write_nothing_in_groups(stores):
    assert not any(item["expires"] for item in stores["05"].items)
    assert any(item["expires"] for item in stores["06"].items)
    for exhibit in ("05", "06"):
        store = stores[exhibit]
        assert not any(item["outgoing"] for item in store.items if item["peer"] in store.groups)


def test_one_storage_space_is_linked_in_ten_spellings_by_several_accounts(drawn, messages):
    (space,) = drawn.truth.storage_spaces
    links = {who: text for who, (text, _) in messages.items() if is_space(text)}
    assert space.key == "files.storage.example/Qx7Lm2Vr9TzK"
    assert space.links == len(links)
    assert set(links.values()) == set(SPACE_SPELLINGS)
    assert len(set(SPACE_SPELLINGS)) == 10
    assert set(space.accounts) == {author for _, author, _ in links}
    assert set(space.groups) == {group for group, _, _ in links}
    assert any("example.org" in text for text, _ in messages.values())


def test_persons_are_the_accounts_that_state_one_number(drawn, stores):
    numbers = {}
    for store in stores.values():
        for contact in store.contacts.values():
            if contact["e164"]:
                numbers.setdefault(contact["e164"], set()).add(stable(contact["aci"]))
    joined = {frozenset(accounts) for accounts in numbers.values() if len(accounts) > 1}
    assert joined == {frozenset(person) for person in drawn.truth.persons if len(person) > 1}
    assert len(joined) == 4
    everyone = [account for person in drawn.truth.persons for account in person]
    assert (len(everyone), len(set(everyone)), len(drawn.truth.persons)) == (60, 60, 56)
    assert numbers[int(drawn.truth.referral.phone)] == {drawn.truth.referral.account}


def test_namesakes_share_a_name_and_nothing_else(drawn, stores):
    names = {
        stable(contact["aci"]): contact["name"] for exhibit in PROVEN for contact in stores[exhibit].contacts.values()
    }
    one, other = drawn.truth.namesakes
    assert names[one] == names[other]
    assert [one] in drawn.truth.persons
    assert [other] in drawn.truth.persons


def test_countries_are_those_of_the_numbers_stated(drawn, stores):
    stated = {}
    for store in stores.values():
        for contact in store.contacts.values():
            if contact["e164"]:
                number = phonenumbers.parse(f"+{contact['e164']}")
                stated[stable(contact["aci"])] = phonenumbers.region_code_for_number(number)
    assert stated == drawn.truth.countries
    assert len(set(stated.values())) == 12
