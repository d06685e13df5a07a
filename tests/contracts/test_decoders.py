"""The program's own process loads no library that decodes hostile content: only children do."""

import subprocess
import sys

PROGRAM = """
import sys
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "sauveterre.casework"],
                   AUTH_USER_MODEL="casework.Officer", STORE="/nonexistent")
django.setup()
import sauveterre.api
import sauveterre.casework.runner
import sauveterre.casework.demonstration
import sauveterre.pipeline.processing
import sauveterre.scenarios.village
print(sorted({name.partition(".")[0] for name in sys.modules} & {"av", "imagecodecs", "pillow_heif", "simplejpeg"}))
"""


def test_the_program_itself_loads_no_decoder():
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "[]"
