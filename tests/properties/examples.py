"""How many cases are played: few and always the same ones here, as many as asked by hand.

`RINGBACK_EXAMPLES=100000` asks for that many of each machine, `RINGBACK_SEED=7` for others than the usual ones. A failing case
is shown as it came; `RINGBACK_SHRINK=1` makes it as short as possible first, which may take five minutes.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine

_PHASES = (Phase.explicit, Phase.generate)
# Cases and steps that were played to their end, by machine; the summary of the run tells them (conftest.py).
played: Counter[str] = Counter()


def by_hand() -> bool:
    return "RINGBACK_EXAMPLES" in os.environ


def as_test(machine: type[RuleBasedStateMachine], usual: int, steps: int) -> Any:
    """The machine as a test: `usual` cases of up to `steps` steps each unless the environment says otherwise."""
    seed = os.environ.get("RINGBACK_SEED")
    if seed is not None:
        hypothesis.seed(int(seed))(machine)  # on its TestCase nobody would look for it
    case = pytest.mark.timeout(0 if by_hand() else 120)(machine.TestCase)
    case.settings = settings(
        max_examples=int(os.environ.get("RINGBACK_EXAMPLES") or usual),
        stateful_step_count=steps,
        derandomize=seed is None,
        database=None,
        deadline=None,
        print_blob=True,
        phases=_PHASES + ((Phase.shrink,) if "RINGBACK_SHRINK" in os.environ else ()),
        suppress_health_check=list(HealthCheck),
    )
    return case
