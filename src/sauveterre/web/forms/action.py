"""Targets, measures, action days, packages."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from sauveterre.web.labels import choices

LARGEST = 4 << 20
CODE = re.compile(r"[A-Z]{2}")


class CountryField(forms.CharField):
    """A country as its code of two letters, in any case."""

    def __init__(self) -> None:
        widget = forms.TextInput(attrs={"size": 3, "placeholder": "FR", "autocapitalize": "characters"})
        super().__init__(label=_("Country"), min_length=2, max_length=2, widget=widget)

    def clean(self, value: object) -> str:
        """Return the code in upper case."""
        code = str(super().clean(value)).upper()
        if not CODE.fullmatch(code):
            raise ValidationError(_("A country is a code of two letters, such as FR."))
        return code


def day_field() -> forms.DateField:
    """Return a field for a day, in the form that every browser's own calendar gives."""
    return forms.DateField(
        label=_("Day"), input_formats=["%Y-%m-%d"], widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class TargetForm(forms.Form):
    """Whom to act on."""

    label = forms.CharField(label=_("Target"), max_length=300)
    country = CountryField()
    unit = forms.CharField(label=_("Unit"), max_length=200, required=False)


class MeasureForm(forms.Form):
    """An act against a target, and what followed."""

    label = forms.CharField(label=_("Target"), max_length=300)
    country = CountryField()
    unit = forms.CharField(label=_("Unit"), max_length=200, required=False)
    kind = forms.ChoiceField(label=_("Measure"), choices=lambda: choices("measure"))
    day = day_field()
    outcome = forms.ChoiceField(label=_("Outcome"), choices=lambda: choices("outcome"))


class MeasuresForm(forms.Form):
    """A CSV file of measures."""

    file = forms.FileField(label=_("CSV file"), max_length=300)

    def clean_file(self) -> str:
        """Return the file's text."""
        upload: UploadedFile[bytes] = self.cleaned_data["file"]
        if (upload.size or 0) > LARGEST:
            raise ValidationError(_("The file is larger than the 4 MiB that are read; part it."))
        try:
            return str(upload.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise ValidationError(_("The file is not UTF-8 text; save it anew as CSV in UTF-8.")) from error


class ActionDayForm(forms.Form):
    """A day on which measures are planned together."""

    day = day_field()


class PackageForm(forms.Form):
    """Whom a package is for."""

    country = CountryField()
