"""What a flow refers to outside itself: prompts by node, recordings, calendars, queues and teams of the company."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from flows.company.company import Company
from flows.company.house import calendar_of
from flows.files.faults import Fault, suggestion
from flows.model import Flow
from flows.nodes import Callback, End, Greeting, Hours, Language, Menu, Node, Prompt, Transfer, Voicemail
from flows.prompts.prompt import Line
from flows.prompts.prompt import Prompt as Words
from flows.prompts.recorded import Recorded

Place = tuple[str, ...]


def node_prompts(node: Node) -> Iterator[tuple[str, Words]]:
    """Yield each prompt of a node with the field it stands in."""
    if isinstance(node, Voicemail | Callback) and node.no_number is not None:
        yield "no_number", node.no_number
    match node:
        case Greeting():
            named = {
                "prompt": node.prompt,
                "notice": node.notice,
                "recording_notice": node.recording_notice,
                "open_promise": node.open_promise,
                "offer": node.offer,
            }
            yield from ((field, prompt) for field, prompt in named.items() if prompt is not None)
        case Prompt() | Voicemail() | Transfer() | End():
            if node.prompt is not None:
                yield "prompt", node.prompt
        case Menu() | Language() | Callback():
            asking = node.asking
            for field, prompts in (
                ("prompt", asking.prompt),
                ("no_input", asking.no_input),
                ("no_match", asking.no_match),
            ):
                yield from ((field, prompt) for prompt in prompts)
        case Hours():
            return
        case _:
            assert_never(node)


def spoken_lines(flow: Flow) -> Iterator[Line]:
    """Yield every line that a flow may say."""
    in_nodes = (prompt for node in flow.nodes.values() for _, prompt in node_prompts(node))
    for prompt in (*flow.prompts.values(), *in_nodes):
        yield from prompt.lines.values()


def recordings(flow: Flow) -> dict[str, Recorded]:
    """Return the audio files that a flow plays as far as they were listened to, sorted by name."""
    found = {line.audio: line.recorded for line in spoken_lines(flow) if line.recorded is not None}
    return dict(sorted(found.items()))


def unknown_references(flow: Flow, company: Company) -> list[Fault]:
    """Return a fault for each calendar, queue and team that company.yaml does not have."""
    faults: list[Fault] = []

    def expect(place: Place, kind: str, name: str, known: Mapping[str, object]) -> None:
        if name not in known:
            mark = flow.mark("nodes", *place)
            has = f"{kind.capitalize()}s there: {', '.join(known)}." if known else f"It has no {kind}s."
            message = f'node "{place[0]}": {kind} "{name}" is not in company.yaml.{suggestion(name, known)} {has}'
            faults.append(Fault(flow.path, mark.line, mark.column, f"UNKNOWN_{kind.upper()}", message))

    for name, node in flow.nodes.items():
        match node:
            case Hours():
                if node.calendar:
                    expect((name, "calendar"), "calendar", node.calendar, company.calendars)
                faults.extend(_without_hours(flow, company, name))
            case Voicemail() | Callback():
                expect((name, "queue"), "queue", node.queue, company.queues)
            case Transfer():
                for team in node.teams():
                    expect((name, "to"), "team", team, company.teams)
            case Greeting() | Prompt() | Menu() | Language() | End():
                pass
            case _:
                assert_never(node)
    return sorted(faults)


def _without_hours(flow: Flow, company: Company, node: str) -> Iterator[Fault]:
    """A fault where an hours node names no calendar and a number of its flow has none either."""
    hours = flow.nodes[node]
    numbers = [number for number, definition in company.numbers.items() if definition.flow == flow.flow] or [""]
    without = [number for number in numbers if not calendar_of(flow, company, number)]
    if isinstance(hours, Hours) and without:
        mark = flow.mark("nodes", node)
        which = f' number "{without[0]}" has none' if without[0] else " no number has one"
        message = f'node "{node}": calendar is missing, and{which}. Calendars: {", ".join(company.calendars)}.'
        yield Fault(flow.path, mark.line, mark.column, "UNKNOWN_CALENDAR", message)
