"""The summary tells how many cases of each machine were played."""

from __future__ import annotations

import pytest

from tests.properties.examples import played


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, count in sorted(played.items()):
        terminalreporter.write_line(f"{name}: {count:,}")
