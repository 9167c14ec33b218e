"""How callbacks look in a terminal: one line each by deadline, and one of them in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from callbacks.callback import Callback
from callbacks.notes import Note
from callbacks.schedule.local_time import in_words, zone_of
from customers.customer import Customer, shown_number
from customers.history import HistoryEvent
from customers.phone import spoken_form
from flows.company.company import Company
from voicemail.facts import Fact, find_facts
from voicemail.mailbox import Voicemail
from voicemail.models.catalogue import language_name
from voicemail.models.installed import no_model_reason

# The last digits of an id tell callbacks apart (the first ones are a moment); every command takes them.
SHORT_ID = 8
_LINE_CHARACTERS = 60
# From so many columns on a callback has one line.
_WIDE = 130
_COLUMNS = ("due", "who", "matter", "state", "message", "id")


def short_id(callback: Callback) -> str:
    return callback.id[-SHORT_ID:]


def due_in_words(due_at: datetime, now: datetime) -> str:
    """ "in 12 min", "late 4 min", "in 3 h 20 min", "in 2 days"."""
    return f"{'late' if due_at < now else 'in'} {_span(due_at - now)}"


def when_in_words(callback: Callback, now: datetime) -> str:
    """When it is due, or how long it has been closed: "closed 5 min ago"."""
    if callback.closed_at is None:
        return due_in_words(callback.due_at, now)
    return f"closed {_span(now - callback.closed_at)} ago"


def read_here(at: datetime, zone: ZoneInfo) -> str:
    """A moment on the queue's clock, for whoever sits at this machine."""
    return in_words(at, zone, datetime.now().astimezone().tzinfo)


def event_in_words(event: HistoryEvent, zone: ZoneInfo) -> str:
    """A line of history, with the note in it."""
    note = event.data.get("note")
    return f"{read_here(event.at, zone)}  {event.summary}" + (f"  «{note}»" if note else "")


def state_in_words(callback: Callback, zone: ZoneInfo) -> str:
    """ "ready", "claimed by anna", "waiting: retry after Tue 2030-03-05 14:30"."""
    said = callback.state.replace("_", " ")
    if callback.sub_state:
        said += f": {callback.sub_state.replace('_', ' ')}"
    if callback.holder:
        said += f" by {callback.holder}"
    if callback.not_before is not None:
        said += f" after {read_here(callback.not_before, zone)}"
    return said


def words_of(messages: Sequence[Voicemail]) -> str:
    """The newest message in one line: its words, or why there are none."""
    if not messages:
        return "(asked to be rung back)"
    newest = messages[-1]
    said = newest.transcript.text if newest.transcript is not None else ""
    said = said or _without_words(newest)
    said = said or f"({newest.status.replace('_', ' ')}{': ' + newest.status_reason if newest.status_reason else ''})"
    line = " ".join(said.split())
    if newest.seconds:
        line = f"{newest.seconds:.0f} s: {line}"
    if len(line) > _LINE_CHARACTERS:
        line = line[: _LINE_CHARACTERS - 1] + "…"
    return line if len(messages) == 1 else f"[{len(messages)}] {line}"


def lines_a_callback(width: int) -> int:
    """How many lines a callback takes on a screen of this width."""
    return 1 if width >= _WIDE else 2


def _without_words(message: Voicemail) -> str:
    """Nothing failed where no model exists: such a message is listened to."""
    if message.status_reason == no_model_reason(message.language):
        return f"(no speech model for {language_name(message.language)}: listen)"
    return ""


def clock_in_words(at: datetime, zone: ZoneInfo) -> str:
    """ "Fri 13:00" on the queue's clock, with its zone unless this machine's clock shows the same."""
    local = at.astimezone(zone)
    is_here = local.utcoffset() == at.astimezone().utcoffset()
    return f"{local:%a %H:%M}" + ("" if is_here else f" {local:%Z}")


