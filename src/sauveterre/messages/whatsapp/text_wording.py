"""What WhatsApp itself writes into a text export, in nine languages: what happened in a group.

Each wording is a pattern with ``{actor}`` and ``{target}`` for names and ``{new}`` for a quoted value. Where it means
*you* without a name (``Saliste``), that stands beside it. A name never holds ``: ``, so that what somebody says is
not taken for what happened.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sauveterre.messages.whatsapp.text_stamps import visible
from sauveterre.records.group import EventKind

ME = frozenset(
    {
        "you", "vous", "tu", "tú", "te", "usted", "ustedes", "du", "sie", "você", "vocês", "jij", "je", "u", "ön",
        "téged", "вие", "ви", "ти",
    }
)  # fmt: skip
"""Words for *you*, lower case: the one who made the export."""
_NAME = r"(?:(?!: )[^\n]){1,100}?"
_QUOTED = r"[\"“”„«‹'‘’]\s?(?P<new>[^\n]{0,300}?)\s?[\"“”»›'’]"
_OLD = r"[\"“”„«‹'‘’][^\n]{0,300}?[\"“”»›'’]"
LONGEST = 1_000
"""Characters of a system line; what is longer is what somebody wrote."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One pattern, and what it says. ``actor`` or ``target`` are ``me`` where the pattern itself means the exporter."""

    kind: EventKind
    pattern: str
    actor: str = ""
    target: str = ""


def _all(kind: EventKind, *patterns: str, actor: str = "", target: str = "") -> list[Wording]:
    return [Wording(kind, pattern, actor, target) for pattern in patterns]


