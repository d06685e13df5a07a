"""Sources: folders and archives, however nested, listed in full and read within bounds."""
