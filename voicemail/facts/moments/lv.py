"""Latvian times and dates, without diacritics."""

# ruff: noqa: E501  a way to say a time or a date is one line

from __future__ import annotations

from collections.abc import Iterator

from voicemail.facts.moments.rules import DateRule, Moments, TimeRule, ends, number_in_brackets, pattern
from voicemail.facts.moments.surroundings import surroundings
from voicemail.facts.numerals.lv import WORDS
from voicemail.facts.other_things import words_for

_PARTS = "no rita|rita|dienas vidu|diena|pecpusdiena|pec pusdienam|vakara|nakti"
_END = ends("un vai ja ludzu bet es mes jus vins vina par kad paldies tad rit sodien parit jo lai mans butu bus varu var"
            " ta pirmdien otrdien tresdien ceturtdien piektdien sestdien svetdien pie uz man mums jums lidz katru", *WORDS.corrections)  # fmt: skip
_WEEKDAY = "pirmdien|otrdien|tresdien|ceturtdien|piektdien|sestdien|svetdien"
_MONTH = "janvar[aisu]*|februar[aisu]*|mart(?:a|s|am|u)|april[aisu]*|maij(?:a|s|am|u)|junij(?:a|s|am|u)|julij(?:a|s|am|u)|august[aisu]*|septembr[aisu]*|oktobr[aisu]*|novembr[aisu]*|decembr[aisu]*"
_UNITS = r"nedel\w*|nakamnedel|menes\w*|gad[aisu]*|gadiem|dien|dienas|dienam|dienu|stund\w*|minut\w*|diennakt\w*"
_HALVES = {"divarpus": 2, "trisarpus": 3, "cetrarpus": 4, "piecarpus": 5}
_W = {
    "AT": "(?:pulksten(?:is)?|plkst|ap pulksten|ap|lidz|lidz pulksten|pec|pec pulksten|no|no pulksten|kops|pirms|uz)",
    "CLOCK": "(?:(?:(?:ap|lidz|pec|no|pirms|uz) )?(?:pulksten(?:is)?|plkst))",
    "P0": f"(?:(?P<part0>{_PARTS})(?: ,)? )?",
    "P": f"(?: (?P<part>{_PARTS}))",
    "END": _END,
    # The locative plural (on Fridays) is spelt like the genitive here, so the genitive wants its preposition.
    "WD": rf"(?P<weekday>(?:{_WEEKDAY})(?:a|u|ai)?(?![a-z])|(?<=no\s|ec\s|ps\s|ms\s)(?:{_WEEKDAY})as|(?:{_WEEKDAY})as(?=\s(?:rit|vakar|pecpusdien|pusdien)))",
    "MONTH": f"(?P<month>{_MONTH})",
    "WHICH": "(?P<which>nakam(?:o|a|aja|ajo|as|ajai|ajam)|so|saja|sis|pagajus(?:o|aja|ajo)|aiznakam(?:o|a|aja|ajo)|aizpagajus(?:o|aja|ajo))",
    "WEEK": "(?P<which>nakamnedel|nakamas nedelas|sis nedelas|pagajusas nedelas|nakamaja nedela|nakamo nedelu|sonedel|saja nedela|pagajusaja nedela|pagajusonedel|aiznakamnedel|aiznakamaja nedela|aizpagajusaja nedela|aizpagajusonedel)",
    "MIN": "(?: minut(?:em|es|e))",
    "YEAR": r"(?:(?: ,)? (?P<year><(?:1[89]|20)\d\d\.?>)(?: gad[aus]*)?|(?: ,)? (?P<year2><\d\d\.>) gad[aus]*)?",
    "YEAR0": r"(?:(?P<year><(?:(?:1[89]|20)\d\d\.?|\d\d\.)>) gad[aus]* |(?P<years>nakama gada|nakamgad|si gada|sogad|pagajusa gada|pagajusaja gada|pagajusgad|aizpagajusa gada|aizpagajusaja gada|aizpagajusgad|aiznakama gada|aiznakamgad) )",
    "PAST": "(?:pari|pec)",
    "HOURS": "stund(?:as|am|u)",
    "ABOUT": "(?:(?P<about>apmeram|kadam|aptuveni|kadas|kadu) )?",
}  # fmt: skip


