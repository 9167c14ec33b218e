"""The account at the provider: the configured one, or that of the built-in line of this data folder."""

from __future__ import annotations

from pydantic import SecretStr

from runtime.config import ConfigurationError, Settings


def with_provider(settings: Settings) -> Settings:
    """The settings; without a configured provider, with account, token and address of the line."""
    if settings.has_provider:
        return settings
    if settings.twilio_account_sid or settings.twilio_auth_token.get_secret_value():
        raise ConfigurationError(
            "only half of a telephone account is set; set both RINGBACK_TWILIO_ACCOUNT_SID and RINGBACK_TWILIO_AUTH_TOKEN, "
            "or neither for the built-in line"
        )
    from ivr.line.store.account import load_or_create

    line = load_or_create(settings.data_dir)
    return settings.model_copy(
        update={
            "twilio_account_sid": line.account_sid,
            "twilio_auth_token": SecretStr(line.auth_token),
            "twilio_api_url": settings.twilio_api_url if settings.provider_is_here else line.url,
        }
    )
