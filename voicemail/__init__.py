"""Recordings of messages and their transcripts."""
