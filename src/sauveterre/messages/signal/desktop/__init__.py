"""What a profile of Signal Desktop is made of: its key, its conversations, messages, changes, calls and files."""
