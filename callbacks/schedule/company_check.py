"""A company compiled before it is used: every value that a call would understand first is understood here.

Every calendar is walked for 400 days in its zone, every queue quotes a promise for each of its targets on many days, every
country, language and number is looked up. One check for the commands, the first start and the doctor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches

from callbacks.schedule.calendar import HORIZON
from callbacks.schedule.calendar_check import Note, check_calendar
from callbacks.schedule.promise_quote import quote
from flows.checks.findings import Finding
from flows.company.company import DEFAULT, Company, Place
from flows.files.faults import suggestion
from flows.model import Flow
from flows.nodes import Callback, Hours, Transfer, Voicemail
from flows.nodes.menu import Menu
from flows.values.language import unknown_language
from flows.values.places import country_meant
from flows.values.telephone import is_possible

_MAKERS = ("Polly", "Google", "ElevenLabs", "Azure", "Deepgram")
_VOICE = re.compile(rf"(?:alice|man|woman|(?:{'|'.join(_MAKERS)})\.[A-Za-z0-9][A-Za-z0-9_.-]*)")
_QUOTED_EVERY = timedelta(days=7)
_FILE = "company.yaml"


def check_company(company: Company, flows: Mapping[str, Flow], now: datetime) -> list[Finding]:
    """Return everything found in a company, in the order of its lines, without the warnings that its comments allow."""
    notes: list[Note] = []
    for name, definition in company.calendars.items():
        notes += check_calendar(name, definition, now)
    for name in company.queues:
        notes += _queue(company, name, now)
    notes += _numbers(company)
    notes += _languages(company)
    notes += _voices(company)
    notes += _home(company)
    if flows:
        notes += _unused(company, flows)
    found = []
    for code, severity, place, message, remedy in notes:
        mark = company.mark(*place)
        if severity == "error" or not company.allows(mark.line, code):
            found.append(Finding(code, severity, _FILE, mark.line, mark.column, "", message, remedy))
    return sorted(found, key=lambda finding: (finding.line, finding.column, finding.code, finding.message))


def _queue(company: Company, name: str, now: datetime) -> Iterator[Note]:
    queue = company.queues[name]
    for index, target in enumerate(queue.targets):
        day = now
        while day < now + HORIZON:
            quoted = quote(company, name, target.intent or "", target.language or "", day, 0)
            if quoted.until is None:
                message = f'queue "{name}": nothing can be promised on {day:%Y-%m-%d} ({quoted.ledger["not_possible"]})'
                remedy = "Give its calendar more hours, or the target less time; quiet hours count as closed."
                yield "NO_PROMISE", "error", ("queues", name, "targets", str(index)), message, remedy
                break
            day += _QUOTED_EVERY


def _numbers(company: Company) -> Iterator[Note]:
    if DEFAULT not in company.numbers:
        message = "no flow answers a number that is not named here: its callers would hear an apology."
        yield "NO_DEFAULT", "warning", ("numbers",), message, "Add default: FLOW to numbers."
    for number in company.numbers:
        if number != DEFAULT and number.startswith("+") and not is_possible(number):
            yield _impossible(("numbers", number), f'number "{number}"')
    for name, team in company.teams.items():
        for number in team.numbers:
            if not is_possible(number):
                yield _impossible(("teams", name, "numbers"), f'team "{name}": "{number}"')


def _impossible(place: Place, what: str) -> Note:
    return (
        "IMPOSSIBLE_NUMBER",
        "error",
        place,
        f"{what} has a length that no number of its country has.",
        "Count its figures.",
    )


def _languages(company: Company) -> Iterator[Note]:
    places: list[tuple[Place, str]] = [(("default_language",), company.default_language)]
    for key, tags in (
        ("organisation", company.organisation),
        ("voices", company.voices),
        ("words", company.words),
    ):
        places += [((key, tag), tag) for tag in tags]
    for name, queue in company.queues.items():
        places += [(("queues", name, "title", tag), tag) for tag in queue.title]
        for index, target in enumerate(queue.targets):
            places += (
                [(("queues", name, "targets", str(index), "language"), target.language)] if target.language else []
            )
    for name, team in company.teams.items():
        places += [(("teams", name, "title", tag), tag) for tag in team.title]
    for number, called in company.numbers.items():
        places += [(("numbers", number, "organisation", tag), tag) for tag in called.organisation]
    for name, calendar in company.calendars.items():
        for index, exception in enumerate(calendar.exceptions):
            places += [(("calendars", name, "exceptions", str(index), "name", tag), tag) for tag in exception.name]
    for place, tag in places:
        if tag and (wrong := unknown_language(tag)):
            yield "UNKNOWN_LANGUAGE", "error", place, wrong, "Write a code such as en, lv or pt-BR."


def _voices(company: Company) -> Iterator[Note]:
    for tag, voice in company.voices.items():
        if not _VOICE.fullmatch(voice):
            maker, dot, rest = voice.partition(".")
            near = get_close_matches(maker.capitalize(), _MAKERS, n=1, cutoff=0.6) if dot else []
            meant = f"Did you mean {near[0]}.{rest}?" if near else "Write the carrier's name of it, such as Polly.Amy."
            yield (
                "UNKNOWN_VOICE",
                "warning",
                ("voices", tag),
                f'voices: "{voice}" is no voice that carriers have.',
                meant,
            )


def _home(company: Company) -> Iterator[Note]:
    import phonenumbers

    if company.home_country not in phonenumbers.SUPPORTED_REGIONS:
        message = f'home_country "{company.home_country}" is no country with telephone numbers.'
        meant = country_meant(company.home_country, phonenumbers.SUPPORTED_REGIONS).strip()
        yield "UNKNOWN_COUNTRY", "error", ("home_country",), message, meant or "Write a code such as LV."


def _unused(company: Company, flows: Mapping[str, Flow]) -> Iterator[Note]:
    """What no flow uses: most of it is a name with a slip."""
    nodes = [node for flow in flows.values() for node in flow.nodes.values()]
    languages = {language for flow in flows.values() for language in flow.languages}
    intents = {option.intent for node in nodes if isinstance(node, Menu) for option in node.options} | {"general"}
    intents |= {node.intent for node in nodes if isinstance(node, Voicemail | Callback) and node.intent}
    queues = {node.queue for node in nodes if isinstance(node, Voicemail | Callback)}
    calendars = {node.calendar for node in nodes if isinstance(node, Hours)}
    calendars |= {queue.calendar for queue in company.queues.values()}
    calendars |= {number.calendar for number in company.numbers.values() if number.calendar}
    teams = {team for node in nodes if isinstance(node, Transfer) for team in node.teams()}
    for kind, names, used in (
        ("queue", company.queues, queues),
        ("calendar", company.calendars, calendars),
        ("team", company.teams, teams),
    ):
        for name in names:
            if name not in used:
                yield (
                    "UNUSED",
                    "warning",
                    (f"{kind}s", name),
                    f'{kind} "{name}" is used by no flow.',
                    "Use it or remove it.",
                )
    for tag in company.voices:
        if tag not in languages and tag.partition("-")[0] not in {each.partition("-")[0] for each in languages}:
            message = f'voices: no flow speaks "{tag}".'
            yield "UNUSED", "warning", ("voices", tag), message, f"Languages: {', '.join(sorted(languages))}."
    for name, queue in company.queues.items():
        for index, target in enumerate(queue.targets):
            place = ("queues", name, "targets", str(index))
            if target.intent and target.intent not in intents:
                message = f'queue "{name}": no flow has the intent "{target.intent}", so this target never holds.'
                known = f"Intents: {', '.join(sorted(intents))}."
                yield "UNUSED", "warning", place, message, f"{suggestion(target.intent, intents)} {known}".strip()
            if target.language and target.language not in languages:
                message = f'queue "{name}": no flow speaks "{target.language}", so this target never holds.'
                yield "UNUSED", "warning", place, message, f"Languages: {', '.join(sorted(languages))}."
