"""Handling codes that go with a package, and what each asks of the one who receives it."""

from sauveterre.exchange.wording import Language

_TEXTS: dict[str, dict[Language, str]] = {
    "TLP:RED": {
        "en": "For the named recipients only.",
        "fr": "Réservé aux destinataires nommés.",
    },
    "TLP:AMBER+STRICT": {
        "en": "Within the recipient's organisation only, on a need-to-know basis.",
        "fr": "Au sein du service destinataire seulement, selon le besoin d’en connaître.",
    },
    "TLP:AMBER": {
        "en": "Within the recipient's organisation and those it serves, on a need-to-know basis.",
        "fr": "Au sein du service destinataire et de ceux qu’il sert, selon le besoin d’en connaître.",
    },
    "TLP:GREEN": {
        "en": "Within the community of partners; not public.",
        "fr": "Au sein de la communauté des partenaires ; non public.",
    },
    "TLP:CLEAR": {
        "en": "No limit on disclosure.",
        "fr": "Diffusion sans limite.",
    },
    "H0": {
        "en": "Only for preventing and combating crime.",
        "fr": "Uniquement pour la prévention et la répression des infractions.",
    },
    "H1": {
        "en": "Not to be disclosed in judicial proceedings without permission of the provider.",
        "fr": "Ne pas produire dans une procédure judiciaire sans l’accord du fournisseur.",
    },
    "H2": {
        "en": "Not to be passed on without permission of the provider.",
        "fr": "Ne pas transmettre sans l’accord du fournisseur.",
    },
    "H3": {
        "en": "Other restrictions: see the comments of the provider.",
        "fr": "Autres restrictions : voir les observations du fournisseur.",
    },
}


def handling_text(code: str, language: Language) -> str:
    """Return what a code asks for. For a code of a unit's own: ask its author."""
    texts = _TEXTS.get(code.upper())
    if texts is not None:
        return texts[language]
    return "Demander à l’expéditeur." if language == "fr" else "Ask the sender."
