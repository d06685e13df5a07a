"""Signal on Android: its tables, whichever way they came here, told as a backup of format 2 would tell them."""
