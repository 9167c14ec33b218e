"""One call as the verbs see it: the caller's handset, the requests to us, and what the call has come to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog

from ivr.line.caller.handset import CallerHungUp, Handset
from ivr.line.caller.protocol import Answered, CallError, Failed
from ivr.line.playing.dialling import Exchange
from ivr.line.playing.modes import Modes
from ivr.line.store.account import LineAccount
from ivr.line.store.calls import CallStatus, LineCall, http_date
from ivr.line.store.recordings import RecordingStore
from ivr.line.twiml.document import DocumentFailed
from ivr.line.webhooks.webhook_client import Answer, Courier, Parameters

log = structlog.get_logger()
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Where the called number's owner is asked; "" where nobody is."""

    voice_url: str
    fallback_url: str = ""
    status_url: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """The document to ask for next; `parameters` are those beyond the call's own, `then` runs once it is answered."""

    url: str
    method: str = "POST"
    parameters: tuple[tuple[str, str], ...] = ()
    then: Callable[[], object] | None = None


class Leg:
    """Everything that a verb may use; its parts are public because the verbs are its only readers."""

    def __init__(
        self,
        call: LineCall,
        account: LineAccount,
        webhooks: Webhooks,
        handset: Handset,
        courier: Courier,
        recordings: RecordingStore,
        exchange: Exchange,
        modes: Modes,
    ) -> None:
        self.call = call
        self.account = account
        self.webhooks = webhooks
        self.handset = handset
        self.courier = courier
        self.recordings = recordings
        self.exchange = exchange
        self.modes = modes
        self.error: CallError | None = None
        self._working: set[asyncio.Task[Any]] = set()

    @property
    def is_answered(self) -> bool:
        return self.call.answered_at_seconds is not None

    async def answer(self) -> None:
        """Pick up, if the call still rings."""
        if not self.is_answered:
            self.call.answer(self.handset.seconds)
            await self.handset.tell(Answered())

    def end(self, status: CallStatus) -> None:
        """Close the call; the first end counts."""
        self.call.end(status, self.handset.seconds)

    def caller_left(self) -> None:
        self.end("completed" if self.is_answered else "canceled")

    async def ask(self, ask: Ask) -> Answer:
        """Ask for a document while the caller is there; when they leave, its answer is discarded (rule 32).

        Raises DocumentFailed, and CallerHungUp.
        """
        working = self._keep(self._ask(ask))
        leaving = asyncio.create_task(self.handset.gone())
        try:
            await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if ask.then is not None:
                ask.then()
        if self.handset.is_gone:
            raise CallerHungUp
        return working.result()

    async def ask_in_vain(self, ask: Ask) -> None:
        """Ask for a document that cannot be played any more, because the caller is gone (rules 22 and 24)."""
        try:
            await self._ask(ask)
        except DocumentFailed as failure:
            await self.failed(failure)

    async def failed(self, failure: DocumentFailed) -> None:
        """Tell and keep that a document failed."""
        self.error = CallError(code=failure.code, message=failure.message)
        log.warning("line.document_failed", call_id=self.call.sid, code=failure.code)
        await self.handset.tell(Failed(code=failure.code, message=failure.message))

    def send_status(self) -> None:
        """Tell the number's owner that the call is over: the one status callback of an inbound call (rule 46)."""
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
        self.courier.call_back("status", "POST", self.webhooks.status_url, parameters)

    def _ask(self, ask: Ask) -> Coroutine[Any, Any, Answer]:
        return self.courier.ask(ask.method, ask.url, [*self.call.parameters(), *ask.parameters])

    def _keep(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start `work` and hold on to it; one whose caller has left fails quietly."""
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        task.add_done_callback(lambda done: None if done.cancelled() else done.exception())
        return task
