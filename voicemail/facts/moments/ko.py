"""Korean times and dates. Words are split anywhere, so a blank in a pattern may be there or not."""

# ruff: noqa: E501  a way to say a time or a date is one line

from __future__ import annotations

import re
from collections.abc import Iterator

from voicemail.facts.moments.patterns import Pattern, compiled
from voicemail.facts.moments.rules import DateRule, Moments, TimeRule
from voicemail.facts.moments.surroundings import surroundings
from voicemail.facts.numerals.ko import COUNTING, WORDS
from voicemail.facts.numerals.numeral import Numeral, forms, readings
from voicemail.facts.other_things import words_for

_NUMERALS = {
    **WORDS.numerals,
    **forms("digit", {n: word for n, word in COUNTING.items() if n < 10}),
    "스무": Numeral(20, "round"),
}
_NUMERAL = re.compile("|".join(sorted(_NUMERALS, key=len, reverse=True)))
_DIGIT = "일이삼사오육칠팔구"
_DAYS = {
    "하루": 1,
    "이틀": 2,
    "사흘": 3,
    "나흘": 4,
    "닷새": 5,
    "엿새": 6,
    "이레": 7,
    "여드레": 8,
    "아흐레": 9,
    "열흘": 10,
    "보름": 15,
}
_MONTHS = {"시": 10, "유": 6}  # 시월, 유월
_NATIVE = "한|두|세|네|다섯|여섯|일곱|여덟|아홉|열 한|열 두|열|스물 네|스무"
_W = {
    "P0": "(?:(?P<part0>오전|오후|아침|점심|대낮|낮|저녁|밤|새벽) ?(?:에)? )?",
    "H": rf"(?P<h>열 [한두]|열|한|두|세|네|다섯|여섯|일곱|여덟|아홉|이 십 [일이삼사]?|십 [{_DIGIT}]|영|\d\d?)",
    "M": rf"(?P<m>[이삼사오]? 십 [{_DIGIT}]?|[{_DIGIT}]|\d\d?)",
    "N": rf"(?P<n>[이삼사오]? 십 [{_DIGIT}]?|[{_DIGIT}]|{_NATIVE}|\d+)",
    "D": rf"(?P<d>[이삼]? 십 [{_DIGIT}]?|[{_DIGIT}]|\d\d?)",
    "WHICH": "(?P<which>다다음|다음 다음|다음|이번|지지난|저저번|지난|저번|돌아오는|오는)",
    "YEAR": rf"(?:(?:(?P<years>내년|올해|금년|작년|재작년|지난해|후년) (?:도|에)?|(?P<year>(?:[{_DIGIT}공영십백천] ){{2,9}}|\d{{4}}|\d\d) 년 (?:도|생)?) )?",
    "LATER": "(?:뒤|후|있다가|이따)",
    "ABOUT": "(?P<about>쯤|정도)?",
    "WD": "(?P<weekday>[월화수목금토일]) 요 일",
    "HOUR": r"시(?!간|작|적|청|장|스|리|설|키|험|\s간)",
}  # fmt: skip


def _pattern(text: str) -> Pattern:
    for _ in range(2):
        for name, meaning in _W.items():
            text = text.replace("{" + name + "}", meaning)
    text = text.replace(" ?", " ")
    return compiled("(?<![^ ])(?:" + text.replace(" ", "(?: ,)? ?") + ")")


def _number(text: str) -> int:
    text = text.replace(" ", "").replace(",", "")
    if text.isdecimal():
        return int(text)
    if (told := _DAYS.get(text) or _MONTHS.get(text)) is not None:
        return told
    numerals = [_NUMERALS[word] for word in _NUMERAL.findall(text)]
    if len(numerals) > 1 and all(numeral.kind == "digit" for numeral in numerals):  # 팔이년, 일구팔이년
        return int("".join(str(numeral.value) for numeral in numerals))
    # 이천공삼: a nought inside a number only holds its place.
    return readings([numeral for numeral in numerals if numeral.value or len(numerals) == 1], 0)[0].value


