"""English times and dates."""

# ruff: noqa: E501  a way to say a time or a date is one line

from __future__ import annotations

from voicemail.facts.moments.rules import DateRule, Moments, TimeRule, ends, number_in_brackets, pattern

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_DAY = "(?:today|tomorrow|tonight|" + "|".join(_WEEKDAYS) + ")"
_W = {
    "AT": "(?:at|by|after|before|until|till|around|about|from|since)(?: (?:about|around|exactly|roughly|like|say))?",
    "BY": "(?:at|by|after|before|until|till|around)(?: (?:about|around|exactly|roughly|like|say))?",
    "P0": "(?:(?P<part0>morning|afternoon|evening|night|tonight)(?: ,)? )?",
    "P": r"(?: (?:(?P<part>am|pm|a m|p m|tonight|at night)|in the (?P<part2>morning|afternoon|evening)))",
    "END": ends(
        _DAY, "and or if please on in i we you he she they because but thanks thank when then to till until my is it the this"
        " next would for as so that will can could at with sharp maybe latest today's is's bye"
    ),
    "DAY": _DAY,
    "WD": "(?P<weekday>" + "|".join(_WEEKDAYS) + ")",
    "MONTH": "(?P<month>" + "|".join(_MONTHS) + ")",
    "LONG": "(?P<month>" + "|".join(month for month in _MONTHS if month not in ("may", "march")) + ")",
    "YEAR": r"(?: (?P<year><20\d\d>|<20> <\d\d>))?",
    "TO": "(?:to|till|until|and)",
}  # fmt: skip

