"""Sends the line's requests as Twilio does: signed, within 15 seconds, and with network faults on request.

Rules 36 to 45 of docs/twiml-rules.md.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import unquote, urlencode, urljoin

import httpx2
import structlog

from ivr.line.twiml.document import MAX_BODY_BYTES, DocumentFailed
from ivr.line.webhooks.network_faults import NetworkFaults, RequestFaults, RequestKind
from ivr.line.webhooks.signature import address_to_sign, sign

TOTAL_SECONDS = 15.0
CONNECT_SECONDS = 5.0
MAX_REDIRECTS = 10
MAX_MEDIA_BYTES = 40 * 1024 * 1024

log = structlog.get_logger()
Parameters = list[tuple[str, str]]
Warn = Callable[[int, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class WebhookResponse:
    """The answer of a webhook. `url` is the one after redirects, without the parameters of a GET.

    `caption` is what a sound says, where its owner tells (the header X-Caption, percent-encoded).
    """

    status: int
    content_type: str
    body: bytes
    url: str
    caption: str = ""


class WebhookClient:
    """Sends the requests of one call. Counts repeated requests that were answered differently."""

    def __init__(
        self, client: httpx2.AsyncClient, auth_token: str, faults: NetworkFaults, random: Random, warn: Warn
    ) -> None:
        """`client` keeps the cookies of the call; `warn` reports faults that do not stop it."""
        self._client = client
        self._auth_token = auth_token
        self._faults = faults
        self._random = random
        self._warn = warn
        self._under_way: set[asyncio.Task[None]] = set()
        self._held: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self.differing_answers = 0

    async def fetch(self, method: str, url: str, parameters: Parameters) -> WebhookResponse:
        """Fetch a document. Raises DocumentFailed with Twilio's code, also for a status other than 2xx."""
        drawn = self._faults.draw("document", self._random)
        token = str(uuid.uuid4())
        await asyncio.sleep(drawn.delay_seconds)

        def send() -> Coroutine[Any, Any, WebhookResponse]:
            return self._within_time(method, url, parameters, token)

        match drawn.repeat:
            case "together":
                first, second = await asyncio.gather(_outcome_of(send()), _outcome_of(send()))
                self._compare(first, second)
                return _answer_or_raise(first)
            case "after":
                first = await _outcome_of(send())
                self._compare(first, await _outcome_of(send()))
                return _answer_or_raise(first)
            case "late":
                first = await _outcome_of(send())
                self._start(self._repeat_late(first, send()))
                return _answer_or_raise(first)
            case None:
                return await send()

    def send_callback(
        self, kind: RequestKind, method: str, url: str, parameters: Parameters
    ) -> asyncio.Task[None] | None:
        """Send a status or recording callback without waiting; None when a fault drops or holds it."""
        drawn = self._faults.draw(kind, self._random)
        if drawn.is_dropped:
            log.info("line.callback_dropped", kind=kind)
            return None
        if drawn.is_held:
            self._held.append(lambda: self._deliver(kind, method, url, parameters, drawn))
            return None
        return self._start(self._deliver(kind, method, url, parameters, drawn))

    async def finish_callbacks(self, within_seconds: float) -> None:
        """Send held callbacks in another order, then wait for all callbacks under way."""
        self._random.shuffle(self._held)
        for deliver in self._held:
            await deliver()
        self._held.clear()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=within_seconds)

    async def media(self, url: str) -> WebhookResponse | None:
        """Fetch the audio of <Play>, without parameters; None after a warning when it cannot be had (rule 38)."""
        try:
            answer = await self._with_timeout(self._followed("GET", url, [], "", MAX_MEDIA_BYTES), url)
            if not 200 <= answer.status < 300:
                raise DocumentFailed(11200, f"{url} answered {answer.status}")
            if not answer.content_type.startswith("audio/"):
                raise DocumentFailed(12300, f"{url} has content type {answer.content_type!r}, which is not audio")
        except DocumentFailed as error:
            await self._warn(error.code, error.message)
            return None
        return answer

    async def _deliver(
        self, kind: RequestKind, method: str, url: str, parameters: Parameters, drawn: RequestFaults
    ) -> None:
        await asyncio.sleep(drawn.delay_seconds)
        token = str(uuid.uuid4())
        times = 2 if drawn.repeat else 1
        sent = (self._within_time(method, url, parameters, token) for _ in range(times))
        for outcome in await asyncio.gather(*sent, return_exceptions=True):
            if isinstance(outcome, DocumentFailed):
                await self._warn(15003, f"{kind} callback: {outcome.message}")
            elif isinstance(outcome, BaseException):
                raise outcome

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _repeat_late(
        self, first: WebhookResponse | BaseException, again: Coroutine[Any, Any, WebhookResponse]
    ) -> None:
        self._compare(first, await _outcome_of(again))

    def _compare(self, first: WebhookResponse | BaseException, second: WebhookResponse | BaseException) -> None:
        """Count answers that differ: a repeated request must get the same answer (rule 45)."""
        alike = (
            (first.status, first.body) == (second.status, second.body)
            if isinstance(first, WebhookResponse) and isinstance(second, WebhookResponse)
            else str(first) == str(second)
        )
        if not alike:
            self.differing_answers += 1
            log.warning(
                "line.answers_differ", url=first.url.partition("?")[0] if isinstance(first, WebhookResponse) else ""
            )

    async def _within_time(self, method: str, url: str, parameters: Parameters, token: str) -> WebhookResponse:
        answer = await self._with_timeout(self._followed(method, url, parameters, token, MAX_BODY_BYTES), url)
        if not 200 <= answer.status < 300:
            raise DocumentFailed(11200, f"{url} answered {answer.status}")
        return answer

    async def _with_timeout(self, work: Coroutine[Any, Any, WebhookResponse], url: str) -> WebhookResponse:
        """Limit `work` to 15 seconds (rule 43), and give its failures Twilio's codes."""
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                return await work
        except (TimeoutError, httpx2.ReadTimeout):
            raise DocumentFailed(11200, f"{url} did not answer within {TOTAL_SECONDS:.0f} s") from None
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise DocumentFailed(11205, f"{url} could not be reached: {error}") from None
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise DocumentFailed(11100, f"{url} is not an address that can be asked: {error}") from None
        except httpx2.HTTPError as error:
            raise DocumentFailed(11200, f"{url} was interrupted: {error}") from None

    async def _followed(
        self, method: str, url: str, parameters: Parameters, token: str, most_bytes: int
    ) -> WebhookResponse:
        """Follow up to ten redirects; each loses the parameters (rule 44)."""
        answer = await self._once(method, url, parameters, token, most_bytes)
        for _ in range(MAX_REDIRECTS):
            if not 300 <= answer.status < 400:
                return answer
            answer = await self._once("GET", urljoin(answer.url, answer.body.decode()), [], token, most_bytes)
        if 300 <= answer.status < 400:
            raise DocumentFailed(11215, f"{url} redirects more than {MAX_REDIRECTS} times")
        return answer

    async def _once(
        self, method: str, url: str, parameters: Parameters, token: str, most_bytes: int
    ) -> WebhookResponse:
        """Send one request, and once more when no connection was made (rule 43). The body of a redirect is its target.

        Reading stops a little after `most_bytes`, so the reader sees that the body is too large.
        """
        address = url.partition("#")[0]
        target, form = address, parameters
        if method == "GET" and parameters:
            target, form = f"{address}{'&' if '?' in address else '?'}{urlencode(parameters)}", []
        request = self._client.build_request(
            method,
            target,
            content=urlencode(form).encode() if method == "POST" else None,
            headers=_headers(method, token),
        )
        if token:
            signed_address = address_to_sign(str(request.url))
            request.headers["X-Twilio-Signature"] = sign(signed_address, form, self._auth_token)
        try:
            response = await self._client.send(request, stream=True)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            response = await self._client.send(request, stream=True)
        try:
            if response.is_redirect:
                return WebhookResponse(response.status_code, "", response.headers["location"].encode(), address)
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > most_bytes:
                    break
            content_type, caption = response.headers.get("content-type", ""), response.headers.get("x-caption", "")
            return WebhookResponse(response.status_code, content_type, body, address, unquote(caption))
        finally:
            await response.aclose()


def _headers(method: str, token: str) -> dict[str, str]:
    headers = {"User-Agent": "TwilioProxy/1.1", "Accept": "*/*"}
    if token:
        headers["I-Twilio-Idempotency-Token"] = token
    if method == "POST":
        headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
    return headers


async def _outcome_of(work: Coroutine[Any, Any, WebhookResponse]) -> WebhookResponse | BaseException:
    try:
        return await work
    except DocumentFailed as error:
        return error


def _answer_or_raise(answer: WebhookResponse | BaseException) -> WebhookResponse:
    if isinstance(answer, BaseException):
        raise answer
    return answer
