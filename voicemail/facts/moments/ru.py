"""Russian times and dates."""

# ruff: noqa: E501  a way to say a time or a date is one line

from __future__ import annotations

from collections.abc import Iterator

from voicemail.facts.moments.rules import DateRule, Moments, TimeRule, ends, number_in_brackets, pattern
from voicemail.facts.moments.surroundings import surroundings
from voicemail.facts.numerals.ru import WORDS
from voicemail.facts.other_things import words_for

_END = ends("и или если пожалуйста а но я мы вы он она по на когда спасибо чтобы до завтра сегодня послезавтра тогда потому"
            " будет буду можно в во то мне вам ждем жду ровно если с к каждый каждую", *WORDS.corrections)  # fmt: skip
_MONTH = "января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря"
_WEEKDAY = "понедельник[ау]?|вторник[ау]?|сред[ауые]|четверг[ау]?|пятниц[ауые]|суббот[ауые]|воскресень[еяю]"
_PART = "утра|дня|вечера|ночи|утром|днем|вечером|ночью"
_UNITS = r"недел\w*|месяц\w*|год\w*|лет|день|дня|дней|дню|дни|дням|час|часа|часов|часы|часик|минут\w*|сутки|суток"
_IN_MONTH = "январе|феврале|марте|апреле|мае|июне|июле|августе|сентябре|октябре|ноябре|декабре"
_W = {
    "AT": "(?:в районе|в|во|к|до|после|около|с|со|примерно в|где-то в|часов в|ровно в|часам к)",
    "BY": "(?:в районе|в|во|к|до|после|около|с|со|примерно в|где-то в|часов в|ровно в|часам к)",
    "P0": "(?:(?P<part0>утром|днем|вечером|ночью)(?: ,)? )?",
    "P": f"(?: (?P<part>{_PART}))",
    "HOURS": "(?:часов|часа|час|часам|часу|часами|ч)",
    "END": _END,
    "WD": f"(?P<weekday>{_WEEKDAY})",
    "PRE": "(?:(?:в|во|на|к|ко|до|с|со) )?",
    "MONTH": f"(?P<month>{_MONTH})",
    "YEAR": r"(?:(?: в)?(?: ,)? (?:(?P<year><(?:1[89]|20)\d\d\.?>)(?: (?:года|год|году))?|(?P<year2><\d\d\.?>) (?:года|год|году)|(?P<years>(?:этого|прошлого|следующего|будущего) года)))?",
    "WHICH": "(?P<which>следующ(?:ий|ую|ее|его|ей|ему)|эт(?:от|у|о|ого|ой)|ближайш(?:ий|ую|ее)|(?:прошл|минувш|прошедш)(?:ый|ий|ую|ое|ее|ой|ей)|будущ(?:ий|ую|ее|ей)|позапрошл(?:ый|ую|ое|ой))",
    "WEEK": "(?:на )?(?P<which>следующей|этой|прошлой|позапрошлой|будущей) недел[еи]",
    "MIN": "(?: минут[ыу]?)",
    "ABOUT": "(?:(?P<about>примерно|где-то|около|приблизительно) )?",
    "H2": r"<(?P<h2>1?\d|2[0-4])>(?: <(?P<m2>[0-5]\d)>)?",
}  # fmt: skip


def _lengths() -> Iterator[TimeRule]:
    for text, minutes in (
        ("полчаса", 30),
        ("(?P<about>полчасика)", 30),
        ("четверть часа", 15),
        ("полтора часа", 90),
        ("(?:<1> )?час с половиной", 90),
        ("час с четвертью", 75),
        ("час и <3> четверти", 105),
        ("<3> четверти часа", 45),
        (r"<(?P<n>\d+)> с половиной {HOURS}", 30),
        (r"<(?P<n>\d+)> {HOURS} с половиной", 30),
        (r"(?:<1> )?час(?: и)? <(?P<m>\d+)>{MIN}", 60),
        (r"(?:<1> )?час(?: и)? <(?P<m>[1-5]\d)>", 60),
        (r"<(?P<n>\d+)> {HOURS}(?: и)? <(?P<m>\d+)>{MIN}", 0),
        (r"<(?P<n>\d+)> {HOURS}(?: и)? <(?P<m>[1-5]\d)>", 0),
        ("час", 60),
        ("(?P<about>часик)", 60),
        ("(?P<about>пару часов)", 120),
        (r"<(?P<n>\d+)> {HOURS}", 0),
        (r"<(?P<m>\d+)>{MIN}", 0),
        ("сутки", 24 * 60),
    ):
        about = "" if "<about>" in text else "{ABOUT}"
        yield TimeRule(pattern(f"через {about}{text}", **_W), "length", minutes)
    yield TimeRule(pattern(r"(?P<about>часа|часов|часика) через <(?P<n>\d+)>", **_W), "length")
    yield TimeRule(pattern(r"через (?P<about>часа|часов) <(?P<n>\d+)>", **_W), "length")
    yield TimeRule(pattern(r"(?P<about>минут) через <(?P<m>\d+)>", **_W), "length")
    yield TimeRule(pattern(r"через (?P<about>минут) <(?P<m>\d+)>", **_W), "length")


