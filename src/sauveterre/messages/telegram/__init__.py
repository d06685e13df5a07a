"""Telegram Desktop exports: chats, messages and service rows."""
