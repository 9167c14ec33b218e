"""An offer to call back instead of waiting or talking to a machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.events import CallbackRequested, QuotePromise
from flows.files.fields import KEYS
from flows.inputs import Digits, PromiseQuoted, Silence
from flows.nodes.asking import Asking, Chosen, GaveUp, ask, hear, read_asking
from flows.prompts.no_number import say_why
from flows.prompts.prompt import Prompt
from flows.steps import Ask, Fail, Leave, Step

if TYPE_CHECKING:
    from flows.files.fields import Fields
    from flows.visit import Visit


@dataclass(frozen=True, slots=True)
class Callback:
    """Offers to ring the caller back by a moment that can be kept. `not_possible` when there is none, or no number to ring.

    A caller whose number is withheld or cannot be rung first hears why (`no_number`, or built-in words).

    A caller who presses nothing has not accepted: the exit is `declined`.

    Example:

        ring_back:
          type: callback
          queue: desk
          prompt: {en: "We can call you back {promise.until|by}. Press 1 to accept, 2 to leave a message instead."}
          accept_key: "1"
          decline_key: "2"
          exits: {accepted: goodbye, declined: goodbye, not_possible: goodbye}
    """

    name: str
    exits: dict[str, str]
    queue: str
    asking: Asking
    intent: str = ""
    accept_key: str = "1"
    decline_key: str = "2"
    no_number: Prompt | None = None
    disabled: str = ""

    def keys(self) -> tuple[str, ...]:
        return (self.accept_key, self.decline_key)


def read(fields: Fields, name: str, disabled: str) -> Callback:
    if "prompt" not in fields:
        fields.missing("prompt")
    return Callback(
        name=name,
        queue=fields.slug("queue", None),
        intent=fields.slug("intent"),
        asking=read_asking(fields),
        no_number=fields.prompt("no_number"),
        accept_key=_key(fields, "accept_key", "1"),
        decline_key=_key(fields, "decline_key", "2"),
        exits=fields.exits(("accepted", "declined", "not_possible")),
        disabled=disabled,
    )


def _key(fields: Fields, name: str, default: str) -> str:
    key = fields.text(name, default)
    if not KEYS.fullmatch(key):
        fields.fault(fields.mapping.mark, "KEY", f'{name} must be one to six of 0-9 * # in quotes, such as "{default}"')
        return default
    return key


def enter(node: Callback, visit: Visit) -> Step:
    if node.queue not in visit.company.queues:
        return Fail(f'queue "{node.queue}" is not in company.yaml')
    if visit.session.number_is != "known":
        say_why(visit, node.no_number)
        return Leave("not_possible")
    return Ask(QuotePromise(node.queue, visit.intent(node.intent)))


def quoted(node: Callback, visit: Visit, given: PromiseQuoted) -> Step:
    visit.promise(node.queue, visit.intent(node.intent), given.until, given.time_zone)
    return Leave("not_possible") if given.until is None else present(node, visit)


def present(node: Callback, visit: Visit) -> Step:
    return ask(visit, node.asking, node.keys())


def answer(node: Callback, visit: Visit, given: Digits | Silence) -> Step:
    match hear(visit, node.asking, node.keys(), given):
        case Chosen(key) if key == node.accept_key:
            until = visit.promised_until()
            if until is None:
                return Fail("the caller accepted a callback for which no moment was promised")
            visit.emit(CallbackRequested(node.name, node.queue, visit.intent(node.intent), until))
            return Leave("accepted")
        case Chosen() | GaveUp():
            visit.change(promise=None)  # an offer not accepted binds nobody, and no later prompt may speak of it
            return Leave("declined")
        case step:
            return step
