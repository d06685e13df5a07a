"""Services change: one function for each thing that a person can do, each with its audit entry."""
