"""The sealed state: small, the same for the same, and nobody else's."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import pytest

from flows.session import Promise, Session
from ivr.state import MAX_TOKEN_CHARACTERS, BadToken, StateSeal

SID = "CA" + "0" * 32
SESSION = Session(
    version="f" * 32,
    node="ring_back",
    turn=7,
    wait="gather",
    language="lv",
    no_match=1,
    failures=2,
    steps=14,
    started_at=datetime(2030, 3, 5, 8, 15, tzinfo=UTC),
    promise=Promise("desk", "orders", datetime(2030, 3, 5, 12, 30, tzinfo=UTC), "Europe/Riga", True),
    back=("main", "language"),
    caller_name="Анна Bērziņa",
    variables={"intent": "orders"},
)


def test_a_state_comes_back_as_it_was_and_the_same_state_is_the_same_token() -> None:
    seal = StateSeal("secret")
    token = seal.seal(SESSION, SID)
    assert token == StateSeal("secret").seal(SESSION, SID)
    assert seal.open(token, SID) == SESSION
    assert len(token) < 700


@pytest.mark.parametrize("place", [0, 10, -1])
def test_a_changed_token_does_not_open(place: int) -> None:
    token = StateSeal("secret").seal(SESSION, SID)
    letters = list(token)
    letters[place] = "A" if letters[place] != "A" else "B"
    with pytest.raises(BadToken):
        StateSeal("secret").open("".join(letters), SID)


@pytest.mark.parametrize("token", ["", "x", "ä", "A" * 64, "A" * 5000, "=" * 20, "../../x", "a b"])
def test_nonsense_does_not_open(token: str) -> None:
    with pytest.raises(BadToken):
        StateSeal("secret").open(token, SID)


def test_a_token_opens_for_its_own_call_and_key_only() -> None:
    token = StateSeal("secret").seal(SESSION, SID)
    with pytest.raises(BadToken):
        StateSeal("secret").open(token, "CA" + "1" * 32)
    with pytest.raises(BadToken):
        StateSeal("another").open(token, SID)


def test_nothing_of_the_state_can_be_read_from_the_token() -> None:
    token = StateSeal("secret").seal(SESSION, SID)
    assert "orders" not in token and "desk" not in token


def test_a_state_that_grew_too_large_is_refused_when_it_is_sealed() -> None:
    import dataclasses

    large = dataclasses.replace(SESSION, variables={"x": secrets.token_hex(MAX_TOKEN_CHARACTERS)})
    with pytest.raises(ValueError, match="characters"):
        StateSeal("secret").seal(large, SID)
