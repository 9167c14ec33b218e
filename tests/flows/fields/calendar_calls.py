"""Calls that hear the fields of calendars."""

from __future__ import annotations

from datetime import UTC, datetime

from api.commands.flows.calendar_view import calendar_lines
from flows.files.loader import load_company
from tests.field.definitions import write_folder
from tests.flows.fields.company_calls import greeted
from tests.flows.fields.stage import COMPANY, Stage, flow, hears

ASK = """\
  opening: {type: hours, calendar: office, exits: {open: yes_open, closed: no_closed, holiday: no_holiday, override: no_override}}
  yes_open: {type: prompt, prompt: {en: Open.}, next: bye}
  no_closed: {type: prompt, prompt: {en: Closed.}, next: bye}
  no_holiday: {type: prompt, prompt: {en: "Holiday.[ {hours.reason}.]"}, next: bye}
  no_override: {type: prompt, prompt: {en: "Override.[ {hours.reason}.]"}, next: bye}
"""
WEEK = '{weekdays: "9:00-17:00"}'


def office(zone: str = "Europe/Riga", week: str = WEEK, **fields: str) -> str:
    inner = ", ".join([f"zone: {zone}", f"week: {week}", *(f"{name}: {value}" for name, value in fields.items())])
    return COMPANY.replace('office: {zone: Europe/Riga, week: {weekdays: "9:00-17:00"}}', f"office: {{{inner}}}")


def state(stage: Stage, company: str, at: str = "2030-03-05 08:15") -> str:
    """What a caller hears of the office at a moment in UTC; 8:15 is 10:15 in Riga."""
    return stage.play(flow(ASK), company=company, at=at).words[1]


@hears("company.calendars.zone")
def hours_and_salutation_are_those_of_the_zone(stage: Stage) -> None:
    assert state(stage, office()) == "Open."
    assert state(stage, office(zone="America/New_York")) == "Closed."
    text = greeted().replace("next: mailbox", "next: opening", 1).replace("  bye:", ASK + "  bye:")
    assert "good morning" in stage.play(text, company=office()).said.lower()
    assert "good evening" in stage.play(text, company=office(zone="Asia/Tokyo"), at="2030-03-05 10:15").said.lower()


@hears("company.calendars.week")
def the_week_says_when_it_is_open(stage: Stage) -> None:
    assert state(stage, office(), "2030-03-05 06:30") == "Closed."
    assert state(stage, office(week='{weekdays: "8:00-17:00"}'), "2030-03-05 06:30") == "Open."


@hears(
    "company.calendars.seasons",
    "company.calendars.seasons.from",
    "company.calendars.seasons.until",
    "company.calendars.seasons.week",
)
def a_season_has_a_week_of_its_own(stage: Stage) -> None:
    season = office(seasons='[{from: 1 Mar, until: 31 Mar, week: {weekdays: "9:00-10:00"}}]')
    assert state(stage, season) == "Closed." and state(stage, season, "2030-04-02 07:15") == "Open."


@hears("company.calendars.seasons.date")
def a_season_may_also_begin_by_its_date(stage: Stage) -> None:
    assert state(stage, office(seasons='[{date: 1 Mar, until: 31 Mar, week: {weekdays: "9:00-10:00"}}]')) == "Closed."


@hears("company.calendars.seasons.name")
def a_season_is_checked_by_its_name(stage: Stage) -> None:
    season = office(seasons='[{name: Spring hours, from: 1 Mar, until: 31 Mar, week: {weekdays: "9:00-10:00"}}]')
    assert state(stage, season) == "Closed."
    lines = calendar_lines("office", load_company(season, "company.yaml").calendars["office"], datetime.now(UTC))
    assert any("Spring hours" in line for line in lines)


INDEPENDENCE_DAY = "2030-11-18 10:00"


