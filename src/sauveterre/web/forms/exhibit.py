"""Exhibits: what the register says, their media, custody and photographs, and many at once."""

import base64
import binascii
import re
from pathlib import Path
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from sauveterre.records.digest import Digest
from sauveterre.records.register import Register
from sauveterre.web.forms.moment import ZonedForm, moment_field
from sauveterre.web.labels import choices

LONGEST = 1_000
LARGEST_PHOTO = 25 << 20
LARGEST_TABLE = 1 << 20
PATH = forms.TextInput(attrs={"placeholder": "/media/images/S-17.E01", "spellcheck": "false", "autocapitalize": "off"})


def _line(label: Any, *, longest: int = LONGEST) -> forms.CharField:
    return forms.CharField(label=label, max_length=longest, required=False)


def clean_path(text: str) -> Path | None:
    """Return a whole path; None for an empty text."""
    if text and not text.startswith("/"):
        raise ValidationError(_("A path begins with / and is whole, such as /media/images/S-17.E01."))
    return Path(text) if text else None


class DigestsField(forms.CharField):
    """Digests of a medium, parted by spaces or line ends."""

    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "placeholder": "sha1:…"})

    def clean(self, value: Any) -> Any:
        """Return the digests, each once."""
        digests = []
        for part in re.split(r"[\s|;,]+", str(super().clean(value))):
            if not part:
                continue
            try:
                digest = Digest.parse(part)
            except ValueError as error:
                raise ValidationError(
                    _("%(text)s is no digest: give md5:…, sha1:… or sha256:… with all its hex digits."),
                    params={"text": part[:80]},
                ) from error
            if digest.algorithm == "pdq":
                raise ValidationError(_("A PDQ hash tells nothing of a whole medium; give its MD5, SHA-1 or SHA-256."))
            digests.append(digest)
        return tuple(dict.fromkeys(digests))


