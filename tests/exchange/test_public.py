"""Figures, the public text, the territories, and words in both languages."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import InvalidInput
from sauveterre.exchange.communique import communique
from sauveterre.exchange.figures import figures
from sauveterre.exchange.territories import COLUMNS, default_territories, read_territories, unit_in_charge
from sauveterre.exchange.wording import LANGUAGES, count, countries, country_name, day_range, listed, moment
from sauveterre.records.action import Figures, Measure, MeasureKind, OutcomeKind
from sauveterre.records.provenance import Provenance
from sauveterre.records.referral import Place

NOVEMBER = date(2026, 11, 13)
ACTION = {"ES": 10, "HU": 5, "BE": 4, "BG": 2, "FR": 10}


def arrest(target, country, day=NOVEMBER, outcome=OutcomeKind.CUSTODY):
    return Measure(target, country, MeasureKind.ARREST, day, outcome)


def joint_action():
    measures = [
        arrest(f"{country}{number}", country, NOVEMBER + timedelta(days=number % 5))
        for country, number_arrested in ACTION.items()
        for number in range(number_arrested)
    ]
    measures += [
        Measure(measure.target, measure.country, MeasureKind.SEARCH, measure.day, OutcomeKind.DONE)
        for measure in measures
    ]
    measures += [arrest(f"later{code}", code, date(2026, 12, 1), OutcomeKind.PLANNED) for code in ("FI", "RO", "UA")]
    return measures


def test_the_figures_of_a_joint_action():
    result = figures(joint_action())
    assert result == Figures(
        31,
        (("ES", 10), ("FR", 10), ("HU", 5), ("BE", 4), ("BG", 2)),
        31,
        ("BE", "BG", "ES", "FR", "HU"),
        date(2026, 11, 13),
        date(2026, 11, 17),
    )


def test_a_person_is_counted_once_where_first_arrested():
    measures = [
        arrest("a", "FR", NOVEMBER + timedelta(days=1)),
        arrest("a", "ES"),
        arrest("a", "BE", outcome=OutcomeKind.NOT_FOUND),
        arrest("b", "ES", outcome=OutcomeKind.RELEASED),
        arrest("c", "ES", outcome=OutcomeKind.POSTPONED),
    ]
    assert figures(measures).arrests_by_country == (("ES", 2),)
    assert figures(reversed(measures)) == figures(measures)


MEASURES = st.builds(
    Measure,
    st.sampled_from("abcdefgh"),
    st.sampled_from(["ES", "FR", "BE"]),
    st.sampled_from(MeasureKind),
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.sampled_from(OutcomeKind),
)


@given(st.lists(MEASURES, max_size=40))
def test_the_sum_by_country_is_the_number_of_arrested_persons(measures):
    result = figures(measures)
    arrested = {m.target for m in measures if m.kind is MeasureKind.ARREST and m.executed}
    assert sum(number for _, number in result.arrests_by_country) == result.arrests == len(arrested)
    assert result.searches == Counter((m.kind, m.executed) for m in measures)[MeasureKind.SEARCH, True]
    assert {code for code, _ in result.arrests_by_country} <= set(result.countries)
    for language in LANGUAGES:
        assert communique(result, language).endswith(".")


def test_the_public_text_in_both_languages():
    result = figures(joint_action())
    assert communique(result, "fr", home="FR") == (
        "Du 13 au 17 novembre 2026, 31 personnes ont été interpellées : 10 en Espagne, 5 en Hongrie, 4 en Belgique, "
        "2 en Bulgarie et 10 en France. 31 perquisitions ont été menées. L’action s’est déroulée dans 5 pays."
    )
    assert communique(result, "en", home="FR") == (
        "From 13 to 17 November 2026, 31 people were arrested: 10 in Spain, 5 in Hungary, 4 in Belgium, 2 in Bulgaria "
        "and 10 in France. 31 searches were carried out. The action took place in 5 countries."
    )


def test_one_and_none_in_both_languages():
    one = figures([arrest("a", "NL", date(2026, 11, 1))])
    assert communique(one, "fr") == "Le 1er novembre 2026, 1 personne a été interpellée aux Pays-Bas."
    assert communique(one, "en") == "On 1 November 2026, 1 person was arrested in the Netherlands."
    none = figures([])
    assert communique(none, "fr") == "Aucune personne n’a été interpellée."
    assert communique(none, "en") == "Nobody was arrested."


@pytest.mark.parametrize(
    ("first", "last", "english", "french"),
    [
        ((2026, 10, 28), (2026, 11, 3), "from 28 October to 3 November 2026", "du 28 octobre au 3 novembre 2026"),
        (
            (2025, 12, 31),
            (2026, 1, 1),
            "from 31 December 2025 to 1 January 2026",
            "du 31 décembre 2025 au 1er janvier 2026",
        ),
        ((2026, 8, 1), (2026, 8, 2), "from 1 to 2 August 2026", "du 1er au 2 août 2026"),
    ],
)
def test_ranges_of_days(first, last, english, french):
    assert day_range(date(*first), date(*last), "en") == english
    assert day_range(date(*first), date(*last), "fr") == french


def test_countries_of_the_world_in_both_languages():
    assert len(countries()) == 249
    assert (country_name("FI", "fr"), country_name("UA", "en"), country_name("XX", "fr")) == (
        "Finlande",
        "Ukraine",
        "XX",
    )
    assert {c.in_fr.split("'")[0].split(" ")[0] for c in countries().values()} == {"à", "au", "aux", "en"}
    assert all(c.en and c.fr and c.in_en.startswith("in ") for c in countries().values())


def test_counts_follow_each_languages_plural():
    assert [count(number, "mot", "mots", "fr") for number in (0, 1, 2)] == ["0 mot", "1 mot", "2 mots"]
    assert [count(number, "word", "words", "en") for number in (0, 1, 2)] == ["0 words", "1 word", "2 words"]
    assert (count(1200, "", "mots", "fr"), count(1200, "", "words", "en")) == ("1\u202f200 mots", "1,200 words")


def test_lists_and_moments():
    assert [listed(items, "en") for items in ([], ["a"], ["a", "b"])] == ["", "a", "a and b"]
    at = datetime(2026, 5, 1, 10, tzinfo=timezone(timedelta(hours=2)))
    assert moment(at, "en") == "1 May 2026 10:00 UTC+02:00"
    assert moment(at.astimezone(UTC), "fr") == "1er mai 2026 08:00 UTC"


def place(country="FR", region="", city="", postal="", kind="Home"):
    return Place(country, region, city, postal, kind, Provenance("sha256:00", "r.xml", "/report[1]", "cybertip_xml"))


TABLE = read_territories(
    [
        "# comment",
        ",".join(COLUMNS),
        "FR,,,,National",
        "FR,Île-de-France,,,Region",
        "FR,,,75,Postal",
        "FR,,,7501,Narrow postal",
        "",
        "FR,,Saint-Exemple,,City",
        '"ES",,,,"Contact, Spain"',
    ]
)


@pytest.mark.parametrize(
    ("where", "unit"),
    [
        (place(), "National"),
        (place(region="ILE DE FRANCE"), "Region"),
        (place(region="île-de-france", postal="75002"), "Postal"),
        (place(postal="75011"), "Narrow postal"),
        (place(postal="75011", city="SAINT EXEMPLE"), "City"),
        (place(country="es"), "Contact, Spain"),
    ],
)
def test_the_most_specific_line_wins_whatever_case_and_accents(where, unit):
    found = unit_in_charge([where], TABLE)
    assert found is not None
    assert found[0] == unit
    assert "/report[1]" in found[1]


def test_nowhere_and_several_places():
    assert unit_in_charge([], TABLE) is None
    assert unit_in_charge([place(country="JP"), place(country="")], TABLE) is None
    chosen = unit_in_charge([place(country="ES", kind="estimated"), place()], TABLE)
    assert chosen is not None
    assert chosen[0] == "National"


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["country,unit"],
        [",".join(COLUMNS), "FRA,,,,x"],
        [",".join(COLUMNS), "FR,,,,"],
        [",".join(COLUMNS), "FR,,,"],
        [",".join(COLUMNS), "FR,Bretagne,,,a", "fr,BRETAGNE,,,b"],
    ],
)
def test_a_broken_table_is_refused_with_its_line(lines):
    with pytest.raises(InvalidInput, match="table of territories"):
        read_territories(lines)


def test_the_table_that_comes_along_covers_the_union():
    table = default_territories()
    union = "ATBEBGCYCZDEDKEEESFIFRGRHRHUIEITLTLULVMTNLPLPTROSESISK"
    codes = [union[at : at + 2] for at in range(0, len(union), 2)]
    assert len(codes) == 27
    assert all(unit_in_charge([place(country=code)], table) is not None for code in codes)
    assert unit_in_charge([place(region="occitanie")], table)[0] == "Antenne Occitanie"
    assert unit_in_charge([place(postal="35000")], table)[0] == "Antenne Bretagne"
