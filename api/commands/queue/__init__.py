"""`ringback queue`: the callbacks by deadline, and what an agent does with them."""