def _lengths() -> Iterator[TimeRule]:
    for text, minutes in (
        ("pusstundas", 30),
        ("(?P<about>pusstundinas)", 30),
        ("ceturtdalstundas|ceturksnstundas|stundas ceturksna", 15),
        (r"(?:pusotras|pus <2\.>) stundas|pusotram stundam|pusotru stundu", 90),
        ("(?:<1> )?stundas un (?:<30> minutem|pusstundas|puses)", 90),
        (f"(?P<n>{'|'.join(_HALVES)}) {{HOURS}}", 30),
        (r"<(?P<n>\d+)> ar pusi {HOURS}", 30),
        (r"<(?P<n>\d+)> {HOURS} un pusstundas", 30),
        (r"(?:<1> )?stundas(?: un)? <(?P<m>\d+)>{MIN}", 60),
        (r"(?:<1> )?stundas(?: un)? <(?P<m>[1-5]\d)>", 60),
        (r"<(?P<n>\d+)> {HOURS}(?: un)? <(?P<m>\d+)>{MIN}", 0),
        (r"<(?P<n>\d+)> {HOURS}(?: un)? <(?P<m>[1-5]\d)>", 0),
        ("(?:<1> )?stundas", 60),
        ("(?P<about>stundinas)", 60),
        ("(?P<about>paris|para) {HOURS}", 120),
        (r"<(?P<n>\d+)> {HOURS}", 0),
        (r"<(?P<m>\d+)>{MIN}", 0),
        ("diennakts", 24 * 60),
    ):
        about = "" if "<about>" in text else "{ABOUT}"
        yield TimeRule(pattern(f"pec {about}(?:{text})", **_W), "length", minutes)


_TIMES = (
    TimeRule(pattern(r"{P0}(?:{AT} )?pus <(?P<h>1?\d)@?>{P}?", **_W), "toward", 30),
    TimeRule(pattern("{P0}(?:{AT} )?bez ceturksna {H}{P}?", **_W), "to", 15),
    TimeRule(pattern("{P0}(?:{AT} )?bez {M}{MIN}? {H}{P}?", **_W), "to"),
    # bez divdesmit pieci: the minutes are heard together with the hour as 25
    TimeRule(pattern(r"{P0}(?:{AT} )?bez <2(?P<h>[1-9])@?>{P}?", **_W), "to", 20),
    TimeRule(pattern("{P0}(?:{AT} )?ceturksnis {PAST} {H}{P}?", **_W), "past", 15),
    TimeRule(pattern("{P0}(?:{AT} )?{M}{MIN}? pari {H}{P}?", **_W), "past"),
    TimeRule(pattern("{P0}(?:{AT} )?{M}{MIN} pec {H}{P}?", **_W), "past"),
    TimeRule(pattern(rf"(?:no|starp) (?:pulksten )?{{H}}(?: {{MM}})?(?: (?P<part>{_PARTS}))? (?:lidz|un) (?:pulksten )?<(?P<h2>1?\d|2[0-4])@?>(?: <(?P<m2>[0-5]\d)@?>)?(?: (?P<part2>{_PARTS}))?", **_W), "span"),
    TimeRule(pattern(r"{P0}(?:{AT} )?(?P<clock>\d\d?:\d\d){P}?", **_W), "at"),
    TimeRule(pattern("{P0}{CLOCK} {H}(?: {MM})?{P}?(?! <)", **_W), "at"),
    # viena diena is a day, not an hour: without a preposition only the locative names one.
    TimeRule(pattern("{P0}{AT} {H}(?: {MM})?{P}", **_W), "at"),
    TimeRule(pattern(r"{P0}<(?P<h>[12]?\d)@>(?: {MM})?{P}", **_W), "at"),
    TimeRule(pattern(r"{P0}<(?P<h>1[3-9]|2[0-3])@> {MM}", **_W), "at"),
    TimeRule(pattern("{H}(?: {MM})? (?P<part>no rita)", **_W), "at"),
    TimeRule(pattern("{P0}(?:ap|lidz|pec|no|pirms) {H} {MM}{END}", **_W), "at"),
    TimeRule(pattern("{P0}(?:ap|lidz|pec|no|pirms) {H}{END}", **_W), "at", is_bare=True),
    TimeRule(pattern(r"<(?P<h>[12]?\d)@>(?: {MM})?(?= (?:sodien|rit|parit) (?P<part>no rita|pecpusdiena|vakara)(?: |$))", **_W), "at"),
    TimeRule(pattern(r"{P0}<(?P<h>[12]?\d)@>(?: {MM})?{END}", **_W), "at"),
    TimeRule(pattern("(?:{AT} )?(?:pusdienlaik(?:a|u|am)|dienas vidu)", **_W), "noon"),
    TimeRule(pattern("(?:{AT} )?pusnakt[is]*", **_W), "midnight"),
    *_lengths(),
)  # fmt: skip

