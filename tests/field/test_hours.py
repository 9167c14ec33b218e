"""Opening hours that a caller can hear, and days on which they are others (calls 16, 19, 24, 25; people C3)."""

from __future__ import annotations

import pytest

from flows.session import Caller
from tests.field.telephone import Telephone, Write, words

FLOW = """\
spec: 1
flow: reception
title: Reception
languages: [en, lv, ru]
start: welcome
keys: {"0": mailbox}
nodes:
  welcome: {type: greeting, next: opening}
  opening: {type: hours, calendar: office, exits: {open: open, closed: closed, holiday: holiday, override: override}}
  open:
    type: prompt
    prompt:
      en: "We are open. [Today we are open {hours.today}.]"
      lv: "Mēs strādājam. [Šodien strādājam {hours.today}.]"
      ru: "Мы работаем. [Сегодня мы работаем {hours.today}.]"
    next: mailbox
  closed:
    type: prompt
    prompt:
      en: "We are closed. We are open {hours.week}. We open again {hours.opens}."
      lv: "Mēs nestrādājam. Mūsu darba laiks ir {hours.week}. Atkal strādāsim {hours.opens}."
      ru: "Мы не работаем. Часы работы: {hours.week}. Снова работаем {hours.opens}."
    next: mailbox
  holiday:
    type: prompt
    prompt:
      en: "Closed today: {hours.reason}. We open again {hours.opens|by}."
      lv: "Šodien nestrādājam: {hours.reason}. Atkal strādāsim {hours.opens}."
      ru: "Сегодня не работаем: {hours.reason}. Снова работаем {hours.opens}."
    next: mailbox
  override:
    type: prompt
    prompt:
      en: "We are away[ for {hours.reason}]. We are back {hours.opens|date}."
      lv: "Mūsu nav[: {hours.reason}]. Būsim atpakaļ {hours.opens|date}."
      ru: "Нас нет[: {hours.reason}]. Мы вернёмся {hours.opens|date}."
    next: mailbox
  mailbox:
    type: voicemail
    queue: desk
    prompt: {en: "Leave a message.[ We call you back {promise.until|by}.]", lv: "Atstājiet ziņu.", ru: "Оставьте сообщение."}
    exits: {saved: bye, empty: bye}
  bye: {type: end}
"""
COMPANY = """\
organisation: Amber
default_language: en
numbers: {default: reception}
calendars:
  office:
    zone: Europe/Riga
    week: {Mo–Fr: "9-12, 13-17", saturday: 10am-2pm}
    seasons:
      - {from: 1 Jun 2030, until: 31 Aug 2030, name: summer hours, week: {mon-thu: 8-15}}
    holidays:
      countries: [LV]
      without: ["Līgo diena", 2030-05-01]
      also: [{date: 6 Jan, name: {en: Epiphany, lv: Zvaigznes diena}}]
    exceptions:
      - {date: 2030-07-01, until: 14.7.2030, name: {en: our summer holidays, lv: vasaras atvaļinājums}}
      - {date: 24.12., name: Christmas Eve}
      - {date: 23 Dec 2030, hours: 9-12, name: stocktaking}
queues:
  desk: {calendar: office, targets: [{within: 2h}]}
"""


@pytest.fixture
def folder(write: Write) -> Write:
    return lambda **changes: write(company=COMPANY, reception=FLOW, **changes)


