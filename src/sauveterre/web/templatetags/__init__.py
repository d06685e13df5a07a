"""What templates can say: marks of sources, tags of findings, words, dates."""
