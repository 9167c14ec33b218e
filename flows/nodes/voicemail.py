"""A message for somebody who will call back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.events import QuotePromise, VoicemailBegun, VoicemailEmpty, VoicemailLeft
from flows.inputs import PromiseQuoted, Recorded
from flows.prompts.no_number import ask_for_number
from flows.prompts.prompt import Prompt
from flows.steps import Ask, Await, Fail, Leave, Step
from flows.verbs import Record

if TYPE_CHECKING:
    from flows.files.fields import Fields
    from flows.visit import Visit

SHORTEST_MESSAGE_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Voicemail:
    """Records a message for a queue. On entry a promise is asked for; without one the message is taken all the same.

    A caller who cannot be rung is promised nothing: before `prompt` they hear why, and are asked to say a number (`no_number`,
    or built-in words).
    `{promise.until|by}` is the moment by which somebody calls back; put it in square brackets, for there may be none.
    `intent` is what the caller wants; unless written it is their last choice in a menu.

    Example:

        mailbox:
          type: voicemail
          queue: desk
          prompt: {en: "Please leave a message after the tone.[ We will call you back {promise.until|by}.]"}
          max: 3m
          silence: 5s
          end_key: "#"
          exits: {saved: goodbye, empty: goodbye}
    """

    name: str
    exits: dict[str, str]
    queue: str
    prompt: Prompt | None
    intent: str = ""
    max_seconds: int = 180
    silence_seconds: int = 5
    end_key: str = "#"
    no_number: Prompt | None = None
    disabled: str = ""


def read(fields: Fields, name: str, disabled: str) -> Voicemail:
    return Voicemail(
        name=name,
        queue=fields.slug("queue", None),
        intent=fields.slug("intent"),
        prompt=fields.prompt("prompt"),
        no_number=fields.prompt("no_number"),
        max_seconds=fields.seconds("max", 180, 5, 600),
        silence_seconds=fields.seconds("silence", 5, 2, 30),
        end_key=fields.one_of("end_key", tuple("#*0123456789"), "#"),
        exits=fields.exits(("saved", "empty")),
        disabled=disabled,
    )


def enter(node: Voicemail, visit: Visit) -> Step:
    if node.queue not in visit.company.queues:
        return Fail(f'queue "{node.queue}" is not in company.yaml')
    if visit.session.number_is != "known":
        return _begin(node, visit)
    return Ask(QuotePromise(node.queue, visit.intent(node.intent)))


def quoted(node: Voicemail, visit: Visit, given: PromiseQuoted) -> Step:
    visit.promise(node.queue, visit.intent(node.intent), given.until, given.time_zone)
    return _begin(node, visit)


def _begin(node: Voicemail, visit: Visit) -> Step:
    step = present(node, visit)
    visit.emit(VoicemailBegun(node.name, node.queue, visit.intent(node.intent), visit.promised_until()))
    return step


def present(node: Voicemail, visit: Visit) -> Step:
    if visit.session.number_is != "known":
        ask_for_number(visit, node.no_number)
    visit.say(node.prompt)
    return Await(Record(node.max_seconds, node.silence_seconds, node.end_key))


def answer(node: Voicemail, visit: Visit, given: Recorded) -> Step:
    if given.recording_id is None or is_empty(given.seconds):
        visit.emit(VoicemailEmpty(node.name))
        visit.change(promise=None)  # nobody calls back for nothing: no later prompt may say so
        return Leave("empty")
    visit.emit(left(node, visit, given.recording_id, given.seconds))
    return Leave("saved")


def is_empty(seconds: int | None) -> bool:
    """Whether the provider measured nothing; a length that is not known is looked up in the recording."""
    return seconds is not None and seconds < SHORTEST_MESSAGE_SECONDS


def left(node: Voicemail, visit: Visit, recording_id: str, seconds: int | None) -> VoicemailLeft:
    """The event of a message, also of one whose caller hung up while speaking."""
    intent = visit.intent(node.intent)
    return VoicemailLeft(node.name, node.queue, intent, recording_id, seconds, visit.promised_until())