class RegisterForm(ZonedForm):
    """What the register says of an exhibit."""

    seal = _line(_("Seal number"))
    kind = forms.ChoiceField(
        label=_("Kind of medium"), choices=lambda: [("", _("unknown")), *choices("medium")], required=False
    )
    description = _line(_("Description"))
    model = _line(_("Maker and model"))
    serial = _line(_("Serial number"))
    seized_at = moment_field(_("Seized at (time)"), required=False)
    seized_where = _line(_("Seized at (place)"))
    seized_by = _line(_("Seized by"))
    legal_act = _line(_("Legal act"))
    PARTS: tuple[tuple[Any, tuple[str, ...]], ...] = (
        (_("The medium"), ("seal", "kind", "description", "model", "serial")),
        (_("Its seizure"), ("seized_at", "zone", "seized_where", "seized_by", "legal_act")),
    )

    @property
    def parts(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields by subject, as (title, fields)."""
        return [(title, [self[name] for name in names]) for title, names in self.PARTS]

    @property
    def register(self) -> Register:
        """The lines of the register, as the services take them."""
        given = Register()
        names = Register.__annotations__
        given.update({name: value for name, value in self.cleaned_data.items() if name in names})  # type: ignore[typeddict-item]
        return given


class NewExhibitForm(RegisterForm):
    """A new exhibit, with its medium or without."""

    path = forms.CharField(
        label=_("Path of the folder, image or archive on the server"), max_length=4_000, required=False, widget=PATH
    )
    key = forms.CharField(
        label=_("Recovery key"), max_length=LONGEST, required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    digests = DigestsField(label=_("Digests that its acquisition gave"), max_length=4_000, required=False)
    digest_origin = _line(_("Where those digests stand"))
    PARTS = (*RegisterForm.PARTS, (_("What was made of it"), ("path", "key", "digests", "digest_origin")))

    def clean_path(self) -> Path | None:
        """Return a whole path."""
        return clean_path(self.cleaned_data["path"])

    def clean(self) -> dict[str, Any]:
        """Ask for something to call the exhibit by."""
        given: dict[str, Any] = super().clean() or {}
        if not self.errors and not (given.get("path") or given.get("seal") or given.get("description")):
            raise ValidationError(_("An exhibit without a path needs a seal number or a description; give one."))
        return given


class AttachForm(forms.Form):
    """Where the medium of a registered exhibit lies."""

    path = forms.CharField(label=_("Path of the folder, image or archive on the server"), max_length=4_000, widget=PATH)
    key = forms.CharField(
        label=_("Recovery key"), max_length=LONGEST, required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def clean_path(self) -> Path | None:
        """Return a whole path."""
        return clean_path(self.cleaned_data["path"])


class KeyForm(forms.Form):
    """A recovery key. It is never shown again."""

    key = forms.CharField(
        label=_("Recovery key"), max_length=LONGEST, widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )


class DigestsForm(forms.Form):
    """What the acquisition of a medium was said to give."""

    digests = DigestsField(label=_("Digests that its acquisition gave"), max_length=4_000)
    digest_origin = _line(_("Where those digests stand"))


class CustodyForm(ZonedForm):
    """One line of the custody log."""

    act = forms.ChoiceField(label=_("What happened"), choices=lambda: choices("custody"))
    happened_at = moment_field(_("When"))
    place = _line(_("Place"))
    given_by = _line(_("Given by"), longest=200)
    received_by = _line(_("Received by"), longest=200)
    seal = _line(_("Seal number after it"))
    note = _line(_("Note"))
    field_order = ("act", "happened_at", "zone", "place", "given_by", "received_by", "seal", "note")

    def clean(self) -> dict[str, Any]:
        """Ask for what an act cannot do without."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("act") == "handed over" and not (given.get("given_by") and given.get("received_by")):
            raise ValidationError(_("A handing over names who gave and who received the exhibit; name both."))
        if given.get("act") == "sealed" and not given.get("seal"):
            raise ValidationError(_("A sealing names the number of the seal; give it."))
        return given


class PhotoForm(forms.Form):
    """A photograph of the medium, its label or its seal."""

    file = forms.FileField(
        label=_("JPEG, PNG or HEIC file"), max_length=300,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/heic,.heic"}),
    )  # fmt: skip
    caption = _line(_("What it shows"))

    def clean_file(self) -> "UploadedFile[bytes]":
        """Refuse what is too large before it is read."""
        upload: UploadedFile[bytes] = self.cleaned_data["file"]
        if (upload.size or 0) > LARGEST_PHOTO:
            raise ValidationError(_("The photograph is larger than 25 MiB; make it smaller."))
        return upload


class TableForm(ZonedForm):
    """A table of exhibits: as a file to look at, then as what was looked at."""

    file = forms.FileField(
        label=_("CSV table of exhibits"), max_length=300, required=False,
        widget=forms.FileInput(attrs={"required": True, "accept": ".csv,.txt,text/csv"}),
    )  # fmt: skip
    digest_origin = _line(_("Where its digests stand"))
    table = forms.CharField(widget=forms.HiddenInput, required=False)
    mark = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    field_order = ("file", "zone", "digest_origin")

    def clean(self) -> dict[str, Any]:
        """Return the table's bytes as ``data``."""
        given: dict[str, Any] = super().clean() or {}
        upload: UploadedFile[bytes] | None = given.get("file")
        if upload is None and not given.get("table"):
            self.add_error("file", ValidationError(_("Choose the table's file.")))
        elif upload is not None and (upload.size or 0) > LARGEST_TABLE:
            self.add_error("file", ValidationError(_("The table is larger than 1 MiB; part it.")))
        else:
            given["data"] = upload.read() if upload is not None else self._kept(given["table"])
        return given

    def _kept(self, table: str) -> bytes:
        try:
            return base64.b64decode(table, validate=True)
        except binascii.Error:
            self.add_error("file", ValidationError(_("Choose the table's file again.")))
            return b""


class FolderForm(forms.Form):
    """A folder of media on the server."""

    folder = forms.CharField(
        label=_("Path of a folder on the server"), max_length=4_000,
        widget=forms.TextInput(attrs={"placeholder": "/media/images", "spellcheck": "false", "autocapitalize": "off"}),
    )  # fmt: skip
    mark = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def clean_folder(self) -> Path | None:
        """Return a whole path."""
        return clean_path(self.cleaned_data["folder"])
