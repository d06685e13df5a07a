"""What readers of exported conversations share: JSON of any length, and rows that become records."""
