"""What the pages read. Every selector takes a ``Sight``: an operation that one officer was checked to be a member of."""
