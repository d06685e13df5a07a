"""Print all that a workspace's database and store hold, without numbers and times of the run, one row a line.

Run as a program of its own: ``python dump_database.py WORKSPACE``. Rows refer to each other by what they are
and not by their numbers, so that two workspaces can be compared whatever order the work was done in.
"""

import hashlib
import json
import sys
from pathlib import Path

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection

from sauveterre.server.boot import boot

OF_THE_RUN = {"id", "added_at", "created_at", "received_at", "decided_at", "entered_at", "made_at", "since", "at",
              "sequence", "previous", "signature", "folder", "digest", "sealed", "password", "date_joined",
              "last_login", "expires_at", "seconds", "attempts", "reached", "signed_at", "given_at"}  # fmt: skip
UNEQUAL = {"package-made", "report-written", "processing-started"}
"""Actions whose entries name folders or packages, which carry times, and those that each start writes anew."""
KEPT = {"Change", "Tally"}
"""Of how often something was written; the numbers themselves are printed as pages show them."""
KEEPS_AT = {"SnapshotFact", "EventFact", "DeliveryFact", "ReactionFact", "Share"}


def main(workspace):
    opened = boot(Path(workspace))
    from sauveterre.casework.models import Operation
    from sauveterre.casework.selectors.tallies import tally_of

    known = {}
    lines = []
    for model in apps.get_app_config("casework").get_models(include_auto_created=True):
        lines += [f"{model.__name__} {text(row, known)}" for row in model._default_manager.all()
                  if getattr(row, "action", "") not in UNEQUAL and model.__name__ not in KEPT]  # fmt: skip
    lines += [f"tally {tally_of(operation)}" for operation in Operation.objects.all()]
    shown = [*(opened.store / "thumbnails").rglob("*"), *(opened.store / "sheets").rglob("*")]
    for path in sorted(shown):
        if path.is_file():
            name = str(path.relative_to(opened.store))
            lines.append(f"thumbnail {name} {hashlib.sha256(default_storage.open(name).read()).hexdigest()}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, status, args::text FROM procrastinate_jobs")
        lines += [f"job {row}" for row in cursor.fetchall()]
    print("\n".join(sorted(lines)))


def text(row, known):
    """Return a row's own values, and the text of each row that it refers to."""
    values = {}
    for field in row._meta.concrete_fields:
        if field.name in OF_THE_RUN - ({"at"} if type(row).__name__ in KEEPS_AT else set()):
            continue
        value = getattr(row, field.attname)
        if field.is_relation and value is not None:
            key = (field.related_model, value)
            if key not in known:
                known[key] = hashlib.sha256(text(getattr(row, field.name), known).encode()).hexdigest()[:16]
            value = known[key]
        elif isinstance(value, bytes | memoryview):
            value = bytes(value).hex()
        values[field.name] = value
    return json.dumps(values, sort_keys=True, default=str)


main(sys.argv[1])
