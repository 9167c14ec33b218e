"""Latvian times and dates, without diacritics."""

# ruff: noqa: E501  a way to say a time or a date is one line

from __future__ import annotations

from voicemail.facts.moments.rules import DateRule, Moments, TimeRule, ends, number_in_brackets, pattern

_PARTS = "no rita|rita|dienas vidu|diena|pecpusdiena|pec pusdienam|vakara|nakti"
_W = {
    "AT": "(?:pulksten(?:is)?|plkst|ap pulksten|ap|lidz|lidz pulksten|pec|pec pulksten|no|no pulksten|kops|pirms|uz)",
    "CLOCK": "(?:(?:(?:ap|lidz|pec|no|pirms|uz) )?(?:pulksten(?:is)?|plkst))",
    "P0": f"(?:(?P<part0>{_PARTS})(?: ,)? )?",
    "P": f"(?: (?P<part>{_PARTS}))",
    "END": ends("un vai ja ludzu bet es mes jus vins vina par kad paldies tad rit sodien parit jo lai mans butu bus varu var"
                " ta pirmdien otrdien tresdien ceturtdien piektdien sestdien svetdien pie uz man mums jums lidz"),
    "WD": "(?P<weekday>(?:pirmdien|otrdien|tresdien|ceturtdien|piektdien|sestdien|svetdien)(?:a|as|u|ai)?)",
    "MONTH": "(?P<month>janvar[aisu]*|februar[aisu]*|mart(?:a|s|am|u)|april[aisu]*|maij(?:a|s|am|u)|junij(?:a|s|am|u)|julij(?:a|s|am|u)|august[aisu]*|septembr[aisu]*|oktobr[aisu]*|novembr[aisu]*|decembr[aisu]*)",
    "WHICH": "(?P<which>nakam(?:o|a|aja|ajo|as)|so|saja|sis|pagajus(?:o|aja|ajo)|aiznakam(?:o|a|aja))",
    "MIN": "(?: minut(?:em|es|e))",
    "YEAR": r"(?: (?P<year><20\d\d\.?>)(?: gad[aus]*)?)?",
    "PAST": "(?:pari|pec)",
}  # fmt: skip

