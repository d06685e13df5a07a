from itertools import permutations

from sauveterre.network.shares import shares


def test_one_message_on_two_devices_is_one_share_with_all_rows(make):
    messages = [make.message("m1", "ben", 1, device=phone) for phone in ("phone-1", "phone-2")]
    files = [make.attachment("m1", 7, device=phone) for phone in ("phone-1", "phone-2")]
    (one,) = shares(messages, files, [], [make.group()])
    assert (one.group, one.account, one.at, one.message) == ("g1", "ben", make.day(1), "m1")
    assert one.subject == f"sha256:{make.sha(7)}"
    assert one.rows == tuple(sorted(record.provenance for record in (*messages, *files)))


def test_only_attachments_with_a_known_content_count(make):
    messages = [make.message("m1", "ben", 1)]
    files = [make.attachment("m1", n, role=role) for n, role in enumerate(["preview", "quote", "sticker", "longtext"])]
    files += [make.attachment("m1", None), make.attachment("m2", 5)]
    assert shares(messages, files, [], [make.group()]) == []


def test_only_groups_count(make):
    messages = [make.message("m1", "ben", 1), make.message("m2", "ben", 1, in_group="g2")]
    files = [make.attachment("m1", 1), make.attachment("m2", 2)]
    assert shares(messages, files, [], [make.group("g1", "direct")]) == []
    assert [one.group for one in shares(messages, files, [], [make.group("g2")])] == ["g2"]


def test_links_to_spaces_are_shares_and_plain_links_are_not(make):
    messages = [make.message("m1", "ben", 1)]
    links = [
        make.link("m1", "https://a.example/d/AbCdEf"), make.link("m1", "http://A.example/d/AbCdEf/", kind="preview"),
        make.link("m1", "https://a.example/weather"),
        make.link("m1", "https://a.example/d/GhIjKl", kind="group_invite"),
    ]  # fmt: skip
    (one,) = shares(messages, [], links, [make.group()])
    assert one.subject == "space:a.example/AbCdEf"
    assert len(one.rows) == 3


def test_what_one_device_leaves_out_another_says_and_an_unknown_sender_shares_nothing(make):
    messages = [
        make.message("m1", None, None),
        make.message("m1", "ben", 2, device="phone-2"),
        make.message("m2", None, 1),
    ]
    files = [make.attachment("m1", 1), make.attachment("m2", 2)]
    (one,) = shares(messages, files, [], [make.group()])
    assert (one.account, one.at) == ("ben", make.day(2))


def test_two_contents_of_one_message_are_two_shares_and_order_changes_nothing(make):
    messages = [make.message("m1", "ben", 1), make.message("m2", "ada", 0)]
    files = [make.attachment("m1", 1), make.attachment("m1", 2, ordinal=1), make.attachment("m2", 1)]
    found = [shares(order, files[::-1], [], [make.group()]) for order in permutations(messages)]
    assert found[0] == found[1]
    assert [one.message for one in found[0]] == ["m2", "m1", "m1"]
