"""Taking in a referral."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

LARGEST = 16 << 20


class ReferralForm(forms.Form):
    """One referral's file, kept byte for byte."""

    file = forms.FileField(label=_("The referral's file"), max_length=300)

    def clean_file(self) -> "UploadedFile[bytes]":
        """Refuse what is larger than any reader reads, before it is read."""
        upload: UploadedFile[bytes] = self.cleaned_data["file"]
        if (upload.size or 0) > LARGEST:
            raise ValidationError(_("The file is larger than the 16 MiB that are read; ask its sender for it anew."))
        return upload
