"""How pages say things: facts with their source marks, words in the reader's language, times with their zone."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from sauveterre.casework.models import ClockSkew, Entry, Operation
from sauveterre.casework.selectors.countries import country_name
from sauveterre.web import labels, sentences

register = template.Library()

MARKS, MOST = 3, 40
MIDDLE = 20
SHORT = 34


def unknown() -> SafeString:
    """Return the word for what no row states."""
    return format_html('<span class="unknown">{}</span>', _("unknown"))


@register.filter
def known(value: object) -> object:
    """Give a value, or the word for unknown where there is none."""
    return unknown() if value is None or value == "" else value


@register.filter
def word(code: object, family: str) -> str:
    """Give the word for a code of a family (``labels.WORDS``)."""
    return labels.word(str(code), family)


@register.filter
def flag(value: bool | None) -> SafeString | str:  # noqa: FBT001 - a template's filter has one argument
    """Give a tri-state: yes, no, or unknown where the source is silent."""
    if value is None:
        return unknown()
    return _("yes") if value else _("no")


@register.filter
def when(at: datetime | None) -> SafeString:
    """Give a time to the minute in UTC, and say so."""
    if not at:
        return unknown()
    at = at.astimezone(UTC)
    shown = formats.date_format(at, "j N Y H:i")
    return format_html('<time datetime="{}">{} <span class="zone">UTC</span></time>', at.isoformat(), shown)


@register.filter
def day(at: date | None) -> SafeString:
    """Give a day."""
    if at is None:
        return unknown()
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), formats.date_format(at, "j N Y"))


@register.filter
def month(at: date) -> str:
    """Give a month and year."""
    return formats.date_format(at, "N Y")


@register.filter
def size(value: int | None) -> object:
    """Give a number of bytes in words."""
    return unknown() if value is None else filesizeformat(value)


@register.filter
def said(sentence: object) -> str:
    """Give a sentence of the program in the reader's language, where it is known in it."""
    return sentences.said(sentence)


