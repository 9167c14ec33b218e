"""Reads TwiML: `document.read` gives a Document of the verbs in `verbs`, or raises DocumentFailed."""
