"""The product's own processes as the acceptance tests need them; the drill starts them in the same way."""

from __future__ import annotations

import re
from pathlib import Path

from drill.processes import ROOT, Product, free_port, product, wait_for

__all__ = ["KOREAN_FLOWS", "ROOT", "Product", "free_port", "memory_by_process", "product", "wait_for"]

KOREAN_FLOWS = ROOT / "tests" / "definitions" / "ko"


def memory_by_process(root: int) -> dict[str, float]:
    """The proportional memory (PSS) of a process and all below it, in MB, by command line; shared pages count once in all."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    family, found = [root], {}
    for pid in family:
        family += [child for child, parent in parents.items() if parent == pid]
        title = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        pss = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
        assert pss, title
        found[f"{pid} {title}"] = int(pss[1]) / 1024
    return found
