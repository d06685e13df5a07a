"""The report of an operation: its sums, its languages, its bytes."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from sauveterre.exchange.report import (
    OperationReport,
    ReportedAdministrator,
    ReportedCause,
    ReportedCountry,
    ReportedGroup,
    ReportedIntegrity,
    ReportedSpace,
    ReportedSupplier,
    SourceCount,
)
from sauveterre.exchange.report_words import WORDS
from sauveterre.exchange.writers.report import MOST_SOURCES, report_content, report_pdf
from sauveterre.records.action import Figures
from sauveterre.records.entry import Cause


@pytest.fixture(scope="module")
def report():
    return OperationReport(
        operation="Cumulus #panic() $x$ \\ *",
        as_of=datetime(2026, 11, 18, 10, tzinfo=UTC),
        unit="Example unit",
        figures=Figures(
            14, (("ES", 10), ("BE", 4)), 12, ("BE", "ES"), date(2026, 11, 13), date(2026, 11, 17)
        ),
        persons=698,
        sources=(
            SourceCount("one.dd", 1500, 1400, 50, 25, 20, waiting=5, announced=1500),
            SourceCount("two.dd", 10, 10, 0, 0, 0, announced=10), SourceCount("locked", 0, 0, 0, 0, 0),
        ),
        causes=(ReportedCause("encrypted", 50, 20, 0), ReportedCause("", 0, 5, 20)),
        integrity=(
            ReportedIntegrity("01 S-1", "MD5 " + "ab" * 16, ("container", "earlier reading"), agrees=False),
            ReportedIntegrity("02", "SHA1 " + "cd" * 20, ("examiner",), agrees=True),
            ReportedIntegrity("03", "MD5 " + "ef" * 16, (), agrees=None),
            ReportedIntegrity("04", "", (), agrees=None),
        ),
        groups=(
            ReportedGroup(
                "Film #eval", "ab" * 32, 80,
                (ReportedAdministrator("rain", datetime(2026, 1, 1, tzinfo=UTC), None, still=True),), 1200,
            ),
        ),
        suppliers=(ReportedSupplier("storm", "Film", 12, 9, ("9 of 12 first",)),),
        spaces=(ReportedSpace("files.example/abc", "folder", 3, 2),),
        countries=(ReportedCountry("ES", 120),),
        handling=("TLP:AMBER+STRICT",),
    )  # fmt: skip


def test_a_pdf_in_each_language_the_same_each_time(report):
    english, french = report_pdf(report, "en"), report_pdf(report, "fr")
    for pdf in (english, french):
        assert pdf.startswith(b"%PDF-")
        assert len(pdf) > 10_000
        assert b"D:20261118100000" in pdf
    assert english != french
    assert report_pdf(report, "en") == english


def test_an_empty_report_is_a_report():
    bare = OperationReport("X", datetime(2026, 1, 1, tzinfo=UTC), "", Figures(0, (), 0, (), None, None), 0)
    assert report_pdf(bare, "en").startswith(b"%PDF-")


def test_every_section_says_whether_it_is_fact_or_assessment(report):
    for language, marks in (("en", ("fact", "assessment")), ("fr", ("fait", "appréciation"))):
        sections = report_content(report, language)["sections"]
        assert [section["mark"] for section in sections] == [marks[b] for b in (0, 0, 1, 0, 0, 1, 0, 1, 0)]


def test_the_accounting_and_the_arrests_show_their_sums(report):
    content = report_content(report, "en")
    accounting, arrests = content["sections"][0]["table"], content["sections"][-1]["table"]
    assert accounting["total"] == ["Total", "1,510", "1,510", "1,410", "50", "25", "20", "5"]
    assert accounting["lines"][2] == ["locked", "–", "0", "0", "0", "0", "0", "0"]
    assert arrests["lines"] == [["Spain", "ES", "10"], ["Belgium", "BE", "4"]]
    assert arrests["total"] == ["Total", "", "14"]
    assert "14 people were arrested: 10 in Spain and 4 in Belgium" in content["opening"]
    french = json.dumps(report_content(report, "fr"), ensure_ascii=False)
    assert "14 personnes ont été interpellées : 10 en Espagne et 4 en Belgique" in french


def test_every_row_fits_its_table(report):
    for section in report_content(report, "en")["sections"]:
        table = section["table"]
        for line in (*table["lines"], *([table["total"]] if table["total"] else [])):
            assert len(line) == len(table["names"]) == len(table["widths"])


def test_sums_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match="10 entries were found, 9 are accounted for"):
        SourceCount("one.dd", 10, 5, 2, 1, 1)
    with pytest.raises(ValueError, match="add up to 3"):
        Figures(4, (("ES", 3),), 0, (), None, None)
    with pytest.raises(ValueError, match="zone"):
        OperationReport("X", datetime(2026, 1, 1), "", Figures(0, (), 0, (), None, None), 0)  # noqa: DTZ001


def test_what_is_not_processed_stands_by_cause_with_its_sums(report):
    causes = report_content(report, "en")["sections"][1]["table"]
    assert causes["lines"] == [
        ["encrypted, and no key was given", "50", "20", "0"], ["no cause stated", "0", "5", "20"],
    ]  # fmt: skip
    assert causes["total"] == ["Total", "50", "25", "20"]


def test_each_medium_says_whether_it_is_what_was_stated(report):
    lines = report_content(report, "fr")["sections"][2]["table"]["lines"]
    assert [line[2:] for line in lines] == [
        ["l’image elle-même, une lecture antérieure", "DIFFÈRE"], ["l’acquisition", "concorde"],
        ["–", "rien à comparer"], ["–", "pas encore lu d’un bout à l’autre"],
    ]  # fmt: skip


def test_very_many_sources_are_a_table_that_still_adds_up(report):
    sources = tuple(SourceCount(f"{n}.zip", 2, 1, 0, 0, 1, announced=2) for n in range(1_000))
    table = report_content(replace(report, sources=sources), "en")["sections"][0]["table"]
    assert len(table["lines"]) == MOST_SOURCES
    assert table["lines"][-1][:3] == ["601 further sources", "1,202", "1,202"]
    assert table["total"] == ["Total", "2,000", "2,000", "1,000", "0", "0", "1,000", "0"]


def test_every_cause_has_its_words():
    for words in WORDS.values():
        assert {f"cause_{cause}" for cause in Cause} <= set(words)
    assert set(WORDS["en"]) == set(WORDS["fr"])