MOMENTS = Moments(
    times=(
        TimeRule(pattern(r"{P0}(?:{AT} )?pus <(?P<h>1?\d)@?>{P}?", **_W), "toward", 30),
        TimeRule(pattern("{P0}(?:{AT} )?bez ceturksna {H}{P}?", **_W), "to", 15),
        TimeRule(pattern("{P0}(?:{AT} )?bez {M}{MIN}? {H}{P}?", **_W), "to"),
        # bez divdesmit pieci: the minutes are heard together with the hour as 25
        TimeRule(pattern(r"{P0}(?:{AT} )?bez <2(?P<h>[1-9])@?>{P}?", **_W), "to", 20),
        TimeRule(pattern("{P0}(?:{AT} )?ceturksnis {PAST} {H}{P}?", **_W), "past", 15),
        TimeRule(pattern("{P0}(?:{AT} )?{M}{MIN}? pari {H}{P}?", **_W), "past"),
        TimeRule(pattern("{P0}(?:{AT} )?{M}{MIN} pec {H}{P}?", **_W), "past"),
        TimeRule(pattern(rf"no (?:pulksten )?{{H}}(?: {{MM}})?(?: (?P<part>{_PARTS}))? lidz (?:pulksten )?<(?P<h2>\d\d?)@?>(?: <(?P<m2>[0-5]\d)@?>)?(?: (?P<part2>{_PARTS}))?", **_W), "span"),
        TimeRule(pattern(r"{P0}(?:{AT} )?(?P<clock>\d\d?:\d\d){P}?", **_W), "at"),
        TimeRule(pattern("{P0}{CLOCK} {H}(?: {MM})?{P}?(?! <)", **_W), "at"),
        # viena diena is a day, not an hour: without a preposition only the locative names one.
        TimeRule(pattern("{P0}{AT} {H}(?: {MM})?{P}", **_W), "at"),
        TimeRule(pattern(r"{P0}<(?P<h>[12]?\d)@>(?: {MM})?{P}", **_W), "at"),
        TimeRule(pattern("{H}(?: {MM})? (?P<part>no rita)", **_W), "at"),
        TimeRule(pattern("{P0}(?:ap|lidz|pec|no|pirms) {H}(?: {MM})?{END}", **_W), "at"),
        TimeRule(pattern(r"<(?P<h>[12]?\d)@>(?: {MM})?(?= (?:sodien|rit|parit) (?P<part>no rita|pecpusdiena|vakara)(?: |$))", **_W), "at"),
        TimeRule(pattern(r"{P0}<(?P<h>[12]?\d)@>(?: {MM})?{END}", **_W), "at"),
        TimeRule(pattern("(?:{AT} )?(?:pusdienlaik[au]|dienas vidu)", **_W), "noon"),
        TimeRule(pattern("(?:{AT} )?pusnakt[is]*", **_W), "midnight"),
        TimeRule(pattern("pec (?P<half>pusstundas)", **_W), "in_minutes", 30),
        TimeRule(pattern(r"pec (?:<(?P<n>\d+)> )?stund(?:as|am)", **_W), "in_hours", 1),
        TimeRule(pattern(r"pec <(?P<n>\d+)>{MIN}", **_W), "in_minutes"),
    ),
    dates=(
        DateRule(pattern("sodien"), "days", 0),
        DateRule(pattern("(?:lidz )?rit(?:dien(?:a|ai|as|u)?)?"), "days", 1),
        DateRule(pattern("parit"), "days", 2),
        DateRule(pattern("aizparit"), "days", 3),
        DateRule(pattern("vakar"), "days", -1),
        DateRule(pattern("aizvakar"), "days", -2),
        DateRule(pattern(r"pec <(?P<n>\d+)> dien(?:am|as)"), "days"),
        DateRule(pattern(r"pec (?:<(?P<n>\d+)> )?nedel(?:as|am)"), "weeks", 1),
        DateRule(pattern("(?:lidz )?{WHICH} {WD}", **_W), "weekday"),
        DateRule(pattern("(?P<which>nakam|pagajus)(?:o)?{WD}", **_W), "weekday"),
        DateRule(pattern("(?P<which>nakamnedel|nakamaja nedela|nakamo nedelu|sonedel|saja nedela|pagajusaja nedela) {WD}", **_W), "weekday"),
        DateRule(pattern(r"{WD} <(?P<d>[0-3]?\d)\.?> {MONTH}{YEAR}", **_W), "day_month"),
        DateRule(pattern(r"(?:lidz )?{WD} <(?P<d>[0-3]?\d)\.>(?: datum[aiu]*)?", **_W), "day"),
        DateRule(pattern("(?:lidz )?{WD}(?: (?P<which>nakamnedel|nakamaja nedela|sonedel|saja nedela|pagajusaja nedela))?", **_W), "weekday"),
        DateRule(pattern(r"(?:lidz )?(?:(?P<year><20\d\d\.?>)(?: gad[aus]*) )?<(?P<d>[0-3]?\d)\.?> {MONTH}", **_W), "day_month"),
        DateRule(pattern(r"(?:lidz )?(?P<which>nakama|sa) menesa <(?P<d>[0-3]?\d)\.?>(?: datuma)?", **_W), "day"),
        DateRule(pattern(r"(?:lidz )?<(?P<d>[0-3]?\d)\.> datum[aiu]*", **_W), "day"),
    ),
    parts={"no rita": "morning", "rita": "morning", "dien": "afternoon", "pecpus": "afternoon", "pec pus": "afternoon", "vakar": "evening", "nakti": "night"},
    weekdays={"pirmdien": 0, "otrdien": 1, "tresdien": 2, "ceturtdien": 3, "piektdien": 4, "sestdien": 5, "svetdien": 6},
    months={"janvar": 1, "februar": 2, "mart": 3, "april": 4, "maij": 5, "junij": 6, "julij": 7, "august": 8, "septembr": 9, "oktobr": 10, "novembr": 11, "decembr": 12},
    which={"nakam": "next", "so": "this", "sa": "this", "sis": "this", "pagajus": "last", "aiznakam": "after_next"},
    week="nedel",
    number=number_in_brackets,
    splits=("pus",),
)  # fmt: skip