@hears("company.calendars.holidays", "company.calendars.holidays.countries")
def public_holidays_of_a_country_are_kept(stage: Stage) -> None:
    assert state(stage, office(), INDEPENDENCE_DAY) == "Open."
    assert state(stage, office(holidays="LV"), INDEPENDENCE_DAY).startswith("Holiday. ")
    assert state(stage, office(holidays="{countries: [LV, EE]}"), "2032-02-24 10:00").startswith("Holiday. "), (
        "Estonia's"
    )


@hears("company.calendars.holidays.without")
def a_holiday_less_is_a_working_day(stage: Stage) -> None:
    assert state(stage, office(holidays="{countries: [LV], without: [18 Nov]}"), INDEPENDENCE_DAY) == "Open."


@hears(
    "company.calendars.holidays.also", "company.calendars.holidays.also.date", "company.calendars.holidays.also.name"
)
def a_holiday_more_is_kept_and_named(stage: Stage) -> None:
    assert (
        state(stage, office(holidays="{countries: [LV], also: [{date: 5 Mar, name: Founders Day}]}"))
        == "Holiday. Founders Day."
    )


@hears("company.calendars.holidays.also.from", "company.calendars.holidays.also.until")
def several_days_more_are_kept(stage: Stage) -> None:
    more = office(holidays="{countries: [LV], also: [{from: 2030-03-04, until: 2030-03-06, name: Fair}]}")
    assert state(stage, more) == "Holiday. Fair." and state(stage, more, "2030-03-07 08:15") == "Open."


CLOSED_DAYS = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20300305\r\nSUMMARY:Outing\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


@hears("company.calendars.holidays.file")
def the_days_of_a_calendar_file_are_kept(stage: Stage) -> None:
    folder = write_folder(stage.folder / "calendar-file", flow(ASK), office(holidays="{file: closed-days.ics}"))
    (folder / "closed-days.ics").write_text(CLOSED_DAYS, "utf-8")
    stage.house.publish(folder)
    assert stage.ring(at="2030-03-05 08:15").words[1] == "Holiday. Outing."
    assert stage.ring(at="2030-03-06 08:15").words[1] == "Open."


@hears("company.files")
def the_published_days_of_a_calendar_file_hold_without_the_file(stage: Stage) -> None:
    published = (
        office(holidays="closed-days.ics") + "files:\n  closed-days.ics:\n    - {date: 2030-03-05, name: Fair}\n"
    )
    assert state(stage, published) == "Holiday. Fair."


@hears("company.calendars.exceptions", "company.calendars.exceptions.date", "company.calendars.exceptions.name")
def an_exception_closes_a_day_and_is_named(stage: Stage) -> None:
    closed = office(exceptions="[{date: 2030-03-05, name: Stocktaking}]")
    assert state(stage, closed) == "Override. Stocktaking." and state(stage, closed, "2030-03-06 08:15") == "Open."


@hears("company.calendars.exceptions.from", "company.calendars.exceptions.until")
def an_exception_closes_several_days(stage: Stage) -> None:
    closed = office(exceptions="[{from: 2030-03-04, until: 2030-03-06}]")
    assert state(stage, closed) == "Override." and state(stage, closed, "2030-03-07 08:15") == "Open."


@hears("company.calendars.exceptions.hours")
def an_exception_may_have_hours_of_its_own(stage: Stage) -> None:
    late = office(exceptions='[{date: 2030-03-05, hours: "18:00-20:00"}]')
    assert state(stage, late) == "Override." and state(stage, late, "2030-03-05 16:30") == "Open."


@hears("company.calendars.exceptions.windows")
def the_hours_of_an_exception_may_be_called_windows(stage: Stage) -> None:
    assert (
        state(stage, office(exceptions='[{date: 2030-03-05, windows: "18:00-20:00"}]'), "2030-03-05 16:30") == "Open."
    )


@hears("company.calendars.closure", "company.calendars.closure.until", "company.calendars.closure.reason")
def a_closure_closes_at_once_until_its_end(stage: Stage) -> None:
    snow = office(closure='{until: "2030-03-05 14:00", reason: Snow}')
    assert state(stage, snow) == "Override. Snow." and state(stage, snow, "2030-03-05 12:30") == "Open."
