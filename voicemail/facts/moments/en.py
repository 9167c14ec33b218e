"""English times and dates."""

# ruff: noqa: E501  a way to say a time or a date is one line

from __future__ import annotations

from collections.abc import Iterator

from voicemail.facts.moments.rules import DateRule, Moments, TimeRule, ends, number_in_brackets, pattern
from voicemail.facts.moments.surroundings import surroundings
from voicemail.facts.numerals.en import WORDS
from voicemail.facts.other_things import words_for

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
_LONG = "|".join(month for month in _MONTHS if month not in ("may", "march"))  # these two are other words as well
_DAY = "(?:today|tomorrow|tonight|" + "|".join(_WEEKDAYS) + ")"
_END = ends(
    _DAY, "and or if please on in i we you he she they because but thanks thank when then to till until my is it the this"
    " next would for as so that will can could at with sharp maybe latest today's is's bye every instead", *WORDS.corrections
)  # fmt: skip
_UNITS = "weeks?|weeks?'|fortnights?|months?|years?|days?|hours?|minutes?"
_W = {
    "AT": "(?:at|by|after|before|until|till|around|about|from|since)(?: (?:about|around|exactly|roughly|like|say))?",
    "BY": "(?:at|by|after|before|until|till|around)(?: (?:about|around|exactly|roughly|like|say))?",
    "P0": "(?:(?P<part0>morning|afternoon|evening|night|tonight)(?: ,)? )?",
    "P": r"(?: (?:(?P<part>am|pm|a m|p m|tonight|at night)|in the (?P<part2>morning|afternoon|evening)))",
    "HALF1": "(?: (?:in the )?(?P<part>am|pm|a m|p m|morning|afternoon|evening|at night))",
    "HALF2": "(?: (?:in the )?(?P<part2>am|pm|a m|p m|morning|afternoon|evening|at night))",
    "H2": r"<(?P<h2>1?\d|2[0-4])>(?: <(?P<m2>[0-5]\d)>)?",
    "BEFORE": "<(?P<m>5|10|20|25)>",
    "OPEN": "(?:at|about|around|open|available|free|in|here|there|hours|time|anytime)(?: from)?",
    "END": _END,
    "DAY": _DAY,
    "WD": "(?P<weekday>" + "|".join(_WEEKDAYS) + ")",
    "MONTH": "(?P<month>" + "|".join(_MONTHS) + ")",
    "LONG": f"(?P<month>{_LONG})",
    "D": r"<(?P<d>[0-3]?\d)>",
    "DTH": r"(?:the )?<(?P<d>[0-3]?\d)\.>",
    "YEAR": r"(?:(?: ,)? (?:in |of )?(?P<year><(?:1[89]|20)\d\d>|<(?:19|20)> <0> <\d>|<(?:1[89]|20)> <\d\d>)| (?:of )?(?P<years>(?:next|this|last) year))?",
    "TO": "(?:to|till|until|and)",
    "ON": "(?:on |by |until |till |from |since )?",
    "ABOUT": "(?:(?P<about>about|around|roughly|approximately|like|maybe) )?",
}  # fmt: skip


def _lengths() -> Iterator[TimeRule]:
    """In an hour, and an hour from now."""
    for text, minutes in (
        ("half an hour", 30),
        ("(?:a )?quarter of an hour", 15),
        ("<3> quarters of an hour", 45),
        ("(?:an|<1>) hour and a half", 90),
        (r"<(?P<n>\d+)> hours? and a half", 30),
        (r"<(?P<n>\d+)> and a half hours?", 30),
        ("an hour and <3> quarters", 105),
        (r"<(?P<n>\d+)> hours? and <3> quarters", 45),
        ("an hour and a quarter", 75),
        (r"<(?P<n>\d+)> hours? and a quarter", 15),
        (r"an hour(?: and)? <(?P<m>\d+)> minutes?", 60),
        (r"an hour(?: and)? <(?P<m>[1-5]\d)>", 60),
        (r"<(?P<n>\d+)> hours?(?: and)? <(?P<m>\d+)> minutes?", 0),
        (r"<(?P<n>\d+)> hours?(?: and)? <(?P<m>[1-5]\d)>", 0),
        ("an hour(?P<about> or so)?", 60),
        ("(?P<about>a couple of) hours", 120),
        ("(?P<about>a couple hours)", 120),
        (r"<(?P<n>\d+)> hours?(?P<about> or so)?", 0),
        (r"<(?P<m>\d+)> minutes?(?P<about> or so)?", 0),
    ):
        about = "" if "<about>" in text else "{ABOUT}"
        yield TimeRule(pattern(f"in {about}{text}(?: time)?", **_W), "length", minutes)
        yield TimeRule(pattern(f"{about}{text} from now", **_W), "length", minutes)