MOMENTS = Moments(
    times=(
        TimeRule(pattern(r"(?:from|between) {H}(?: {MM})?(?: (?P<part>am|pm|a m|p m))? {TO} <(?P<h2>\d\d?)>(?: <(?P<m2>[0-5]\d)>)?(?: (?P<part2>am|pm|a m|p m))?", **_W), "span"),
        TimeRule(pattern("{P0}(?:{AT} )?half past {H}{P}?", **_W), "past", 30),
        TimeRule(pattern("(?:{AT} )half {H}{P}?{END}", **_W), "past", 30),
        TimeRule(pattern("{P0}(?:{AT} )?(?:a )?quarter (?:past|after) {H}{P}?", **_W), "past", 15),
        TimeRule(pattern("{P0}(?:{AT} )?(?:a )?quarter (?:to|till|of|before) {H}{P}?", **_W), "to", 15),
        TimeRule(pattern("{P0}(?:{AT} )?{M}(?: minutes?)? past {H}{P}?", **_W), "past"),
        TimeRule(pattern("{P0}(?:{AT} )?{M} minutes? to {H}{P}?", **_W), "to"),
        TimeRule(pattern("{P0}(?:at|by|around|about|before|after|until) {M} to {H}{P}?{END}", **_W), "to"),
        TimeRule(pattern("{M} to {H}{P}", **_W), "to"),
        TimeRule(pattern("{P0}(?:{AT} )?{H}(?: {MM})?(?: o'?clock)?{P}", **_W), "at"),
        TimeRule(pattern("{P0}(?:{AT} )?{H} o'?clock", **_W), "at"),
        TimeRule(pattern(r"(?:{AT} )?<(?P<h>\d\d?)00> hours", **_W), "at"),
        TimeRule(pattern(r"{P0}(?:{AT} )?(?P<clock>\d\d?:\d\d){P}?", **_W), "at"),
        TimeRule(pattern("{BY} {H}(?: {MM})?(?= {DAY} (?P<part>morning|afternoon|evening|night)(?: |$))", **_W), "at"),
        TimeRule(pattern("{P0}{BY} {H}(?: {MM})?{END}", **_W), "at"),
        TimeRule(pattern("{H} {MM}(?= (?:on )?{DAY}(?: |$))", **_W), "at"),
        TimeRule(pattern("(?:{AT} )?(?:noon|midday)", **_W), "noon"),
        TimeRule(pattern("(?:{AT} )?midnight", **_W), "midnight"),
        TimeRule(pattern("in (?P<half>half an) hour", **_W), "in_minutes", 30),
        TimeRule(pattern(r"in (?:<(?P<n>\d+)>|an) hours?(?: time)?", **_W), "in_hours", 1),
        TimeRule(pattern(r"in <(?P<n>\d+)> minutes(?: time)?", **_W), "in_minutes"),
    ),
    dates=(
        DateRule(pattern("the day after tomorrow"), "days", 2),
        DateRule(pattern("the day before yesterday"), "days", -2),
        DateRule(pattern("today"), "days", 0),
        DateRule(pattern("this (?:morning|afternoon|evening)"), "days", 0),
        DateRule(pattern("tomorrow"), "days", 1),
        DateRule(pattern("yesterday"), "days", -1),
        DateRule(pattern("a week (?:from )?today"), "weeks", 1),
        DateRule(pattern(r"in <(?P<n>\d+)> days(?: time)?"), "days"),
        DateRule(pattern(r"in (?:<(?P<n>\d+)>|a) weeks?(?: time)?"), "weeks", 1),
        DateRule(pattern("in a fortnight"), "weeks", 2),
        DateRule(pattern("(?P<which>a week on) {WD}", **_W), "weekday"),
        DateRule(pattern("(?:on )?(?:the )?(?P<which>next|this|last|coming|following) {WD}", **_W), "weekday"),
        DateRule(pattern("(?P<which>next|this|last) week (?:on )?{WD}", **_W), "weekday"),
        DateRule(pattern(r"(?:on )?{WD} (?:the )?<(?P<d>[0-3]?\d)\.>(?: of)? {MONTH}{YEAR}", **_W), "day_month"),
        DateRule(pattern(r"(?:on )?{WD} {MONTH} (?:the )?<(?P<d>[0-3]?\d)\.>{YEAR}", **_W), "day_month"),
        DateRule(pattern(r"(?:on )?{WD} the <(?P<d>[0-3]?\d)\.>", **_W), "day"),
        DateRule(pattern("(?:on )?{WD}(?: (?P<which>next|this|last) week)?", **_W), "weekday"),
        DateRule(pattern(r"(?:on |by |until |till )?(?:the )?<(?P<d>[0-3]?\d)\.>(?: of)? {MONTH}{YEAR}", **_W), "day_month"),
        DateRule(pattern(r"(?:on |by |until |till )?{MONTH} (?:the )?<(?P<d>[0-3]?\d)\.>{YEAR}", **_W), "day_month"),
        DateRule(pattern(r"(?:on )?{LONG} <(?P<d>[0-3]?\d)>{YEAR}", **_W), "day_month"),
        DateRule(pattern(r"(?:on )?<(?P<d>[0-3]?\d)> {LONG}{YEAR}", **_W), "day_month"),
        DateRule(pattern(r"(?:on )?<(?P<d>[0-3]?\d)> {MONTH} (?P<year><20\d\d>)", **_W), "day_month"),
        DateRule(pattern(r"(?:on|by|until) <(?P<d>[0-3]?\d)> {MONTH}", **_W), "day_month"),
        DateRule(pattern(r"(?:on )?the <(?P<d>[0-3]?\d)\.> of (?P<which>this|next) month", **_W), "day"),
        DateRule(pattern(r"(?:on|by|until) the <(?P<d>[0-3]?\d)\.>{END}", **_W), "day"),
    ),
    parts={"am": "morning", "a m": "morning", "morning": "morning", "pm": "pm", "p m": "pm", "afternoon": "afternoon", "evening": "evening", "tonight": "evening", "night": "night", "at night": "night"},
    weekdays={name: number for number, name in enumerate(_WEEKDAYS)},
    months={name: number for number, name in enumerate(_MONTHS, 1)},
    which={"next": "next", "this": "this", "last": "last", "coming": "this", "following": "next", "a week on": "week_after"},
    week="week",
    number=number_in_brackets,
)  # fmt: skip
