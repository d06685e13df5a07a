"""Every message store that is read. A new one is one file here and one line in the tuple."""

from sauveterre.messages.readers import cellebrite_ufdr, signal_backup, whatsapp_android, whatsapp_text
from sauveterre.records.message_reader import MessageReader

READERS: tuple[MessageReader, ...] = (signal_backup, cellebrite_ufdr, whatsapp_android, whatsapp_text)
