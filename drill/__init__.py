"""The reliability drill: runs real processes, causes faults, and checks that nothing was lost. See docs/reliability.md."""
