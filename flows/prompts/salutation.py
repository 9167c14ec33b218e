"""The words of a greeting: salutation by the hour where the company is, and its name."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from flows.prompts.prompt import Known

# Salutations from 5:00, 12:00, 18:00 and 23:00 o'clock, then the sentence that names the organisation.
_WORDS: dict[str, tuple[tuple[str, str, str, str], str]] = {
    "en": (("Good morning", "Good afternoon", "Good evening", "Hello"), "Thank you for calling {}."),
    "lv": (("Labrīt", "Labdien", "Labvakar", "Labvakar"), "Jūs sveicina {}."),
    "ru": (("Доброе утро", "Добрый день", "Добрый вечер", "Здравствуйте"), "Вас приветствует {}."),
    # Korean greets alike at every hour; a person's name takes 님.
    "ko": (("안녕하십니까", "안녕하십니까", "안녕하십니까", "안녕하십니까"), "{}입니다."),
}


def has_salutation(language: str) -> bool:
    """Whether the built-in greeting exists in a language; elsewhere a greeting node needs its own prompt."""
    return _base(language) in _WORDS


def welcome(language: str, known: Known) -> str:
    """Return the greeting: "Good morning, Anna. Thank you for calling Amber Workshop."."""
    salutations, sentence = _WORDS.get(_base(language), _WORDS["en"])
    hour = known.now.astimezone(ZoneInfo(known.time_zone)).hour
    salutation = salutations[3 if hour < 5 or hour >= 23 else 0 if hour < 12 else 1 if hour < 18 else 2]
    organisation = known.organisation.get(language) or known.organisation[known.organisation_language]
    if not known.caller_name:
        return f"{salutation}. {sentence.format(organisation)}"
    if _base(language) == "ko":
        return f"{known.caller_name} 님, {salutation}. {sentence.format(organisation)}"
    return f"{salutation}, {known.caller_name}. {sentence.format(organisation)}"


def _base(language: str) -> str:
    return language.split("-", 1)[0]
