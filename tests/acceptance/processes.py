"""The product's own processes as the acceptance tests need them; the drill starts them in the same way."""

from __future__ import annotations

import re
from pathlib import Path

from drill.processes import ROOT, Product, free_port, product, wait_for

__all__ = ["KOREAN_FLOWS", "ROOT", "Product", "free_port", "memory_mb", "product", "wait_for"]

KOREAN_FLOWS = ROOT / "tests" / "definitions" / "ko"


def memory_mb(process_name: str, parent: int) -> float:
    """The resident memory of a child of `parent` whose last argument is `process_name`, in MB."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            command = status.with_name("cmdline").read_bytes().split(b"\0")
            text = status.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        is_child = re.search(rf"^PPid:\t{parent}$", text, re.MULTILINE)
        if is_child and len(command) > 1 and command[-2].decode() == process_name:
            found = re.search(r"^VmRSS:\s+(\d+) kB", text, re.MULTILINE)
            assert found
            return int(found[1]) / 1024
    raise AssertionError(f"no process {process_name}")
