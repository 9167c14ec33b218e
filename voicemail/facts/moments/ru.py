"""Russian times and dates."""

# ruff: noqa: E501  a way to say a time or a date is one line

from __future__ import annotations

from voicemail.facts.moments.rules import DateRule, Moments, TimeRule, ends, number_in_brackets, pattern

_W = {
    "AT": "(?:в районе|в|во|к|до|после|около|с|со|примерно в|где-то в|часов в|ровно в|часам к)",
    "BY": "(?:в районе|в|во|к|до|после|около|с|со|примерно в|где-то в|часов в|ровно в|часам к)",
    "P0": "(?:(?P<part0>утром|днем|вечером|ночью)(?: ,)? )?",
    "P": "(?: (?P<part>утра|дня|вечера|ночи|утром|днем|вечером|ночью))",
    "HOURS": "(?:часов|часа|час|часам|часу|ч)",
    "END": ends("и или если пожалуйста а но я мы вы он она по на когда спасибо чтобы до завтра сегодня послезавтра тогда потому"
                " будет буду можно в во то мне вам ждем жду ровно если с к"),
    "WD": "(?P<weekday>понедельник[ау]?|вторник[ау]?|сред[ауые]|четверг[ау]?|пятниц[ауые]|суббот[ауые]|воскресень[еяю])",
    "PRE": "(?:(?:в|во|на|к|до|с) )?",
    "MONTH": "(?P<month>января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря)",
    "YEAR": r"(?: (?P<year><20\d\d\.?>)(?: (?:года|год))?)?",
    "WHICH": "(?P<which>следующ(?:ий|ую|ее|его|ей|ему)|эт(?:от|у|о|ого|ой)|ближайш(?:ий|ую|ее)|прошл(?:ый|ую|ое)|будущ(?:ий|ую|ее|ей))",
    "WEEK": "на (?P<which>следующей|этой|прошлой|будущей) неделе",
    "MIN": "(?: минут[ыу]?)",
}  # fmt: skip

