"""Whether the words of a message are probably none of its language: a sentence for whoever reads them."""

from __future__ import annotations

from voicemail.mailbox import Transcript
from voicemail.models.catalogue import language_name

# The mean confidence of words that were said is 0.64 to 0.82, of another language written down as Korean 0.44 to 0.56.
UNLIKELY = 0.6
_FEWEST_WORDS = 3


def doubt_of(transcript: Transcript) -> str:
    """What to say of a transcript in which few words are likely; empty where nothing speaks against it."""
    if len(transcript.words) < _FEWEST_WORDS or transcript.confidence >= UNLIKELY:
        return ""
    language = language_name(transcript.language)
    return f"Few of these words are likely; it may be another language than {language}. Listen to the message."
