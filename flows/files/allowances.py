"""Comments that silence a finding: `# check: allow CODE reason`."""

from __future__ import annotations

import re

_ALLOW = re.compile(r"(?:^|\s)#\s*check:\s*allow\s+([A-Z_]+)\s+\S")


def allowed_findings(text: str) -> frozenset[tuple[int, str]]:
    """Return what comments allow, as (line, code). A comment on a line of its own speaks of the next line that is none."""
    allowed: set[tuple[int, str]] = set()
    waiting: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        codes = [found[1] for found in _ALLOW.finditer(line)]
        if line.lstrip().startswith("#") or not line.strip():
            waiting += codes
        else:
            allowed.update((number, code) for code in (*waiting, *codes))
            waiting = []
    return frozenset(allowed)
