"""A category that an officer gives."""

from django import forms

from sauveterre.casework.services.stacks import LONGEST
from sauveterre.records.category import Category


class CategoryForm(forms.Form):
    """A category as ``scheme:code``, for a whole stack or one content alone."""

    category = forms.CharField(max_length=2 * LONGEST + 1)
    alone = forms.BooleanField(required=False)

    def clean_category(self) -> Category:
        """Return the category; the code is what stands after the last colon."""
        scheme, _, code = str(self.cleaned_data["category"]).rpartition(":")
        if not scheme.strip() or not code.strip():
            raise forms.ValidationError("scheme:code")
        return Category(scheme.strip(), code.strip())
