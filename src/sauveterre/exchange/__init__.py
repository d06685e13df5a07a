"""Exchange: what leaves for partners, chiefs and the public, from records to files."""
