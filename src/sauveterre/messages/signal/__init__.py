"""Signal's backup format 2: its tables, its keys, its three containers, and what its frames mean."""
