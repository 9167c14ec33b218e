"""The greeting: the same every time, set by the organisation, in the caller's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.nodes.language import Language
from flows.prompts.prompt import Prompt
from flows.prompts.salutation import welcome
from flows.steps import Leave, Step
from flows.verbs import Say

if TYPE_CHECKING:
    from flows.files.fields import Fields
    from flows.visit import Visit


@dataclass(frozen=True, slots=True)
class Greeting:
    """Greets the caller: salutation by the hour, the organisation, and what they must know before anything else.

    Said in this order: organisation and salutation (in English with the caller's name, if known), or `prompt` in their
    place; `notice` of the day; `recording_notice`, which no key interrupts; `open_promise` to a caller who waits for a
    callback; `offer` of help. While a caller's language is not known, everything is said in each language of the flow; when
    a `language` node comes next, each language's key follows at once.

    Example:

        welcome:
          type: greeting
          notice: {en: "Our shop is closed for stocktaking on Friday."}
          open_promise: {en: "We have your message and will call you back {open_promise.until|by}."}
          next: goodbye
    """

    name: str
    exits: dict[str, str]
    prompt: Prompt | None = None
    notice: Prompt | None = None
    recording_notice: Prompt | None = None
    open_promise: Prompt | None = None
    offer: Prompt | None = None
    barge_in: bool = True
    disabled: str = ""


def read(fields: Fields, name: str, disabled: str) -> Greeting:
    return Greeting(
        name=name,
        prompt=fields.prompt("prompt"),
        notice=fields.prompt("notice"),
        recording_notice=fields.prompt("recording_notice"),
        open_promise=fields.prompt("open_promise"),
        offer=fields.prompt("offer"),
        barge_in=fields.flag("barge_in", True),
        exits={"next": fields.target("next")},
        disabled=disabled,
    )


def enter(node: Greeting, visit: Visit) -> Step:
    known = visit.session.language_known
    languages = (visit.session.language,) if known else visit.flow.languages
    invitation = _invitation(node, visit)
    for language in languages:
        if node.prompt is None:
            visit.say_verb(Say(welcome(language, visit.known()), language), node.barge_in)
        else:
            visit.say(node.prompt, (language,), node.barge_in)
        visit.say(node.notice, (language,), node.barge_in)
        visit.say(node.recording_notice, (language,), barge_in=False)
        if visit.known().open_promise_until is not None:
            visit.say(node.open_promise, (language,), node.barge_in)
        visit.say(node.offer, (language,), node.barge_in)
        if invitation is not None and language in invitation.lines:
            visit.say(invitation, (language,), node.barge_in)
    visit.is_language_offered = invitation is not None
    return Leave("next")


def _invitation(node: Greeting, visit: Visit) -> Prompt | None:
    """The question of the language node that comes next, when the caller will be asked it."""
    following = visit.flow.nodes[visit.flow.resolve(node.exits["next"])]
    if visit.session.language_known or not isinstance(following, Language):
        return None
    return following.asking.prompt[0] if following.asking.prompt else None
