"""Facts said in a message: telephone numbers, times and dates in English, Russian, Latvian and Korean."""

from __future__ import annotations

from voicemail.facts.fact import Fact
from voicemail.facts.finding import LANGUAGES, facts_of, find_facts

__all__ = ["LANGUAGES", "Fact", "facts_of", "find_facts"]
