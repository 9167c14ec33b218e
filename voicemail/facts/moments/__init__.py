"""How times and dates are said in each language."""
