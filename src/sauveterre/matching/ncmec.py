"""What NCMEC's hash sharing calls things, in XML and in JSON alike."""

SCHEME = "industry-classification"
"""Of its categories, A1 to B2."""
