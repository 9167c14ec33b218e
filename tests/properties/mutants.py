"""Switches off one protection after another in a copy of the source, and runs the tests that should notice.

script/mutants                  all of them
script/mutants signature spool  some
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_COPIED = shutil.ignore_patterns(
    ".venv", ".git", "data", "build", "node_modules", "__pycache__", "*.egg-info", ".hypothesis", ".*_cache"
)
PATIENCE_SECONDS = 900


class SourceChanged(Exception):
    """The text that a mutant replaces does not occur exactly once in its file: update MUTANTS."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A protection: its name, its file and line, the line without it, and the tests that should notice."""

    guard: str
    file: str
    line: str
    without: str
    tests: tuple[str, ...]


SIGNATURES = ("tests/ivr/test_signatures.py",)
CALLS = ("tests/ivr/test_whole_calls.py",)
SQL_AWAY = ("tests/ivr/test_sql_away.py",)
DESK = ("tests/callbacks/test_desk.py",)
FOUND = ("tests/properties/test_found.py",)

MUTANTS = (
    Mutant(
        "signature: the check",
        "ivr/providers/twilio.py",
        "        return any(hmac.",
        "        return True or any(hmac.",
        SIGNATURES,
    ),
    Mutant(
        "signature: the algorithm is ours",
        "ivr/providers/twilio.py",
        "if not signature or (settings and get_signature_algorithm(settings) != HMAC_SHA1):",
        "if not signature:",
        SIGNATURES,
    ),
    Mutant(
        "fence: nonce of a lease",
        "callbacks/desk.py",
        "if callback.state not in HELD_STATES or callback.nonce != nonce:",
        "if callback.state not in HELD_STATES:",
        DESK,
    ),
    Mutant(
        "fence: version at a claim",
        "callbacks/claims.py",
        '        return callback if callback.state == "ready" and callback.version == reserved.version else None\n',
        "        return callback\n",
        FOUND,
    ),
    Mutant(
        "fence: a claim whose answer was lost",
        "callbacks/claims.py",
        "            mine = None if found is None else self._committed(found.id, nonce)\n",
        "            mine = None\n",
        ("tests/callbacks/test_claims.py",),
    ),
    Mutant(
        "deduplication: key of a turn",
        "ivr/journal/turn_writer.py",
        "            if key in new:\n                new.remove(key)",
        "            if True:\n                new.discard(key)",
        CALLS,
    ),
    Mutant(
        "deduplication: one message a recording",
        "voicemail/mailbox.py",
        '        return load(connection, known.id) if known.callback_id is None and known.status != "deleted" else None\n',
        "        return load(connection, known.id)\n",
        ("tests/voicemail/test_mailbox.py",),
    ),
    Mutant(
        "deduplication: one callback a request",
        "callbacks/intake.py",
        "    if known is not None:\n        return str(known)\n",
        "",
        ("tests/callbacks/test_intake.py",),
    ),
    Mutant(
        "spool: turns are put aside",
        "ivr/journal/journal.py",
        "            self._spool.append([pack(record)])\n",
        "            pack(record)\n",
        SQL_AWAY,
    ),
    Mutant(
        "spool: that of a dead process is adopted",
        "ivr/journal/journal.py",
        "        if self._spool.adopt():\n",
        "        if not self._spool:\n",
        SQL_AWAY,
    ),
    Mutant(
        "spool: what was heard stands",
        "ivr/journal/turn_writer.py",
        "            if from_spool and ",
        "            if not from_spool and ",
        ("tests/ivr/test_late_turns.py",),
    ),
    Mutant(
        "rebuild: an emptied index",
        "callbacks/clock.py",
        "                return 0, rebuild(self._engine, queue)\n",
        "                return 0, False\n",
        ("tests/callbacks/test_clock.py", "tests/callbacks/test_queue.py"),
    ),
    Mutant(
        "rebuild: a wrong entry is repaired",
        "callbacks/queue/consistency.py",
        "        repaired = repair(self._engine, self._queue, suspects) if suspects else 0\n",
        "        repaired = 0\n",
        ("tests/callbacks/test_clock.py", "tests/callbacks/test_consistency.py", *FOUND),
    ),
)


def main(wanted: list[str]) -> int:
    chosen = [mutant for mutant in MUTANTS if not wanted or mutant.guard.split(":")[0] in wanted]
    folder = Path(tempfile.mkdtemp(prefix="rb-mutants-"))
    survivors = 0
    try:
        tree = folder / "tree"
        shutil.copytree(ROOT, tree, ignore=NOT_COPIED, symlinks=True)
        tests = sorted({test for mutant in chosen for test in mutant.tests})
        began = time.monotonic()
        failing = failed_tests(tree, tests, stop_at_first=False)
        if failing:
            print("Without any mutant these fail already, so nothing can be said:", *failing, sep="\n  ")
            return 1
        print(f"{'nothing switched off':42} all of {len(tests)} files pass, {time.monotonic() - began:.0f} s")
        for mutant in chosen:
            began = time.monotonic()
            found = failed_tests(mutated(tree, mutant), mutant.tests)
            restore(tree, mutant)
            survivors += not found
            verdict = f"noticed by {found[0].split('::')[-1]}" if found else "SURVIVED: no test noticed"
            print(f"{mutant.guard:42} {verdict}, {time.monotonic() - began:.0f} s", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} mutants noticed")
    return 1 if survivors else 0


def mutated(tree: Path, mutant: Mutant) -> Path:
    """The tree with this guard off. Raises SourceChanged."""
    source = (ROOT / mutant.file).read_text("utf-8")
    if source.count(mutant.line) != 1:
        raise SourceChanged(f"{mutant.file} holds {source.count(mutant.line)} times, not once:\n{mutant.line}")
    (tree / mutant.file).write_text(source.replace(mutant.line, mutant.without), "utf-8")
    return tree


def restore(tree: Path, mutant: Mutant) -> None:
    (tree / mutant.file).write_text((ROOT / mutant.file).read_text("utf-8"), "utf-8")


def failed_tests(tree: Path, tests: list[str] | tuple[str, ...], *, stop_at_first: bool = True) -> list[str]:
    """The tests that fail in this tree, on SQLite only. A run that cannot even begin, or hangs, is no answer: it raises."""
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        *tests,
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "not postgres",
        "-rfE",
        "--no-header",
    ]
    command += ["--tb=no", *(["-x"] if stop_at_first else [])]
    run = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    lines = [line for line in run.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    if run.returncode != 0 and not lines:
        raise RuntimeError(f"pytest could not run ({run.returncode}):\n{run.stdout[-3000:]}{run.stderr[-3000:]}")
    return [line.split(" ", 1)[1].split(" - ")[0] for line in lines]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
