"""What the line keeps in the data folder: its account, finished calls and recordings."""
