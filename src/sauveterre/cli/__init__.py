"""The command line: one file for each verb. It parses, calls one function, prints; it decides nothing."""
