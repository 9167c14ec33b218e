"""Which language the caller speaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flows.events import LanguageChosen
from flows.files.fields import KEYS
from flows.inputs import Digits, Silence
from flows.nodes.asking import Asking, Chosen, GaveUp, ask, hear, read_asking, wait_for_key
from flows.prompts.prompt import Line, Prompt
from flows.steps import Leave, Step
from flows.values.language import language_key

if TYPE_CHECKING:
    from flows.files.fields import Fields
    from flows.visit import Visit

# How each language invites to itself, said in that language.
INVITATIONS: dict[str, str] = {
    "en": "For English, press {}.",
    "lv": "Latviski – spiediet {}.",
    "ru": "По-русски – нажмите {}.",
    "ko": "한국어 안내는 {}번을 눌러 주십시오.",
}

# What each language says after a key that stands for none of them.
NOT_OFFERED: dict[str, str] = {
    "en": "Sorry, that option isn't available.",
    "lv": "Atvainojiet, šādas izvēles nav.",
    "ru": "Извините, такого пункта нет.",
    "ko": "죄송합니다. 없는 번호입니다.",
}


@dataclass(frozen=True, slots=True)
class Language:
    """Asks for the caller's language, each one offered in its own words; a caller whose language is known is not asked.

    Without a `prompt` and `no_match` the built-in words are said (English, Latvian, Russian, Korean).

    Example:

        language:
          type: language
          options: {en: "1"}
          exits: {known: goodbye, chosen: goodbye, max_attempts: goodbye}
    """

    name: str
    exits: dict[str, str]
    asking: Asking
    options: dict[str, str]  # language to key
    disabled: str = ""

    def keys(self) -> tuple[str, ...]:
        return tuple(self.options.values())

    def spoken_languages(self) -> tuple[str, ...]:
        return tuple(self.options)


def read(fields: Fields, name: str, disabled: str) -> Language:
    asking = read_asking(fields)
    options: dict[str, str] = {}
    for written, key in fields.scalars("options").items():
        language = language_key(written)
        if language not in fields.reading.languages:
            known = ", ".join(fields.reading.languages)
            fields.fault(key.mark, "LANGUAGE", f'option "{language}" is no language of this flow: {known}')
        if not KEYS.fullmatch(key.value):
            fields.fault(key.mark, "KEY", 'key must be one to six of 0-9 * # in quotes, such as "1"')
        else:
            options[language] = key.value
    if not options:
        fields.missing("options")
    if not asking.prompt:
        asking = _with_invitations(asking, options)
    if not asking.no_match:
        asking = replace(asking, no_match=_in_each(NOT_OFFERED, options))
    return Language(
        name=name,
        asking=asking,
        options=options,
        exits=fields.exits(("known", "chosen", "max_attempts")),
        disabled=disabled,
    )


def _in_each(words: dict[str, str], options: Iterable[str]) -> tuple[Prompt, ...]:
    """Built-in words as a prompt in the languages offered; none where there are no such words."""
    said = {language: words.get(language.split("-", 1)[0], "") for language in options}
    lines = {language: Line(text, parts=(text,)) for language, text in said.items() if text}
    return (Prompt(lines),) if lines else ()


def _with_invitations(asking: Asking, options: dict[str, str]) -> Asking:
    lines: dict[str, Line] = {}
    for language, key in options.items():
        invitation = INVITATIONS.get(language.split("-", 1)[0])
        if invitation is not None:
            text = invitation.format(key)
            lines[language] = Line(text, parts=(text,))
    return replace(asking, prompt=(Prompt(lines),)) if lines else asking


def enter(node: Language, visit: Visit, returning: bool = False) -> Step:
    if visit.session.language_known and not returning:
        return Leave("known")
    if visit.is_language_offered and not returning:
        return wait_for_key(visit, node.asking, node.keys())
    return present(node, visit)


def present(node: Language, visit: Visit) -> Step:
    return ask(visit, node.asking, node.keys(), node.spoken_languages())


def answer(node: Language, visit: Visit, given: Digits | Silence) -> Step:
    match hear(visit, node.asking, node.keys(), given, node.spoken_languages()):
        case Chosen(key):
            language = next(language for language, its_key in node.options.items() if its_key == key)
            visit.change(language=language, language_known=True)
            visit.emit(LanguageChosen(language))
            return Leave("chosen")
        case GaveUp():
            return Leave("max_attempts")
        case step:
            return step