@register.filter
def duration(seconds: float | None) -> object:
    """Give a stretch of time in its two largest units."""
    if seconds is None:
        return unknown()
    if seconds < 1:
        return _("%(n)s ms") % {"n": formats.localize(round(seconds * 1000))}
    if seconds < 10:
        return _("%(n)s s") % {"n": formats.localize(round(seconds, 1))}
    whole = round(seconds)
    for unit, small, form in _UNITS:
        if whole >= unit:
            return form % {"n": whole // unit, "m": whole % unit // small}
    return _("%(n)s s") % {"n": whole}


_UNITS = (
    (86_400, 3_600, gettext_lazy("%(n)d d %(m)d h")),
    (3_600, 60, gettext_lazy("%(n)d h %(m)d min")),
    (60, 1, gettext_lazy("%(n)d min %(m)d s")),
)


@register.filter
def apart(skew: ClockSkew) -> str:
    """Say how far one clock was ahead of another, as far as the messages that went between them tell."""
    if skew.estimate is not None and skew.spread is not None:
        of = {"by": duration(abs(skew.estimate)), "spread": duration(skew.spread)}
        return (_("ahead by %(by)s ± %(spread)s") if skew.estimate >= 0 else _("behind by %(by)s ± %(spread)s")) % of
    bound = skew.most if skew.least is None else skew.least
    if bound is None:
        return str(_("unknown"))
    of = {"by": duration(abs(bound))}
    if skew.least is None:
        return (_("ahead by %(by)s at most") if bound >= 0 else _("behind by %(by)s at least")) % of
    return (_("ahead by %(by)s at least") if bound >= 0 else _("behind by %(by)s at most")) % of


@register.filter
def rate(value: float) -> object:
    """Give a number a second: whole, but for small ones."""
    return formats.localize(round(value, 1) if value < 10 else round(value))


@register.filter
def country(code: str) -> object:
    """Give a country's name."""
    return country_name(code, get_language() or "en") if code else unknown()


@register.filter
def ident(value: object) -> object:
    """Give an identifier or digest, shortened in the middle; whole on focus, on hover and for copying."""
    text = str(value or "")
    if not text:
        return unknown()
    if len(text) <= SHORT:
        return format_html('<code class="ident">{}</code>', text)
    return format_html(
        '<code class="ident long" tabindex="0" title="{0}"><span class="part">{1}</span>'
        '<span class="cut">{2}</span><span class="part">{3}</span></code>',
        text, text[: MIDDLE // 2], text[MIDDLE // 2 : -MIDDLE // 2], text[-MIDDLE // 2 :],
    )  # fmt: skip


@register.filter
def get(mapping: Mapping[str, Any], key: str) -> Any:
    """Look a key up; nothing where it is missing."""
    return mapping.get(key, "")


@register.filter
def at(rows: Sequence[Any], place: int) -> Any:
    """Give the row at a place."""
    return rows[place]


@register.filter
def tenth(part: int | None, whole: int) -> int:
    """Give a part of a whole in tenths, rounded up: how dark a cell is drawn."""
    return -(-10 * (part or 0) // whole) if whole else 0


@register.filter
def share_of(part: int, whole: int) -> str:
    """Give a part of a whole in percent, as SVG reads numbers."""
    return f"{100 * part / whole:.3f}" if whole else "0"


@register.filter
def percent(weight: float) -> str:
    """Give a weight of 0 to 1 in percent."""
    return f"{round(100 * weight)}\N{NARROW NO-BREAK SPACE}%"


@register.filter
def hexed(raw: bytes | memoryview) -> str:
    """Give bytes in hex."""
    return bytes(raw).hex(" ")


@register.filter
def is_odd(entry: Entry) -> bool:
    """Tell whether a path's bytes are not simply the UTF-8 of what is shown."""
    return bytes(entry.path_raw) != entry.path.encode("utf-8", "surrogatepass")


@register.filter
def space_key(subject: str) -> str:
    """Give the key of the storage space that a share's subject names; empty for a content."""
    return subject.removeprefix("space:") if subject.startswith("space:") else ""


@register.filter
def digest(subject: str) -> str:
    """Give the SHA-256 of the content that a share's subject names; empty for a storage space."""
    return subject.removeprefix("sha256:") if subject.startswith("sha256:") else ""


@lru_cache(maxsize=64)
def _rows_at(operation: int) -> str:
    return reverse("row", args=[operation])


@register.simple_tag
def row_address(operation: Operation, rows: list[Any]) -> str:
    """Give the address of the first of the rows that a finding rests on; empty where it rests on none."""
    return _address(operation, *rows[0][:3]) if rows and len(rows[0]) >= 3 else ""


def _address(operation: Operation, source: str, path: str, locator: str) -> str:
    return f"{_rows_at(operation.pk)}?{urlencode({'source': source, 'path': path, 'locator': locator})}"


def _door(operation: Operation, source: str, path: str, locator: str) -> SafeString:
    address = _address(operation, source, path, locator)
    title = _("Source: %(path)s, %(locator)s") % {"path": path or source, "locator": locator or "–"}
    return format_html('<a class="mark" href="{0}" title="{1}" aria-label="{1}">s</a>', address, title)


@register.simple_tag
def mark(operation: Operation, fact: Any) -> SafeString:
    """Put a fact's source mark: a door to the row that states it."""
    return _door(operation, fact.prov_source, fact.prov_path, fact.prov_locator)


@register.simple_tag
def place(operation: Operation, provenance: Any) -> SafeString:
    """Put the source mark of a record that carries its provenance."""
    return _door(operation, provenance.source, provenance.path, provenance.locator)


@register.simple_tag
def marks(operation: Operation, rows: list[Any]) -> SafeString:
    """Put the marks of the rows that a finding rests on: the first few, the others folded, at most ``MOST``."""
    if not rows:
        return format_html('<span class="unknown">{}</span>', _("no row"))
    doors = [("", _door(operation, row[0], row[1], row[2])) for row in rows[:MOST] if len(row) >= 3]
    first = format_html_join("", "{}{}", doors[:MARKS])
    if len(rows) <= MARKS:
        return format_html('<span class="marks">{}</span>', first)
    more = len(rows) - MARKS
    return format_html(
        '<span class="marks">{}<details class="inline"><summary>{}</summary>{}{}</details></span>',
        first,
        ngettext("and %(n)s more", "and %(n)s more", more) % {"n": formats.localize(more)},
        format_html_join("", "{}{}", doors[MARKS:]),
        "…" if len(rows) > MOST else "",
    )


@register.simple_tag
def fact_marks(operation: Operation, facts: list[Any]) -> SafeString:
    """Put the marks of several facts that state the same."""
    return marks(operation, [[fact.prov_source, fact.prov_path, fact.prov_locator] for fact in facts])


@register.simple_tag
def account(operation: Operation, key: str | None, names: Mapping[str, str]) -> SafeString:
    """Name an account and lead to its person; unknown where the row does not say who."""
    if not key:
        return unknown()
    address = reverse("person", args=[operation.pk, key])
    name = names.get(key) or ident(key)
    return format_html('<a class="account" href="{}" title="{}">{}</a>', address, key, name)


@register.inclusion_tag("web/parts/bar.html")
def bar(counted: Any) -> dict[str, Any]:
    """Draw how entries ended, as one bar with its sum in words."""
    x, parts = 0.0, []
    for state in ("processed", "partial", "failed", "skipped", "pending"):
        count = getattr(counted, state)
        if count:
            width = 100 * count / counted.found
            parts.append({"state": state, "count": count, "x": f"{x:.3f}", "width": f"{width:.3f}"})
            x += width
    return {"account": counted, "parts": parts}


@register.simple_tag(takes_context=True)
def next_page(context: dict[str, Any], after: int) -> str:
    """Return the address of the next page of a list, with all that narrows it."""
    query = context["request"].GET.copy()
    query["after"] = str(after)
    return f"?{query.urlencode()}"
