"""Whether digits, as they are said, are a telephone number."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

MIN_DIGITS, MAX_DIGITS = 7, 15


@lru_cache(maxsize=4096)
def e164(digits: str, home_country: str) -> str | None:
    """The number in E.164 if these digits, with + or 00 for another country, are how it is said, else None.

    Where a national number begins with 0 (United Kingdom, Korea), the 0 must be said; Russia's 8 is often left out.
    """
    if not MIN_DIGITS <= len(digits.lstrip("+")) <= MAX_DIGITS:
        return None
    dialled = "+" + digits[2:] if digits.startswith("00") else digits
    try:
        number = phonenumbers.parse(dialled, home_country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    significant = phonenumbers.national_significant_number(number)
    code = str(number.country_code)
    region = phonenumbers.region_code_for_number(number)
    prefix = (region and phonenumbers.ndd_prefix_for_region(region, True)) or ""
    ways = {"+" + code + significant, "+" + code + prefix + significant, code + significant}
    if not dialled.startswith("+"):
        national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        ways.add(re.sub(r"\D", "", national))
        if prefix != "0":
            ways.add(significant)
    if dialled not in ways:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