_TIMES = (
    TimeRule(pattern(r"{P0}(?:{AT} )?половин[аеуы] <(?P<h>1?\d)\.>{P}?", **_W), "toward", 30),
    TimeRule(pattern(r"{P0}(?:{AT} )?пол <(?P<h>1?\d)\.>{P}?", **_W), "toward", 30),
    TimeRule(pattern(r"{P0}(?:{AT} )?без четверти {H}(?: {HOURS})?{P}?", **_W), "to", 15),
    TimeRule(pattern(r"{P0}(?:{AT} )?без четверти (?P<h>час[ау]?){P}?", **_W), "to", 15),
    TimeRule(pattern(r"{P0}(?:{AT} )?без {M}{MIN}? {H}(?: {HOURS})?{P}?", **_W), "to"),
    TimeRule(pattern(r"{P0}(?:{AT} )?без {M}{MIN}? (?P<h>час[ау]?){P}?", **_W), "to"),
    # без двадцати пять: the minutes are heard together with the hour as 25
    TimeRule(pattern(r"{P0}(?:{AT} )?без <2(?P<h>[1-9])>{P}?", **_W), "to", 20),
    TimeRule(pattern(r"{P0}(?:{AT} )?четверть <(?P<h>1?\d)\.>{P}?", **_W), "toward", 15),
    TimeRule(pattern(r"{P0}(?:{AT} )?{M}{MIN} <(?P<h>1?\d)\.>{P}?", **_W), "toward"),
    TimeRule(pattern("(?:с|со|от|между) {H}(?: {HOURS})?(?: {MM})?(?: (?P<part>утра|дня|вечера|ночи))? (?:до|по|и) {H2}(?: {HOURS})?(?: (?P<part2>утра|дня|вечера|ночи))?", **_W), "span"),
    TimeRule(pattern("{P0}(?:{AT} )?{H} {HOURS}(?: {M}{MIN})?{P}", **_W), "at"),
    # три дня is three days and две ночи two nights, unless a preposition makes them hours.
    TimeRule(pattern("{P0}(?:в|во) <(?P<h>[2-4])> (?P<part>дня)", **_W), "at", is_bare=True),
    TimeRule(pattern("{P0}{AT} {H}(?: {MM})?{P}", **_W), "at"),
    TimeRule(pattern("{H}(?: {MM})? (?P<part>утра|вечера)", **_W), "at"),
    TimeRule(pattern("{P0}{AT} {H} {HOURS}(?: {M}{MIN})?", **_W), "at"),
    TimeRule(pattern(r"{P0}(?:{AT} )?(?P<clock>\d\d?:\d\d){P}?", **_W), "at"),
    TimeRule(pattern("{P0}{AT} (?P<h>час[ау]?)(?P<m>){P}", **_W), "at"),
    TimeRule(pattern("{P0}(?P<h>час)(?P<m>){P}", **_W), "at"),
    TimeRule(pattern("{AT} {H}(?: {MM})?(?= (?:сегодня|завтра|послезавтра) (?P<part>утром|днем|вечером)(?: |$))", **_W), "at"),
    TimeRule(pattern("{P0}(?:в|к|до|после) <(?P<h>1[3-9]|2[0-3])> {MM}", **_W), "at"),
    TimeRule(pattern("{P0}{BY} {H} {MM}{END}", **_W), "at"),
    TimeRule(pattern("{P0}{BY} {H}{END}", **_W), "at", is_bare=True),
    TimeRule(pattern("{P0}(?:в|к|до|после) (?P<h>час[ау]?)(?P<m>){END}", **_W), "at"),
    TimeRule(pattern("(?:{AT} )?(?:полдень|полудня|полудню)", **_W), "noon"),
    TimeRule(pattern("(?:{AT} )?(?:полночь|полуночи)", **_W), "midnight"),
    *_lengths(),
)  # fmt: skip

