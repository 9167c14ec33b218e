"""How callbacks look in a terminal: one line each by deadline, and one of them in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from callbacks.callback import Callback
from customers.customer import Customer
from customers.phone import spoken_form
from flows.company import Company
from voicemail.facts import Fact, find_facts
from voicemail.mailbox import Voicemail

# The last digits of an id tell callbacks apart (the first ones are a moment); every command takes them.
SHORT_ID = 8
_LINE_CHARACTERS = 60


def short_id(callback: Callback) -> str:
    return callback.id[-SHORT_ID:]


def due_in_words(due_at: datetime, now: datetime) -> str:
    """ "in 12 min", "late 4 min", "in 3 h 20 min", "in 2 days"."""
    late = due_at < now
    minutes = abs(due_at - now) // timedelta(minutes=1)
    if minutes < 60:
        span = f"{minutes} min"
    elif minutes < 24 * 60:
        span = f"{minutes // 60} h {minutes % 60} min"
    else:
        span = f"{minutes // (24 * 60)} days" if minutes >= 48 * 60 else "1 day"
    return f"{'late' if late else 'in'} {span}"


def state_in_words(callback: Callback) -> str:
    """ "ready", "claimed by anna", "waiting: retry after 14:30"."""
    said = callback.state.replace("_", " ")
    if callback.sub_state:
        said += f": {callback.sub_state.replace('_', ' ')}"
    if callback.holder:
        said += f" by {callback.holder}"
    if callback.not_before is not None:
        said += f" after {callback.not_before.astimezone():%a %H:%M}"
    return said


def words_of(messages: Sequence[Voicemail]) -> str:
    """The newest message in one line: its words, or why there are none."""
    if not messages:
        return "(asked to be rung back)"
    newest = messages[-1]
    said = newest.transcript.text if newest.transcript is not None else ""
    said = said or f"({newest.status.replace('_', ' ')}{': ' + newest.status_reason if newest.status_reason else ''})"
    line = " ".join(said.split())
    if len(line) > _LINE_CHARACTERS:
        line = line[: _LINE_CHARACTERS - 1] + "…"
    return line if len(messages) == 1 else f"[{len(messages)}] {line}"


def table(
    callbacks: Sequence[Callback],
    people: Mapping[str, Customer],
    messages: Mapping[str, Sequence[Voicemail]],
    now: datetime,
    more: bool,
) -> RenderableType:
    """The queue by deadline."""
    rows = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("due", "who", "intent", "state", "message", "id"):
        rows.add_column(column, no_wrap=column in ("due", "id"))
    for callback in callbacks:
        owner = people[callback.customer_id]
        number = spoken_form(callback.number)
        late = callback.overdue or callback.due_at < now
        rows.add_row(
            Text(due_in_words(callback.due_at, now), style="bold red" if late and not callback.is_final else ""),
            Text(f"{owner.name} {number}".strip()),
            Text(callback.intent),
            Text(state_in_words(callback)),
            Text(words_of(messages[callback.id])),
            Text(short_id(callback), style="dim"),
        )
    if not callbacks:
        return Text("No callbacks. Nobody waits.")
    return Group(rows, Text("… and more: --limit shows them", style="dim")) if more else rows


def sheet(
    callback: Callback,
    owner: Customer,
    messages: Sequence[Voicemail],
    promises: Sequence[Any],
    attempts: Sequence[Any],
    now: datetime,
    company: Company | None = None,
) -> RenderableType:
    """One callback in full: messages with their words, promises with their reasons, attempts. Rows come from tables.py.

    The numbers, times and dates said in the messages are found where a `company` says where it is.
    """
    lines = [
        f"{callback.id}  {state_in_words(callback)}",
        f"customer  {owner.name or '(name unknown)'}  {spoken_form(callback.number)}  {callback.language}",
        f"queue     {callback.queue}, {callback.intent}",
        f"due       {_moment(callback.due_at)}, {due_in_words(callback.due_at, now)}",
    ]
    if callback.outcome:
        lines.append(f"outcome   {callback.outcome.replace('_', ' ')}  {callback.note}")
    for message in messages:
        lines += ["", f"message of {_moment(message.recorded_at)}, {message.seconds or 0:.0f} s, {message.status}"]
        if message.transcript is not None and message.transcript.text:
            lines.append(f"  {message.transcript.text}")
            lines += [_fact(fact) for fact in _facts(message, company)]
        if message.status_reason:
            lines.append(f"  {message.status_reason}")
    for promise in promises:
        lines += ["", f"promise   by {_moment(promise.promised_until)}: {promise.outcome or 'open'}"]
        lines[-1] += "" if promise.spoken else " (quoted, not spoken)"
        lines += _reasons(promise.ledger)
    if attempts:
        lines += ["", "attempts"]
    for attempt in attempts:
        lines.append(f"  {_moment(attempt.at)}  {attempt.agent}  {attempt.outcome.replace('_', ' ')}  {attempt.note}")
    return Text("\n".join(lines))


def _facts(message: Voicemail, company: Company | None) -> Sequence[Fact]:
    heard = message.transcript
    if company is None or heard is None:
        return ()
    queue = company.queues.get(message.queue)
    calendar = company.calendars[queue.calendar] if queue else next(iter(company.calendars.values()))
    return find_facts(heard.words, heard.language, company.home_country, message.recorded_at, calendar.time_zone())


def _fact(fact: Fact) -> str:
    """ "said at 0:04  number +371 29 123 456, 72 % sure": where to listen, for nothing heard is certain."""
    value = spoken_form(fact.value) if fact.kind == "number" else fact.value.replace("T", " ")
    value += f" extension {fact.extension}" if fact.extension else ""
    doubt = "" if fact.is_certain else ", or meant otherwise"
    minutes, seconds = divmod(int(fact.start), 60)
    return f"  said at {minutes}:{seconds:02}  {fact.kind} {value}, {fact.confidence:.0%} sure{doubt}"


def _reasons(ledger: Mapping[str, Any]) -> list[str]:
    reasons = []
    if "target" in ledger:
        reasons.append(f"  target {ledger['target']['minutes']} open minutes (rule {ledger['target']['rule']})")
        reasons.append(
            f"  {ledger['backlog']} waiting, {ledger['handling_minutes']} min each, {ledger['people']} people; "
            f"rounded up to {ledger['round_minutes']} min"
        )
    for window in ledger.get("windows", []):
        since, until = (datetime.fromisoformat(window[edge]) for edge in ("since", "until"))
        what = f"{window['open_minutes']:g} min" if window["kind"] == "counted" else window["kind"]
        reasons.append(f"  {since:%a %d.%m. %H:%M}–{until:%H:%M}  {what}  {window['name']}".rstrip())
    if "not_possible" in ledger:
        reasons.append(f"  {ledger['not_possible']}")
    return reasons


def _moment(at: datetime) -> str:
    return f"{at.astimezone():%a %Y-%m-%d %H:%M}"
