"""What callers hear who cannot be called back: that their number is withheld or cannot be rung, and what to do instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.prompts.prompt import Prompt
from flows.verbs import Say

if TYPE_CHECKING:
    from flows.visit import Visit


@dataclass(frozen=True, slots=True)
class _Words:
    withheld: str
    unusable: str
    say_it: str


_WORDS = {
    "en": _Words(
        "We can't see your number.",
        "We can't call back the number you are calling from.",
        "Please say the number on which we can call you in your message.",
    ),
    "lv": _Words(
        "Jūsu numurs nav redzams.",
        "Uz numuru, no kura zvanāt, mēs nevaram atzvanīt.",
        "Lūdzu, savā ziņā nosauciet numuru, uz kuru varam jums atzvanīt.",
    ),
    "ru": _Words(
        "Ваш номер скрыт.",
        "На номер, с которого вы звоните, мы не можем перезвонить.",
        "Назовите, пожалуйста, в сообщении номер, по которому мы можем вам перезвонить.",
    ),
    "ko": _Words(
        "고객님의 전화번호가 표시되지 않습니다.",
        "지금 거신 번호로는 다시 전화드릴 수 없습니다.",
        "메시지에 저희가 전화드릴 수 있는 번호를 말씀해 주십시오.",
    ),
}


def say_why(visit: Visit, own: Prompt | None) -> None:
    """Say once in a call why nobody can call back; `own` stands in for the built-in words."""
    if not visit.session.is_told_no_number:
        visit.change(is_told_no_number=True)
        if own is not None:
            visit.say(own)
        else:
            words = _words(visit)
            _say(visit, words.unusable if visit.session.number_is == "unusable" else words.withheld)


def ask_for_number(visit: Visit, own: Prompt | None) -> None:
    """Ask for a number in the message, after the reason where the caller has not heard it."""
    if own is not None:
        visit.change(is_told_no_number=True)
        visit.say(own)
        return
    say_why(visit, None)
    _say(visit, _words(visit).say_it)


def _words(visit: Visit) -> _Words:
    return _WORDS.get(visit.session.language.split("-", 1)[0], _WORDS["en"])


def _say(visit: Visit, text: str) -> None:
    language = visit.session.language
    visit.say_verb(Say(text, language if language.split("-", 1)[0] in _WORDS else "en"))
