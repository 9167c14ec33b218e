"""What the verbs of a call work with: the channel to the caller, the webhooks, the stores, and the state of the call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog

from ivr.line.playing.callees import Callees
from ivr.line.playing.caller_channel import CallerChannel, CallerHungUp
from ivr.line.playing.modes import Modes
from ivr.line.protocol import Answered, CallError, Failed
from ivr.line.store.account import LineAccount
from ivr.line.store.calls import CallStatus, LineCall, http_date
from ivr.line.store.recordings import RecordingStore
from ivr.line.twiml.document import DocumentFailed
from ivr.line.webhooks.webhook_client import Parameters, WebhookClient, WebhookResponse

log = structlog.get_logger()
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The addresses of the called number; "" where none is set."""

    voice_url: str
    fallback_url: str = ""
    status_url: str = ""


@dataclass(frozen=True, slots=True)
class DocumentRequest:
    """The next document. `parameters` are added to those of the call; `after_answer` runs once the answer is there."""

    url: str
    method: str = "POST"
    parameters: tuple[tuple[str, str], ...] = ()
    after_answer: Callable[[], object] | None = None


class ActiveCall:
    """A call under way. Its parts are public, because the verbs read them."""

    def __init__(
        self,
        call: LineCall,
        account: LineAccount,
        webhooks: Webhooks,
        channel: CallerChannel,
        webhook_client: WebhookClient,
        recordings: RecordingStore,
        callees: Callees,
        modes: Modes,
    ) -> None:
        self.call = call
        self.account = account
        self.webhooks = webhooks
        self.channel = channel
        self.webhook_client = webhook_client
        self.recordings = recordings
        self.callees = callees
        self.modes = modes
        self.error: CallError | None = None
        self._working: set[asyncio.Task[Any]] = set()

    @property
    def is_answered(self) -> bool:
        return self.call.answered_at_seconds is not None

    async def answer(self) -> None:
        """Answer the call if it still rings."""
        if not self.is_answered:
            self.call.answer(self.channel.seconds)
            await self.channel.tell(Answered())

    def end(self, status: CallStatus) -> None:
        """End the call; later ends do nothing."""
        self.call.end(status, self.channel.seconds)

    def end_by_caller(self) -> None:
        self.end("completed" if self.is_answered else "canceled")

    async def fetch(self, request: DocumentRequest) -> WebhookResponse:
        """Fetch a document while the caller is there. After a hang-up the answer is discarded (rule 32).

        Raises DocumentFailed, and CallerHungUp.
        """
        working = self._keep(self._fetch(request))
        leaving = asyncio.create_task(self.channel.gone())
        try:
            await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if request.after_answer is not None:
                request.after_answer()
        if self.channel.is_gone:
            raise CallerHungUp
        return working.result()

    async def fetch_and_discard(self, request: DocumentRequest) -> None:
        """Ask the action after a hang-up; nobody is there to hear its answer (rules 22 and 24)."""
        try:
            await self._fetch(request)
        except DocumentFailed as failure:
            await self.report_failure(failure)

    async def report_failure(self, failure: DocumentFailed) -> None:
        """Log that a document failed, tell the telephone, and keep it as the error of the call."""
        self.error = CallError(code=failure.code, message=failure.message)
        log.warning("line.document_failed", call_id=self.call.call_id, code=failure.code)
        await self.channel.tell(Failed(code=failure.code, message=failure.message))

    def send_status(self) -> None:
        """Send the one status callback of an inbound call (rule 46)."""
        if not self.webhooks.status_url:
            return
        parameters: Parameters = [
            *self.call.parameters(),
            ("CallDuration", str(self.call.seconds)),
            ("Duration", str(-(-self.call.seconds // 60))),  # begun minutes
            ("Timestamp", http_date(datetime.now(UTC))),
            ("CallbackSource", "call-progress-events"),
            ("SequenceNumber", "0"),
        ]
        self.webhook_client.send_callback("status", "POST", self.webhooks.status_url, parameters)

    def _fetch(self, request: DocumentRequest) -> Coroutine[Any, Any, WebhookResponse]:
        return self.webhook_client.fetch(request.method, request.url, [*self.call.parameters(), *request.parameters])

    def _keep(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start `work` and keep it from being collected; a failure after the caller has left is ignored."""
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        task.add_done_callback(lambda done: None if done.cancelled() else done.exception())
        return task
