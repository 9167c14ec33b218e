"""The settings, read from the environment once. An invalid value is refused with the reason."""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MAX_SOCKET_PATH_BYTES = 100


class ConfigurationError(Exception):
    """A setting is missing or wrong; the message names it and the remedy. A retry cannot help."""


def default_data_dir() -> Path:
    """The same folder wherever a command is called from: `data` in the checkout, or the user's data folder when installed."""
    checkout = Path(__file__).resolve().parents[1]
    if (checkout / "script" / "ringback").is_file():
        return checkout / "data"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "ringback"


class Settings(BaseSettings):
    """Settings from the environment, prefix RINGBACK_ (`RINGBACK_DATA_DIR=/srv/ringback`)."""

    model_config = SettingsConfigDict(env_prefix="RINGBACK_", frozen=True, extra="ignore")

    public_url: str = Field(
        default="",
        description="The address under which the provider reaches the api, such as https://ivr.example.com. Signatures are "
        "checked on it, so it must be exactly what the provider was given. Default: http://127.0.0.1:PORT.",
    )
    host: str = Field(default="127.0.0.1", description="The address on which the api listens.")
    port: int = Field(default=8000, ge=1, le=65535, description="The port on which the api listens.")
    data_dir: Path = Field(
        default_factory=default_data_dir,
        description="The folder of database, recordings, queue and models. Default: `data` beside the product's own folder.",
    )
    flows_dir: Path | None = Field(
        default=None, description="The folder of company.yaml and flows that is published at the first start."
    )
    database_url: str = Field(default="", description="postgresql+psycopg://…; default: SQLite in the data folder.")
    redis_url: str = Field(default="", description="redis://… or unix://…; default: the embedded server.")
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="Encrypts the state of calls; the same for every process. Default: made once.",
    )
    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_api_url: str = Field(
        default="https://api.twilio.com",
        description="The REST interface of the provider: Twilio, a compatible one, or the line.",
    )
    vosk_models: Path | None = Field(default=None, description="The folder of speech models. Default: DATA_DIR/models.")
    worker_threads: int = Field(default=2, ge=1, le=64, validation_alias=AliasChoices("RINGBACK_WORKER_THREADS"))
    compose_graphs: bool = Field(
        default=True,
        description="Whether a worker composes the graph of a model when that pays and there is room. Messages are then "
        "transcribed several times faster.",
    )
    keep_recordings_days: int | None = Field(
        default=None,
        ge=2,
        le=36_500,
        description="The audio of messages is deleted after so many days. Default: never.",
    )
    keep_transcripts_days: int | None = Field(
        default=None,
        ge=2,
        le=36_500,
        description="The words of messages are deleted after so many days. Default: never.",
    )
    keep_calls_days: int | None = Field(
        default=None,
        ge=2,
        le=36_500,
        description="Who called and what they pressed is deleted after so many days; the counts stay. Default: never.",
    )
    keep_customers_days: int | None = Field(
        default=None,
        ge=2,
        le=36_500,
        description="Customers are erased who were not heard of for so many days. Default: never.",
    )
    log_format: str = Field(default="auto", pattern="^(auto|console|json)$")

    @field_validator("public_url", "twilio_api_url")
    @classmethod
    def _is_a_base(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            raise ValueError("must be a plain address such as https://ivr.example.com")
        if parts.username or parts.password:
            raise ValueError("must not contain a user or password")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _names_a_driver(cls, value: str) -> str:
        if value.startswith(("postgres://", "postgresql://")):
            return "postgresql+psycopg://" + value.split("://", 1)[1]
        if value and not value.startswith(("postgresql+psycopg://", "sqlite:///")):
            raise ValueError("must begin with postgresql+psycopg:// or sqlite:///")
        return value

    @cached_property
    def base_url(self) -> str:
        """The public address, without a slash at the end."""
        return self.public_url or f"http://127.0.0.1:{self.port}"

    @cached_property
    def sql_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'ringback.sqlite3'}"

    @cached_property
    def models_dir(self) -> Path:
        return (self.vosk_models or self.data_dir / "models").absolute()

    @cached_property
    def recordings_dir(self) -> Path:
        return self.data_dir.absolute() / "recordings"

    @cached_property
    def queue_url(self) -> str:
        """The address of Redis: the configured one, or the socket of the embedded server."""
        return self.redis_url or f"unix://{self.queue_socket}"

    @cached_property
    def queue_socket(self) -> Path:
        """The socket of the embedded server. Socket paths end at 107 bytes, so a long data folder uses the temporary folder."""
        usual = self.data_dir.absolute() / "queue" / "valkey.sock"
        if len(os.fsencode(usual)) <= MAX_SOCKET_PATH_BYTES:
            return usual
        folder = hashlib.sha256(os.fsencode(usual)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"ringback-{os.getuid()}-{folder}" / "valkey.sock"

    @cached_property
    def provider_is_here(self) -> bool:
        """Whether the provider is on this machine, as the line is."""
        return urlsplit(self.twilio_api_url).hostname in ("127.0.0.1", "localhost", "::1")

    @cached_property
    def has_provider(self) -> bool:
        """Whether an account is configured. Without one the built-in line is the provider."""
        return bool(self.twilio_account_sid and self.twilio_auth_token.get_secret_value())


def load_settings() -> Settings:
    """Read the environment. Raises ConfigurationError, which names each wrong setting and what would be right."""
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigurationError(" ".join(_refusal(fault) for fault in error.errors())) from None


def _refusal(fault: ErrorDetails) -> str:
    """A wrong setting by its name in the environment, and what would be right."""
    name = "_".join(str(part) for part in fault["loc"]).upper().removeprefix("RINGBACK_")
    match fault["type"]:
        case "int_parsing" | "int_type" | "greater_than_equal" | "less_than_equal":
            low, high = Settings.model_fields[name.lower()].metadata
            right = f"a whole number from {low.ge} to {high.le}"
        case "bool_parsing" | "bool_type":
            right = "true or false"
        case "string_pattern_mismatch":
            *others, last = str(fault["ctx"]["pattern"]).strip("^($)").split("|")
            right = f"{', '.join(others)} or {last}"
        case _:
            return f"RINGBACK_{name}: {fault['msg'].removeprefix('Value error, ')}."
    return f"RINGBACK_{name}: must be {right}."
