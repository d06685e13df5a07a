"""Every message store that is read. A new one is one file here and one line in the tuple."""

from sauveterre.messages.readers import cellebrite_ufdr, signal_backup
from sauveterre.records.message_reader import MessageReader

READERS: tuple[MessageReader, ...] = (signal_backup, cellebrite_ufdr)
