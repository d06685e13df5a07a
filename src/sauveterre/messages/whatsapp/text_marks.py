"""Marks in the messages of a text export, in nine languages: deleted, edited, with a file, with a file left out."""

import re
from dataclasses import dataclass

from sauveterre.messages.whatsapp.text_stamps import visible

_DELETED = re.compile(
    r"(?:This message was deleted|You deleted this message|Ce message a été supprimé|Vous avez supprimé ce message"
    r"|Se eliminó este mensaje"
    r"|Este mensaje fue eliminado|Eliminaste este mensaje|Diese Nachricht wurde gelöscht"
    r"|Du hast diese Nachricht gelöscht"
    r"|Questo messaggio è stato eliminato|Hai eliminato questo messaggio|Mensagem apagada|Esta mensagem foi apagada"
    r"|Você apagou esta mensagem|Apagaste esta mensagem"
    r"|Dit bericht (?:is|werd) verwijderd|(?:Je|Jij|U) (?:hebt|heeft) dit bericht verwijderd"
    r"|Ez az üzenet törölve lett|Ezt az üzenetet törölték|Törölted ezt az üzenetet"
    r"|Това съобщение беше изтрито|Изтрихте това съобщение|Съобщението беше изтрито)\.?"
)  # fmt: skip
_DELETED_BY_ADMIN = re.compile(
    r"(?:This message was deleted by admin|Ce message a été supprimé par l(?:'|’)admin"
    r"|Diese Nachricht wurde vo[nm] Admin|Messaggio eliminato dall(?:'|’)amministratore"
    r"|Mensagem apagada pelo admin|Dit bericht is verwijderd door (?:beheerder|admin)"
    r"|El admin\.?)\s(?P<admin>[^\n]{1,100}?)(?: gelöscht| eliminó este mensaje)?\.?"
)  # fmt: skip
_EDITED = re.compile(
    r"\s*<(?:This message was edited|Ce message a été modifié|Se editó este mensaje"
    r"|Diese Nachricht wurde bearbeitet|Questo messaggio è stato modificato"
    r"|Mensagem editada|Dit bericht is bewerkt|Ez az üzenet szerkesztve lett|Това съобщение беше редактирано)\.?>$"
)  # fmt: skip
_ATTACHED = re.compile(r"<[^<>:\n]{2,40}:\s(?P<name>[^<>/\\\n]{1,200}\.[A-Za-z0-9]{1,5})>")
_ATTACHED_BEHIND = re.compile(
    r"(?P<name>[^/\\\n<>]{1,200}\.[A-Za-z0-9]{1,5}) \((?:file attached|fichier joint|archivo adjunto"
    r"|Datei angehängt|file allegato|arquivo anexado"
    r"|ficheiro anexado|bestand bijgevoegd|fájl csatolva|csatolt fájl|прикачен файл|файлът е прикачен)\)"
)  # fmt: skip
_OMITTED = re.compile(
    r"<[^<>:\n]{3,40}>|(?:image|video|audio|sticker|GIF|document|Contact card) omitted|(?:image|vidéo|audio|sticker"
    r"|GIF|document) absente?"
    r"|(?:imagen|Video|audio|sticker|GIF|documento) omitid[oa]|(?:Bild|Video|Audio|Sticker|GIF"
    r"|Dokument) weggelassen|(?:immagine|video|audio|sticker|GIF|documento) omess[oa]"
    r"|(?:imagem|vídeo|áudio|figurinha|GIF|documento) (?:ocultad?[oa]|omitid[oa])|(?:afbeelding|video|audio|sticker"
    r"|GIF|document) weggelaten"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """A message's text, and the marks in it."""

    body: str
    deleted: str = "no"
    admin: str = ""
    is_edited: bool = False
    file_name: str | None = None
    """Of the file that it carries; empty where it only says that there was one; None for none."""


def words_of(text: str) -> Words:
    """Return the text of a message and the marks in it."""
    plain = visible(text).strip()
    if match := _DELETED_BY_ADMIN.fullmatch(plain):
        return Words("", "by_admin", match["admin"])
    if _DELETED.fullmatch(plain):
        return Words("", "by_author")
    edited = _EDITED.search(plain)
    body = plain[: edited.start()] if edited else plain
    first, _, rest = body.partition("\n")
    if match := _ATTACHED.search(first):
        left = (first[: match.start()] + first[match.end() :]).strip(" •")
        return Words(
            "\n".join(part for part in (left, rest) if part), is_edited=bool(edited), file_name=match["name"].strip()
        )
    if match := _ATTACHED_BEHIND.fullmatch(first.strip()):
        return Words(rest, is_edited=bool(edited), file_name=match["name"].strip())
    if _OMITTED.fullmatch(first.strip()):
        return Words(rest, is_edited=bool(edited), file_name="")
    return Words(body, is_edited=bool(edited))
