"""Writes one conversation that a device saw as WhatsApp's text export, in the dialect of a telephone and its language.

Dates, clocks, marks and sentences after exports as the applications write them, put down here by themselves.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sauveterre.scenarios.devices import Teller
from sauveterre.scenarios.timeline import Change, Post

LEFT_TO_RIGHT, NARROW, HARD = "\u200e", "\u202f", "\u00a0"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one telephone writes."""

    name: str
    language: str
    stamp: Callable[[datetime], str]
    has_brackets: bool = False
    """Of the make that writes ``[date, time]`` and marks what it says itself."""
    file_name: str = "_chat.txt"


def _half(at: datetime, before: str, after: str) -> str:
    return before if at.hour < 12 else after


def _twelve(at: datetime, *, seconds: bool = False) -> str:
    hour = at.hour % 12 or 12
    return f"{hour}:{at:%M:%S}" if seconds else f"{hour}:{at:%M}"


DIALECTS = (
    Dialect(
        "american", "en", lambda at: f"{at.month}/{at.day}/{at:%y}, {_twelve(at)}{NARROW}{_half(at, 'AM', 'PM')}",
        file_name="WhatsApp Chat with {}.txt",
    ),
    Dialect("british", "en", lambda at: f"{at:%d/%m/%Y}, {at:%H:%M}", file_name="WhatsApp Chat with {}.txt"),
    Dialect(
        "american brackets", "en",
        lambda at: f"{at.month}/{at.day}/{at:%y}, {_twelve(at, seconds=True)}{NARROW}{_half(at, 'AM', 'PM')}",
        has_brackets=True,
    ),
    Dialect("french", "fr", lambda at: f"{at:%d/%m/%Y} à {at:%H:%M}", file_name="Discussion WhatsApp avec {}.txt"),
    Dialect(
        "spanish", "es", lambda at: f"{at.day}/{at.month}/{at:%y}, {_twelve(at)}{HARD}{_half(at, 'a', 'p')}.{HARD}m.",
        file_name="Chat de WhatsApp con {}.txt",
    ),
    Dialect("german", "de", lambda at: f"{at:%d.%m.%y}, {at:%H:%M}", file_name="WhatsApp Chat mit {}.txt"),
    Dialect("german brackets", "de", lambda at: f"{at:%d.%m.%y}, {at:%H:%M:%S}", has_brackets=True),
    Dialect("italian", "it", lambda at: f"{at:%d/%m/%y}, {at:%H:%M}", file_name="Chat WhatsApp con {}.txt"),
    Dialect("portuguese", "pt", lambda at: f"{at:%d/%m/%Y} {at:%H:%M}", file_name="Conversa do WhatsApp com {}.txt"),
    Dialect("dutch", "nl", lambda at: f"{at:%d-%m-%Y} {at:%H:%M}", file_name="WhatsApp-chat met {}.txt"),
    Dialect("hungarian", "hu", lambda at: f"{at:%Y. %m. %d.} {at:%H:%M}", file_name="WhatsApp beszélgetés - {}.txt"),
    Dialect("bulgarian", "bg", lambda at: f"{at.day}.{at:%m.%y} г., {at:%H:%M}", file_name="WhatsApp чат с {}.txt"),
)  # fmt: skip
SENTENCES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "created": "{a} created group “{n}”", "added": "{a} added {t}",
        "link": "{t} joined using this group's invite link",
        "left": "{t} left", "removed": "{a} removed {t}", "promoted": "You're now an admin",
        "demoted": "You're no longer an admin", "renamed": "{a} changed the subject from “{n}” to “{m}”",
        "deleted": "This message was deleted", "attached": "<attached: {f}>", "behind": "{f} (file attached)",
        "notice": "Messages and calls are end-to-end encrypted. Only people in this chat can read them.",
    },
    "fr": {
        "created": "{a} a créé le groupe « {n} »", "added": "{a} a ajouté {t}",
        "link": "{t} a rejoint le groupe via le lien d’invitation", "left": "{t} a quitté le groupe",
        "removed": "{a} a retiré {t}", "promoted": "Vous êtes désormais admin", "demoted": "Vous n’êtes plus admin",
        "renamed": "{a} a changé le sujet de « {n} » en « {m} »", "deleted": "Ce message a été supprimé",
        "behind": "{f} (fichier joint)",
        "notice": "Les messages et les appels sont chiffrés de bout en bout.",
    },
    "es": {
        "created": "{a} creó el grupo \"{n}\"", "added": "{a} añadió a {t}",
        "link": "{t} se unió usando el enlace de invitación de este grupo", "left": "{t} salió del grupo",
        "removed": "{a} eliminó a {t}", "promoted": "Ahora eres admin. del grupo",
        "demoted": "Ya no eres admin. del grupo",
        "renamed": "{a} cambió el asunto de \"{n}\" a \"{m}\"", "deleted": "Se eliminó este mensaje",
        "behind": "{f} (archivo adjunto)",
        "notice": "Los mensajes y las llamadas están cifrados de extremo a extremo.",
    },
    "de": {
        "created": "{a} hat die Gruppe „{n}“ erstellt", "added": "{a} hat {t} hinzugefügt",
        "link": "{t} ist der Gruppe mit dem Einladungslink beigetreten", "left": "{t} hat die Gruppe verlassen",
        "removed": "{a} hat {t} entfernt", "promoted": "Du bist jetzt Admin", "demoted": "Du bist kein Admin mehr",
        "renamed": "{a} hat den Betreff von „{n}“ zu „{m}“ geändert", "deleted": "Diese Nachricht wurde gelöscht",
        "attached": "<Anhang: {f}>", "behind": "{f} (Datei angehängt)",
        "notice": "Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt.",
    },
    "it": {
        "created": "{a} ha creato il gruppo \"{n}\"", "added": "{a} ha aggiunto {t}",
        "link": "{t} è entrato usando il link d'invito di questo gruppo", "left": "{t} ha abbandonato il gruppo",
        "removed": "{a} ha rimosso {t}", "promoted": "Ora sei amministratore", "demoted": "Non sei più amministratore",
        "renamed": "{a} ha cambiato l'oggetto da \"{n}\" a \"{m}\"", "deleted": "Questo messaggio è stato eliminato",
        "behind": "{f} (file allegato)",
        "notice": "I messaggi e le chiamate sono crittografati end-to-end.",
    },
    "pt": {
        "created": "{a} criou o grupo \"{n}\"", "added": "{a} adicionou {t}",
        "link": "{t} entrou usando o link de convite deste grupo", "left": "{t} saiu", "removed": "{a} removeu {t}",
        "promoted": "Agora você é um admin", "demoted": "Você não é mais um admin",
        "renamed": "{a} mudou o assunto de \"{n}\" para \"{m}\"", "deleted": "Mensagem apagada",
        "behind": "{f} (arquivo anexado)",
        "notice": "As mensagens e as chamadas são protegidas com a criptografia de ponta a ponta.",
    },
    "nl": {
        "created": "{a} heeft de groep “{n}” gemaakt", "added": "{a} heeft {t} toegevoegd",
        "link": "{t} is lid geworden via de uitnodigingslink van deze groep", "left": "{t} heeft de groep verlaten",
        "removed": "{a} heeft {t} verwijderd", "promoted": "Je bent nu beheerder",
        "demoted": "Je bent niet langer beheerder",
        "renamed": "{a} heeft het onderwerp gewijzigd naar “{m}”", "deleted": "Dit bericht is verwijderd",
        "behind": "{f} (bestand bijgevoegd)",
        "notice": "Berichten en gesprekken worden end-to-end versleuteld.",
    },
    "hu": {
        "created": "{a} létrehozta a(z) „{n}” csoportot", "added": "{a} hozzáadta őt: {t}",
        "link": "{t} csatlakozott a csoport meghívó hivatkozásával", "left": "{t} kilépett",
        "removed": "{a} eltávolította őt: {t}", "promoted": "Mostantól admin vagy", "demoted": "Már nem vagy admin",
        "renamed": "{a} megváltoztatta a csoport nevét erre: „{m}”", "deleted": "Ez az üzenet törölve lett",
        "behind": "{f} (fájl csatolva)",
        "notice": "Az üzenetek és hívások végpontok közötti titkosítással védettek.",
    },
    "bg": {
        "created": "{a} създаде групата „{n}“", "added": "{a} добави {t}",
        "link": "{t} се присъедини чрез връзката за покана", "left": "{t} напусна", "removed": "{a} премахна {t}",
        "promoted": "Вече сте администратор", "demoted": "Вече не сте администратор",
        "renamed": "{a} промени темата от „{n}“ на „{m}“", "deleted": "Това съобщение беше изтрито",
        "behind": "{f} (прикачен файл)",
        "notice": "Съобщенията и обажданията са шифровани от край до край.",
    },
}  # fmt: skip
WORDS = {"request_approved": "added", "invite_accepted": "link", "joined_by_link": "link"}


