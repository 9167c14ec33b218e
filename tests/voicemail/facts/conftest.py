"""What tests of facts share."""

from __future__ import annotations

import pytest

from tests.voicemail.facts.listener import Listener


@pytest.fixture(scope="session")
def listener() -> Listener:
    return Listener()
