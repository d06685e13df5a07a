"""What children need that decode: imported, and compiled, once in the process that they are forked from.

The libraries that decode (PyAV, libheif, …) are imported here, and so never by the program's own process.
"""

import sauveterre.media.fingerprint
import sauveterre.media.picture
import sauveterre.media.video.moving
import sauveterre.media.video.reading  # noqa: F401 - the work that children do
from sauveterre.media.pdq.hashing import warm

warm()
