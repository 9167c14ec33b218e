"""Telephone numbers of callers, in E.164."""

from __future__ import annotations

import re
from functools import lru_cache

E164 = re.compile(r"\+[1-9][0-9]{5,14}", re.ASCII)

# What carriers send when a number is withheld or absent. +266696687 spells ANONYMOUS on a keypad, +7378742833 RESTRICTED,
# +2562533 BLOCKED, +8656696 UNKNOWN, +86282452253 UNAVAILABLE (Twilio, "caller ID in inbound calls").
_WITHHELD = frozenset(
    {
        "",
        "anonymous",
        "unknown",
        "restricted",
        "private",
        "unavailable",
        "blocked",
        "withheld",
        "+266696687",
        "266696687",
        "+7378742833",
        "+2562533",
        "+8656696",
        "+86282452253",
    }
)


@lru_cache(maxsize=8192)
def caller_number(raw: str | None) -> str | None:
    """The number of the caller in E.164. None when it is withheld, a SIP or client address, or invalid.

    Only international numbers are taken; a missing country code is never guessed.
    """
    text = (raw or "").strip()
    if text.lower() in _WITHHELD or not E164.fullmatch(text):
        return None
    import phonenumbers

    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    return text if phonenumbers.is_possible_number(number) else None


def called_address(raw: str | None) -> str | None:
    """The address that was called, as the carrier names it: a number in any form, a short code, a SIP address.

    At most 80 printable characters; None when nothing is left. Which number of the company it is, company.yaml says.
    """
    return "".join(character for character in (raw or "").strip() if character.isprintable())[:80] or None


def normalise(raw: str, home_country: str) -> str | None:
    """A number as a person types it ("20 000 001", "00371…") in E.164; None when it is invalid."""
    import phonenumbers

    try:
        number = phonenumbers.parse(raw, home_country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    formatted = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return formatted if E164.fullmatch(formatted) else None


@lru_cache(maxsize=8192)
def spoken_form(number: str | None) -> str:
    """A number for agents to read: "+371 20 000 001" or "number withheld"."""
    if number is None:
        return "number withheld"
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