_DATES = (
    DateRule(pattern("сегодня"), "today", 0),
    DateRule(pattern("завтра"), "today", 1),
    DateRule(pattern("послезавтра"), "today", 2),
    DateRule(pattern("вчера"), "today", -1),
    DateRule(pattern("позавчера"), "today", -2),
    DateRule(pattern(r"через <(?P<n>\d+)> (?:день|дня|дней)"), "days"),
    DateRule(pattern(r"(?P<about>дня|дней) через <(?P<n>\d+)>"), "days"),
    DateRule(pattern("через (?P<about>пару дней)"), "days", 2),
    DateRule(pattern(r"через (?:<(?P<n>\d+)> )?(?:неделю|недели|недель)"), "weeks", 1),
    DateRule(pattern("через (?P<about>недельку)"), "weeks", 1),
    DateRule(pattern("через (?P<about>пару недель)"), "weeks", 2),
    DateRule(pattern(r"(?P<about>недели|недель) через <(?P<n>\d+)>"), "weeks"),
    DateRule(pattern(r"через (?:<(?P<n>\d+)> )?(?:месяц|месяца|месяцев)"), "months", 1),
    DateRule(pattern("{PRE}{WHICH} {WD}", **_W), "weekday"),
    DateRule(pattern("{WEEK} {PRE}{WD}", **_W), "weekday"),
    DateRule(pattern(r"{PRE}{WD} <(?P<d>[0-3]?\d)\.?> {MONTH}{YEAR}", **_W), "day_month"),
    DateRule(pattern(r"{PRE}{WD} <(?P<d>[0-3]?\d)\.>(?: числа)?", **_W), "day"),
    DateRule(pattern("{PRE}{WD}(?: {WEEK})?", **_W), "weekday"),
    DateRule(pattern(r"(?:в )?(?P<year><(?:1[89]|20)\d\d\.>) (?:году|года) {PRE}<(?P<d>[0-3]?\d)\.?> {MONTH}", **_W), "day_month"),
    DateRule(pattern(r"{PRE}<(?P<d>[0-3]?\d)\.?> {MONTH}{YEAR}", **_W), "day_month"),
    DateRule(pattern(r"(?:в )?(?P<which>следующем|этом|прошлом) месяце {PRE}<(?P<d>[0-3]?\d)\.?>(?: числа)?", **_W), "day"),
    DateRule(pattern(r"{PRE}<(?P<d>[0-3]?\d)\.?> числа(?: (?P<which>следующего|этого|прошлого) месяца)?", **_W), "day"),
    DateRule(pattern(r"{PRE}<(?P<d>[0-3]?\d)\.?> (?P<which>следующего|этого|прошлого) месяца", **_W), "day"),
    DateRule(pattern(r"(?:(?<=сегодня\s)|(?<=завтра\s))<(?P<d>[0-3]?\d)\.>(?: числа)?"), "day"),
    DateRule(pattern("(?:на|в|к|до) (?:эти |этих |этим )?(?:выходные|выходных|выходным)"), "weekend", 0),
    DateRule(pattern("(?:на|в|к|до) (?:следующие|следующих|следующим) (?:выходные|выходных|выходным)"), "weekend", 1),
    DateRule(pattern("(?:в конце|до конца|к концу) (?:этой )?недели"), "week_end", 0),
    DateRule(pattern("(?:в конце|до конца|к концу) следующей недели"), "week_end", 1),
    DateRule(pattern("(?:в конце|до конца|к концу) (?:этого )?месяца"), "month_end", 0),
    DateRule(pattern("(?:в конце|до конца|к концу) следующего месяца"), "month_end", 1),
    DateRule(pattern("(?:в начале|с начала|к началу) следующей недели"), "week", 1),
    DateRule(pattern("на (?:следующей|будущей) неделе"), "week", 1),
    DateRule(pattern("(?:в начале|с начала) следующего месяца"), "month", 1),
    DateRule(pattern("в (?:следующем|будущем) месяце"), "month", 1),
)  # fmt: skip

