"""Rescoring: words that sound like one of the business's own are taken for it, where that was measured to be right.

Very close ones are taken at once. For those that are less close the recogniser hears the place again and says which of the
two it was (voicemail/own_words/second_hearing.py). Numbers, times and dates are never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from voicemail.facts import LANGUAGES, find_facts
from voicemail.facts.tokens import tokens_of
from voicemail.mailbox import Word
from voicemail.own_words.closeness import Closeness
from voicemail.own_words.likeness import Likeness, likenesses
from voicemail.own_words.vocabulary import Vocabulary

# Which of some likenesses, which overlap, was said; None if it was what had been heard.
SecondHearing = Callable[[Sequence[Word], Sequence[Likeness]], Likeness | None]

_MOST_TO_HEAR_AGAIN = 6
# Facts are looked for only to leave their words alone: the day and the place do not matter.
_ANY_DAY = datetime(2030, 1, 1, tzinfo=UTC)
_ANY_ZONE = ZoneInfo("UTC")


def rescored(
    words: Sequence[Word], vocabulary: Vocabulary, closeness: Closeness, hear_again: SecondHearing | None
) -> list[Word]:
    """The words with own ones in the place of those that sound like them; `heard` says what stood there.

    The confidence of the words is the recogniser's own. An own word has the share that was right of those found so, and
    beside it the recogniser's mean confidence in what it heard.
    """
    found = likenesses(words, vocabulary, max(closeness.near, closeness.far if hear_again else 0.0))
    if not found:
        return list(words)
    untouchable = _untouchable(words, vocabulary.language)
    found = [one for one in found if untouchable.isdisjoint(range(one.first, one.last + 1))]
    chosen: list[Likeness] = []
    for one in found:
        if (one.is_known or _is_near(one, words, closeness)) and _is_free(one, chosen):
            chosen.append(one)
    if hear_again is not None:
        doubtful = [one for one in found if _is_unsure(one, words, closeness) and _is_free(one, chosen)]
        for choices in _beside_each_other([one for one in doubtful if one.rate <= closeness.far]):
            said = hear_again(words, choices)
            if said is not None:
                chosen.append(said)
    return list(_written(words, chosen, closeness.right))


def _is_near(one: Likeness, words: Sequence[Word], closeness: Closeness) -> bool:
    # What sounds just the same no recogniser can tell apart, however sure it is.
    is_like = one.rate == 0.0 or (one.rate <= closeness.near and _is_unsure(one, words, closeness))
    return is_like and one.sounds >= closeness.near_sounds


def _is_unsure(one: Likeness, words: Sequence[Word], closeness: Closeness) -> bool:
    return any(word.confidence < closeness.unsure for word in words[one.first : one.last + 1])


def _is_free(one: Likeness, chosen: Sequence[Likeness]) -> bool:
    return not any(one.overlaps(other) for other in chosen)


def _untouchable(words: Sequence[Word], language: str) -> set[int]:
    """The places of words that are numbers or belong to a number, a time or a date."""
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


def _beside_each_other(found: Sequence[Likeness]) -> Iterator[list[Likeness]]:
    """Likenesses that compete for the same words, together: the closest with those that overlap it."""
    left = list(found)
    while left:
        best = left[0]
        together = [one for one in left if one.overlaps(best)]
        yield together[:_MOST_TO_HEAR_AGAIN]
        left = [one for one in left if not one.overlaps(best)]


def _written(words: Sequence[Word], chosen: Sequence[Likeness], right: float) -> Iterator[Word]:
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
