"""Telephone numbers and addresses: `+371 67 000 001`, `00371…`, `+44 (0)20…`, short codes, SIP addresses."""

from __future__ import annotations

import re
from functools import lru_cache

from flows.values.plain import plain

E164 = re.compile(r"\+[1-9][0-9]{5,14}", re.ASCII)
SHORT_CODE = re.compile(r"[0-9]{2,6}", re.ASCII)
SIP = re.compile(r"sips?:[^\s@:;?<>\"]{1,40}@[a-z0-9.-]{1,60}(?::[0-9]{1,5})?", re.IGNORECASE)

_FILLING = re.compile(r"[ ./()\-]")
_SCHEME = re.compile(r"(?:tel|whatsapp|sips?|callto):", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]")


def read_number(written: str, home_country: str = "") -> str:
    """Return a number in E.164. Raises ValueError, with a proposal where only the country's code is missing."""
    text = plain(written)
    bare = re.sub(r"^tel:", "", text, flags=re.IGNORECASE)
    bare = bare.replace("(0)", "")
    bare = re.sub(r"^\(?\+", "+", bare)
    if not _LETTERS.search(bare):
        bare = _FILLING.sub("", bare)
        bare = re.sub(r"^00(?=[1-9])", "+", bare)
        if E164.fullmatch(bare):
            return bare
    proposal = _with_country(bare, home_country)
    if proposal:
        raise ValueError(f'"{written}" has no country code. Did you mean "{proposal}"?')
    if bare.startswith("+") and bare[1:].isdecimal():
        wrong = (
            "begins with 0 after the +" if bare[1:2] == "0" else f"has {len(bare) - 1} figures; a number has 6 to 15"
        )
        raise ValueError(f'"{written}" is not a telephone number: it {wrong}. Write it as +37167000000')
    raise ValueError(f'"{written}" is not a number in international form, such as +37167000000')


def read_address(written: str, home_country: str = "") -> str:
    """Return an address at which the business can be called: E.164, a short code, or a SIP address. Raises ValueError."""
    text = plain(written)
    if SIP.fullmatch(text):
        return text.lower()
    if SHORT_CODE.fullmatch(text):
        return text
    inside = _SCHEME.sub("", text).partition("@")[0] if _SCHEME.match(text) else text
    try:
        return read_number(inside, home_country)
    except ValueError as error:
        if "Did you mean" in str(error):
            raise
        raise ValueError(
            f'{error}; short codes ("1294") and SIP addresses ("sip:desk@example.com") can be called too'
        ) from None


@lru_cache(maxsize=2048)
def address_forms(called: str, home_country: str) -> tuple[str, ...]:
    """The forms under which an address that a carrier named may stand in a company's `numbers`, the likeliest first."""
    text = plain(called)
    forms = [text, text.lower().partition(";")[0].partition("?")[0]]
    inside = _SCHEME.sub("", forms[1]).partition("@")[0]
    forms += [
        inside,
        f"+{inside.removeprefix('00')}" if inside.isdecimal() else "",
        _with_country(inside, home_country),
    ]
    return tuple(dict.fromkeys(form for form in forms if form))


def is_possible(number: str) -> bool:
    """Whether a number in E.164 has a length that its country uses."""
    import phonenumbers

    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return False


def _with_country(written: str, home_country: str) -> str:
    """A national number with the country's code; nothing when it cannot be one."""
    if not home_country or not written.isdecimal():
        return ""
    import phonenumbers

    try:
        number = phonenumbers.parse(written, home_country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
