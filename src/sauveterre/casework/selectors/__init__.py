"""What the pages read. Every selector takes a ``Sight``: an operation, seen by a member of it."""
