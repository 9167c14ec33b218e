"""The api process: provider webhooks and the JSON interface in one FastAPI application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fastapi import FastAPI

from api import errors
from api.parts import Parts
from api.routes import callbacks, calls, customers, flows, health, twilio, voicemails
from api.shapes import Problem
from runtime.config import Settings

VERSION = "0.1.0"


def create_app(settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> FastAPI:
    """Build the application; its parts open when it starts and close when it ends. `clock` tells the time of calls."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        parts = Parts(settings, clock)
        parts.open()
        app.state.parts = parts
        yield
        parts.close()

    app = FastAPI(
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
    errors.install(app)
    app.router.routes.extend(twilio.routes)
    for routes in (callbacks, voicemails, customers, calls, flows, health):
        app.include_router(routes.router)
    return app
