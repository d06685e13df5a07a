"""The chains, pure: from a source to entries, fingerprints and messages, and from all of them to findings."""
