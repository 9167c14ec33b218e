"""Public holidays by country and region, from the library `holidays`, with their names in the languages that it has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from functools import cache

from flows.company.calendar_definition import Holidays
from flows.values.dates import YearlyDate
from flows.values.places import country_meant

# Names that the library does not know: it has a country's own only.
_ENGLISH_REGIONS = {
    "DE": {"Bavaria": "BY", "Saxony": "SN", "Lower Saxony": "NI", "Hesse": "HE", "Thuringia": "TH", "Rhineland": "RP"},
    "GB": {"England": "ENG", "Scotland": "SCT", "Wales": "WLS", "Northern Ireland": "NIR"},
}

# Names of a holiday by language; "" is the name in the country's own.
NamesByLanguage = Mapping[str, str]


def public_holidays(wanted: Holidays, year: int) -> Mapping[date, NamesByLanguage]:
    """The public holidays of a calendar in one year. A country that is not known has none; the check of the company says so."""
    return _of_year(wanted.model_dump_json(), year)


@cache
def _of_year(wanted_json: str, year: int) -> Mapping[date, NamesByLanguage]:
    wanted = Holidays.model_validate_json(wanted_json)
    found: dict[date, NamesByLanguage] = {}
    for code in wanted.countries:
        for day, names in of_country(code, year).items():
            found.setdefault(day, names)
    left = {day: names for day, names in found.items() if not any(_is(less, day, names) for less in wanted.without)}
    for more in wanted.also:
        for day in _days_of(year):
            if more.covers(day):
                left[day] = more.name
    return dict(sorted(left.items()))


@cache
def of_country(code: str, year: int) -> Mapping[date, NamesByLanguage]:
    """The holidays of a country (`LV`) or region (`DE-BY`) in one year; none where it is not known."""
    import holidays  # 25 ms and some megabytes, only for calendars that keep them

    country, _, region = code.partition("-")
    try:
        own = holidays.country_holidays(country, subdiv=region or None, years=year)
    except NotImplementedError:
        return {}
    found: dict[date, dict[str, str]] = {}
    languages = (None, *(own.supported_languages or ()))
    for language in languages:
        said = holidays.country_holidays(
            country, subdiv=region or None, years=year, language=language or own.default_language
        )
        for day, name in said.items():
            if day.year == year:
                found.setdefault(day, {})[(language or "").split("_")[0]] = name
    return found


def matches_a_holiday(less: str, code: str, year: int) -> bool:
    """Whether a name of `without` is that of a holiday of this country."""
    return any(_is(less, day, names) for day, names in of_country(code, year).items())


def what_is_wrong(code: str) -> str:
    """Say why the holidays of a code cannot be found, with what may be meant; nothing when they can."""
    country, _, region = code.partition("-")
    regions = _regions().get(country)
    if regions is None:
        meant = country_meant(_by_three_letters(country), _regions())
        return (
            f'holidays "{code}": no public holidays are known for "{country}".{meant} Write a code such as LV or DE-BY.'
        )
    if not region or region in regions:
        return ""
    if not regions:
        return f'holidays "{code}": {country} has no regions here. Did you mean {country}?'
    near = _near_region(country, region)
    hint = f"Did you mean {country}-{near}?" if near else f"Regions: {', '.join(regions)}."
    return f'holidays "{code}": {country} has no region "{region}". {hint}'


def _by_three_letters(country: str) -> str:
    """LV for LVA; anything else as it is."""
    from holidays.registry import COUNTRIES

    codes = {names[2]: names[1] for names in COUNTRIES.values() if len(names) > 2}
    return codes.get(country.upper(), country)


def regions_with_more(code: str, years: tuple[int, int]) -> tuple[str, ...]:
    """Regions of a country that keep holidays which the bare country does not; none for a code that names a region."""
    if "-" in code or what_is_wrong(code):
        return ()
    country = {day for year in years for day in of_country(code, year)}
    return tuple(
        f"{code}-{region}"
        for region in _regions()[code]
        if any(day not in country for year in years for day in _days(f"{code}-{region}", year))
    )


def _days(code: str, year: int) -> set[date]:
    import holidays

    country, _, region = code.partition("-")
    return set(holidays.country_holidays(country, subdiv=region, years=year))


@cache
def _regions() -> dict[str, list[str]]:
    import holidays

    return holidays.list_supported_countries(include_aliases=False)


def _near_region(country: str, region: str) -> str:
    import holidays

    aliases = {name.lower(): code for name, code in holidays.country_holidays(country).subdivisions_aliases.items()}
    codes = {code.lower(): code for code in _regions()[country]}
    english = {name.lower(): code for name, code in _ENGLISH_REGIONS.get(country, {}).items()}
    known = {**english, **aliases, **codes}
    near = get_close_matches(region.lower(), list(known), n=1, cutoff=0.6)
    return known[near[0]] if near else ""


def _is(less: object, day: date, names: NamesByLanguage) -> bool:
    match less:
        case YearlyDate():
            return less.falls_on(day)
        case date():
            return less == day
        case str():
            return less.lower() in (name.lower() for name in names.values())
    return False


def _days_of(year: int) -> list[date]:
    first = date(year, 1, 1).toordinal()
    return [date.fromordinal(day) for day in range(first, date(year + 1, 1, 1).toordinal())]
