"""What children need that decode: imported, and compiled, once in the process that they are forked from."""

import sauveterre.media.fingerprint  # noqa: F401 - the work that children do
from sauveterre.media.pdq.hashing import warm

warm()
