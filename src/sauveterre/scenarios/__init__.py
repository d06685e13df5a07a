"""Made-up operations with known truth, the same bytes for the same seed. Shares no code with any reader."""
