"""Every error this package raises on purpose.

One family, so a caller can write ``except SauveterreError``. A message says what failed, where, and what
to do next; never a bare value. The command line turns each class into its own exit code.
"""


class SauveterreError(Exception):
    """Base of all errors raised on purpose."""

    exit_code = 1


class UnreadableSource(SauveterreError):
    """A source cannot be opened at all; nothing in it can be accounted for."""

    exit_code = 3


class UnknownFormat(SauveterreError):
    """No reader recognises the content."""

    exit_code = 4


class MalformedList(SauveterreError):
    """A hash list breaks its own format."""

    exit_code = 5


class MalformedReferral(SauveterreError):
    """A referral cannot be read as what it says it is."""

    exit_code = 6


class Locked(SauveterreError):
    """A key is missing, wrong or damaged; the source stays as it is and can be opened later."""

    exit_code = 7


class LimitExceeded(SauveterreError):
    """Content asks for more memory, time, depth or bytes than it may have."""

    exit_code = 8


class NotAllowed(SauveterreError):
    """The person may not do this."""

    exit_code = 9


class WorkspaceError(SauveterreError):
    """The workspace is missing, in use, full or damaged."""

    exit_code = 10


class AuditBroken(SauveterreError):
    """The audit log is not what was written."""

    exit_code = 11


class EvidenceDiffers(SauveterreError):
    """What is read of an exhibit now is not what was processed."""

    exit_code = 13


class InvalidInput(SauveterreError):
    """What a person entered does not make sense; nothing was changed."""

    exit_code = 2
