from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.network.roles import ParticipantOptions, participants


def by_account(found):
    return {one.account: one for one in found}


def test_who_first_brings_five_items_is_a_supplier_and_who_posts_them_again_is_a_user(make):
    shares = [make.share("ada", n, n) for n in range(5)] + [make.share("ben", n, n + 10) for n in range(5)]
    found = by_account(participants(shares, [make.membership("ada"), make.membership("ben"), make.membership("cyd")]))
    assert {who: one.role for who, one in found.items()} == {"ada": "supplier", "ben": "user", "cyd": "user"}
    assert (found["ada"].shares, found["ada"].first_shares) == (5, 5)
    assert (found["ben"].shares, found["ben"].first_shares) == (5, 0)
    assert "first to share 5 of 5 items between 2026-03-01 and 2026-03-05" in found["ada"].reasons
    assert "first to share 0 of 5 items" in found["ben"].reasons
    assert "member from 2026-03-01, end not stated" in found["cyd"].reasons
    assert "no share of this account is in the material" in found["cyd"].reasons
    assert set(found["ada"].rows) == {row for one in shares[:5] for row in one.rows} | {make.row("member ada")}
    assert found["cyd"].rows == (make.row("member cyd"),)


def test_four_are_not_enough_unless_the_options_say_so(make):
    shares = [make.share("ada", n, n) for n in range(4)]
    assert [one.role for one in participants(shares, [])] == ["user"]
    assert [one.role for one in participants(shares, [], ParticipantOptions(least_first_shares=4))] == ["supplier"]


def test_the_same_item_many_times_is_one_item(make):
    shares = [make.share("ada", 1, n) for n in range(9)]
    (one,) = participants(shares, [])
    assert (one.role, one.shares, one.first_shares) == ("user", 1, 1)


def test_each_group_is_counted_alone_and_an_item_known_elsewhere_is_new_here(make):
    shares = [make.share("ada", n, n) for n in range(5)] + [make.share("ben", n, 9, in_group="g2") for n in range(5)]
    assert [(one.group, one.account, one.role) for one in participants(shares, [])] == [
        ("g1", "ada", "supplier"), ("g2", "ben", "supplier")
    ]  # fmt: skip


def test_a_resized_copy_is_nothing_new(make):
    shares = [make.share("ada", n, n) for n in range(5)] + [make.share("ben", 100 + n, n + 10) for n in range(5)]
    heads = {make.sha(100 + n): make.sha(n) for n in range(5)}
    assert by_account(participants(shares, [], heads=heads))["ben"].first_shares == 0
    assert by_account(participants(shares, []))["ben"].role == "supplier"


def test_at_one_moment_the_smaller_message_key_is_first_and_it_is_said(make):
    shares = [make.share("ben", 1, 3, key="m1"), make.share("ada", 1, 3, key="m2")]
    found = by_account(participants(shares, []))
    assert (found["ben"].first_shares, found["ada"].first_shares) == (1, 0)
    for one in found.values():
        assert any("at one moment" in reason for reason in one.reasons)


def test_an_undated_share_is_never_the_first(make):
    shares = [make.share("ada", 1, None), make.share("ben", 1, 3), make.share("ada", 2, None)]
    found = by_account(participants(shares, []))
    assert (found["ada"].first_shares, found["ada"].shares) == (0, 2)
    assert found["ben"].first_shares == 1


def test_accounts_under_pseudonym_are_never_listed_but_were_first(make):
    shares = [make.share("zoe", n, n) for n in range(5)] + [make.share("ben", n, 9) for n in range(5)]
    options = ParticipantOptions(excluded=frozenset({"zoe"}))
    (ben,) = participants(shares, [make.membership("zoe"), make.membership("ben")], options)
    assert (ben.account, ben.role, ben.first_shares) == ("ben", "user", 0)


def test_links_to_spaces_count_as_items(make):
    shares = [make.share("ada", f"space:a.example/AbCdEf{n}", n) for n in range(5)]
    assert participants(shares, [])[0].role == "supplier"


WHO = st.sampled_from(["ada", "ben", "cyd"])
PLANS = st.lists(st.tuples(WHO, st.integers(0, 5), st.integers(0, 4) | st.none()), max_size=25)


@settings(max_examples=100, deadline=None)
@given(PLANS, st.lists(WHO, max_size=3), st.randoms(use_true_random=False))
def test_order_changes_nothing_each_item_has_one_first_and_all_have_rows(make, plan, members, chance):
    shares = [make.share(*one) for one in plan]
    inside = [make.membership(who) for who in members]
    options = ParticipantOptions(least_first_shares=2)
    found = participants(shares, inside, options)
    again, twice = [*shares, *shares[:3]], [*inside, *inside]
    chance.shuffle(again)
    chance.shuffle(twice)
    assert participants(again, twice, options) == found
    assert all(one.rows and one.reasons for one in found)
    assert {one.account for one in found} == {who for who, *_ in plan} | set(members)
    assert sum(one.first_shares for one in found) == len({item for _, item, at in plan if at is not None})
    assert all((one.role == "supplier") == (one.first_shares >= 2) for one in found)
