"""Messages and their words."""

import os

# A worker has a thread for each message. numpy's library would start one more for each processor, which wait by spinning: its
# work took three to seven times the CPU beside a busy processor (docs/performance.md). Heard by numpy when it is imported next.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
