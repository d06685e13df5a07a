"""The rules that an operation gave its lists, as rows keep them and as records."""

from sauveterre.casework.models import Operation
from sauveterre.records.category import Category
from sauveterre.records.ruling import Policy, Rule


def policies_of(operation: Operation) -> list[Policy]:
    """Return the rules that an operation gave."""
    return [
        Policy(row.list_name, category_of(row.category_scheme, row.category_code), Rule(row.rule), row.people)
        for row in operation.list_policies.all()
    ]


def category_of(scheme: str, code: str) -> Category | None:
    """Return a category as rows keep it; None for one without a code."""
    return Category(scheme, code) if code else None
