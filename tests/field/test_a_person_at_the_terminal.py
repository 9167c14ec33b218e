"""A newcomer leaves a message with `ringback call`: types a path, thinks about it, or hangs up."""

import asyncio

import pytest

from ivr.line.caller.keyboard import LineEditor
from ivr.line.caller.terminal import hangs_up
from ivr.line.playing.caller_channel import CallerChannel
from ivr.line.playing.recording import record_caller
from ivr.line.protocol import Event, Keys, Mute, Recording, Speak
from ivr.line.sound import tone
from ivr.line.twiml.verbs import Record

TYPING_SECONDS = 0.6
SPOKEN_SECONDS = 0.2


class _Typist:
    """Says nothing while the path is typed, then speaks the file and presses #."""

    def __init__(self) -> None:
        self.channel: CallerChannel
        self.typing: asyncio.Task[None] | None = None

    async def hear(self, event: Event) -> None:
        if isinstance(event, Recording) and event.seconds_so_far == 0:
            self.channel.act(Mute())
            self.typing = asyncio.create_task(self._type())
        elif isinstance(event, Recording):
            self.channel.act(Keys(keys="#"))

    async def _type(self) -> None:
        await asyncio.sleep(TYPING_SECONDS)
        self.channel.act(Speak(audio=tone(SPOKEN_SECONDS).wav()))


async def test_the_time_of_typing_a_path_is_not_recorded() -> None:
    person = _Typist()
    person.channel = CallerChannel(person, "real")
    captured = await record_caller(person.channel, Record("", "POST", 5, "#", 60, True, True, "", "POST", frozenset()))
    assert captured.ended_by == "key"
    assert SPOKEN_SECONDS <= captured.sound.seconds < TYPING_SECONDS


@pytest.mark.parametrize("typed", ["h\n", " h \n", "H\n"])
def test_h_and_enter_at_the_beep_hang_up(typed: str) -> None:
    editor = LineEditor()
    lines = [line for character in typed if (line := editor.type(character)[1]) is not None]
    assert [hangs_up(line) for line in lines] == [True]


def test_a_file_whose_name_begins_with_h_is_spoken() -> None:
    assert not hangs_up("hello.wav")
