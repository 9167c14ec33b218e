"""The words of a greeting: the organisation, and a salutation by the hour where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from flows.prompts.prompt import Known

# Salutations from 5:00, 12:00, 18:00 and 23:00 o'clock. They stand after the name of the organisation, so that any name fits.
_SALUTATIONS: dict[str, tuple[str, str, str, str]] = {
    "en": ("good morning", "good afternoon", "good evening", "hello"),
    "lv": ("labrīt!", "labdien!", "labvakar!", "sveicināti!"),
    "ru": ("доброе утро!", "добрый день!", "добрый вечер!", "здравствуйте!"),
    # Korean greets alike at every hour; a person's name takes 님.
    "ko": ("안녕하십니까", "안녕하십니까", "안녕하십니까", "안녕하십니까"),
}


def has_salutation(language: str) -> bool:
    """Whether the built-in greeting exists in a language; elsewhere a greeting node needs its own prompt."""
    return _base(language) in _SALUTATIONS


def welcome(language: str, known: Known) -> str:
    """Return the greeting: "Amber Workshop, good morning, Anna.".

    Latvian and Russian leave the caller's name out: it cannot be put into the form of address by rule.
    """
    base = _base(language) if has_salutation(language) else "en"
    hour = known.now.astimezone(ZoneInfo(known.time_zone)).hour
    part_of_day = 3 if hour < 5 or hour >= 23 else 0 if hour < 12 else 1 if hour < 18 else 2
    salutation = _SALUTATIONS[base][part_of_day]
    organisation = known.organisation_name(language)
    match base:
        case "ko":
            before = f"{known.caller_name} 님, " if known.caller_name else ""
            return f"{before}{salutation}. {organisation}입니다."
        case "en":
            return (
                f"{organisation}, {salutation}, {known.caller_name}."
                if known.caller_name
                else f"{organisation}, {salutation}."
            )
    return f"{organisation}, {salutation}"


def _base(language: str) -> str:
    return language.split("-", 1)[0]
