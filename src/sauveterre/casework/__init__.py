"""Casework: the only writer of the database. Services change, selectors read, jobs run the chains."""
