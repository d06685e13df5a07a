"""A text for the public: what was done, when and where. Numbers only; it never names anyone."""

from sauveterre.exchange.wording import Language, count, day_range, in_country, listed
from sauveterre.records.action import Figures


def communique(figures: Figures, language: Language, *, home: str = "") -> str:
    """Return the public figures as sentences, in one paragraph.

    Args:
        figures: counted by ``figures.figures``; their sum is checked when they are made.
        language: ``en`` or ``fr``.
        home: the country that speaks; it is named last in the list of arrests.

    """
    sentences = [_arrests(figures, language, home)]
    if figures.searches:
        sentences.append(_searches(figures, language))
    if len(figures.countries) > 1:
        sentences.append(_countries(figures, language))
    return " ".join(sentences)


def _arrests(figures: Figures, language: Language, home: str) -> str:
    when = _when(figures, language)
    if figures.arrests == 0:
        nobody = "aucune personne n’a été interpellée" if language == "fr" else "nobody was arrested"
        return _sentence(when, nobody)
    one, many = (
        ("personne a été interpellée", "personnes ont été interpellées")
        if language == "fr"
        else ("person was arrested", "people were arrested")
    )
    text = count(figures.arrests, one, many, language)
    ordered = sorted(figures.arrests_by_country, key=lambda pair: pair[0] == home)
    if len(ordered) == 1:
        return _sentence(when, f"{text} {in_country(ordered[0][0], language)}")
    places = [f"{number} {in_country(code, language)}" for code, number in ordered]
    colon = " :" if language == "fr" else ":"
    return _sentence(when, f"{text}{colon} {listed(places, language)}")


def _searches(figures: Figures, language: Language) -> str:
    if language == "fr":
        return _sentence("", count(figures.searches, "perquisition a été menée", "perquisitions ont été menées", "fr"))
    return _sentence("", count(figures.searches, "search was carried out", "searches were carried out", "en"))


def _countries(figures: Figures, language: Language) -> str:
    number = len(figures.countries)
    if language == "fr":
        return f"L’action s’est déroulée dans {number} pays."
    return f"The action took place in {number} countries."


def _when(figures: Figures, language: Language) -> str:
    if figures.first_day is None or figures.last_day is None:
        return ""
    return day_range(figures.first_day, figures.last_day, language)


def _sentence(when: str, what: str) -> str:
    text = f"{when}, {what}" if when else what
    return f"{text[:1].upper()}{text[1:]}."
