"""Twilio's lists of calls and recordings over HTTP, for tests of what the reconciler makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.switchboard import CALLER, COMPANY_NUMBER
from tests.threaded import served
from voicemail.recordings import ProviderAccount


class Provider:
    """Twilio's two lists, in pages of two, for whoever knows the token."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.recordings: list[dict[str, Any]] = []
        self.account = ProviderAccount("", "AC" + "0" * 31 + "1", SecretStr("test_auth_token"))

    def app(self) -> Starlette:
        base = "/2010-04-01/Accounts/{account}"
        return Starlette(
            routes=[Route(base + "/Calls.json", self._calls), Route(base + "/Recordings.json", self._recordings)]
        )

    async def _calls(self, request: Request) -> Response:
        return self._page(request, "calls", self.calls)

    async def _recordings(self, request: Request) -> Response:
        return self._page(request, "recordings", self.recordings)

    def _page(self, request: Request, name: str, items: list[dict[str, Any]]) -> Response:
        if "authorization" not in request.headers:
            return JSONResponse({}, 401)
        page = int(request.query_params.get("Page", 0))
        following = f"{request.url.path}?Page={page + 1}" if len(items) > 2 * (page + 1) else None
        return JSONResponse({name: items[2 * page : 2 * page + 2], "next_page_uri": following})

    def had_call(
        self,
        sid: str,
        status: str = "completed",
        seconds: object = 30,
        ago: timedelta = timedelta(minutes=3),
        to: str = COMPANY_NUMBER,
        direction: str = "inbound",
    ) -> None:
        began = datetime.now(UTC) - ago
        self.calls.append(
            {
                "sid": sid,
                "from": CALLER,
                "to": to,
                "direction": direction,
                "status": status,
                "start_time": format_datetime(began),
                "date_created": format_datetime(began),
                "duration": None if seconds is None else str(seconds),
            }
        )

    def had_recording(
        self,
        sid: str,
        call_sid: str | None,
        seconds: object = 9,
        status: str = "completed",
        source: str | None = "RecordVerb",
        **more: object,
    ) -> None:
        """`seconds` and `source` None are left out of the entry."""
        made = datetime.now(UTC) - timedelta(minutes=2)
        self.recordings.append(
            {
                "sid": sid,
                "call_sid": call_sid,
                "status": status,
                "date_created": format_datetime(made),
                **({} if seconds is None else {"duration": str(seconds)}),
                **({} if source is None else {"source": source}),
                **more,
            }
        )


@contextmanager
def listed_provider() -> Iterator[Provider]:
    """Its two lists, served."""
    found = Provider()
    with served(uvicorn.Config(found.app(), log_config=None)) as url:
        found.account = ProviderAccount(url, found.account.account_sid, found.account.auth_token)
        yield found