_TIMES = (
    TimeRule(pattern("from <(?P<m>20|25)> to {H}{P}", **_W), "to"),
    TimeRule(pattern("(?:from|between) {H}(?: {MM})?{HALF1}? {TO} {H2}{HALF2}?", **_W), "span"),
    TimeRule(pattern("{P0}(?:{AT} )?half past {H}{P}?", **_W), "past", 30),
    TimeRule(pattern("(?:{AT} )half {H}{P}?{END}", **_W), "past", 30),
    TimeRule(pattern("{P0}(?:{AT} )?(?:a )?quarter (?:past|after) {H}{P}?", **_W), "past", 15),
    TimeRule(pattern("{P0}(?:{AT} )?(?:a )?quarter (?:to|till|of|before) {H}{P}?", **_W), "to", 15),
    TimeRule(pattern("{P0}(?:{AT} )?{M}(?: minutes?)? past {H}{P}?", **_W), "past"),
    TimeRule(pattern("{P0}(?:{AT} )?{M} minutes? after {H}(?: o'?clock)?{P}?", **_W), "past"),
    TimeRule(pattern(r"{P0}(?:{AT} )?<(?P<m>[1-5]\d|5)> after {H}{P}", **_W), "past"),
    TimeRule(pattern("{P0}(?:{AT} )?{M} minutes? (?:to|before) {H}(?: o'?clock)?{P}?", **_W), "to"),
    TimeRule(pattern(r"{P0}(?:{AT} )?<(?P<m>[1-5]\d|5)> before {H}{P}", **_W), "to"),
    # Without "minutes" it is five, ten, twenty or twenty five to; three to four are two hours.
    TimeRule(pattern("{P0}(?:at|by|around|about|before|after|until) {BEFORE} to {H}(?:{P}|{END})", **_W), "to"),
    TimeRule(pattern("<(?P<m>20|25)> to {H}{P}", **_W), "to"),
    TimeRule(pattern("<(?P<m>5|10)> to {H}{P}", **_W), "to", is_open=True),
    TimeRule(pattern("{H}(?: {MM})?{HALF1}? (?:to|till|until|through) {H2}{HALF2}", **_W), "span"),
    TimeRule(pattern("{H}(?: {MM})?{HALF1} (?:to|till|until|through) {H2}{END}", **_W), "span"),
    TimeRule(pattern("{OPEN} {H}(?: {MM})? (?:to|till|until|through) {H2}{END}", **_W), "span", is_open=True),
    TimeRule(pattern("{P0}(?:{AT} )?{H}(?: {MM})?(?: o'?clock)?{P}", **_W), "at"),
    TimeRule(pattern("{P0}(?:{AT} )?{H} o'?clock", **_W), "at"),
    TimeRule(pattern(r"(?:{AT} )?<(?P<h>\d\d?)00> hours", **_W), "at"),
    TimeRule(pattern(r"{P0}(?:{AT} )?(?P<clock>\d\d?:\d\d){P}?", **_W), "at"),
    TimeRule(pattern("{BY} {H}(?: {MM})?(?= (?:{DAY}|this) (?P<part>morning|afternoon|evening|night)(?: |$))", **_W), "at"),
    # After nineteen ninety and by twenty thirty are years as well.
    TimeRule(pattern("(?:by|after|before|until|till|around) <(?P<h>19|20)> <(?P<m>[0-5]\\d)>{END}", **_W), "at", is_bare=True),
    TimeRule(pattern("{P0}{BY} {H} {MM}{END}", **_W), "at"),
    TimeRule(pattern("{P0}{BY} {H}{END}", **_W), "at", is_bare=True),
    TimeRule(pattern("{H} {MM}(?= (?:on )?{DAY}(?: |$))", **_W), "at"),
    TimeRule(pattern("(?:{AT} )?(?:<12> )?(?:noon|midday)", **_W), "noon"),
    TimeRule(pattern("(?:{AT} )?(?:<12> )?midnight", **_W), "midnight"),
    *_lengths(),
)  # fmt: skip

