"""WhatsApp: what its database on Android and its text exports hold."""
