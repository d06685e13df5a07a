"""Every message store that is read. A new one is one file here and one line in the tuple."""

from sauveterre.messages.readers import signal_backup, signal_desktop, signal_ios
from sauveterre.records.message_reader import MessageReader

READERS: tuple[MessageReader, ...] = (signal_backup, signal_desktop, signal_ios)
