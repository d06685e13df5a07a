"""Content to fingerprint: digests, kind, picture hash, metadata, thumbnail; and the sandbox that all of it runs in."""