_DATES = (
    DateRule(pattern("sodien"), "today", 0),
    DateRule(pattern("(?:lidz )?rit(?:dien(?:a|ai|as|u)?)?"), "today", 1),
    DateRule(pattern("parit"), "today", 2),
    DateRule(pattern("aizparit"), "today", 3),
    DateRule(pattern("vakar"), "today", -1),
    DateRule(pattern("aizvakar"), "today", -2),
    DateRule(pattern(r"pec <(?P<n>\d+)> dien(?:am|as)"), "days"),
    DateRule(pattern("pec (?P<about>paris|para) dienam"), "days", 2),
    DateRule(pattern(r"pec (?:<(?P<n>\d+)> )?nedel(?:as|am)"), "weeks", 1),
    DateRule(pattern("pec (?P<about>nedelinas)"), "weeks", 1),
    DateRule(pattern("pec (?P<about>paris|para) nedelam"), "weeks", 2),
    DateRule(pattern(r"pec (?:<(?P<n>\d+)> )?menes(?:a|iem)"), "months", 1),
    DateRule(pattern("(?:lidz )?{WHICH} {WD}", **_W), "weekday"),
    DateRule(pattern("(?P<which>nakam|pagajus|aiznakam|aizpagajus)(?:o|a)?{WD}", **_W), "weekday"),
    DateRule(pattern("{WEEK} {WD}", **_W), "weekday"),
    DateRule(pattern(r"(?:lidz )?{YEAR0}{WD} <(?P<d>[0-3]?\d)\.?> {MONTH}", **_W), "day_month"),
    DateRule(pattern(r"(?:lidz )?{WD} {YEAR0}<(?P<d>[0-3]?\d)\.?> {MONTH}", **_W), "day_month"),
    DateRule(pattern(r"(?:lidz )?{WD} <(?P<d>[0-3]?\d)\.?> {MONTH}{YEAR}", **_W), "day_month"),
    DateRule(pattern(r"(?:lidz )?{WD} <(?P<d>[0-3]?\d)\.>(?: datum[aiu]*)?", **_W), "day"),
    DateRule(pattern("(?:lidz )?{WD}(?: {WEEK})?", **_W), "weekday"),
    DateRule(pattern(r"(?:lidz )?{YEAR0}<(?P<d>[0-3]?\d)\.?> {MONTH}", **_W), "day_month"),
    DateRule(pattern(r"(?:lidz )?<(?P<d>[0-3]?\d)\.?> {MONTH}{YEAR}", **_W), "day_month"),
    DateRule(pattern(r"(?:lidz )?(?P<which>nakama|nakamaja|sa|saja|pagajusaja) menes[ai] <(?P<d>[0-3]?\d)\.?>(?: datum[aiu]*)?", **_W), "day"),
    DateRule(pattern(r"(?:lidz )?(?P<which>nakammenes) <(?P<d>[0-3]?\d)\.?>(?: datum[aiu]*)?", **_W), "day"),
    DateRule(pattern(r"(?:lidz )?<(?P<d>[0-3]?\d)\.> datum[aiu]*", **_W), "day"),
    DateRule(pattern(r"(?:(?<=sodien\s)|(?<=rit\s))<(?P<d>[0-3]?\d)\.>(?: datum[aiu]*)?"), "day"),
    DateRule(pattern("(?:lidz )?(?:nedelas nogal[ei]|brivdienas|izejamajas)"), "weekend", 0),
    DateRule(pattern("(?:nakamaja|nakamajas) (?:nedelas nogale|brivdienas)"), "weekend", 1),
    DateRule(pattern("nakamas nedelas (?:beigas|beigam)"), "week_end", 1),
    DateRule(pattern("(?:lidz )?(?:sis )?nedelas (?:beigas|beigam)"), "week_end", 0),
    DateRule(pattern("(?:lidz )?(?:si )?menesa (?:beigas|beigam)"), "month_end", 0),
    DateRule(pattern("(?:lidz )?nakama menesa (?:beigas|beigam)"), "month_end", 1),
    DateRule(pattern("nakamas nedelas sakum[au]"), "week", 1),
    DateRule(pattern("nakamnedel|nakamaja nedela|nakamo nedelu"), "week", 1),
    DateRule(pattern("aiznakamnedel|aiznakamaja nedela"), "week", 2),
    DateRule(pattern("nakama menesa sakum[au]|nakamaja menesi|nakammenes"), "month", 1),
)  # fmt: skip

