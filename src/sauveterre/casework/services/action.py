"""The joint action: whom to act on, when, and what followed. Entered by people, by form or as CSV."""

import csv
from collections.abc import Collection
from datetime import date
from io import StringIO

from django.db import transaction

from sauveterre.casework import audit
from sauveterre.casework.models import ActionDay, Measure, Officer, Operation, Target
from sauveterre.casework.rows import storable
from sauveterre.casework.services.operations import require_member
from sauveterre.errors import InvalidInput
from sauveterre.records.action import MeasureKind, OutcomeKind

LONGEST = 200
COLUMNS = ["target", "country", "unit", "kind", "day", "outcome"]


@transaction.atomic
def add_target(*, operation: Operation, label: str, country: str, unit: str, by: Officer) -> Target:
    """Decide to act on somebody. Deciding twice changes the country and unit, and says so in the log."""
    require_member(operation=operation, officer=by)
    country, label, unit = country.strip().upper(), storable(label.strip()), storable(unit.strip())
    if len(label) > LONGEST or len(unit) > LONGEST:
        raise InvalidInput(f"a target and its unit have at most {LONGEST} characters; shorten them")
    if not label:
        raise InvalidInput("a target needs a name or an account; give one")
    if len(country) != 2 or not country.isascii() or not country.isalpha():
        raise InvalidInput(f"{country!r} is not a country code of two letters, such as FR")
    target, made = Target.objects.update_or_create(
        operation=operation,
        label=label,
        defaults={"country": country, "unit": unit, "decided_by": by.username},
    )
    action = "target-added" if made else "target-changed"
    audit.record(actor=by.username, action=action, subject=target.label, operation=operation, country=country)
    return target


@transaction.atomic
def add_action_day(*, operation: Operation, day: date, by: Officer) -> ActionDay:
    """Name a day on which measures are planned together. Naming it twice changes nothing."""
    require_member(operation=operation, officer=by)
    found, made = ActionDay.objects.get_or_create(operation=operation, day=day)
    if made:
        audit.record(actor=by.username, action="action-day-added", subject=day.isoformat(), operation=operation)
    return found


@transaction.atomic
def record_measure(
    *,
    operation: Operation,
    label: str,
    country: str,
    unit: str,
    kind: str,
    day: date,
    outcome: str,
    by: Officer,
) -> Measure:
    """Enter a measure, or what followed it: the same target, day and kind is the same measure."""
    if kind not in set(MeasureKind):
        raise InvalidInput(f"{kind!r} is no kind of measure; use one of {', '.join(MeasureKind)}")
    if outcome not in set(OutcomeKind):
        raise InvalidInput(f"{outcome!r} is no outcome; use one of {', '.join(OutcomeKind)}")
    known = {"label": storable(label.strip()), "country": country, "unit": storable(unit.strip())}
    target = Target.objects.filter(operation=operation, **known).first()
    if target is None:
        target = add_target(operation=operation, label=label, country=country, unit=unit, by=by)
    else:
        require_member(operation=operation, officer=by)
    planned = add_action_day(operation=operation, day=day, by=by)
    measure, _ = Measure.objects.update_or_create(
        target=target, day=planned, kind=kind, defaults={"outcome": outcome, "entered_by": by.username}
    )
    audit.record(
        actor=by.username, action="measure-entered", subject=target.label, operation=operation,
        kind=kind, day=day.isoformat(), outcome=outcome,
    )  # fmt: skip
    return measure


@transaction.atomic
def import_measures(*, operation: Operation, text: str, by: Officer) -> int:
    """Enter a CSV of measures, all or none; raise ``InvalidInput`` naming the line that does not make sense."""
    lines = csv.DictReader(StringIO(text.lstrip("\ufeff"), newline=None))
    count, number = 0, 1
    try:
        _require_columns(lines.fieldnames or ())
        for line in lines:
            number = lines.line_num
            _enter(operation, {name: (line[name] or "").strip() for name in COLUMNS}, by)
            count += 1
    except (InvalidInput, csv.Error) as error:
        raise InvalidInput(f"line {number}: {error}; nothing was entered") from error
    return count


def _require_columns(names: Collection[str]) -> None:
    if set(COLUMNS) - set(names):
        raise InvalidInput(f"the columns {', '.join(COLUMNS)} are needed; put them into the first line")


def _enter(operation: Operation, values: dict[str, str], by: Officer) -> None:
    try:
        day = date.fromisoformat(values["day"])
    except ValueError as error:
        raise InvalidInput(f"{values['day']!r} is not a day such as 2026-06-01") from error
    record_measure(
        operation=operation,
        label=values["target"],
        country=values["country"],
        unit=values["unit"],
        kind=values["kind"],
        day=day,
        outcome=values["outcome"],
        by=by,
    )