_DATES = (
    DateRule(pattern("the day after tomorrow"), "today", 2),
    DateRule(pattern("the day before yesterday"), "today", -2),
    DateRule(pattern(r"(?:a|<1>) week (?:from |on )?(?:today|now)"), "weeks", 1),
    DateRule(pattern(r"today week"), "weeks", 1),
    DateRule(pattern(r"(?:a|<1>) week (?:from |on )?(?P<tomorrow>tomorrow)"), "weeks", 1),
    DateRule(pattern(r"(?P<tomorrow>tomorrow) week"), "weeks", 1),
    DateRule(pattern(r"<(?P<n>\d+)> weeks (?:from )?(?:today|now|(?P<tomorrow>tomorrow))"), "weeks"),
    DateRule(pattern(r"(?:a|<1>) fortnight (?:from )?(?:today|now|(?P<tomorrow>tomorrow))"), "weeks", 2),
    DateRule(pattern("today"), "today", 0),
    DateRule(pattern("this (?:morning|afternoon|evening)"), "today", 0),
    DateRule(pattern("tomorrow"), "today", 1),
    DateRule(pattern("yesterday"), "today", -1),
    DateRule(pattern(r"in <(?P<n>\d+)> days?(?: time)?"), "days"),
    DateRule(pattern(r"<(?P<n>\d+)> days? from (?:now|today)"), "days"),
    DateRule(pattern("in (?P<about>a couple of) days"), "days", 2),
    DateRule(pattern(r"in (?:<(?P<n>\d+)>|a) weeks?(?: time)?"), "weeks", 1),
    DateRule(pattern("in (?P<about>a couple of) weeks"), "weeks", 2),
    DateRule(pattern("in a fortnight(?: time)?"), "weeks", 2),
    DateRule(pattern(r"in (?:<(?P<n>\d+)>|a) months?(?: time)?"), "months", 1),
    DateRule(pattern("(?:a|<1>) (?P<which>week (?:from|on|after)) {WD}", **_W), "weekday"),
    DateRule(pattern(r"<(?P<n>\d+)> (?P<which>weeks (?:from|on|after)) {WD}", **_W), "weekday"),
    DateRule(pattern("(?:a )?(?P<which>fortnight (?:from|on|after)) {WD}", **_W), "weekday", 2),
    DateRule(pattern("(?:on )?{WD} (?P<which>week){END}", **_W), "weekday"),
    DateRule(pattern("(?:on )?{WD} (?P<which>fortnight){END}", **_W), "weekday", 2),
    DateRule(pattern("(?:on )?(?:the )?{WD} (?P<which>after next|before last)", **_W), "weekday"),
    DateRule(pattern("(?:on )?(?:the )?{WD} (?:of )?(?P<which>the week after next|the week before last)", **_W), "weekday"),
    DateRule(pattern("(?P<which>the week after next|the week before last) (?:on )?{WD}", **_W), "weekday"),
    DateRule(pattern("(?:on )?(?:this )?(?P<which>past) {WD}", **_W), "weekday"),
    DateRule(pattern("(?:on )?(?:the |this )?(?P<which>next|this|last|coming|following) {WD}", **_W), "weekday"),
    DateRule(pattern("(?P<which>next|this|last) week (?:on )?{WD}", **_W), "weekday"),
    DateRule(pattern("(?:on )?(?:the )?{WD} of (?P<which>next|this|last) week", **_W), "weekday"),
    DateRule(pattern(r"(?:in )?(?P<year><(?:1[89]|20)\d\d>|<(?:1[89]|20)> <\d\d>) {ON}{MONTH} {DTH}", **_W), "day_month"),
    DateRule(pattern(r"(?:in )?(?P<year><(?:1[89]|20)\d\d>|<(?:1[89]|20)> <\d\d>) {ON}{DTH}(?: of)? {MONTH}", **_W), "day_month"),
    DateRule(pattern("(?:on )?{WD} {DTH}(?: of)? {MONTH}{YEAR}", **_W), "day_month"),
    DateRule(pattern("(?:on )?{WD} {MONTH} {DTH}{YEAR}", **_W), "day_month"),
    DateRule(pattern("(?:on )?{WD} {DTH} of (?P<which>this|next) month", **_W), "day"),
    DateRule(pattern(r"(?:on )?{WD} the <(?P<d>[0-3]?\d)\.>", **_W), "day"),
    DateRule(pattern("(?:on )?{WD}(?: (?P<which>next|this|last) week)?", **_W), "weekday"),
    DateRule(pattern("{ON}{DTH}(?: of)? {MONTH}{YEAR}", **_W), "day_month"),
    DateRule(pattern("{ON}{MONTH} {DTH}{YEAR}", **_W), "day_month"),
    DateRule(pattern(r"(?:in |of )?{MONTH} (?:of )?(?:<(?:1[89]|20)\d\d>|<(?:1[89]|20)> <(?:0|\d\d)>)", **_W), "no_day"),
    DateRule(pattern("(?:on )?{LONG} {D}{YEAR}", **_W), "day_month"),
    DateRule(pattern("(?:on )?{D} {LONG}{YEAR}", **_W), "day_month"),
    DateRule(pattern(r"(?:on )?{D} {MONTH} (?P<year><(?:19|20)\d\d>|<(?:19|20)> <\d\d>)", **_W), "day_month"),
    DateRule(pattern("(?:on|by|until) {D} {MONTH}", **_W), "day_month"),
    DateRule(pattern("(?:on |by |until )?{DTH} of (?P<which>this|next|last) month", **_W), "day"),
    DateRule(pattern(r"(?P<which>next|this|last) month on the <(?P<d>[0-3]?\d)\.>", **_W), "day"),
    DateRule(pattern(r"(?:on|by|until) the <(?P<d>[0-3]?\d)\.>{END}", **_W), "day"),
    DateRule(pattern(r"(?:(?<=today\s)|(?<=tomorrow\s))the <(?P<d>[0-3]?\d)\.>"), "day"),
    DateRule(pattern("(?:at |over |on )?(?:the|this) weekend"), "weekend", 0),
    DateRule(pattern("(?:at |over |on )?next weekend"), "weekend", 1),
    DateRule(pattern("(?:at |by |before |until )?(?:the )?end of (?:the|this) week"), "week_end", 0),
    DateRule(pattern("(?:at |by |before |until )?(?:the )?end of next week"), "week_end", 1),
    DateRule(pattern("(?:at |by |before |until )?(?:the )?end of (?:the|this) month"), "month_end", 0),
    DateRule(pattern("(?:at |by |before |until )?(?:the )?end of next month"), "month_end", 1),
    DateRule(pattern("(?:the )?week after next"), "week", 2),
    DateRule(pattern("next week"), "week", 1),
    DateRule(pattern("next month"), "month", 1),
)  # fmt: skip

