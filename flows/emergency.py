"""What a provider plays by itself when none of our processes can take a turn: a greeting, an apology, a recording."""

from __future__ import annotations

from flows.company.company import Company
from flows.last_resort import apology, record, welcome
from flows.model import Flow
from flows.nodes import Greeting
from flows.verbs import Play, Verb


def emergency(flow: Flow, company: Company) -> tuple[Verb, ...]:
    """Return the verbs, in the first language of the flow."""
    language = flow.languages[0]
    return (_recorded_greeting(flow, language) or welcome(company, language), apology(language), record())


def _recorded_greeting(flow: Flow, language: str) -> Play | None:
    """The greeting with which the flow begins, where it is a recording."""
    start = flow.nodes[flow.resolve(flow.start)]
    line = start.prompt.lines.get(language) if isinstance(start, Greeting) and start.prompt is not None else None
    if line is None or line.recorded is None:
        return None
    return Play(line.audio, line.text, language, line.recorded.content, line.recorded.seconds)
