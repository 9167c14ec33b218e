"""Telephone numbers in a message: how they are dictated, announced, corrected, and told from other digits."""
