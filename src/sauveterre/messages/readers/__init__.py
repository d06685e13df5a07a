"""Every message store that is read. A new one is one file here and one line in the tuple."""

from sauveterre.messages.readers import (
    cellebrite_ufdr,
    discord_package,
    matrix_json,
    signal_android,
    signal_android_backup,
    signal_backup,
    signal_desktop,
    signal_ios,
    telegram_json,
    whatsapp_android,
    whatsapp_text,
)
from sauveterre.records.message_reader import MessageReader

READERS: tuple[MessageReader, ...] = (
    signal_backup,
    signal_android_backup,
    signal_android,
    signal_desktop,
    signal_ios,
    cellebrite_ufdr,
    whatsapp_android,
    whatsapp_text,
    telegram_json,
    matrix_json,
    discord_package,
)