_SURROUNDINGS = surroundings(
    before=r"(?:<[^>]*>|viena|vienu|divas|paris|para|dazas|pusotras|pusotru|pusotram|darba|katra|tas|tajas|kadu|nakamas) (?:" + _UNITS + ")|" + "pusstund\\w*|nedelu|nedela|dienu|stundu|menesi|diennakti|katr[aus]|katra|katru|ik|gada|jebkur\\w*|kaut kur\\w*|reiz\\w* nedela|nakti|vismaz|taja|to|(?<![~>,]\\s)ne(?! (?:velak|agrak) )|nakamaja diena|ieprieksejaja diena|nevis|nav|iznemot|pusotr\\w*|pus|ceturksn\\w*|otr[aou]|cit[aou]|pirm\\w*|pedej\\w*|nakam\\w*|pagajus\\w*|aizpagajus\\w*|aiznakam\\w*|ieprieks\\w*|beig\\w*|sakum\\w*|vidu|" + _MONTH.replace("mart(?:a|s|am|u)", "marta"),
    behind=f"{_UNITS}|atpakal|pusotr\\w*|pus|pusi|ceturksn\\w*|otru|citu|nakam\\w*|pagajus\\w*|aizpagajus\\w*|aiznakam\\w*|pec nedelas|ziemassvetk\\w*|lieldien\\w*|svetk\\w*|jaun\\w* gad\\w*|{_MONTH}",
    between_before="pec|pirms|no|lidz|ap|uz|kops|pulksten|agrak|velak|neka|par",
    between_behind="un|pec|pirms|no|ar|tas|tajas|vel|par|uz",
    choices="vai|lidz|jeb",
    joins="un|plus",
    before_length="apmeram|aptuveni|kaut kad|vismaz",
    minutes=r"minut\w*",
    exposed="(?:pec|pirms|pari) ",
    behind_length="pec|pirms|no|kops|kad|ka",
    birth=r"dzim\w*",
    past=r"(?!grib|vajadz|var|vel[ej]|nakam|pied|pedej|saj|taj|kuraj|pirmaj|otraj|treej|pagajus)(?:bij\w+|\w{2,}ij(?:u|a|am|at)|\w{2,}(?:aj|oj|ej)(?:u|a)|san[ea]m[uat]*m?|(?:at)?nac(?:a|u|am)|(?:at)?brauc(?:a|u|am)|teica\w*|nopirk\w*|pirk[au]m?|(?:at)?veda|atvedu|ieprieks|vakar|kops)",
    money="|".join((*words_for("money", "lv"), "maksa", "maksaja", "temperatur", "grad", "budzet")),
    asks=r"ludzu|\w+iet|vai|varat|var|varu|bus|busu|busim|gribu|gribetu|gribeju|velos|vajag|lai|ja|kad",
    correcting=f"(?:{_WEEKDAY})\\w*|{_MONTH}|{_PARTS}|{_UNITS}|pus|pusdien\\w*|rit|parit",
    corrections=WORDS.corrections,
    hesitations=WORDS.apologies | WORDS.fillers | {"vai", "un", "labak", "tomer", "es", "gribeju", "teikt", "domaju", "drizak"},
    bridges="pec pirms ir bija bus",
    spans="lidz",
    glue="agri kaut kad apmeram aptuveni ap pulksten",
    end=_END,
    past_before=None,
)  # fmt: skip

MOMENTS = Moments(
    times=_TIMES,
    dates=_DATES,
    parts={"no rita": "morning", "rita": "morning", "dien": "afternoon", "pecpus": "afternoon", "pec pus": "afternoon", "vakar": "evening", "nakti": "night"},
    weekdays={"pirmdien": 0, "otrdien": 1, "tresdien": 2, "ceturtdien": 3, "piektdien": 4, "sestdien": 5, "svetdien": 6},
    months={"janvar": 1, "februar": 2, "mart": 3, "april": 4, "maij": 5, "junij": 6, "julij": 7, "august": 8, "septembr": 9, "oktobr": 10, "novembr": 11, "decembr": 12},
    which={"nakam": "next", "so": "this", "sa": "this", "sis": "this", "pagajus": "last", "aiznakam": "after_next", "aizpagajus": "last_but_one"},
    years={"nakam": 1, "si": 0, "so": 0, "pagajus": -1, "aizpagajus": -2, "aiznakam": 2},
    week="nedel",
    lengths=("nedel", "dien", "menes", "gad", "stund", "sekund"),
    number=lambda text: _HALVES.get(text) or number_in_brackets(text),
    surroundings=_SURROUNDINGS,
    splits=("pus",),
)  # fmt: skip
