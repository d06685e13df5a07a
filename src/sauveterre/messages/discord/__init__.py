"""Discord data packages: channels and the messages of their owner."""