def _lengths() -> Iterator[TimeRule]:
    for text, minutes in (
        ("{N} 시간 {M} 분 {ABOUT} {LATER}", 0),
        ("{N} 시간 반 {ABOUT} {LATER}", 30),
        ("반 시간 {ABOUT} {LATER}", 30),
        ("{N} 시간 {ABOUT} {LATER}", 0),
        ("{M} 분 {ABOUT} {LATER}", 0),
    ):
        yield TimeRule(_pattern(text), "length", minutes)


_TIMES = (
    *_lengths(),
    TimeRule(_pattern("{P0}{H} {HOUR} {M} 분 전(?!후)"), "to"),
    TimeRule(_pattern("{P0}{H} {HOUR} 반"), "past", 30),
    TimeRule(_pattern("{P0}{H} {HOUR} {M} 분"), "past"),
    TimeRule(_pattern("{P0}{H} {HOUR}"), "at"),
    TimeRule(_pattern(r"{P0}(?P<clock>\d\d?:\d\d)"), "at"),
    TimeRule(_pattern("(?:낮 )?정오"), "noon"),
    TimeRule(_pattern("(?:밤 )?자정"), "midnight"),
)  # fmt: skip

_DATES = (
    DateRule(_pattern("내일 모레"), "today", 2),
    DateRule(_pattern("모레"), "today", 2),
    DateRule(_pattern("글피"), "today", 3),
    DateRule(_pattern("내일"), "today", 1),
    DateRule(_pattern("오늘"), "today", 0),
    DateRule(_pattern("어제"), "today", -1),
    DateRule(_pattern("그저께|그제"), "today", -2),
    DateRule(_pattern(f"(?P<n>{'|'.join(_DAYS)}) {{ABOUT}} {{LATER}}"), "days"),
    DateRule(_pattern("(?:일 주 일|일 주|한 주) {ABOUT} {LATER}"), "weeks", 1),
    DateRule(_pattern("{N} 일 {ABOUT} {LATER}"), "days"),
    DateRule(_pattern("{N} 주 (?:일|간)? {ABOUT} {LATER}"), "weeks"),
    DateRule(_pattern("{N} (?:달|개 월) {ABOUT} {LATER}"), "months"),
    DateRule(_pattern(rf"{{YEAR}}(?P<month>십 [일이]|시|유|[{_DIGIT}]|1?\d) 월 (?:달 )?{{D}} 일(?: {{WD}})?"), "day_month"),
    DateRule(_pattern("(?:{WHICH} (?:주 )?)?{WD}"), "weekday"),
    DateRule(_pattern("(?P<which>다음|이번|지난) 달 {D} 일(?: {WD})?"), "day"),
    DateRule(_pattern("(?P<d>오) 일 (?:날|까지)"), "day", is_open=True),  # or oil
    DateRule(_pattern(r"(?!이\s일){D} 일 (?:날|까지)"), "day"),  # 이 일 is this matter
    DateRule(_pattern(r"(?:(?<=오늘\s)|(?<=내일\s)){D} 일"), "day"),
    DateRule(_pattern("다음 주 말"), "weekend", 1),
    DateRule(_pattern("(?:이번 )?주 말"), "weekend", 0),
    DateRule(_pattern("다다음 주"), "week", 2),
    DateRule(_pattern("다음 주"), "week", 1),
    DateRule(_pattern("다음 달 말"), "month_end", 1),
    DateRule(_pattern("(?:이번 달|이 달)? ?(?:월|달) 말"), "month_end", 0),
    DateRule(_pattern("다음 달"), "month", 1),
)  # fmt: skip

