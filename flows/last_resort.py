"""When all else fails: an apology in the caller's language, a message all the same, goodbye.

It needs no node of a flow, and works when there is no flow at all. The message goes to the first queue of the company.
"""

from __future__ import annotations

from dataclasses import dataclass

from flows.company.company import Company
from flows.verbs import Record, Say

# No node can have this name: names begin with a letter.
LAST_RESORT = "!last_resort"
MAX_SECONDS = 180
SILENCE_SECONDS = 5
END_KEY = "#"


@dataclass(frozen=True, slots=True)
class _Words:
    welcome: str
    apology: str
    goodbye: str


_WORDS: dict[str, _Words] = {
    "en": _Words(
        "{}, hello.",
        "I'm sorry, something went wrong on our side. Please leave your name, your number and a message after the tone, "
        "and we will call you back. The message is recorded.",
        "Thank you for calling. Goodbye.",
    ),
    "lv": _Words(
        "{}, sveicināti!",
        "Atvainojiet, pie mums radās kļūme. Lūdzu, pēc signāla nosauciet savu vārdu un tālruņa numuru un atstājiet ziņu, "
        "un mēs jums atzvanīsim. Ziņa tiek ierakstīta.",
        "Paldies par zvanu. Visu labu!",
    ),
    "ru": _Words(
        "{}, здравствуйте!",
        "Приносим извинения, у нас произошёл сбой. После сигнала назовите, пожалуйста, своё имя и номер телефона и "
        "оставьте сообщение, и мы вам перезвоним. Сообщение записывается.",
        "Спасибо за звонок. До свидания!",
    ),
    "ko": _Words(
        "안녕하십니까. {}입니다.",
        "죄송합니다. 시스템에 문제가 생겼습니다. 삐 소리가 난 뒤에 성함과 전화번호, 용건을 남겨 주시면 다시 전화드리겠습니다. "
        "메시지는 녹음됩니다.",
        "감사합니다. 안녕히 계십시오.",
    ),
}


def apology(language: str) -> Say:
    """Return the apology that asks for a message, in a language or else in English."""
    return _say(language, "apology")


def goodbye(language: str) -> Say:
    return _say(language, "goodbye")


def record() -> Record:
    return Record(MAX_SECONDS, SILENCE_SECONDS, END_KEY)


def mailbox(company: Company) -> str:
    """The queue that takes messages when no node says which."""
    return next(iter(company.queues))


def welcome(company: Company, language: str) -> Say:
    """Return hello and the company's name, in a language or else in English."""
    spoken = _spoken_language(language)
    return Say(_WORDS[spoken].welcome.format(company.organisation_name(language)), spoken)


def _say(language: str, what: str) -> Say:
    spoken = _spoken_language(language)
    return Say(str(getattr(_WORDS[spoken], what)), spoken)


def _spoken_language(language: str) -> str:
    base = language.split("-", 1)[0]
    return base if base in _WORDS else "en"