_K = EventKind
WORDINGS: Sequence[Wording] = (
    # who made the group
    *_all(
        _K.CREATED,
        r"{actor} created (?:the |this )?group(?: {new})?",
        r"{actor} (?:a|avez) créé (?:le |ce )?groupe(?: {new})?",
        r"{actor} (?:creó|ha creado) (?:el |este )?grupo(?: {new})?",
        r"{actor} (?:hat|hast|haben) (?:die |diese )?Gruppe(?: {new})? erstellt",
        r"{actor} ha creato (?:il |questo )?gruppo(?: {new})?",
        r"{actor} criou (?:o |este )?grupo(?: {new})?",
        r"{actor} (?:heeft|hebt) (?:de |deze )?groep(?: {new})? (?:aan)?gemaakt",
        r"{actor} létrehozta (?:a |az |a\(z\) |ezt a )?(?:{new} )?csoportot",
        r"{actor} (?:създаде|създадохте) (?:групата|група|тази група)(?: {new})?",
    ),
    *_all(
        _K.CREATED,
        r"Creaste (?:el |este )?grupo(?: {new})?",
        r"Hai creato (?:il |questo )?gruppo(?: {new})?",
        r"Criaste o grupo(?: {new})?",
        r"Létrehoztad (?:a |az |a\(z\) |ezt a )?(?:{new} )?csoportot",
        r"Създадохте (?:групата|група)(?: {new})?",
        actor="me",
    ),
    # who took in whom
    *_all(
        _K.ADDED,
        r"{actor} (?:vous a ajouté(?:\(e\)|e)?|te (?:añadió|agregó|ha añadido)|ti ha aggiunto|adicionou você"
        r"|hozzáadott(?: téged)?"
        r"|[Вв]и добави)",
        target="me",
    ),
    *_all(
        _K.ADDED,
        r"You were added",
        r"Vous avez été ajouté(?:\(e\)|e)?",
        r"Du wurdest hinzugefügt",
        r"Fuiste añadid[oa]|Te (?:añadieron|agregaron)",
        r"Sei stat[oa] aggiunt[oa]",
        r"Você foi adicionad[oa]",
        r"(?:Je|Jij|U) (?:bent|werd) toegevoegd",
        r"Hozzáadtak(?: téged)?",
        r"Бяхте добавен[аи]?",
        target="me",
    ),
    *_all(
        _K.ADDED,
        r"Añadiste a {target}|Agregaste a {target2}",
        r"Hai aggiunto {target}",
        r"Hozzáadtad(?: őt)?:? {target}",
        r"Добавихте {target}",
        actor="me",
    ),
    *_all(
        _K.ADDED,
        r"{actor} added {target}",
        r"{actor} (?:a|avez) ajouté {target}",
        r"{actor} (?:añadió|agregó|ha añadido) a {target}",
        r"{actor} (?:hat|hast|haben) {target} hinzugefügt",
        r"{actor} ha aggiunto {target}",
        r"{actor} adicionou {target}",
        r"{actor} (?:heeft|hebt) {target} toegevoegd",
        r"{actor} hozzáadta(?: őt| a következőt)?:? {target}",
        r"{actor} (?:добави|добавихте) {target}",
    ),
    *_all(
        _K.ADDED,
        r"{target} was added",
        r"{target} a été ajouté(?:\(e\)|e)?",
        r"Se (?:añadió|agregó) a {target}",
        r"{target} wurde hinzugefügt",
        r"{target} è stat[oa] aggiunt[oa]",
        r"{target} foi adicionad[oa]",
        r"{target} (?:is|werd) toegevoegd",
        r"{target} беше добавен[а]?",
    ),
    # who came by a link
    *_all(
        _K.JOINED_BY_LINK,
        r"Te uniste [^\n]*enlace[^\n]*",
        r"(?:Sei entrat[oa]|Ti sei unit[oa]) [^\n]*link[^\n]*",
        r"Csatlakoztál [^\n]*(?:link|hivatkozás|meghívó)[^\n]*",
        r"Присъединихте се [^\n]*(?:връзка|линк)[^\n]*",
        target="me",
    ),
    *_all(
        _K.JOINED_BY_LINK,
        r"{target} joined using [^\n]*link[^\n]*",
        r"{target} (?:a|avez) rejoint [^\n]*lien[^\n]*",
        r"{target} se unió [^\n]*enlace[^\n]*",
        r"{target} (?:ist|bist|sind) [^\n]*[Ll]ink[^\n]* beigetreten",
        r"{target} (?:è entrat[oa]|si è unit[oa]) [^\n]*link[^\n]*",
        r"{target} entrou [^\n]*link[^\n]*",
        r"{target} (?:is|bent|neemt|nam) [^\n]*link[^\n]*",
        r"{target} csatlakozott [^\n]*(?:link|hivatkozás|meghívó)[^\n]*",
        r"{target} се присъедини [^\n]*(?:връзка|линк)[^\n]*",
    ),
    *_all(
        _K.JOINED,
        r"{target} joined from the community",
        r"{target} joined",
    ),
    *_all(
        _K.JOIN_REQUESTED,
        r"{target} requested to join[^\n]*",
        r"{target} a demandé à rejoindre[^\n]*",
        r"{target} solicitó unirse[^\n]*",
    ),
    # who went
    *_all(
        _K.LEFT,
        r"Saliste(?: del grupo)?|Abandonaste el grupo",
        r"(?:Hai abbandonato|Sei uscit[oa])(?: (?:il|dal) gruppo)?",
        r"Saíste(?: do grupo)?",
        r"Kiléptél(?: a csoportból)?",
        r"Напуснахте(?: групата)?",
        target="me",
    ),
    *_all(
        _K.LEFT,
        r"{target} left(?: the group)?",
        r"{target} (?:a|avez) quitté(?: le groupe)?|{target2} est parti(?:\(e\)|e)?",
        r"{target} (?:salió|ha salido|abandonó)(?: del grupo| el grupo)?",
        r"{target} (?:hat|hast|haben) die Gruppe verlassen",
        r"{target} (?:ha abbandonato|è uscit[oa])(?: (?:il|dal) gruppo)?",
        r"{target} saiu(?: do grupo)?",
        r"{target} (?:heeft|hebt) de groep verlaten",
        r"{target} kilépett(?: a csoportból)?",
        r"{target} напусна(?: групата)?",
    ),
    *_all(
        _K.REMOVED,
        r"{actor} (?:vous a (?:supprimé|retiré|exclu)(?:\(e\)|e)?|te (?:eliminó|sacó|expulsó|ha eliminado)"
        r"|ti ha rimosso|removeu você"
        r"|eltávolított(?: téged)?|[Вв]и премахна)",
        target="me",
    ),
    *_all(
        _K.REMOVED,
        r"You were removed",
        r"Vous avez été (?:supprimé|retiré|exclu)(?:\(e\)|e)?",
        r"Du wurdest entfernt",
        r"Você foi removid[oa]",
        target="me",
    ),
    *_all(
        _K.REMOVED,
        r"Eliminaste a {target}|Expulsaste a {target2}",
        r"Hai rimosso {target}",
        r"Eltávolítottad(?: őt)?:? {target}",
        r"Премахнахте {target}",
        actor="me",
    ),
    *_all(
        _K.REMOVED,
        r"{actor} removed {target}",
        r"{actor} (?:a|avez) (?:supprimé|retiré|exclu) {target}",
        r"{actor} (?:eliminó|expulsó|sacó|ha eliminado) a {target}",
        r"{actor} (?:hat|hast|haben) {target} entfernt",
        r"{actor} ha rimosso {target}",
        r"{actor} removeu {target}",
        r"{actor} (?:heeft|hebt) {target} verwijderd",
        r"{actor} eltávolította(?: őt| a következőt)?:? {target}",
        r"{actor} (?:премахна|премахнахте) {target}",
    ),
    *_all(
        _K.REMOVED,
        r"{target} was removed",
        r"{target} a été (?:supprimé|retiré|exclu)(?:\(e\)|e)?",
        r"{target} wurde entfernt",
        r"{target} foi removid[oa]",
    ),
    # who is an administrator
    *_all(
        _K.DEMOTED,
        r"You(?:'|’)re no longer an admin[^\n]*",
        r"Vous n(?:'|’)êtes plus (?:un )?admin[^\n]*",
        r"Ya no eres (?:un )?admin[^\n]*",
        r"Du bist (?:kein|nicht mehr|jetzt kein) [^\n]*Admin[^\n]*",
        r"Non sei più (?:un )?amministratore[^\n]*",
        r"Você não é mais (?:um )?admin[^\n]*|Já não és admin[^\n]*",
        r"(?:Je|Jij|U) bent (?:niet langer|geen) [^\n]*beheerder[^\n]*",
        r"(?:Már|Többé már|Többé) nem vagy [^\n]*admin[^\n]*",
        r"Вече не сте администратор[^\n]*",
        target="me",
    ),
    *_all(
        _K.PROMOTED,
        r"You(?:'|’)re now an admin[^\n]*",
        r"Vous êtes (?:désormais|maintenant|à présent) (?:un )?admin[^\n]*",
        r"Ahora eres (?:un )?admin[^\n]*",
        r"Du bist jetzt (?:ein )?[^\n]{0,8}Admin[^\n]*",
        r"Ora sei (?:un )?amministratore[^\n]*",
        r"(?:Agora você|Você agora) é (?:um )?admin[^\n]*|Agora és admin[^\n]*",
        r"(?:Je|Jij|U) bent nu (?:een )?(?:groeps)?beheerder[^\n]*",
        r"(?:Mostantól|Most már|Már) (?:te )?admin[^\n]* vagy[^\n]*",
        r"(?:Вече сте|Сега сте|Вие сте вече) администратор[^\n]*",
        target="me",
    ),
    *_all(
        _K.DEMOTED,
        r"{target} is no longer an admin[^\n]*",
        r"{target} n(?:'|’)est plus admin[^\n]*",
        r"{target} ya no es (?:un )?admin[^\n]*",
        r"{target} ist kein [^\n]*Admin[^\n]*",
    ),
    *_all(
        _K.PROMOTED,
        r"{target} is now an admin[^\n]*",
        r"{target} est (?:désormais|maintenant) (?:un )?admin[^\n]*",
        r"{target} ahora es (?:un )?admin[^\n]*",
        r"{target} ist jetzt (?:ein )?[^\n]{0,8}Admin[^\n]*",
        r"{target} ora è (?:un )?amministratore[^\n]*",
        r"{target} agora é (?:um )?admin[^\n]*",
        r"{target} is nu (?:een )?(?:groeps)?beheerder[^\n]*",
    ),
    # what the group is called and how it looks
    *_all(
        _K.RENAMED,
        r"Cambiaste (?:el asunto|el nombre del grupo)(?: de {old})? a {new}",
        r"Hai (?:cambiato|modificato) (?:l(?:'|’)oggetto|il nome del gruppo)(?: da {old})? (?:in|a) {new}",
        actor="me",
    ),
    *_all(
        _K.RENAMED,
        r"{actor} changed the (?:subject|group name)(?: from {old})? to {new}",
        r"{actor} (?:a|avez) (?:changé|modifié|remplacé) (?:le sujet|l(?:'|’)objet|le nom du groupe)(?: de {old}"
        r"|\s{old})? (?:en|à|par|pour) {new}",
        r"{actor} cambió (?:el asunto|el nombre del grupo)(?: de {old})? a {new}",
        r"{actor} (?:hat|hast|haben) (?:den Betreff|den Gruppennamen)(?: von {old})? (?:zu|in|auf) {new} geändert",
        r"{actor} ha (?:cambiato|modificato) (?:l(?:'|’)oggetto|il nome del gruppo)(?: da {old})? (?:in|a) {new}",
        r"{actor} (?:mudou|alterou) (?:o assunto|o nome do grupo)(?: de {old})? para {new}",
        r"{actor} (?:heeft|hebt) (?:het onderwerp|de groepsnaam)(?: van {old})? (?:gewijzigd |veranderd )?(?:naar"
        r"|in) {new}(?: gewijzigd| veranderd)?",
        r"{actor} (?:megváltoztatta|módosította) a (?:csoport nevét|tárgyat|témát)[^\n]{0,60}?:? {new}[^\n]{0,5}",
        r"{actor} (?:промени|смени) (?:темата|името на групата)(?: от {old})? на {new}",
    ),
    *_all(
        _K.AVATAR,
        r"{actor} (?:changed|deleted) this group(?:'|’)s icon",
        r"{actor} (?:a|avez) (?:changé|modifié|supprimé) l(?:'|’)(?:icône|image) [^\n]*",
        r"{actor} cambió (?:el ícono|el icono|la imagen) [^\n]*",
        r"{actor} (?:hat|hast|haben) das Gruppenbild geändert",
    ),
    *_all(
        _K.DESCRIPTION,
        r"{actor} (?:changed|deleted) the group description",
        r"{actor} (?:a|avez) (?:changé|modifié) la description [^\n]*",
        r"{actor} cambió la descripción [^\n]*",
        r"{actor} (?:hat|hast|haben) die Gruppenbeschreibung geändert",
    ),
    *_all(
        _K.LINK_RESET,
        r"{actor} reset this group(?:'|’)s invite link",
    ),
    *_all(
        _K.SETTINGS,
        r"{actor} changed (?:this|the) group(?:'|’)?s? (?:'|’)?s? ?settings[^\n]*",
        r"{actor} (?:turned on|turned off) admin approval[^\n]*",
    ),
    *_all(
        _K.TIMER,
        r"{actor} (?:turned on|turned off|updated) (?:disappearing messages|the message timer)[^\n]*",
    ),
    *_all(
        _K.PINNED,
        r"{actor} pinned a message",
    ),
    *_all(
        _K.NUMBER_CHANGED,
        r"{target} changed (?:their phone number|to a new number|to {number})[^\n]*",
    ),
)
VERBS_WITH_COLON = ("hozzáadta", "hozzáadta őt", "a következőt", "eltávolította", "eltávolította őt", "nevét erre")
"""Words behind which a colon belongs to a wording, and does not end the name of who writes."""
NOTICES = re.compile(
    r"end-to-end|chiffrés? de bout en bout|chiffrement|cifrad[oa]s? de extremo a extremo|Ende-zu-Ende|crittografat"
    r"|criptograf|ponta a ponta"
    r"|ponto a ponto|versleuteld|végpontok közötti|titkosít|шифрован|криптиран|security code|code de sécurité"
    r"|código de seguridad"
    r"|Sicherheitsnummer|codice di sicurezza|beveiligingscode|biztonsági kód|код за сигурност",
    re.IGNORECASE,
)  # fmt: skip
"""Notices that tell of encryption and nothing of people."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What a system line says. Names as written; ``me`` for the exporter, empty for nobody named."""

    kind: EventKind
    actor: str
    target: str
    new: str


