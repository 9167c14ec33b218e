"""What callers may want in a flow: the intents that its nodes give to those who call back."""

from __future__ import annotations

from flows.model import Flow
from flows.nodes.callback import Callback
from flows.nodes.menu import Menu
from flows.nodes.voicemail import Voicemail
from flows.visit import GENERAL


def intents_of(flow: Flow) -> frozenset[str]:
    """Every intent that a callback of this flow can have."""
    found = {GENERAL}
    for node in flow.nodes.values():
        match node:
            case Menu(options=options):
                found.update(option.intent for option in options)
            case Voicemail(intent=intent) | Callback(intent=intent):
                found.add(intent)
            case _:
                pass
    return frozenset(found - {""})
