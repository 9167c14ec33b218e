"""Logs tell two calls apart and nothing private."""

from __future__ import annotations

import pytest

from runtime.logs.logging import mask_number, mask_private


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+37120000001", "+371•••••001"),
        ("+1 (415) 867-5310", "+1 (41•) •••-•310"),
        ("112", "112"),
        ("anonymous", "anonymous"),
    ],
)
def test_a_number_is_masked_but_can_be_told_apart(number: str, masked: str) -> None:
    assert mask_number(number) == masked


def test_numbers_in_sentences_are_masked_and_pressed_keys_are_dropped() -> None:
    fields = mask_private(
        None,
        "info",
        {"event": "x", "reason": "no route to +37120000001", "digits": "4111", "call_id": "ca_12345678901"},
    )
    assert fields == {"event": "x", "reason": "no route to +371•••••001", "digits": "•••", "call_id": "ca_12345678901"}