@cache
def _patterns() -> tuple[tuple[Wording, re.Pattern[str]], ...]:
    parts: Mapping[str, str] = {
        **{name: rf"(?P<{name}>{_NAME})" for name in ("actor", "target", "target2")}, "new": _QUOTED, "old": _OLD,
        "number": r"(?P<number>\+[0-9 ()-]{5,25})",
    }  # fmt: skip
    compiled = []
    for wording in WORDINGS:
        pattern = re.sub(r"\{([a-z]+2?)\}", lambda match: parts[match[1]], wording.pattern)
        compiled.append((wording, re.compile(rf"(?:{pattern})\.?")))
    return tuple(compiled)


def happening(line: str) -> Happening | None:
    """Return what a system line says; None where no wording is known for it."""
    text = visible(line).strip()
    if len(text) > LONGEST:
        return None
    for wording, pattern in _patterns():
        if match := pattern.fullmatch(text):
            names = match.groupdict()
            actor = wording.actor or (names.get("actor") or "")
            target = wording.target or (names.get("target") or names.get("target2") or "")
            return Happening(
                wording.kind, me_or_name(actor), me_or_name(target), names.get("new") or names.get("number") or ""
            )
    return None


def me_or_name(name: str) -> str:
    """Return ``me`` for a word that means the one who made the export, else the name."""
    return "me" if name.strip().lower() in ME else name.strip()


def is_notice(line: str) -> bool:
    """Say whether a system line tells of encryption alone."""
    return NOTICES.search(visible(line)) is not None