_SURROUNDINGS = surroundings(
    before=r"(?:<[^>]*>|an?|the|one|few|couple of|half|several|working|business|half an|and a half) (?:" + _UNITS + ")|(?:night|morning|evening|afternoon)(?= (?:before|after) )|or so|(?:hour|day|week|minute)s? (?:or|to) <\\d+>|once|twice|times|ago|least|within|up to|every|any|each|either|(?<!make\\s)that|those|eve|not(?! (?:later|before|earlier|after|until) )|except|half|quarter|other|another|last|next|past|previous|following|end|beginning|start|middle|half way|in may|in march|" + _LONG,
    behind="(?:(?:an?|the|one|that) )?(?:" + _UNITS + r")|ago|a half|half|a quarter|quarters?|next(?! to )|last|past|every|or so|or thereabouts|christmas|easter|new year|holidays?|" + _LONG,
    between_before="a|an|the|of|on|at|in|from|after|before|than|later|earlier|until|till|by|about|around",
    between_behind="a|an|the|of|in|after|before|about",
    choices="or|to|till|until|through|maybe|perhaps",
    joins="and|plus",
    before_length="about|around|roughly|approximately|least",
    behind_length="after|before|following|since|from|late|of",
    minutes="minutes?",
    birth="born|birth|birthday|birthdays|birthdate|dob|d o b",
    past="(?!wanted|needed|interested|supposed|scheduled|booked|reserved|closed)(?:was|were|wasn't|did|didn't|had|been|came|went|sent|bought|paid|said|told|made|gave|left|spoke|saw|met|took|brought|broke|ago|since|last|already|ordered|called|[a-z]{2,}[a-z][^ <>e]ed)",
    money="|".join((*words_for("money", "en"), "charg", "pay", "sold", "worth", "temperature", "degree", "budget")),
    asks="please|can|could|will|would|call|ring|phone|need|want|wanted|shall|should|let|if|when|come|see|needs|bring|send|book",
    correcting="|".join([*_WEEKDAYS, *_MONTHS, "morning", "afternoon", "evening", "night", "noon", "half", "quarter", "a m", "p m", "am", "pm", "today", "tomorrow", _UNITS]),
    corrections=WORDS.corrections,
    hesitations=WORDS.apologies | WORDS.fillers | {"or", "and", "not", "that", "should", "be", "i'm", "let's", "say", "better"},
    glue="early sometime then maybe perhaps on at",
    bridges="of in after before is was",
    spans="to through till until",
    end=_END,
)  # fmt: skip

MOMENTS = Moments(
    times=_TIMES,
    dates=_DATES,
    parts={"am": "am", "a m": "am", "morning": "morning", "pm": "pm", "p m": "pm", "afternoon": "afternoon", "evening": "evening", "tonight": "evening", "night": "night", "at night": "night"},
    weekdays={name: number for number, name in enumerate(_WEEKDAYS)},
    months={name: number for number, name in enumerate(_MONTHS, 1)},
    which={"next": "next", "this": "this", "last": "last", "past": "last", "coming": "this", "following": "following", "week": "week_after", "fortnight": "week_after", "after next": "next_but_one", "before last": "last_but_one", "the week after next": "after_next", "the week before last": "last_but_one"},
    years={"next": 1, "this": 0, "last": -1},
    week="week",
    lengths=("week", "day", "hour", "minute", "month", "year", "fortnight", "second"),
    number=number_in_brackets,
    surroundings=_SURROUNDINGS,
)  # fmt: skip
