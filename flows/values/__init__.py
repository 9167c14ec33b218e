"""How people write hours, days, dates, durations, numbers, places and languages: one reader for each kind.

Each reader returns the one form that is stored, or raises ValueError with what is wrong and what would be right. Anything that
reads a value of an author's file may import them. They read no store and know no file.
"""
