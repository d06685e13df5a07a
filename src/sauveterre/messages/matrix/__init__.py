"""Matrix room exports: events, members and power levels."""
