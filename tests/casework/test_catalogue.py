"""What a source announced is what the catalogue holds, for every source of the demonstration."""

import json
import subprocess
import sys

COUNT = """
import json, sys
from pathlib import Path
from sauveterre.server.boot import boot
boot(Path(sys.argv[1]))
from django.db.models import Count
from sauveterre.casework.models import Entry, Source
sources = Source.objects.annotate(catalogued=Count("entries"))
print(json.dumps({
    "sources": [[source.path, source.state, source.announced, source.catalogued] for source in sources],
    "without": Entry.objects.exclude(state="skipped").filter(extractor="").exclude(state="failed").count(),
    "unexplained": Entry.objects.exclude(state="processed").filter(reason="").count(),
    "causeless": Entry.objects.exclude(state="processed").filter(cause="").count(),
    "untimed": Entry.objects.exclude(extractor="").filter(seconds=None).count(),
    "untried": Entry.objects.exclude(extractor="").filter(attempts=0).count(),
}))
"""


def test_announced_is_catalogued_and_every_outcome_says_how_it_came_about(demo):
    ran = subprocess.run([sys.executable, "-c", COUNT, demo / "case"], capture_output=True, text=True, check=True)
    found = json.loads(ran.stdout)

    opened = [source for source in found.pop("sources") if source[1] == "done"]
    assert len(opened) > 20
    assert [source for source in opened if source[2] != source[3]] == []
    assert found == {"without": 0, "unexplained": 0, "causeless": 0, "untimed": 0, "untried": 0}
