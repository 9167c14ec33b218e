"""The line's REST interface: calls and recordings under Twilio's paths, with Basic authentication.

Rules 35 and 48 of docs/twiml-rules.md. twilio-python 9.13 reads its pages as it reads Twilio's.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from ivr.line.service.carrier import CallNotInProgress, Carrier
from ivr.line.store.calls import API_VERSION

MAX_PAGE = 1000
Answering = Callable[[Request], Awaitable[Response]]


class Refusal(Exception):
    """A request that Twilio would refuse, with the HTTP status and Twilio's code."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def response(self) -> Response:
        body = {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
        headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if self.status == 401 else {}
        return JSONResponse(body, self.status, headers)


def routes(carrier: Carrier) -> list[Route]:
    """The routes of the REST interface of `carrier`."""
    api = _RestApi(carrier)
    base = f"/{API_VERSION}/Accounts/{{account}}"
    return [
        Route(path, api.guarded(answer), methods=methods)
        for path, answer, methods in (
            (base + "/Recordings.json", api.recordings, ["GET"]),
            (base + "/Recordings/{recording}", api.recording, ["GET", "DELETE"]),
            (base + "/Calls.json", api.calls, ["GET"]),
            (base + "/Calls/{call}/Recordings.json", api.recordings, ["GET"]),
            (base + "/Calls/{call}.json", api.call, ["GET", "POST"]),
        )
    ]


class _RestApi:
    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    def guarded(self, answer: Answering) -> Answering:
        """Wrap `answer` so that requests without the account's id and token are refused (20003)."""

        async def guarded(request: Request) -> Response:
            account = self._carrier.account
            try:
                if not _knows(request, f"{account.account_sid}:{account.auth_token}"):
                    raise Refusal(401, 20003, "Authenticate")
                if request.path_params["account"] != account.account_sid:
                    raise _not_found(request)
                return await answer(request)
            except Refusal as refusal:
                return refusal.response()

        return guarded

    async def recordings(self, request: Request) -> Response:
        call_sid = request.path_params.get("call") or request.query_params.get("CallSid")
        found = [
            recording.as_resource(self._carrier.account.url)
            for recording in self._carrier.recordings
            if call_sid in (None, recording.call_sid) and _is_within(request, "DateCreated", recording.created_at)
        ]
        return _page(request, "recordings", found)

    async def recording(self, request: Request) -> Response:
        sid, _, kind = request.path_params["recording"].partition(".")
        recording = self._carrier.recordings.find(sid)
        if recording is None:
            raise _not_found(request)
        if request.method == "DELETE":
            self._carrier.recordings.delete(sid)
            return Response(status_code=204)
        match kind:
            case "json":
                return JSONResponse(recording.as_resource(self._carrier.account.url))
            case "" | "wav":
                if request.query_params.get("RequestedChannels", "1") != "1":
                    raise Refusal(400, 20001, "The recording has one channel")
                return FileResponse(self._carrier.recordings.media(sid), media_type="audio/x-wav")
            case _:  # mp3: the line does not convert recordings
                raise _not_found(request)

    async def calls(self, request: Request) -> Response:
        wanted = request.query_params
        found = [
            call.as_resource()
            for call in self._carrier
            if wanted.get("From", call.from_number) == call.from_number
            and wanted.get("To", call.to_number) == call.to_number
            and wanted.get("Status", call.status) == call.status
            and _is_within(request, "StartTime", call.started_at)
        ]
        return _page(request, "calls", found)

    async def call(self, request: Request) -> Response:
        sid = request.path_params["call"]
        call = self._carrier.find(sid)
        if call is None:
            raise _not_found(request)
        if request.method == "GET":
            return JSONResponse(call.as_resource())
        if parse_qsl((await request.body()).decode(errors="replace")) != [("Status", "completed")]:
            raise Refusal(400, 20001, "The line changes a call by Status=completed only")
        try:
            self._carrier.hang_up(sid)
        except CallNotInProgress:
            raise Refusal(400, 21220, "Call is not in-progress. Cannot redirect.") from None
        return JSONResponse(call.as_resource())


def _knows(request: Request, credentials: str) -> bool:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(value, validate=True)
    except binascii.Error:
        return False
    return scheme.lower() == "basic" and hmac.compare_digest(given, credentials.encode())


def _not_found(request: Request) -> Refusal:
    return Refusal(404, 20404, f"The requested resource {request.url.path} was not found")


def _is_within(request: Request, name: str, moment: datetime) -> bool:
    """Whether `moment` passes the filters `NAME=day`, `NAME<=moment` and `NAME>=moment` of the query."""
    for key, text in request.query_params.multi_items():
        if key not in (name, name + "<", name + ">"):
            continue
        try:
            bound = datetime.fromisoformat(text)
        except ValueError:
            raise Refusal(400, 20001, f"{key}: {text!r} is not a date") from None
        bound = bound if bound.tzinfo else bound.replace(tzinfo=UTC)
        is_outside = (
            (key == name and moment.astimezone(UTC).date() != bound.date())
            or (key == name + "<" and moment > bound)
            or (key == name + ">" and moment < bound)
        )
        if is_outside:
            return False
    return True


def _page(request: Request, name: str, found: Iterable[dict[str, object]]) -> Response:
    """One page of a list, with the addresses of the other pages, in Twilio's form."""
    items = list(found)
    page = _whole(request, "Page", 0, 10**6)
    size = max(1, _whole(request, "PageSize", 50, MAX_PAGE))
    last = max(0, (len(items) - 1) // size)

    def address(number: int) -> str:
        kept = [pair for pair in request.query_params.multi_items() if pair[0] not in ("Page", "PageSize", "PageToken")]
        return f"{request.url.path}?{urlencode([*kept, ('PageSize', size), ('Page', number)])}"

    shown = items[page * size : (page + 1) * size]
    return JSONResponse(
        {
            name: shown,
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(0, len(shown) - 1),
            "uri": address(page),
            "first_page_uri": address(0),
            "next_page_uri": address(page + 1) if page < last else None,
            "previous_page_uri": address(page - 1) if page > 0 else None,
        }
    )


def _whole(request: Request, name: str, default: int, most: int) -> int:
    text = request.query_params.get(name, "")
    return min(int(text), most) if text.isdecimal() else default
