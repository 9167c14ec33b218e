"""What a flow and a call may take at most. A call's state travels in a URL, so names and lists in it are short."""

from __future__ import annotations

MAX_FILE_BYTES = 256 * 1024
MAX_NODES = 300
MAX_OPTIONS = 12
MAX_TESTS = 200
MAX_PROMPT_CHARS = 1_000
MAX_NAME_CHARS = 32

MAX_STEPS_WITHOUT_WAIT = 100
MAX_STEPS = 500
MAX_CALL_SECONDS = 30 * 60
MAX_FAILED_ATTEMPTS = 8
MAX_REPEATS = 3
MAX_BACK = 4

# What a key of `keys` may mean besides a node.
BACK = "back"
REPEAT = "repeat"
