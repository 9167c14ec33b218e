"""The modes of the line are chosen by name; an unknown one is refused with the names of all."""

from __future__ import annotations

import pytest

from ivr.line.durations import seconds_of
from ivr.line.playing.modes import InvalidModes, Modes


def test_modes_are_read_by_name() -> None:
    assert Modes.parse("") == Modes()
    chosen = Modes.parse("empty-recording=next, recording_callback=before availability=2s")
    assert chosen == Modes(empty_recording="next", recording_callback="before", availability_seconds=2.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("empty-recordings=next", "Modes: empty-recording, empty-digits, hangup-in-dial, recording-callback"),
        ("hangup-in-dial=maybe", "must be one of action, none"),
        ("availability=soon", "'soon' is not a duration"),
        ("availability_seconds", "'' is not a duration"),
    ],
)
def test_an_unknown_mode_is_refused_with_the_names_of_all_modes(text: str, said: str) -> None:
    with pytest.raises(InvalidModes, match=said):
        Modes.parse(text)


@pytest.mark.parametrize(("text", "seconds"), [("3s", 3), ("250ms", 0.25), ("2m", 120), ("1.5", 1.5)])
def test_durations_are_read_with_their_unit(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds
