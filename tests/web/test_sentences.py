"""Every sentence that pages know in another language is one that the program says."""

import ast
import re
from pathlib import Path

import pytest
from django.utils import translation

from sauveterre.web.sentences import SENTENCES, said

SRC = Path(__file__).parents[2] / "src" / "sauveterre"
VARYING = re.compile(r"%\(\w+\)s")


def spoken():
    """All texts of the program below the pages, with a mark for each part that varies."""
    for path in SRC.rglob("*.py"):
        if "web" in path.relative_to(SRC).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_sentence_is_one_of_the_programs():
    texts = set(spoken())
    for sentence in SENTENCES:
        assert VARYING.sub("\0", sentence) in texts, sentence


@pytest.mark.parametrize(
    ("text", "french"),
    [
        ("a link, which is not followed", "un lien, qui n’est pas suivi"),
        (
            "line 3: 'boat' is no kind of medium; use one of phone, disk; nothing was entered",
            "ligne 3\u00a0: 'boat' n’est pas une nature de support\u00a0; employez l’une de celles-ci\u00a0: phone, "
            "disk\u00a0; rien n’a été enregistré",
        ),
        (
            "/x/100%(path)s is exhibit 2 already; nothing was added",
            "/x/100%(path)s est déjà le scellé 2\u00a0; rien n’a été ajouté",
        ),
        ("a sentence that nobody set down", "a sentence that nobody set down"),
        ("", ""),
    ],
)
def test_a_sentence_is_said_in_the_readers_language(text, french):
    with translation.override("fr"):
        assert said(text) == french
    with translation.override("en"):
        assert said(text) == text


def test_every_cause_act_and_kind_has_its_word():
    """Closed sets that the core names by code, pages name in words; a new reader goes by its name until it has one."""
    from sauveterre.casework.models import CustodyAct, ExhibitKind, Phase
    from sauveterre.records.entry import Cause, EntryKind
    from sauveterre.web.labels import WORDS, word

    assert word("a_new_reader", "reader") == "a new reader"
    assert {cause.value for cause in Cause if cause.value} <= set(WORDS["cause"])
    assert {kind.value for kind in EntryKind} == set(WORDS["entry"])
    assert (set(ExhibitKind), set(CustodyAct), set(Phase)) == (
        set(WORDS["medium"]), set(WORDS["custody"]), set(WORDS["phase"]),
    )  # fmt: skip
