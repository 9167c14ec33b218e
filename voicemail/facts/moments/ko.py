"""Korean times and dates. Words are split anywhere, so a blank in a pattern may be there or not."""

# ruff: noqa: E501  a way to say a time or a date is one line

from __future__ import annotations

import re

from voicemail.facts.moments.rules import DateRule, Moments, Pattern, TimeRule, needed
from voicemail.facts.numerals.ko import COUNTING, WORDS
from voicemail.facts.numerals.numeral import forms, readings

_NUMERALS = {**WORDS.numerals, **forms("digit", {n: word for n, word in COUNTING.items() if n < 10})}
_NUMERAL = re.compile("|".join(sorted(_NUMERALS, key=len, reverse=True)))
_DIGIT = "일이삼사오육칠팔구"
_W = {
    "P0": "(?:(?P<part0>오전|오후|아침|점심|대낮|낮|저녁|밤|새벽) ?(?:에)? )?",
    "H": rf"(?P<h>열 [한두]|열|한|두|세|네|다섯|여섯|일곱|여덟|아홉|이 십 [일이삼사]?|십 [{_DIGIT}]|영|\d\d?)",
    "M": rf"(?P<m>[이삼사오]? 십 [{_DIGIT}]?|[{_DIGIT}]|\d\d?)",
    "N": rf"(?P<n>[이삼사오]? 십 [{_DIGIT}]?|[{_DIGIT}]|한|두|세|네|다섯|\d+)",
    "D": rf"(?P<d>[이삼]? 십 [{_DIGIT}]?|[{_DIGIT}]|\d\d?)",
    "WHICH": "(?P<which>다다음|다음|이번|지난|저번|돌아오는|오는)",
    "LATER": "(?:뒤|후|있다가|이따)",
    "HOUR": "시 (?!간|작|적|청|장|스)",
}  # fmt: skip


def _pattern(text: str) -> Pattern:
    for _ in range(2):
        for name, meaning in _W.items():
            text = text.replace("{" + name + "}", meaning)
    text = text.replace(" ?", " ")
    return Pattern(re.compile("(?<![^ ])" + text.replace(" ", "(?: ,)? ?")), needed(text))


def _number(text: str) -> int:
    text = text.replace(" ", "").replace(",", "")
    if text.isdecimal():
        return int(text)
    if text in ("시", "유"):  # 시월, 유월
        return 10 if text == "시" else 6
    return readings([_NUMERALS[word] for word in _NUMERAL.findall(text)], 0)[0].value


MOMENTS = Moments(
    times=(
        TimeRule(_pattern("{P0}{H} {HOUR}{M} 분 전"), "to"),
        TimeRule(_pattern("{P0}{H} {HOUR}반"), "past", 30),
        TimeRule(_pattern("{P0}{H} {HOUR}{M} 분"), "past"),
        TimeRule(_pattern("{P0}{H} {HOUR}"), "at"),
        TimeRule(_pattern(r"{P0}(?P<clock>\d\d?:\d\d)"), "at"),
        TimeRule(_pattern("(?:낮 )?정오"), "noon"),
        TimeRule(_pattern("(?:밤 )?자정"), "midnight"),
        TimeRule(_pattern("(?P<half>삼십 분|반 시간) {LATER}"), "in_minutes", 30),
        TimeRule(_pattern("{N} 시간 {LATER}"), "in_hours"),
        TimeRule(_pattern("{N} 분 {LATER}"), "in_minutes"),
    ),
    dates=(
        DateRule(_pattern("내일 모레"), "days", 2),
        DateRule(_pattern("모레"), "days", 2),
        DateRule(_pattern("글피"), "days", 3),
        DateRule(_pattern("내일"), "days", 1),
        DateRule(_pattern("오늘"), "days", 0),
        DateRule(_pattern("어제"), "days", -1),
        DateRule(_pattern("그저께"), "days", -2),
        DateRule(_pattern("그제"), "days", -2),
        DateRule(_pattern("이틀 {LATER}"), "days", 2),
        DateRule(_pattern("사흘 {LATER}"), "days", 3),
        DateRule(_pattern("나흘 {LATER}"), "days", 4),
        DateRule(_pattern("닷새 {LATER}"), "days", 5),
        DateRule(_pattern("열흘 {LATER}"), "days", 10),
        DateRule(_pattern("(?:일 주 일|일 주|한 주) {LATER}"), "weeks", 1),
        DateRule(_pattern("{N} 일 {LATER}"), "days"),
        DateRule(_pattern("{N} 주 일? {LATER}"), "weeks"),
        DateRule(_pattern(rf"(?:(?P<year>내년|이 천 이 십 [{_DIGIT}]?|20\d\d) 년? )?(?P<month>십 [일이]|시|유|[{_DIGIT}]|1?\d) 월 (?:달 )?{{D}} 일(?: [월화수목금토일] 요 일)?"), "day_month"),
        DateRule(_pattern("(?:{WHICH} (?:주 )?)?(?P<weekday>[월화수목금토일]) 요 일"), "weekday"),
        DateRule(_pattern("(?P<which>다음|이번) 달 {D} 일"), "day"),
        DateRule(_pattern("{D} 일 (?:날|까지)"), "day"),
    ),
    parts={"오전": "morning", "아침": "morning", "새벽": "morning", "오후": "pm", "저녁": "evening", "점심": "afternoon", "낮": "afternoon", "대낮": "afternoon", "밤": "night"},
    weekdays={name: number for number, name in enumerate("월화수목금토일")},
    months={},
    which={"다다음": "after_next", "다음": "next", "이번": "this", "지난": "last", "저번": "last", "돌아오는": "this", "오는": "this"},
    week="주",
    number=_number,
)  # fmt: skip