def called(teller: Teller, index: int) -> str:
    """Return how this telephone calls an account: by number where it has no name for it."""
    account = teller.cast.accounts[index]
    if index % 6 == 5:
        return f"+999 00 000 {100 + index}"
    return f"{account.given} {account.family}" if index % 6 else f"~{NARROW}{account.given} {account.family}"


def new_name(title: str) -> str:
    """Return what the group is called at the end."""
    return f"{title}: new"


def tell(teller: Teller, room: str, folder: Path, dialect: Dialect) -> Path:
    """Write the export of one group below a folder, with the files that the device still holds; return its path."""
    title = teller.cast.rooms[room].title
    path = folder / dialect.file_name.format(title)
    folder.mkdir(parents=True, exist_ok=True)
    words = SENTENCES[dialect.language]
    seen: list[Change | Post] = [*teller.changes(), *teller.posts()]
    happenings = [one for one in seen if one.room == room]
    lines: list[str] = []
    for happening in sorted(happenings, key=lambda one: one.at):
        at = datetime.fromtimestamp(happening.at / 1000, UTC)
        if isinstance(happening, Change):
            said = _change(teller, words, happening, title)
            text = (f"{title}: {LEFT_TO_RIGHT}{said}" if dialect.has_brackets else said) if said else ""
        else:
            text = f"{called(teller, happening.author)}: {_post(teller, words, happening, folder, dialect)}"
        if text:
            lines.append(_line(dialect, at, text))
    first = _line(dialect, datetime.fromtimestamp(min(one.at for one in happenings) / 1000, UTC), words["notice"])
    last = datetime.fromtimestamp(max(one.at for one in happenings) / 1000, UTC)
    renamed = words["renamed"].format(a=called(teller, 1), n=title, m=new_name(title))
    lines = [
        first,
        *lines,
        _line(dialect, last, f"{title}: {LEFT_TO_RIGHT}{renamed}" if dialect.has_brackets else renamed),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _line(dialect: Dialect, at: datetime, text: str) -> str:
    if dialect.has_brackets:
        mark = LEFT_TO_RIGHT if LEFT_TO_RIGHT in text else ""
        return f"{mark}[{dialect.stamp(at)}] {text}"
    return f"{dialect.stamp(at)} - {text}"


def _change(teller: Teller, words: Mapping[str, str], change: Change, title: str) -> str:
    kind = WORDS.get(change.kind, change.kind)
    if kind == "link_enabled" or (kind in ("promoted", "demoted") and change.target != teller.device.owner):
        return ""
    actor, target = ("" if one is None else called(teller, one) for one in (change.actor, change.target))
    return words[kind].format(a=actor, t=target, n=title)


def _post(teller: Teller, words: Mapping[str, str], post: Post, folder: Path, dialect: Dialect) -> str:
    mark = LEFT_TO_RIGHT if dialect.has_brackets else ""
    if post.fate:
        return mark + words["deleted"]
    if not post.pictures:
        return post.text
    number = post.pictures[0]
    data = teller.album.shared[number]
    name = f"IMG-20260501-WA{number:04d}.jpg"
    if teller.stored(number, data) is not None:
        (folder / name).write_bytes(data)
    if dialect.has_brackets:
        return (f"{post.text} " if post.text else "") + mark + words["attached"].format(f=name)
    return words["behind"].format(f=name) + (f"\n{post.text}" if post.text else "")
