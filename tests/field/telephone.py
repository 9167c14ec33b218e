"""A folder of definitions as somebody writes it, and calls of it through the engine with its real calendars."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from api.compiled import Compiled, compile_folder
from callbacks.schedule.promise_quote import perform_effect
from flows.inputs import Input
from flows.session import Caller
from flows.testing.acts import Elapse, parse_act
from flows.testing.rehearsal import Rehearsal
from flows.testing.scripts import parse_moment

# Gives a folder with these files, by their names.
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def into(**files: str) -> Path:
        folder = tmp_path / "my-flows"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / f"{name}.yaml").write_text(text, "utf-8")
        return folder

    return into


class Telephone:
    """Rings a house whose folder was compiled, and listens."""

    def __init__(self, folder: Path, at: str, now: datetime | None = None) -> None:
        self.at = parse_moment(at)
        self.compiled: Compiled = compile_folder(folder, now or self.at)
        self.company = self.compiled.company()

    def ring(self, *acts: str, called: str = "", caller: Caller | None = None) -> Rehearsal:
        """A call with what the caller does, written as in a flow's tests."""
        name = self.company.flow_for(called)
        assert name is not None
        flow = self.compiled.definitions.flows[name]
        call = Rehearsal(flow, self.company, lambda node, effect, now: perform_effect(effect, self.company, now))
        call.begin(caller or Caller(number="+37120000001"), self.at, called)
        now = self.at
        for act in acts:
            does: Input | Elapse = parse_act(act)
            if isinstance(does, Elapse):
                now += does.by
            else:
                call.take(does, now)
        return call


def words(call: Rehearsal) -> str:
    """All that was heard in a call."""
    return " ".join(each.text for each in call.heard)
