"""Recognition: from a decoded recording to words with times and confidences.

`transcriber.Transcriber` is its face. It finds speech (voicemail/audio), restores it (voicemail/enhancement), recognises it with
Vosk (recognisers.py, voicemail/models), puts in the business's own words (voicemail/own_words) and calibrates the confidences
(confidence.py).
"""
