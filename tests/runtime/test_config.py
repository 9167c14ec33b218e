"""Settings come from the environment; an invalid one is refused with its name and what would be right."""

import pytest

from runtime.config import ConfigurationError, load_settings


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("RINGBACK_PORT", "eighty", "RINGBACK_PORT: must be a whole number from 1 to 65535."),
        ("RINGBACK_PORT", "99999", "RINGBACK_PORT: must be a whole number from 1 to 65535."),
        ("RINGBACK_WORKER_THREADS", "0", "RINGBACK_WORKER_THREADS: must be a whole number from 1 to 64."),
        ("RINGBACK_COMPOSE_GRAPHS", "perhaps", "RINGBACK_COMPOSE_GRAPHS: must be true or false."),
        ("RINGBACK_LOG_FORMAT", "xml", "RINGBACK_LOG_FORMAT: must be auto, console or json."),
        (
            "RINGBACK_PUBLIC_URL",
            "ivr.example.com",
            "RINGBACK_PUBLIC_URL: must be a plain address such as https://ivr.example.com.",
        ),
        (
            "RINGBACK_DATABASE_URL",
            "mysql://x",
            "RINGBACK_DATABASE_URL: must begin with postgresql+psycopg:// or sqlite:///.",
        ),
    ],
)
def test_an_invalid_setting_is_refused_with_what_would_be_right(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    assert str(refused.value) == says


def test_every_invalid_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBACK_PORT", "0")
    monkeypatch.setenv("RINGBACK_LOG_FORMAT", "xml")
    with pytest.raises(ConfigurationError, match=r"RINGBACK_PORT: .*\. RINGBACK_LOG_FORMAT: "):
        load_settings()
