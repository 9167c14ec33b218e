"""Hands a moment of the call to the node that it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from flows.inputs import Dialed, Digits, HoursRead, PromiseQuoted, Recorded, Result, Silence
from flows.nodes import (
    Callback,
    End,
    Greeting,
    Hours,
    Language,
    Menu,
    Node,
    Prompt,
    Transfer,
    Voicemail,
    callback,
    end,
    greeting,
    hours,
    language,
    menu,
    prompt,
    transfer,
    voicemail,
)
from flows.steps import Fail, Step

if TYPE_CHECKING:
    from flows.visit import Visit


def enter(node: Node, visit: Visit, returning: bool) -> Step:
    """Begin a visit of a node."""
    match node:
        case Greeting():
            return greeting.enter(node, visit)
        case Prompt():
            return prompt.enter(node, visit)
        case Menu():
            return menu.enter(node, visit)
        case Language():
            return language.enter(node, visit, returning)
        case Hours():
            return hours.enter(node, visit)
        case Voicemail():
            return voicemail.enter(node, visit)
        case Callback():
            return callback.enter(node, visit)
        case Transfer():
            return transfer.enter(node, visit)
        case End():
            return end.enter(node, visit)
    assert_never(node)


def answer(node: Node, visit: Visit, given: Digits | Silence | Recorded | Dialed | Result) -> Step | None:
    """Give a node what it waits for; None when it waits for something else."""
    wait = visit.session.wait
    match node, given:
        case Menu(), Digits() | Silence() if wait == "gather":
            return menu.answer(node, visit, given)
        case Language(), Digits() | Silence() if wait == "gather":
            return language.answer(node, visit, given)
        case Callback(), Digits() | Silence() if wait == "gather":
            return callback.answer(node, visit, given)
        case Voicemail(), Recorded() if wait == "record":
            return voicemail.answer(node, visit, given)
        case Transfer(), Dialed() if wait == "dial":
            return transfer.answer(node, visit, given)
        case Hours(), HoursRead() if wait == "effect":
            return hours.answer(node, visit, given)
        case Voicemail(), PromiseQuoted() if wait == "effect":
            return voicemail.quoted(node, visit, given)
        case Callback(), PromiseQuoted() if wait == "effect":
            return callback.quoted(node, visit, given)
    return None


def again(node: Node, visit: Visit) -> Step:
    """Put the present wait of a node once more; Fail when the state fits no wait of it."""
    match node, visit.session.wait:
        case Menu(), "gather":
            return menu.enter(node, visit)
        case Language(), "gather":
            return language.present(node, visit)
        case Callback(), "gather":
            return callback.present(node, visit)
        case Voicemail(), "record":
            return voicemail.present(node, visit)
        case Transfer(), "dial":
            return transfer.present(node, visit)
        case Hours(), "effect":
            return hours.enter(node, visit)
        case Voicemail(), "effect":
            return voicemail.enter(node, visit)
        case Callback(), "effect":
            return callback.enter(node, visit)
    return Fail(f'the call\'s state does not fit node "{node.name}"')
