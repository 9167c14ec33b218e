"""Replaces words that sound like one of the business's own words by it, where measurements show that this helps.

A very similar word is replaced at once. For a less similar one the recogniser decides in a second pass over that place
(voicemail/own_words/second_pass.py). Numbers, times and dates are never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from voicemail.facts import LANGUAGES, find_facts
from voicemail.facts.tokens import tokens_of
from voicemail.mailbox import Word
from voicemail.own_words.candidates import Candidate, find_candidates
from voicemail.own_words.thresholds import Thresholds
from voicemail.own_words.vocabulary import Vocabulary

# Which of some overlapping candidates was said; None if it was what had been recognised.
SecondPass = Callable[[Sequence[Word], Sequence[Candidate]], Candidate | None]

_MOST_CHOICES = 6
# Facts are found only to leave their words alone: day and place do not matter.
_ANY_DAY = datetime(2030, 1, 1, tzinfo=UTC)
_ANY_ZONE = ZoneInfo("UTC")


def rescored(
    words: Sequence[Word], vocabulary: Vocabulary, thresholds: Thresholds, second_pass: SecondPass | None
) -> list[Word]:
    """The words, with own words in place of those that sound like them; `heard` keeps what was recognised.

    The confidences given are the recogniser's own. An own word gets the share of such replacements that was right, and as
    `plain_confidence` the recogniser's mean confidence in the words that it replaces.
    """
    found = find_candidates(words, vocabulary, max(thresholds.near, thresholds.far if second_pass else 0.0))
    if not found:
        return list(words)
    of_facts_here = _of_facts(words, vocabulary.language)
    found = [one for one in found if of_facts_here.isdisjoint(range(one.first, one.last + 1))]
    chosen: list[Candidate] = []
    for one in found:
        if (one.is_known or _is_near(one, words, thresholds)) and _is_free(one, chosen):
            chosen.append(one)
    if second_pass is not None:
        doubtful = [one for one in found if _is_unsure(one, words, thresholds) and _is_free(one, chosen)]
        for choices in _competing([one for one in doubtful if one.rate <= thresholds.far]):
            said = second_pass(words, choices)
            if said is not None:
                chosen.append(said)
    return list(_written(words, chosen, thresholds.right))


def _is_near(one: Candidate, words: Sequence[Word], thresholds: Thresholds) -> bool:
    # No recogniser can tell apart what sounds the same, however confident it is.
    is_like = one.rate == 0.0 or (one.rate <= thresholds.near and _is_unsure(one, words, thresholds))
    return is_like and one.sounds >= thresholds.near_sounds


def _is_unsure(one: Candidate, words: Sequence[Word], thresholds: Thresholds) -> bool:
    return any(word.confidence < thresholds.unsure for word in words[one.first : one.last + 1])


def _is_free(one: Candidate, chosen: Sequence[Candidate]) -> bool:
    return not any(one.overlaps(other) for other in chosen)


def _of_facts(words: Sequence[Word], language: str) -> set[int]:
    """The places of words that belong to a number, a time or a date."""
    base = language.replace("_", "-").split("-")[0].lower()
    if base not in LANGUAGES:
        return {place for place, word in enumerate(words) if any(letter.isdigit() for letter in word.word)}
    numeric: dict[int, bool] = {}
    for token in tokens_of(words, base):
        is_number = token.numeral is not None or bool(token.digits)
        numeric[token.word] = numeric.get(token.word, True) and is_number
    of_facts = {
        place
        for fact in find_facts(words, base, "US", _ANY_DAY, _ANY_ZONE)
        for place in range(fact.first_word, fact.last_word + 1)
    }
    return of_facts | {place for place, is_number in numeric.items() if is_number}


def _competing(found: Sequence[Candidate]) -> Iterator[list[Candidate]]:
    """Groups of candidates for the same words: the closest, with those that overlap it."""
    left = list(found)
    while left:
        best = left[0]
        together = [one for one in left if one.overlaps(best)]
        yield together[:_MOST_CHOICES]
        left = [one for one in left if not one.overlaps(best)]


def _written(words: Sequence[Word], chosen: Sequence[Candidate], right: float) -> Iterator[Word]:
    starting = {one.first: one for one in chosen}
    place = 0
    while place < len(words):
        if place not in starting:
            yield words[place]
            place += 1
            continue
        one = starting[place]
        replaced = words[one.first : one.last + 1]
        yield Word(
            one.word.text + one.ending,
            replaced[0].start,
            replaced[-1].end,
            right,
            round(sum(word.confidence for word in replaced) / len(replaced), 4),
            " ".join(word.word for word in replaced),
        )
        place = one.last + 1
