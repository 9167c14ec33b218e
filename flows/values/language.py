"""Languages: `en`, `lv`, `pt-BR`; `EN` and `pt_br` are taken, names of languages are proposed."""

from __future__ import annotations

import re
from difflib import get_close_matches

from flows.values.plain import plain

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_WRITTEN = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{2}))?", re.IGNORECASE)


def read_language(written: str) -> str:
    """Return a language's tag. Raises ValueError for what has not the form of one."""
    match = _WRITTEN.fullmatch(plain(written))
    if match is None:
        raise ValueError(f'"{written}" is not a language such as en, lv or pt-BR.{_meant(written)}')
    return match[1].lower() + (f"-{match[2].upper()}" if match[2] else "")


def language_key(written: str) -> str:
    """A language in its stored form; what has not the form of one stays as it is, for the checks to name."""
    try:
        return read_language(written)
    except ValueError:
        return written


def unknown_language(tag: str) -> str:
    """Say what is wrong with a tag that names no language of this world, or nothing. Needs locale tables: not for calls."""
    from babel import Locale

    if not LANGUAGE.fullmatch(tag):
        return f'"{tag}" is not a language such as en, lv or pt-BR.{_meant(tag)}'
    base, _, region = tag.partition("-")
    english = Locale("en")
    if base not in english.languages:
        return f'"{tag}" is no language.{_meant(base)}'
    if region and region not in english.territories:
        return f'"{tag}": there is no country "{region}".'
    return ""


def _meant(written: str) -> str:
    from babel import Locale

    word = plain(written).lower()
    english = Locale("en")
    names: dict[str, str] = {}
    for code in (
        "en",
        "lv",
        "ru",
        "ko",
        "de",
        "lt",
        "et",
        "pl",
        "fr",
        "es",
        "it",
        "uk",
        "fi",
        "sv",
        "nb",
        "da",
        "nl",
        "pt",
    ):
        names[english.languages[code].lower()] = code
        names[(Locale(code).language_name or code).lower()] = code
        names[code] = code
    near = get_close_matches(word, list(names), n=1, cutoff=0.6)
    if not near and len(word) == 2:
        near = [code for code in names if len(code) == 2 and code[0] == word[0]][:1]
    return f' Did you mean "{names[near[0]]}"?' if near else ""
