"""Addresses of callers: a number that can be rung (E.164), an address that cannot, or none."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

E164 = re.compile(r"\+[1-9][0-9]{5,14}", re.ASCII)

MAX_ADDRESS_CHARACTERS = 80

# What carriers send when a number is withheld or absent. +266696687 spells ANONYMOUS on a keypad, +7378742833 RESTRICTED,
# +2562533 BLOCKED, +8656696 UNKNOWN, +86282452253 UNAVAILABLE (Twilio, "caller ID in inbound calls").
_WITHHELD = frozenset(
    {
        *("", "anonymous", "unknown", "restricted", "private", "unavailable", "blocked", "withheld", "null", "none"),
        *("no caller id", "number withheld", "private number", "unknown number", "not available"),
        *("266696687", "7378742833", "2562533", "8656696", "86282452253"),
    }
)
_SCHEME = re.compile(r"(?:tel|callto|whatsapp|sips?):", re.IGNORECASE)
_FILLING = re.compile(r"[ ./()\-]")
# Forms that carriers still send although the country has changed its numbers: Mexico dropped the 1 before mobile numbers
# (2019), Brazil put a 9 before them (2016), Benin put 01 before all numbers (2024).
_OLD_FORMS = (
    (re.compile(r"\+521([0-9]{10})"), r"+52\1"),
    (re.compile(r"\+55([1-9]{2})([6-9][0-9]{7})"), r"+55\g<1>9\2"),
    (re.compile(r"\+229([0-9]{8})"), r"+22901\1"),
)


@lru_cache(maxsize=8192)
def caller_address(raw: str | None, home_country: str = "") -> str | None:
    """The address of the caller: E.164 where it is a number that can be rung, else as the carrier sent it. None: withheld.

    A number may stand in `sip:`, `tel:` or `whatsapp:`, be without its +, begin with 00, have an old national form, or be
    a national number of the home country. `dialable` tells the two cases apart.
    """
    sent = called_address(raw)
    if sent is None:
        return None
    inside = _inside(sent)
    if inside.lower().lstrip("+") in _WITHHELD:
        return None
    return _number(inside, home_country) or sent


@lru_cache(maxsize=8192)
def dialable(address: str | None) -> str | None:
    """The address, if it is a number in E.164 that can be rung."""
    return address if address is not None and E164.fullmatch(address) and _is_possible(address) else None


def is_bare_number(sent: str, home_country: str) -> bool:
    """Whether a carrier sent a number that can be rung and nothing around it, so that it can be shown to others."""
    inside = called_address(sent)
    return inside is not None and _inside(inside) == inside and dialable(caller_address(sent, home_country)) is not None


def _inside(sent: str) -> str:
    """What stands in an address: the user of a SIP address, the number of a `tel:`; without display name and parameters."""
    text = sent.partition("<")[2].partition(">")[0] or sent
    scheme = _SCHEME.match(text)
    if scheme is not None:
        text = unquote(text[scheme.end() :]).partition("@")[0].partition(";")[0].partition("?")[0]
    return text.strip().strip('"')


def _number(written: str, home_country: str) -> str | None:
    """A number in E.164, or None when it is none that can be rung."""
    bare = _FILLING.sub("", written.replace("(0)", ""))
    if not re.fullmatch(r"\+?[0-9]{6,17}", bare, re.ASCII):
        return None
    if bare.startswith("00"):
        bare = f"+{bare[2:]}"
    if not bare.startswith("+"):
        return _read(bare, home_country, is_sure=False) or _read(f"+{bare}", "", is_sure=False)
    return _read(_modern(bare), "", is_sure=True)


def _modern(number: str) -> str:
    """A number with its country's code in the form of today."""
    for old, new in _OLD_FORMS:
        if old.fullmatch(number):
            return old.sub(new, number)
    return number


def _read(written: str, home_country: str, *, is_sure: bool) -> str | None:
    """Whether its country has numbers of that length is enough where the carrier named the country; else it must be valid."""
    import phonenumbers

    try:
        number = phonenumbers.parse(written, home_country or None)
    except phonenumbers.NumberParseException:
        return None
    fits = phonenumbers.is_possible_number if is_sure else phonenumbers.is_valid_number
    if not fits(number):
        return None
    formatted = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return formatted if E164.fullmatch(formatted) else None


def _is_possible(number: str) -> bool:
    return _read(number, "", is_sure=True) is not None


def called_address(raw: str | None) -> str | None:
    """The address that was called, as the carrier names it: a number in any form, a short code, a SIP address.

    At most 80 printable characters; None when nothing is left. Which number of the company it is, company.yaml says.
    """
    return (
        "".join(character for character in (raw or "").strip() if character.isprintable())[:MAX_ADDRESS_CHARACTERS]
        or None
    )


def normalise(raw: str, home_country: str) -> str | None:
    """A number as a person types it ("20 000 001", "00371…") in E.164; None when it is invalid."""
    import phonenumbers

    bare = re.sub(r"^00(?=[1-9])", "+", _FILLING.sub("", raw.strip()))
    try:
        number = phonenumbers.parse(_modern(bare) if bare.startswith("+") else raw, home_country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    formatted = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return formatted if E164.fullmatch(formatted) else None


@lru_cache(maxsize=8192)
def spoken_form(number: str | None) -> str:
    """An address for agents to read: "+371 20 000 001", as sent where it is no number, or "number withheld"."""
    if number is None:
        return "number withheld"
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