def table(
    callbacks: Sequence[Callback],
    people: Mapping[str, Customer],
    messages: Mapping[str, Sequence[Voicemail]],
    now: datetime,
    company: Company,
    total: int,
    limit: int,
    width: int,
) -> RenderableType:
    """The queue by deadline; `total` is how many there are, of which at most `limit` are shown.

    On a screen that is narrower than a line each needs, state and message stand below.
    """
    if not callbacks:
        return Text("No callbacks.")
    is_wide = width >= _WIDE
    rows = Table(box=None, pad_edge=False, header_style="bold", show_header=is_wide)
    for column in _COLUMNS if is_wide else ("due", "who", "id"):
        rows.add_column(column, no_wrap=column in ("due", "id") or (is_wide and column == "who"))
    for callback in callbacks:
        owner = people[callback.customer_id]
        late = (callback.overdue or callback.due_at < now) and not callback.is_final
        state = state_in_words(callback, zone_of(company, callback.queue))
        who = f"{owner.name} {shown_number(callback.number, owner)}".strip()
        matter = f"{callback.queue}, {callback.intent}, {callback.language}"
        said = words_of(messages[callback.id])
        due = Text(when_in_words(callback, now), style="bold red" if late else "")
        if is_wide:
            rows.add_row(
                due, Text(who), _line(matter), _line(state), _line(said), Text(short_id(callback), style="dim")
            )
        else:
            rows.add_row(due, _line(f"{who}  {state}"), Text(short_id(callback), style="dim"))
            at = "" if callback.is_final else clock_in_words(callback.due_at, zone_of(company, callback.queue))
            rows.add_row(Text(at, style="dim"), _line(f"{matter}: {said}", "dim"), "")
    more = total - len(callbacks)
    if more <= 0:
        return rows
    return Group(rows, Text(f"… and {more} more: --limit {min(total, 500)} shows them", style="dim"))


def _line(text: str, style: str = "") -> Text:
    """One line, cut where the column ends."""
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def sheet(
    callback: Callback,
    owner: Customer,
    messages: Sequence[Voicemail],
    promises: Sequence[Any],
    attempts: Sequence[Any],
    notes: Sequence[Note],
    now: datetime,
    company: Company,
) -> RenderableType:
    """One callback in full: messages with their words, promises with their reasons, attempts, notes. Rows come from tables.py.

    All moments are on the queue's clock.
    """
    zone = zone_of(company, callback.queue)

    def shown(at: datetime) -> str:
        return read_here(at, zone)

    lines = [
        f"{callback.id}  {state_in_words(callback, zone)}",
        f"customer  {owner.name or '(name unknown)'}  {shown_number(callback.number, owner)}  {callback.language}",
        f"queue     {callback.queue}, {callback.intent}",
        f"due       {shown(callback.due_at)}" + ("" if callback.closed_at else f", {when_in_words(callback, now)}"),
    ]
    if callback.closed_at is not None:
        outcome = (callback.outcome or callback.state).replace("_", " ")
        lines.append(f"outcome   {outcome}, {shown(callback.closed_at)}  {callback.note}".rstrip())
    for message in messages:
        lines += ["", f"message of {shown(message.recorded_at)}, {message.length}, {message.status}"]
        if message.transcript is not None and message.transcript.text:
            lines.append(f"  {message.transcript.text}")
            lines += [_fact(fact) for fact in _facts(message, company)]
        if message.status_reason:
            lines.append(f"  {message.status_reason}")
    for promise in promises:
        lines += ["", f"promise   by {shown(promise.promised_until)}: {promise.outcome or 'open'}"]
        lines[-1] += "" if promise.spoken else " (quoted, not spoken)"
        lines += _reasons(promise.ledger)
    if attempts:
        lines += ["", "attempts"]
    for attempt in attempts:
        lines.append(
            f"  {shown(attempt.at)}  {attempt.agent}  {attempt.outcome.replace('_', ' ')}  {attempt.note}".rstrip()
        )
    if notes:
        lines += ["", "notes"]
    for note in notes:
        draft = " (written after the claim had ended)" if note.is_draft else ""
        lines.append(f"  {shown(note.at)}  {note.agent}{draft}  {note.text}")
    return Text("\n".join(lines))


def _facts(message: Voicemail, company: Company) -> Sequence[Fact]:
    heard = message.transcript
    if heard is None:
        return ()
    zone = zone_of(company, message.queue)
    return find_facts(heard.words, heard.language, company.home_country, message.recorded_at, zone)


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
        target = ledger["target"]
        span = f"{target['days']} open days" if "days" in target else f"{target['minutes']} min of open time"
        reasons.append(f"  target: within {span}, by rule {target['rule']} of the queue")
        reasons.append(
            f"  {ledger['backlog']} waiting, {ledger['handling_minutes']} min each, {ledger['people']} people; "
            f"rounded up to {ledger['round_minutes']} min"
        )
    for window in ledger.get("windows", []):
        since, until = (datetime.fromisoformat(window[edge]) for edge in ("since", "until"))
        what = f"{window['open_minutes']:g} min" if window["kind"] == "counted" else window["kind"]
        reasons.append(f"  {since:%a %Y-%m-%d %H:%M}–{until:%H:%M}  {what}  {window['name']}".rstrip())
    if "not_possible" in ledger:
        reasons.append(f"  {ledger['not_possible']}")
    return reasons


def _span(span: timedelta) -> str:
    minutes = abs(span) // timedelta(minutes=1)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // (24 * 60)} days" if minutes >= 48 * 60 else "1 day"
