"""The application of the api process: the provider's webhooks and the JSON interface."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import structlog
from fastapi import Depends, FastAPI
from starlette.types import Receive, Scope, Send

from api import errors
from api.auth.access import only_known_fields
from api.auth.guard import GuardedInterface
from api.head_requests import answer_head
from api.parts import Parts
from api.routes import (
    audio,
    callbacks,
    calls,
    customers,
    flows,
    health,
    home,
    metrics,
    missed_calls,
    queues,
    twilio,
    voicemails,
)
from api.shapes import Problem
from api.webhooks import Webhooks
from runtime.config import Settings

log = structlog.get_logger()

VERSION = "0.1.0"


# The provider fetches recordings without a signature; a proxy that passes on /twilio/ passes on these too.
_AUDIO = "/twilio/audio/"


class Door:
    """Sends webhooks straight to their routes, and all other requests to the JSON interface.

    Webhooks skip the layers of the framework, which take a tenth of the time of a turn.
    """

    def __init__(self, provider: Webhooks, interface: FastAPI) -> None:
        self.provider = provider
        self.interface = interface
        self._guarded = GuardedInterface(interface)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if path.startswith("/twilio/") and not path.startswith(_AUDIO):
            await self.provider(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "HEAD":
            await answer_head(self._guarded, scope, receive, send)
        else:
            await self._guarded(scope, receive, send)


def create_app(settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Door:
    """Build the application. Its parts open at the start and close at the end. `clock` gives the time of calls."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        parts = Parts(settings, clock)
        parts.open()
        log.info("api.ready", url=f"http://{settings.host}:{settings.port}", public_url=settings.base_url)
        app.state.parts = provider.parts = parts
        yield
        parts.close()

    provider = Webhooks(twilio.ENDPOINTS)
    interface = FastAPI(
        title="Ringback",
        version=VERSION,
        summary="Callbacks, voicemails and the customer's history",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        responses={status: {"model": Problem} for status in (401, 403, 404, 409, 422, 503)},
        redirect_slashes=False,
    )
    errors.install(interface)
    for routes in (audio, callbacks, missed_calls, voicemails, customers, calls, flows, queues, health, metrics, home):
        interface.include_router(routes.router, dependencies=[Depends(only_known_fields)])
    return Door(provider, interface)
