"""Log lines: structured, masked, and written without keeping a call waiting."""
