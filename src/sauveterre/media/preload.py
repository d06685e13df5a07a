"""What children need that decode: imported, and compiled, once in the process that they are forked from.

PyAV is imported here and below ``media.video`` only, and so never in the program's own process.
"""

import sauveterre.media.fingerprint
import sauveterre.media.video.moving
import sauveterre.media.video.reading  # noqa: F401 - the work that children do
from sauveterre.media.pdq.hashing import warm

warm()
