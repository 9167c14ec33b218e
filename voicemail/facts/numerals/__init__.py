"""Number words of each language."""
