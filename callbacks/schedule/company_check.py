"""A company compiled before it is used: every value that a call would understand first is understood here.

Every calendar is walked for 400 days in its zone, every queue quotes a promise for each of its targets on many days, every
country, language and number is looked up. One check for the commands, the first start and the doctor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise

from callbacks.schedule.calendar import HORIZON, Calendar
from callbacks.schedule.promise_quote import quote
from callbacks.schedule.public_holidays import matches_a_holiday, of_country, regions_with_more, what_is_wrong
from flows.calendar_definition import CalendarDefinition, DatedDay, Window, named
from flows.checks.findings import Finding, Severity
from flows.company import DEFAULT, Company, Place
from flows.files.faults import suggestion
from flows.model import Flow
from flows.nodes import Callback, Hours, Transfer, Voicemail
from flows.nodes.menu import Menu
from flows.values.clock import shown
from flows.values.language import unknown_language
from flows.values.places import country_meant
from flows.values.telephone import is_possible

# Whoever is open for so long without a break over midnight has more likely written 5 for 17.
LONGEST_NIGHT = timedelta(hours=14)
_QUOTED_EVERY = timedelta(days=7)
_FILE = "company.yaml"

# Code, severity, place in the file, message, remedy.
Note = tuple[str, Severity, Place, str, str]


def check_company(company: Company, flows: Mapping[str, Flow], now: datetime) -> list[Finding]:
    """Return everything found in a company, in the order of its lines, without the warnings that its comments allow."""
    notes: list[Note] = []
    for name, definition in company.calendars.items():
        notes += _calendar(name, definition, now)
    for name in company.queues:
        notes += _queue(company, name, now)
    notes += _numbers(company)
    notes += _languages(company)
    notes += _home(company)
    if flows:
        notes += _unused(company, flows)
    found = []
    for code, severity, place, message, remedy in notes:
        mark = company.mark(*place)
        if severity == "error" or not company.allows(mark.line, code):
            found.append(Finding(code, severity, _FILE, mark.line, mark.column, "", message, remedy))
    return sorted(found, key=lambda finding: (finding.line, finding.column, finding.code, finding.message))


def next_holidays(definition: CalendarDefinition, since: date, count: int = 5) -> list[tuple[date, str]]:
    """The next public holidays that a calendar keeps, with their names."""
    from callbacks.schedule.public_holidays import public_holidays

    days = [
        (day, named(dict(names)))
        for year in (since.year, since.year + 1)
        for day, names in public_holidays(definition.holidays, year).items()
        if day >= since
    ]
    return days[:count]


def _calendar(name: str, definition: CalendarDefinition, now: datetime) -> Iterator[Note]:
    place = ("calendars", name)
    years = (now.year, now.year + 1)
    for code in definition.holidays.countries:
        at = _holiday_place(name, code)
        if wrong := what_is_wrong(code):
            message, _, remedy = wrong.partition(". ")
            yield "UNKNOWN_HOLIDAYS", "error", at, f'calendar "{name}": {message}.', remedy
        elif more := regions_with_more(code, years):
            kept = len(of_country(code, years[0]))
            message = f'calendar "{name}": {code} alone keeps {kept} holidays in {years[0]}; its regions keep more.'
            yield (
                "NO_REGION",
                "warning",
                at,
                message,
                f"Name the region: {', '.join(more[:6])}{' …' if more[6:] else ''}.",
            )
    for less in definition.holidays.without:
        if isinstance(less, str) and not any(
            matches_a_holiday(less, code, year) for code in definition.holidays.countries for year in years
        ):
            known = {each for code in definition.holidays.countries for each in _names(code, years)}
            yield (
                "UNKNOWN_HOLIDAY",
                "error",
                (*place, "holidays", "without"),
                f'calendar "{name}": "{less}" is no date and no holiday of {", ".join(definition.holidays.countries)}.',
                suggestion(less, known).strip() or "Write a date, or the name that `ringback flows check` shows.",
            )
    yield from _windows(name, definition)
    yield from _past(name, definition, now)
    calendar = Calendar.from_definition(definition)
    if next(calendar.windows(now, now + HORIZON), None) is None:
        message = f'calendar "{name}" is never open within {HORIZON.days} days.'
        yield "NEVER_OPEN", "error", (*place, "week"), message, "Add hours to its week, or shorten its exceptions."


def _holiday_place(name: str, code: str) -> Place:
    return ("calendars", name, "holidays", code)


def _names(code: str, years: tuple[int, int]) -> set[str]:
    return {name for year in years for names in of_country(code, year).values() for name in names.values()}


def _windows(name: str, definition: CalendarDefinition) -> Iterator[Note]:
    told: set[tuple[Window, ...]] = set()
    exceptions = [each.windows for each in definition.exceptions]
    for windows in (*(day for week in definition.weeks() for day in week.values()), *exceptions):
        if windows in told:
            continue
        told.add(windows)
        for window in windows:
            if window.closes <= window.opens and window.closes != window.opens and _length(window) > LONGEST_NIGHT:
                message = f'calendar "{name}": {_said(window)} is open through the night, until the next day.'
                later = window.model_copy(update={"closes": window.closes.replace(hour=(window.closes.hour + 12) % 24)})
                remedy = (
                    f"For the same day write {_said(later)}."
                    if later.closes > later.opens
                    else "Put the earlier time first."
                )
                yield "OVERNIGHT", "warning", ("calendars", name, "week"), message, remedy
        for first, second in pairwise(sorted(windows, key=lambda window: window.opens)):
            if second.opens < first.closes:
                message = f'calendar "{name}": {_said(first)} and {_said(second)} overlap.'
                yield "OVERLAP", "warning", ("calendars", name, "week"), message, "Write each stretch once."


def _length(window: Window) -> timedelta:
    minutes = (window.closes.hour * 60 + window.closes.minute) - (window.opens.hour * 60 + window.opens.minute)
    return timedelta(minutes=minutes % 1440 or 1440)


def _said(window: Window) -> str:
    return shown((window.opens, window.closes))


def _past(name: str, definition: CalendarDefinition, now: datetime) -> Iterator[Note]:
    today = now.astimezone(definition.time_zone()).date()
    dated: list[tuple[str, int, DatedDay]] = [
        ("exceptions", index, each) for index, each in enumerate(definition.exceptions)
    ]
    dated += [("seasons", index, each) for index, each in enumerate(definition.seasons)]
    for kind, index, day in dated:
        last = day.until or day.date
        if isinstance(last, date) and last < today - timedelta(days=366):
            message = f'calendar "{name}": {last} passed more than a year ago.'
            yield "PAST", "warning", ("calendars", name, kind, str(index)), message, "Correct the year, or remove it."


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
