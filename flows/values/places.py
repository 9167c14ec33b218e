"""Time zones and countries: `Europe/Riga`, `LV`, `DE-BY`; what is nearly one is proposed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from zoneinfo import available_timezones

from flows.values.plain import plain

_CODE = re.compile(r"[A-Z]{2}")
_SUBDIVISION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,10}")
_BY_HABIT = {"UK": "GB", "EN": "GB", "EL": "GR", "ENGLAND": "GB", "BRITAIN": "GB", "GREAT BRITAIN": "GB", "USA": "US"}


def read_zone(written: str) -> str:
    """Return the name of a time zone of the IANA database. Raises ValueError."""
    text = plain(written).replace(" ", "_")
    found = _zones().get(text.lower())
    if found is not None:
        return found
    near = _near_zone(text.lower()) or _zone_of_country(plain(written))
    hint = f' Did you mean "{near}"?' if near else ""
    raise ValueError(f'"{written}" is not an IANA time zone, such as Europe/Riga.{hint}')


def read_country(written: str) -> str:
    """Return a country's code in capitals. Raises ValueError for what has not the form of one."""
    text = plain(written).upper()
    if _CODE.fullmatch(text):
        return text
    raise ValueError(f'"{written}" is not a country such as LV.{country_meant(written)}')


def country_meant(written: str, known: Iterable[str] = ()) -> str:
    """Return ` Did you mean LV (Latvia)?` for a name, a name with a slip, or a code of three letters; or nothing.

    With `known` only these codes are proposed. Needs locale tables: not for calls.
    """
    from babel import Locale

    word = plain(written)
    codes = set(known) or {str(code) for code in Locale("en").territories if len(str(code)) == 2}
    habit = _BY_HABIT.get(word.upper(), word.upper())
    if habit in codes:
        return f" Did you mean {habit} ({Locale('en').territories[habit]})?"
    names: dict[str, str] = {}
    for locale in ("en", "lv", "ru", "de"):
        for code, name in Locale(locale).territories.items():
            if code in codes:
                names.setdefault(name.lower(), code)
    near = get_close_matches(word.lower(), list(names), n=1, cutoff=0.7)
    if near:
        code = names[near[0]]
    else:
        by_code = get_close_matches(word.upper(), sorted(codes), n=1, cutoff=0.6) if len(word) <= 3 else []
        if not by_code:
            return ""
        code = by_code[0]
    return f" Did you mean {code} ({Locale('en').territories[code]})?"


@cache
def _zones() -> dict[str, str]:
    # Asking walks 600 files of the database each time: it was half of what reading a flow with its scenarios took.
    return {name.lower(): name for name in available_timezones()}


def _zone_of_country(written: str) -> str:
    """The zone of a country that is named in place of one; nothing for a country of several zones."""
    from babel.core import get_global

    meant = re.search(r"mean ([A-Z]{2})\b", country_meant(written))
    found = sorted(zone for zone, country in get_global("zone_territories").items() if meant and country == meant[1])
    return found[0] if len(found) == 1 and found[0].lower() in _zones() else ""


def _near_zone(word: str) -> str:
    if re.search(r"[+-]\d", word):  # an offset is no zone, and none is near to it
        return ""
    zones = _zones()
    city = word.rpartition("/")[2]
    for name in sorted(zones):
        if "/" in name and name.rpartition("/")[2] == city and not name.startswith(("posix", "right", "etc")):
            return zones[name]
    near = get_close_matches(word, sorted(zones), n=1, cutoff=0.7)
    if not near:
        cities = {name.rpartition("/")[2]: name for name in sorted(zones) if "/" in name}
        near = [cities[each] for each in get_close_matches(city, list(cities), n=1, cutoff=0.75)]
    return zones[near[0]] if near else ""
