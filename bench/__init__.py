"""Measurements, each against a reference in the same run. docs/performance.md has the results."""