_PAST = "".join(chr(0xAC00 + syllable * 28 + 20) for syllable in range(19 * 21)).replace("있", "").replace("겠", "")
_MANY = "(?:십|[이삼사오육칠팔구]십)[일이삼사오육칠팔구]?|[이삼사오육칠팔구]백"
_COUNTED = "한|두|세|네|서너|두세|한두|너댓|다섯|여섯|일곱|여덟|아홉|열"
_UNITS = "시간|일|주일|주|달|개월|년"
_SURROUNDINGS = surroundings(
    before=rf"(?:{_MANY}|{_COUNTED}|[{_DIGIT}]|\d+|반|며칠|몇) ?(?:{_UNITS}|분)(?: ?반)?(?:에서|부터|이나|나|에|내지)?|(?:하루|이틀|사흘|나흘|닷새|열흘|보름|며칠)|영업일(?: 기준)?|아무|어느|한 번|크리스마스 전|연휴 전|추석 전|설날 전|매주|매달|매월|매일|매년|격주|격일|첫째|둘째|셋째|넷째|다섯째|첫|첫번째|두번째|세번째|마지막|지난|지지난|저번|그|저|다음다음|다다음|다음|반|월|[^ ]*월",
    behind=rf"마다|말고|빼고|아니에요|아닙니다|반|다음(?: [^ ]*)?|지난[^ ]*|후|뒤|전날|다음날|[^ ]+ ?년[^ ]*|보다[^ ]*|며칠[^ ]*|(?:하루|이틀|사흘|나흘|닷새|열흘|보름) ?전[^ ]*|(?:(?:{_MANY}|{_COUNTED}|[{_DIGIT}]) ?)?[^ ]*(?:일|주|달|개월|시간|분) ?전[^ ]*",
    between_before="뒤|후|전|지나서|에|에서|부터|의|보다|있는|주|날",
    between_behind="에|의|날|이|가",
    choices="또는|혹은|아니면|이나|나|내지|에서",
    joins="하고|그리고|에",
    behind_length="(?!)",
    birth=r"생일[^ ]*|생년월일[^ ]*|생년[^ ]*|출생[^ ]*|태어[^ ]*|생(?:이[^ ]*|입니다)?|생인[^ ]*",
    past=rf"[^ ]*[{_PAST}][^ ]*|받은|보낸|산|한|온|간|주문한|예약한",
    past_before="어제|그때|지난번[^ ]*",
    money="|".join((*words_for("money", "ko"), "온도", "예산")),
    asks=r"[^ ]*주세요|[^ ]*주시[^ ]*|부탁[^ ]*|[^ ]*까요|[^ ]*게요|[^ ]*겠[^ ]*|[^ ]*싶[^ ]*|가능[^ ]*|될까요|예정[^ ]*",
    correcting=rf"오전|오후|아침|저녁|밤|새벽|[월화수목금토일]요일[^ ]*|내일|모레|[^ ]*시|[^ ]*월|[^ ]*일[^ ]*|반|{_MANY}|{_COUNTED}",
    corrections=WORDS.corrections | {"말고", "말고요", "아니라", "아니라요", "아니", "아니고요"},
    hesitations=WORDS.apologies | WORDS.fillers | {"이", "가", "은", "는", "로", "요", "날", "으로", "이요", "에요", "아니면"},
    bridges="은 는 이 가",
    spans="부터 에서",
    glue="그 때 쯤 에 혹은",
    end="$",
    number=rf"(?:{_MANY}|{_COUNTED}|\d+)",
    ordinal=rf"첫째|둘째|셋째|넷째|첫번째|두번째|세번째|[이삼]?십?[{_DIGIT}]? ?일(?:날|에|까지|요|이요)?",
    minutes="분[^ ]*",
    number_behind=rf"(?:{_MANY}|\d+)",
    attached="(?:에서|에|이나|나|부터|까지|이랑|하고|도)?",
    bare_day=rf"(?P<d>[이삼]?십?[{_DIGIT}]?) ?일(?:날|에|까지|요|이요|로)?(?![^ ])",
    before_length="(?!그리고)[^ ]+(?:고|면|서)|[^ ]*후|[^ ]*뒤|[^ ]*이후|부터|지|[^ ]*부터",
)  # fmt: skip

MOMENTS = Moments(
    times=_TIMES,
    dates=_DATES,
    parts={"오전": "am", "아침": "morning", "새벽": "am", "오후": "pm", "저녁": "evening", "점심": "afternoon", "낮": "afternoon", "대낮": "afternoon", "밤": "night"},
    weekdays={name: number for number, name in enumerate("월화수목금토일")},
    months={},
    which={"다다음": "after_next", "다음다음": "after_next", "다음 다음": "after_next", "다음": "next", "이번": "this", "지지난": "last_but_one", "저저번": "last_but_one", "지난": "last", "저번": "last", "돌아오는": "this", "오는": "this"},
    years={"내년": 1, "후년": 2, "올해": 0, "금년": 0, "작년": -1, "지난해": -1, "재작년": -2},
    week="주",
    lengths=("시간", "일 ", "주일"),
    number=_number,
    surroundings=_SURROUNDINGS,
)  # fmt: skip
