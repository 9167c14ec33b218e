"""`ringback line`: the built-in telephone line as a process of its own."""

from __future__ import annotations

from urllib.parse import urlsplit


def line() -> None:
    """Run the built-in telephone line, on loopback only."""
    import asyncio

    from ivr.line.playing.active_call import Webhooks
    from ivr.line.service.server import serve_line
    from ivr.line.store.account import for_settings
    from runtime.config import load_settings
    from runtime.logs.logging import set_up_logging
    from runtime.threads import end_when_a_thread_dies

    settings = load_settings()
    set_up_logging("line", settings.log_format)
    end_when_a_thread_dies()
    port = _port_asked_for(settings.twilio_api_url)
    webhooks = Webhooks(
        voice_url=f"{settings.base_url}/twilio/voice",
        fallback_url=f"{settings.base_url}/twilio/fallback",
        status_url=f"{settings.base_url}/twilio/status",
    )
    asyncio.run(serve_line(for_settings(settings, port), webhooks, port, settings.data_dir))


def _port_asked_for(api_url: str) -> int:
    """The port of a provider address on this machine; 0 when the line may choose."""
    parts = urlsplit(api_url)
    is_here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    return (parts.port or 80) if is_here else 0