HEARD = {
    "open": ("2030-03-05 10:15", "en", ("Today we are open from 9 a.m. to noon and from 1 p.m. to 5 p.m.",)),
    "closed on Saturday evening": (
        "2030-03-09 18:00",
        "en",
        (
            "We are open Monday to Friday from 9 a.m. to noon and from 1 p.m. to 5 p.m., and Saturday from 10 a.m. to 2 p.m.",
            "We open again on Monday, 11 March, at 9 a.m.",
        ),
    ),
    "closed, in Latvian": (
        "2030-03-09 18:00",
        "lv",
        (
            "no pirmdienas līdz piektdienai no pulksten deviņiem līdz pulksten divpadsmitiem un no pulksten trīspadsmitiem",
            "un sestdien no pulksten desmitiem līdz pulksten četrpadsmitiem",
            "Atkal strādāsim pirmdien, 11. martā, pulksten deviņos.",
        ),
    ),
    "closed, in Russian": (
        "2030-03-09 18:00",
        "ru",
        (
            "с понедельника по пятницу с 9 до 12 часов и с 13 до 17 часов, в субботу с 10 до 14 часов.",
            "Снова работаем в понедельник, 11 марта, в 9 часов.",
        ),
    ),
    "a public holiday, in English": ("2030-11-18 11:00", "en", ("Republic of Latvia Proclamation Day", "at 9 a.m.")),
    "a public holiday, in Latvian": ("2030-11-18 11:00", "lv", ("Latvijas Republikas Proklamēšanas diena",)),
    "a public holiday, in Russian": ("2030-11-18 11:00", "ru", ("День провозглашения Латвийской Республики",)),
    "a holiday more": ("2031-01-06 11:00", "lv", ("Šodien nestrādājam: Zvaigznes diena.",)),
    "a holiday more whose name is not translated": (
        "2031-01-06 11:00",
        "ru",
        ("Сегодня не работаем: праздничный день.",),
    ),
    "a holiday less, by its name": ("2031-06-23 10:00", "en", ("We are open.",)),
    "a holiday less, by its date": ("2030-05-01 10:00", "en", ("We are open.",)),
    "planned closing days": (
        "2030-07-02 11:00",
        "en",
        ("We are away for our summer holidays.", "We are back on Monday, 15 July."),
    ),
    "planned closing days, in Latvian": ("2030-07-02 11:00", "lv", ("Mūsu nav: vasaras atvaļinājums.",)),
    "a day of each year": ("2031-12-24 10:00", "en", ("We are away for Christmas Eve.",)),
    "a shorter day, while it is open": ("2030-12-23 10:00", "en", ("Today we are open from 9 a.m. to noon.",)),
    "a shorter day, afterwards": ("2030-12-23 14:00", "en", ("We are away for stocktaking.",)),
    "summer hours": ("2030-06-05 16:00", "en", ("We are open Monday to Thursday from 8 a.m. to 3 p.m.",)),
    "before summer hours": ("2030-05-31 16:00", "en", ("Today we are open from 9 a.m.",)),
}


@pytest.mark.parametrize(("at", "language", "expected"), HEARD.values(), ids=HEARD)
def test_a_caller_hears_when_the_house_is_open(
    folder: Write, at: str, language: str, expected: tuple[str, ...]
) -> None:
    heard = words(Telephone(folder(), f"{at} Europe/Riga").ring(caller=Caller("+37120000001", language=language)))
    for piece in expected:
        assert piece in heard


def test_somebody_closes_for_a_planned_fortnight_and_the_promise_waits_for_it_to_end(folder: Write) -> None:
    call = Telephone(folder(), "2030-07-02 11:00 Europe/Riga").ring(caller=Caller("+37120000001", language="en"))
    assert call.path()[:3] == ("welcome", "opening", "override")
    assert "We call you back on Monday, 15 July, by 10 a.m." in words(call)


def test_somebody_takes_away_a_holiday_that_the_country_does_not_have(write: Write) -> None:
    folder = write(company=COMPANY.replace("Līgo diena", "Lido diena"), reception=FLOW)
    with pytest.raises(Exception, match=r'"Lido diena" is no date and no holiday of LV\. Did you mean "Līgo diena"'):
        Telephone(folder, "2030-07-02 11:00 Europe/Riga")


def test_hours_are_spoken_only_where_they_are_known(write: Write) -> None:
    from flows.checks.findings import check

    greeting = 'welcome: {type: greeting, notice: {en: "{hours.opens}"}, next: opening}'
    flow = FLOW.replace("welcome: {type: greeting, next: opening}", greeting)
    flow = flow.replace("We are away[ for {hours.reason}]", "We are away for {hours.reason}")
    house = Telephone(write(company=COMPANY, reception=flow), "2030-07-02 11:00 Europe/Riga")
    found = [str(each) for each in check(house.compiled.definitions.flows["reception"], house.company)]
    assert any("{hours.opens} in notice is never known here. Put it after an hours node." in each for each in found)
    assert any(
        "{hours.reason} in prompt is unknown on some path. Put the part that needs it into [ ]." in each
        for each in found
    )