_SURROUNDINGS = surroundings(
    before=r"(?:<[^>]*>|за|через|спустя|один|полтора|полторы|пару|несколько|половиной|рабочих|этой|той|следующей|следующий|другой) (?:" + _UNITS + r")|(?:час\w*|минут\w*|дн\w+|недел\w*) за <[^>]*>|люб\w+|полчаса|полчасика|раз\w* в недел\w*|недел[яе]|лишним|ночь|за|через|накануне|тот|ту|каждый|каждую|каждое|каждые|кажд\w+|не(?! (?:позже|раньше|позднее|ранее) )|кроме|половин\w*|полтора|полторы|четверть|друг\w+|перв\w+|последн\w+|следующ\w+|прошл\w+|позапрошл\w+|предыдущ\w+|конц\w+|начал\w+|середин\w+|" + _IN_MONTH,
    behind=f"{_UNITS}|назад|спустя|половин\\w*|полтора|полторы|четверт\\w*|каждого|каждой|рождеств\\w*|пасх\\w*|праздник\\w*|нового года|другую|другой|друг\\w+|следующ\\w+|прошл\\w+|позапрошл\\w+|через|{_IN_MONTH}|{_MONTH}",
    between_before="спустя|в|во|на|к|ко|до|с|со|после|около|перед|раньше|позже|от|по|у",
    between_behind="с|со|в|на|до|после|той|этой|эту|ту|одну|один|еще",
    choices="или|либо|до|по",
    joins="и|плюс",
    before_length="где-то|где то|примерно|около|приблизительно|минимум|не раньше чем",
    behind_length="после|до|с|со|от|перед",
    minutes=r"минут\w*",
    birth=r"рожд\w*|родил\w*|рожден\w*|г р",
    past=r"(?!если|хотел|число|числа|недел|апрел|дел[аоу]|стол|отдел|модел|мобил|или|был бы)(?:\w{2,}(?:л|ла|ло|ли|лся|лась|лись|лось)|назад|вчера|раньше)",
    money="|".join((*words_for("money", "ru"), "стоил", "плат", "взял", "температур", "градус", "бюджет")),
    asks=r"пожалуйста|\w+[йи]те(?:сь)?|можно|могу|можете|сможете|буду|будем|хочу|хотел|хотела|хотели|надо|нуж\w+|приду|приеду|придем|жду|давайте|бы|если|чтобы",
    correcting=f"{_WEEKDAY}|{_MONTH}|{_PART}|{_UNITS}|полдень|полночь|половин\\w*",
    corrections=WORDS.corrections,
    hesitations=WORDS.apologies | WORDS.fillers | {"или", "и", "ли", "то", "есть", "лучше", "же", "давайте", "я"},
    bridges="после перед это был была было будет",
    spans="по до",
    glue="рано пораньше на где то где-то примерно около ориентировочно в во",
    end=_END,
)  # fmt: skip

MOMENTS = Moments(
    times=_TIMES,
    dates=_DATES,
    parts={"утр": "morning", "дня": "afternoon", "днем": "afternoon", "вечер": "evening", "ноч": "night"},
    weekdays={"понедельник": 0, "вторник": 1, "сред": 2, "четверг": 3, "пятниц": 4, "суббот": 5, "воскресень": 6},
    months={"января": 1, "февраля": 2, "марта": 3, "апреля": 4, "мая": 5, "июня": 6, "июля": 7, "августа": 8, "сентября": 9, "октября": 10, "ноября": 11, "декабря": 12},
    which={"следующ": "next", "будущ": "next", "эт": "this", "ближайш": "this", "прошл": "last", "минувш": "last", "прошедш": "last", "позапрошл": "last_but_one"},
    years={"этого": 0, "прошлого": -1, "следующего": 1, "будущего": 1},
    week="недел",
    lengths=("недел", "месяц", "год", "лет", "день", "дней", "дням", "сут", "секунд"),
    number=lambda text: 1 if text.startswith("час") else number_in_brackets(text),
    surroundings=_SURROUNDINGS,
    splits=("полу", "пол"),
)  # fmt: skip
