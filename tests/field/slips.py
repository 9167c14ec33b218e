"""Slips that a person makes while writing a company or a flow, made by chance from a seed."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

# Gives the text with the slip, or None where it cannot be made in this text.
Slip = Callable[[Random, str], str | None]

_WORD = re.compile(r"[^\W\d_][\w-]{2,}")


def _a_match(random: Random, pattern: str, text: str) -> re.Match[str] | None:
    found = [match for match in re.finditer(pattern, text, re.MULTILINE) if not _is_comment(text, match.start())]
    return random.choice(found) if found else None


def _is_comment(text: str, at: int) -> bool:
    return text[text.rfind("\n", 0, at) + 1 :].lstrip().startswith("#")


def _put(text: str, match: re.Match[str], new: str, group: int = 0) -> str:
    return text[: match.start(group)] + new + text[match.end(group) :]


def _replacing(pattern: str, *news: str, group: int = 0) -> Slip:
    """One match of a pattern becomes one of these; `{}` stands for what was there."""

    def slip(random: Random, text: str) -> str | None:
        match = _a_match(random, pattern, text)
        if match is None:
            return None
        return _put(text, match, random.choice(news).replace("{}", match[match.lastindex or 0]), group)

    return slip


def _on_a_line(change: Callable[[Random, list[str], int], None]) -> Slip:
    def slip(random: Random, text: str) -> str | None:
        lines = text.split("\n")
        full = [index for index, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")]
        change(random, lines, random.choice(full))
        return "\n".join(lines)

    return slip


def _letter(change: Callable[[Random, str, int], str]) -> Slip:
    def slip(random: Random, text: str) -> str | None:
        match = _a_match(random, _WORD.pattern, text)
        return (
            None if match is None else _put(text, match, change(random, match[0], random.randrange(len(match[0]) - 1)))
        )

    return slip


def _letter_of(pattern: str, change: Callable[[Random, str, int], str]) -> Slip:
    def slip(random: Random, text: str) -> str | None:
        match = _a_match(random, pattern, text)
        if match is None or len(match[1]) < 2:
            return None
        return _put(text, match, change(random, match[1], random.randrange(len(match[1]) - 1)), 1)

    return slip


def _dropped(random: Random, word: str, at: int) -> str:
    return word[:at] + word[at + 1 :]


def _doubled(random: Random, word: str, at: int) -> str:
    return word[: at + 1] + word[at:]


def _swapped(random: Random, word: str, at: int) -> str:
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _mistyped(random: Random, word: str, at: int) -> str:
    return word[:at] + random.choice("qwxzj") + word[at + 1 :]


def _indented(by: int) -> Slip:
    def change(random: Random, lines: list[str], at: int) -> None:
        lines[at] = " " * by + lines[at] if by > 0 else lines[at].removeprefix(" " * -by)

    return _on_a_line(change)


def _tabbed(random: Random, lines: list[str], at: int) -> None:
    stripped = lines[at].lstrip()
    lines[at] = "\t" * max(1, (len(lines[at]) - len(stripped)) // 2) + stripped


def _invisible(random: Random, lines: list[str], at: int) -> None:
    stripped = lines[at].lstrip()
    lines[at] = "\u00a0" * (len(lines[at]) - len(stripped)) + stripped


def _lost_line(random: Random, lines: list[str], at: int) -> None:
    del lines[at]


def _repeated_line(random: Random, lines: list[str], at: int) -> None:
    lines.insert(at, lines[at])


def _moved_line(random: Random, lines: list[str], at: int) -> None:
    line = lines.pop(at)
    lines.insert(random.randrange(len(lines)), line)


def _split_line(random: Random, lines: list[str], at: int) -> None:
    if " " in lines[at].strip():
        first, _, second = lines[at].partition(": ")
        lines[at : at + 1] = [f"{first}:", second]


HOURS = r"\d+:\d\d-\d+:\d\d"
SPOKEN_VALUE = r"\{[a-z_]+\.[a-z]+(?:\|[a-z]+)?\}"
KEY = r"^[ -]*([a-z_]+):"
VALUE = r"[:,\[] +([a-zA-Z_/]{3,})(?=[,}\]\n])"

SLIPS: dict[str, Slip] = {
    "a letter dropped": _letter(_dropped),
    "a letter doubled": _letter(_doubled),
    "two letters swapped": _letter(_swapped),
    "a letter mistyped": _letter(_mistyped),
    "a letter of a key dropped": _letter_of(KEY, _dropped),
    "a letter of a key doubled": _letter_of(KEY, _doubled),
    "letters of a key swapped": _letter_of(KEY, _swapped),
    "a letter of a value dropped": _letter_of(VALUE, _dropped),
    "letters of a value swapped": _letter_of(VALUE, _swapped),
    "a capital": _letter_of(KEY, lambda random, word, at: word.capitalize()),
    "a line one space to the right": _indented(1),
    "a line two spaces to the right": _indented(2),
    "a line one space to the left": _indented(-1),
    "a line two spaces to the left": _indented(-2),
    "a tab": _on_a_line(_tabbed),
    "spaces that are none": _on_a_line(_invisible),
    "a line lost": _on_a_line(_lost_line),
    "a line twice": _on_a_line(_repeated_line),
    "a line elsewhere": _on_a_line(_moved_line),
    "a line broken in two": _on_a_line(_split_line),
    "a quote lost": _replacing(r'"', ""),
    "a quote too many": _replacing(r'"', '""'),
    "typographic quotes": _replacing(r'"([^"\n]*)"', "“{}”", "„{}“", "«{}»"),
    "single quotes": _replacing(r'"([^"\n]*)"', "'{}'"),
    "a colon lost": _replacing(r": ", " "),
    "a space after the colon lost": _replacing(r": ", ":"),
    "a colon too many": _replacing(r": ", ":: ", ": : "),
    "an equals sign": _replacing(r": ", " = "),
    "a colon in a text": _replacing(r"[a-z], [a-z]", "note: this"),
    "a comma lost": _replacing(r", ", " "),
    "a comma too many": _replacing(r", ", ",, "),
    "a semicolon": _replacing(r", ", "; "),
    "a bracket lost": _replacing(r"[\[\]{}]", ""),
    "another bracket": _replacing(r"[\[\]{}]", "[", "}", "(", ")"),
    "a dash of a list lost": _replacing(r"^( +)- ", "{}"),
    "an empty value": _replacing(r": ([^\n{\[|>]+)$", "", group=1),
    "a list for a value": _replacing(r": ([^\n{}\[\]|>]+)$", "[{}]", "[{}, {}]", group=1),
    "a mapping for a value": _replacing(r": ([^\n{}\[\]|>]+)$", "{value: {}}", group=1),
    "a value for a list": _replacing(r"\[[^\]\n]*\]", "x", '""'),
    "a value for a mapping": _replacing(r"\{[^}\n]*\}", "x", "yes", "[]"),
    "a comment in a value": _replacing(r": ([^\n{\[|>]+)$", "{} # really", "# {}", group=1),
    "a unit wrong": _replacing(r"\b(\d+)([smh])\b", "4", "4x", "4 uur", "4mm", "0h", "-4h", "999h", "4.5.1h"),
    "a duration as people say it": _replacing(r"\b(\d+)([smh])\b", "30 min", "2 hours", "1h 30m", "2 days", "1,5 h"),
    "hours wrong": _replacing(
        r"\d+:\d\d-\d+:\d\d", "9:00-25:00", "9-", "17:00", "9:60-17:00", "nine to five", "17:00-9:00"
    ),
    "hours as people say them": _replacing(
        r"\d+:\d\d-\d+:\d\d", "9-17", "9am-5pm", "9.00 – 17.00", "closed", "24/7", "9-12, 13-17"
    ),
    "days wrong": _replacing(r"\b(weekdays|daily|weekend)\b", "weekday", "mon-fri-sun", "workdas", "8"),
    "days as people say them": _replacing(r"\b(weekdays|daily)\b", "mon-fri", "Mo–Fr", "monday to friday"),
    "a country wrong": _replacing(r"\bLV\b", "LVA", "Latvia", "XX", "L", "LV-XX", "EU", "Lativa", "GB", "1"),
    "a country in small letters": _replacing(r"\bLV\b", "lv"),
    "a zone wrong": _replacing(r"Europe/Riga", "Riga", "Europe/Rigga", "UTC+2", "Europe", "EEST", "Europe\\Riga"),
    "a zone otherwise": _replacing(r"Europe/Riga", "europe/riga", "Europe/Vilnius", "EET"),
    "a language wrong": _replacing(r"\b(en|lv|ru)\b(?=[:,\]])", "english", "e", "xx", "enn", "lat", "EN-UK", "12"),
    "a language in capitals": _replacing(r"\b(en|lv|ru)\b(?=[:,\]])", "EN", "Lv"),
    "a number wrong": _replacing(
        r"\+\d{8,}", "+371", "67000001", "+4420794601234567", "+44 desk", "+O442079460123", "0"
    ),
    "a number as people write it": _replacing(
        r"\+442079460123", "+44 20 7946 0123", "+44-20-7946-0123", "+44 (0)20 7946 0123"
    ),
    "a key of the telephone without quotes": _replacing(r'"([0-9*#])"', "{}", "*", "#", "1"),
    "a key of the telephone wrong": _replacing(r'"([0-9*#])"', "one", "A", "12", "", "#", "*", "99", group=1),
    "a unit of a date": _replacing(
        r"\d{4}-\d\d-\d\d", "2030-13-01", "31.02.2030", "03/04/2030", "tomorrow", "30-12-24"
    ),
    "a date as people write it": _replacing(r"\d{4}-\d\d-\d\d(?=[,}])", "24.12.2030", "24 Dec 2030"),
    "a value of a prompt wrong": _replacing(
        SPOKEN_VALUE, "{}}", "{{}", "{promise}", "{hours.opens|at}", "{x.y}", "{}|by"
    ),
    "a square bracket of a text lost": _replacing(r"[\[\]](?=[A-Z. ])", ""),
    "a yes for a number": _replacing(r"\b\d+\b", "yes", "many", "1.5", "-1", "100000000"),
    "a letter for a figure": _replacing(r"\d(?=\d)", "O", "l"),
    "a byte order mark": lambda random, text: "\ufeff" + text,
    "line ends of another system": lambda random, text: text.replace("\n", "\r\n"),
    "a non-breaking space": _replacing(r"(?<=\w) (?=\w)", "\u00a0"),
    "a long dash": _replacing(r"-", "–", "—"),
    "an unseen character": _replacing(r"(?<=\w)(?=\w)", "\u200b", "\u200e", "\u00ad"),
    "a control character": _replacing(r"(?<=\w)(?=\w)", "\x07", "\x00", "\x1b"),
    "an anchor": _replacing(r": (?=[a-z])", ": &x ", ": *x ", ": !x ", ": @", ": %"),
    "spaces at the end": _replacing(r"$", "   "),
    "a second document": _replacing(r"^(?=[a-z])", "---\n"),
}


def slipped(seed: int, text: str) -> tuple[str, str]:
    """The text with one slip, and what it is."""
    random = Random(seed)
    while True:
        name = random.choice(list(SLIPS))
        changed = SLIPS[name](random, text)
        if changed is not None and changed != text:
            return name, changed
