"""The commands that run until they are stopped: api, worker, clock, line, and `serve` for all of them."""
