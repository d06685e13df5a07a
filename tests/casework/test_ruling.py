"""Which rule a hit falls under."""

from hypothesis import given
from hypothesis import strategies as st

from sauveterre.records.category import Category
from sauveterre.records.ruling import Policy, Rule, ruling

NAMES, CATEGORIES = ("Skies", "Icons"), (None, Category("weather", "1"), Category("weather", "2"))
POLICIES = st.lists(
    st.builds(Policy, st.sampled_from(NAMES), st.sampled_from(CATEGORIES), st.sampled_from(Rule), st.integers(0, 9)),
    unique_by=lambda one: (one.list_name, one.category),
)


@given(POLICIES, st.sampled_from(NAMES), st.sampled_from(CATEGORIES), st.sampled_from(Rule))
def test_the_category_comes_before_the_list_and_the_list_before_what_is_usual(policies, name, category, usual):
    found = ruling(policies, name, category, usual)

    own = [one for one in policies if one.list_name == name and one.category == category]
    general = [one for one in policies if one.list_name == name and one.category is None]
    assert [found] == (own or general or [Policy(name, None, usual)])
