"""MD5 of many contents at once, in the lanes of the processor's vectors."""
