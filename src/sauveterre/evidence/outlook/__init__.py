"""What libpff's binding does not reach in Outlook's files: messages attached to messages."""
