"""docs/operations.md lists every event that the product logs, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("api", "callbacks", "customers", "flows", "ivr", "runtime", "voicemail")
LOGGED = re.compile(r"\blog\.(?:debug|info|warning|error|exception|critical)\(\s*f?\"([a-z_.{}]+)\"")
# The status in `voicemail.{status}` is that of a transcription that has ended.
FORMATTED = {"voicemail.{status}": {"voicemail.transcribed", "voicemail.no_speech", "voicemail.failed"}}


def _logged() -> set[str]:
    texts = [file.read_text() for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    names = {name for text in texts for name in LOGGED.findall(text)}
    return {event for name in names for event in FORMATTED.get(name, {name})}


def _listed() -> list[str]:
    page = (ROOT / "docs/operations.md").read_text()
    table = page[page.index("| Event | Means | Do |") :].split("\n\n")[0]
    return [event for row in table.splitlines()[2:] for event in re.findall(r"`([a-z_]+\.[a-z_]+)`", row.split("|")[1])]


def test_every_event_that_is_logged_is_listed() -> None:
    logged = _logged()
    assert len(logged) > 60
    assert sorted(logged - set(_listed())) == []


def test_every_event_that_is_listed_is_logged_and_listed_once() -> None:
    listed = _listed()
    assert sorted(set(listed) - _logged()) == []
    assert sorted(event for event in set(listed) if listed.count(event) > 1) == []
