"""Public holidays by country, from the library `holidays`."""

from __future__ import annotations

from datetime import date
from functools import cache


class UnknownHolidays(ValueError):
    """No public holidays are known for this country or subdivision. A fault of configuration: a retry cannot help."""


@cache
def public_holidays(code: str, year: int) -> dict[date, str]:
    """The holidays of a country (`LV`) or subdivision (`DE-BY`) in one year, with their names in its own language."""
    import holidays  # 25 ms and some megabytes, only for calendars that keep them

    country, _, subdivision = code.partition("-")
    language = getattr(holidays.country_holidays(country), "default_language", None)
    found = holidays.country_holidays(country, subdiv=subdivision or None, years=year, language=language)
    return {day: name for day, name in found.items() if day.year == year}


@cache
def require_known_holidays(code: str) -> None:
    """Raise UnknownHolidays unless the country and subdivision are known."""
    import holidays

    country, _, subdivision = code.partition("-")
    try:
        holidays.country_holidays(country, subdiv=subdivision or None)
    except NotImplementedError as error:
        raise UnknownHolidays(
            f'holidays "{code}": {error}. Use an ISO 3166 code such as LV or, with a subdivision, DE-BY.'
        ) from None
