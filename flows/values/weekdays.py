"""Days of the week: `mon-fri`, `Mo–Fr`, `Mon, Wed, Fri`, `weekdays`, in English, Latvian, Russian and German."""

from __future__ import annotations

import re
from difflib import get_close_matches

from flows.values.plain import plain

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
GROUPS: dict[str, tuple[str, ...]] = {"daily": DAYS, "weekdays": DAYS[:5], "weekend": DAYS[5:]}

_GROUP_WORDS = {
    **dict.fromkeys(
        ("daily", "every day", "everyday", "all week", "all days", "ikdienas", "ежедневно", "täglich"), DAYS
    ),
    **dict.fromkeys(("weekdays", "workdays", "working days", "business days", "darbdienas", "darbdienās"), DAYS[:5]),
    **dict.fromkeys(("будни", "по будням", "werktags"), DAYS[:5]),
    **dict.fromkeys(("weekend", "weekends", "brīvdienas", "brīvdienās", "выходные", "wochenende"), DAYS[5:]),
}
_WORDS: tuple[tuple[str, ...], ...] = (
    ("monday", "mon", "mo", "m", "pirmdiena", "pirmd", "понедельник", "пн", "montag"),
    ("tuesday", "tues", "tue", "tu", "otrdiena", "otrd", "вторник", "вт", "dienstag", "di"),
    ("wednesday", "weds", "wed", "we", "w", "trešdiena", "trešd", "среда", "ср", "mittwoch", "mi"),
    ("thursday", "thurs", "thur", "thu", "th", "ceturtdiena", "ceturtd", "четверг", "чт", "donnerstag", "do"),
    ("friday", "fri", "fr", "f", "piektdiena", "piektd", "пятница", "пт", "freitag"),
    ("saturday", "sat", "sa", "sestdiena", "sestd", "суббота", "сб", "samstag"),
    ("sunday", "sun", "su", "svētdiena", "svētd", "sv", "воскресенье", "вс", "sonntag", "so"),
)
_DAY = {word: DAYS[number] for number, words in enumerate(_WORDS) for word in words}
_LIST = re.compile(r"\s*(?:[,;&+/]|\band\b|\bun\b|\bи\b|\bund\b)\s*|\s+(?![-])(?<![-]\s)")
_RANGE = re.compile(r"\s*(?:-|\bto\b|\btill\b|\blīdz\b|\bbis\b)\s*")


def read_days(written: str) -> tuple[str, ...]:
    """Return the days, each once, as they stand in DAYS. Raises ValueError for a word that is no day."""
    text = plain(written).lower().rstrip(".").replace(".", "")
    if text in _GROUP_WORDS:
        return _GROUP_WORDS[text]
    found: list[str] = []
    for piece in _LIST.split(_RANGE.sub("-", text)):
        if piece in _GROUP_WORDS:
            found.extend(_GROUP_WORDS[piece])
            continue
        ends = [_one(word, written) for word in piece.split("-")]
        if len(ends) > 2:
            raise ValueError(f'"{written}" is not a range of days; write mon-fri, or a list: mon, wed, fri')
        first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
        found.extend(DAYS[(first + step) % 7] for step in range((last - first) % 7 + 1))
    return tuple(dict.fromkeys(found))


def _one(word: str, written: str) -> str:
    if word in _DAY:
        return _DAY[word]
    known = [*GROUPS, *(name for name in _DAY if len(name) > 2)]
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    meant = near[0] if near and near[0] in GROUPS else _DAY[near[0]] if near else ""
    hint = f' Did you mean "{meant}"?' if meant else ""
    raise ValueError(f'"{written}" is no day.{hint} Days: {", ".join((*GROUPS, *DAYS))}; also mon-fri or mon, wed')
