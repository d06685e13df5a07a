"""The nouns of the domain: small frozen records, each with its provenance. Nothing here touches the disk."""
