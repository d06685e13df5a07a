"""Identifiers of apps become the stable ids that the apps' own stores give."""

from datetime import UTC, datetime

import pytest

from sauveterre.messages.ufdr.names import LONGEST, account_of, group_of, key_of, kind_by_shape, service_of
from sauveterre.records.group import GroupKind

ACI = "3f2a9c54-1b7e-4d60-9a11-c0ffee000001"
AT = datetime(2026, 4, 22, 12, 0, 0, 250_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("service", "identifier", "stable_id"),
    [
        ("whatsapp", "999000000001@s.whatsapp.net", "jid:999000000001@s.whatsapp.net"),
        ("whatsapp", "999000000001.0:12@s.whatsapp.net", "jid:999000000001@s.whatsapp.net"),
        ("whatsapp", "+999 000 000 001", "jid:999000000001@s.whatsapp.net"),
        ("whatsapp", "77001122@lid", "jid:77001122@lid"),
        ("whatsapp", "Juniper", "ufdr:whatsapp:Juniper"),
        ("signal", ACI.upper(), f"aci:{ACI}"),
        ("signal", f"PNI:{ACI}", f"pni:{ACI}"),
        ("signal", "+99900000001", "e164:+99900000001"),
        ("signal", "juniper.07", "ufdr:signal:juniper.07"),
        ("telegram", "5860000001", "tg:user5860000001"),
        ("telegram", "user5860000001", "tg:user5860000001"),
        ("telegram", "juniper", "ufdr:telegram:juniper"),
        ("phone", "+999 (0)0-00 00 01", "e164:+9990000000" + "1"),
        ("phone", "0612345", "ufdr:phone:0612345"),
        ("matrix", "@rowan:example.org", "mxid:@rowan:example.org"),
        ("discord", "80351110224678912", "discord:80351110224678912"),
        ("instagram", "80351110224678912", "ufdr:instagram:80351110224678912"),
    ],
)
def test_accounts(service, identifier, stable_id):
    assert account_of(service, identifier).id == stable_id


@pytest.mark.parametrize("nobody", ["", "  ", "System Message", "System message"])
def test_nobody_is_no_account(nobody):
    assert account_of("telegram", nobody) is None


def test_a_number_is_stated_only_where_the_identifier_is_made_of_it():
    assert account_of("whatsapp", "999000000001@s.whatsapp.net").stated == (("e164", "+999000000001"),)
    assert account_of("whatsapp", "999000000001@lid").stated == ()
    assert account_of("telegram", "5860000001").stated == (("user_id", "5860000001"),)


@pytest.mark.parametrize(
    ("service", "identifier", "stable_id"),
    [
        ("whatsapp", "12036300000001@g.us", "jid:12036300000001@g.us"),
        ("whatsapp", "99900000001-1600000000@g.us", "jid:99900000001-1600000000@g.us"),
        ("signal", "00" * 32, "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"),
        ("signal", "A" * 43 + "=", "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"),
        ("signal", "__group__v2__!aa", "ufdr:signal:__group__v2__!aa"),
        ("telegram", "1600000001", "ufdr:telegram:1600000001"),
        ("telegram", "-1001600000001", "tg:channel1600000001"),
        ("telegram", "channel1600000001", "tg:channel1600000001"),
        ("telegram", "-42", "tg:chat42"),
        ("matrix", "!room:example.org", "mx:!room:example.org"),
        ("skype", "19:abc@thread", "ufdr:skype:19:abc@thread"),
    ],
)
def test_groups(service, identifier, stable_id):
    assert group_of(service, identifier) == stable_id


def test_a_bare_number_is_a_channels_where_the_report_says_channel():
    assert group_of("telegram", "1600000001", GroupKind.CHANNEL) == "tg:channel1600000001"


def test_services_and_kinds():
    assert [service_of(one) for one in ("WhatsApp Business", "Signal", "", "Native Messages", "Paper  Plane")] == [
        "whatsapp", "signal", "phone", "phone", "paper plane",
    ]  # fmt: skip
    kinds = [kind_by_shape("whatsapp", f"1@{server}") for server in ("g.us", "lid", "newsletter", "x")]
    assert kinds == ["group", "direct", "channel", None]
    assert kind_by_shape("telegram", "1@g.us") is None


def test_keys_are_those_that_every_device_can_make():
    assert key_of("signal", "g", f"aci:{ACI}", AT, "77") == f"g|aci:{ACI}|1776859200250"
    assert key_of("whatsapp", "g", None, None, "3EB0AA") == "g|3EB0AA"
    assert key_of("telegram", "tg:channel5", "tg:user1", AT, "5:77") == "tg:channel5|77"
    assert key_of("telegram", "direct:a|b", "tg:user1", AT, "5:77") == "direct:a|b|tg:user1|1776859200"
    assert key_of("matrix", "mx:!a:b", "mxid:@a:b", AT, "$event") == "mx:!a:b|$event"
    assert key_of("discord", "discord:5", "discord:1", AT, "77") == "discord:5|77"
    assert key_of("skype", "g", "s", AT, "") == "g|s|1776859200250"
    assert key_of("skype", "g", "s", None, "4") == ""


def test_nothing_is_too_long_for_a_direct_conversation_of_two():
    long = account_of("x" * 60, "y" * 5_000).id
    assert len(long) < 145
    assert long == account_of("x" * 60, "y" * 5_000).id != account_of("x" * 60, "y" * 5_001).id
    assert len(account_of("matrix", "@" + "a" * 190 + ":example.org").id) < LONGEST + 10
