"""What Signal keeps on an iPhone: its database, archived objects, groups, interactions and files."""
