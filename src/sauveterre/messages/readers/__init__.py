"""Every message store that is read. A new one is one file here and one line in the tuple."""

from sauveterre.messages.readers import (
    cellebrite_ufdr,
    signal_android,
    signal_android_backup,
    signal_backup,
    whatsapp_android,
    whatsapp_text,
)
from sauveterre.records.message_reader import MessageReader

READERS: tuple[MessageReader, ...] = (
    signal_backup,
    signal_android_backup,
    signal_android,
    cellebrite_ufdr,
    whatsapp_android,
    whatsapp_text,
)