MOMENTS = Moments(
    times=(
        TimeRule(pattern(r"{P0}(?:{AT} )?половин[ае] <(?P<h>1?\d)\.>{P}?", **_W), "toward", 30),
        TimeRule(pattern(r"{P0}(?:{AT} )?пол <(?P<h>1?\d)\.>{P}?", **_W), "toward", 30),
        TimeRule(pattern(r"{P0}(?:{AT} )?без четверти {H}(?: {HOURS})?{P}?", **_W), "to", 15),
        TimeRule(pattern(r"{P0}(?:{AT} )?без четверти (?P<h>час[ау]?){P}?", **_W), "to", 15),
        TimeRule(pattern(r"{P0}(?:{AT} )?без {M}{MIN}? {H}(?: {HOURS})?{P}?", **_W), "to"),
        TimeRule(pattern(r"{P0}(?:{AT} )?без {M}{MIN}? (?P<h>час[ау]?){P}?", **_W), "to"),
        # без двадцати пять: the minutes are heard together with the hour as 25
        TimeRule(pattern(r"{P0}(?:{AT} )?без <2(?P<h>[1-9])>{P}?", **_W), "to", 20),
        TimeRule(pattern(r"{P0}(?:{AT} )?четверть <(?P<h>1?\d)\.>{P}?", **_W), "toward", 15),
        TimeRule(pattern(r"{P0}(?:{AT} )?{M}{MIN} <(?P<h>1?\d)\.>{P}?", **_W), "toward"),
        TimeRule(pattern(r"(?:с|со) {H}(?: {HOURS})?(?: {MM})?(?: (?P<part>утра|дня|вечера))? до <(?P<h2>\d\d?)>(?: <(?P<m2>[0-5]\d)>)?(?: {HOURS})?(?: (?P<part2>утра|дня|вечера|ночи))?", **_W), "span"),
        TimeRule(pattern("{P0}(?:{AT} )?{H} {HOURS}(?: {M}{MIN})?{P}", **_W), "at"),
        # три дня is three days and две ночи two nights, unless a preposition makes them hours.
        TimeRule(pattern("{P0}{AT} {H}(?: {MM})?{P}", **_W), "at"),
        TimeRule(pattern("{H}(?: {MM})? (?P<part>утра|вечера)", **_W), "at"),
        TimeRule(pattern("{P0}{AT} {H} {HOURS}(?: {M}{MIN})?", **_W), "at"),
        TimeRule(pattern(r"{P0}(?:{AT} )?(?P<clock>\d\d?:\d\d){P}?", **_W), "at"),
        TimeRule(pattern(r"{P0}(?:{AT} )?(?P<h>час[ау]?)(?P<m>){P}", **_W), "at"),
        TimeRule(pattern("{AT} {H}(?: {MM})?(?= (?:сегодня|завтра|послезавтра) (?P<part>утром|днем|вечером)(?: |$))", **_W), "at"),
        TimeRule(pattern("{P0}{BY} {H}(?: {MM})?{END}", **_W), "at"),
        TimeRule(pattern("{P0}(?:в|к|до|после) (?P<h>час[ау]?)(?P<m>){END}", **_W), "at"),
        TimeRule(pattern("(?:{AT} )?(?:полдень|полудня|полудню)", **_W), "noon"),
        TimeRule(pattern("(?:{AT} )?(?:полночь|полуночи)", **_W), "midnight"),
        TimeRule(pattern("через (?P<half>полчаса)", **_W), "in_minutes", 30),
        TimeRule(pattern(r"через (?:<(?P<n>\d+)> )?{HOURS}", **_W), "in_hours", 1),
        TimeRule(pattern(r"через <(?P<n>\d+)>{MIN}", **_W), "in_minutes"),
    ),
    dates=(
        DateRule(pattern("сегодня"), "days", 0),
        DateRule(pattern("завтра"), "days", 1),
        DateRule(pattern("послезавтра"), "days", 2),
        DateRule(pattern("вчера"), "days", -1),
        DateRule(pattern("позавчера"), "days", -2),
        DateRule(pattern(r"через <(?P<n>\d+)> (?:день|дня|дней)"), "days"),
        DateRule(pattern(r"через (?:<(?P<n>\d+)> )?(?:неделю|недели|недель)"), "weeks", 1),
        DateRule(pattern("{PRE}{WHICH} {WD}", **_W), "weekday"),
        DateRule(pattern("{WEEK} {PRE}{WD}", **_W), "weekday"),
        DateRule(pattern(r"{PRE}{WD} <(?P<d>[0-3]?\d)\.?> {MONTH}{YEAR}", **_W), "day_month"),
        DateRule(pattern(r"{PRE}{WD} <(?P<d>[0-3]?\d)\.>(?: числа)?", **_W), "day"),
        DateRule(pattern("{PRE}{WD}(?: {WEEK})?", **_W), "weekday"),
        DateRule(pattern(r"{PRE}<(?P<d>[0-3]?\d)\.?> {MONTH}{YEAR}", **_W), "day_month"),
        DateRule(pattern(r"{PRE}<(?P<d>[0-3]?\d)\.?> числа(?: (?P<which>следующего|этого) месяца)?", **_W), "day"),
    ),
    parts={"утр": "morning", "дня": "afternoon", "днем": "afternoon", "вечер": "evening", "ноч": "night"},
    weekdays={"понедельник": 0, "вторник": 1, "сред": 2, "четверг": 3, "пятниц": 4, "суббот": 5, "воскресень": 6},
    months={"января": 1, "февраля": 2, "марта": 3, "апреля": 4, "мая": 5, "июня": 6, "июля": 7, "августа": 8, "сентября": 9, "октября": 10, "ноября": 11, "декабря": 12},
    which={"следующ": "next", "будущ": "next", "эт": "this", "ближайш": "this", "прошл": "last"},
    week="недел",
    number=lambda text: 1 if text.startswith("час") else number_in_brackets(text),
    splits=("полу", "пол"),
)  # fmt: skip
