"""The modes in which sources about Twilio disagree are chosen by name, or refused with the names there are."""

from __future__ import annotations

import pytest

from ivr.line.playing.modes import ModeFault, Modes, seconds_of


def test_modes_are_read_by_name() -> None:
    assert Modes.parse("") == Modes()
    chosen = Modes.parse("empty-recording=next, recording_callback=before availability=2s")
    assert chosen == Modes(empty_recording="next", recording_callback="before", availability_seconds=2.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("empty-recordings=next", "Modes: empty-recording, empty-digits, hangup-in-dial, recording-callback"),
        ("hangup-in-dial=maybe", "must be one of action, none"),
        ("availability=soon", "'soon' is not a time"),
        ("availability_seconds", "'' is not a time"),
    ],
)
def test_a_mode_that_is_none_is_refused_with_those_that_are(text: str, said: str) -> None:
    with pytest.raises(ModeFault, match=said):
        Modes.parse(text)


@pytest.mark.parametrize(("text", "seconds"), [("3s", 3), ("250ms", 0.25), ("2m", 120), ("1.5", 1.5)])
def test_times_are_read_with_their_unit(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds
