"""File systems as sources: every name and every record of one, live or deleted, and the bytes that no file holds."""
