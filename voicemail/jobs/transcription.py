"""The second job of a message: it is listened to and written down. Whatever happens, its audio stays playable."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from flows.company.company import Company
from runtime.sql.database import reading
from voicemail import mailbox, steps
from voicemail.jobs.hindrance import NO_DECODER, NO_MEMORY, NO_RECORDINGS, hindrance_of
from voicemail.jobs.isolation import Isolation
from voicemail.mailbox import Voicemail
from voicemail.models.catalogue import official_model
from voicemail.models.installed import find_model, no_model_reason, unusable_reason, waiting_reason
from voicemail.recordings import path_of

if TYPE_CHECKING:
    from voicemail.audio.recording_audio import Sound
    from voicemail.own_words.vocabulary import OwnWord
    from voicemail.recognition.transcriber import Transcriber, Transcription

log = structlog.get_logger()

CRASHED = "This recording made the recogniser crash three times; listen to it."
NOTHING_SAID = "No speech was found in the message; listen to it to be sure."
NOTHING_UNDERSTOOD = "Somebody speaks, but no words were understood; listen to the message."
NOT_ALL = "Only the first 30 minutes of speech were written down; listen to the rest."
GONE = "The recording is no longer on the server's disk."
_RENEW_SECONDS = 3.0
_MEND_SECONDS = 60  # what an operator has to mend is tried again so often


class _Stopping(Exception):
    """The worker is told to end; the message goes back as it was."""


class _Hindered(Exception):
    """The server cannot listen to anything now; the message is a sentence for an agent, the cause is for the operator."""


class Dictation:
    """Writes stored messages down, one at a time per thread; the libraries for it are loaded at the first one."""

    def __init__(
        self,
        engine: Engine,
        recordings_dir: Path,
        models_dir: Path,
        stop: threading.Event,
        company: Callable[[], Company | None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._recordings_dir = recordings_dir
        self._models_dir = models_dir
        self._stop = stop
        self._company = company
        self._isolation = Isolation()
        self._making = threading.Lock()
        self._transcriber: Transcriber | None = None
        self._told_missing: set[str] = set()

    def write_down(self, voicemail_id: str) -> int | None:
        """Write a stored message down; safe to run twice. Returns after how many seconds to try again, if so."""
        voicemail = self._load(voicemail_id)
        if voicemail is None:
            return None
        care = steps.care_of(self._engine, voicemail)
        if busy_seconds := care.busy_seconds(datetime.now(UTC)):
            return math.ceil(busy_seconds)
        with self._isolation.entered(is_suspect=care.crashes > 0):
            if not steps.begin(self._engine, voicemail):
                return steps.LEASE_SECONDS
            # Counted by whoever began and did not end; this try is not over yet.
            crashes = steps.care_of(self._engine, voicemail).crashes - 1
            if crashes >= steps.MAX_CRASHES:
                self._end(voicemail, "failed", CRASHED, CRASHED)
                return None
            with self._lease_renewed(voicemail):
                return self._try(voicemail, crashes)

    def warm(self, languages: Iterable[str]) -> None:
        """Have the models of these languages in memory before the first message comes, as far as they are here."""
        for language in languages:
            if self._stop.is_set():
                return
            begun = time.monotonic()
            if find_model(self._models_dir, language) is not None and not self._load_model(language):
                log.info("model.loaded", language=language, ms=round((time.monotonic() - begun) * 1000))

    def _try(self, voicemail: Voicemail, crashes: int) -> int | None:
        try:
            self._listen(voicemail)
        except _Stopping:
            steps.give_back(self._engine, voicemail, crashes)
            return 0
        except _Hindered as hindered:
            log.error("voicemail.hindered", voicemail_id=voicemail.id, reason=str(hindered.__cause__))
            steps.wait(self._engine, voicemail, str(hindered))
            return _MEND_SECONDS
        except SQLAlchemyError:
            self._try_to_give_back(voicemail, crashes)
            raise
        except Exception as error:
            if sentence := hindrance_of(error):
                log.exception("voicemail.hindered", voicemail_id=voicemail.id, reason=repr(error)[:200])
                steps.wait(self._engine, voicemail, sentence)
                return _MEND_SECONDS
            # Whatever it was counts like a crash: the third time the message ends in a state that a person can read.
            log.exception("voicemail.write_down_failed", voicemail_id=voicemail.id, call_id=voicemail.call_id)
            steps.give_back(self._engine, voicemail, crashes + 1)
            return 1 << crashes
        return None

    def _load(self, voicemail_id: str) -> Voicemail | None:
        with reading(self._engine) as connection:
            voicemail = mailbox.load(connection, voicemail_id)
        return voicemail if voicemail is not None and voicemail.status == "stored" else None

    def _load_model(self, language: str) -> str:
        from voicemail.models.loaded import ModelUnusable

        if find_model(self._models_dir, language) is None:
            return ""
        try:
            self._get_transcriber().load(language)
        except ModelUnusable as unusable:
            log.error("model.unusable", language=language, reason=str(unusable))
            return unusable_reason(language)
        return ""

    def _listen(self, voicemail: Voicemail) -> None:
        from voicemail.audio.recording_audio import AudioUnreadable

        assert voicemail.sha256 is not None
        path = path_of(self._recordings_dir, voicemail.sha256)
        if not path.exists():
            if not self._recordings_dir.is_dir() or not any(self._recordings_dir.iterdir()):
                raise _Hindered(NO_RECORDINGS) from FileNotFoundError(str(self._recordings_dir))
            self._end(voicemail, "failed", GONE, GONE)
            return
        begun = time.monotonic()
        try:
            sound = self._examine(path)
        except AudioUnreadable as unreadable:
            # A file without sound is a message without words, unless the provider measured more.
            is_nothing = unreadable.is_empty and (voicemail.seconds or 0.0) < mailbox.MIN_SECONDS
            heard = {"speech_seconds": 0.0} if is_nothing else {}
            self._end(voicemail, "failed", str(unreadable), str(unreadable), **heard)
            return
        drawn = self._drawn(voicemail, sound)
        if find_model(self._models_dir, voicemail.language) is None and not sound.fault:
            # Without a model it is known all the same whether anybody speaks.
            drawn["speech_seconds"] = round(self._speech_seconds(sound), 2)
        if unusable := self._load_model(voicemail.language):
            steps.wait(self._engine, voicemail, unusable, **drawn)
        elif find_model(self._models_dir, voicemail.language) is not None:
            own_words = self._own_words(voicemail.language)
            written = self._get_transcriber().transcribe(sound, voicemail.language, self._tick, own_words)
            took_ms = round((time.monotonic() - begun) * 1000)
            self._keep(voicemail, sound, written, took_ms, drawn)
        elif official_model(voicemail.language) is not None:
            steps.wait(self._engine, voicemail, waiting_reason(voicemail.language), **drawn)
            if voicemail.language not in self._told_missing:
                self._told_missing.add(voicemail.language)
                remedy = f"`ringback models install {voicemail.language}`"
                log.info("voicemail.waits_for_model", language=voicemail.language, remedy=remedy)
        else:
            reason = no_model_reason(voicemail.language)
            self._end(voicemail, "failed", reason, reason, **drawn)

    def _speech_seconds(self, sound: Sound) -> float:
        from voicemail.audio.recording_audio import blocks
        from voicemail.audio.speech import find_speech

        rate_hz = sound.working_rate_hz
        spans = [span for track in sound.tracks for span in find_speech(blocks(track), rate_hz, self._tick)]
        return sum(span.end - span.start for span in spans) / rate_hz

    def _own_words(self, language: str) -> tuple[OwnWord, ...]:
        from voicemail.own_words.corrections import load_corrections
        from voicemail.own_words.vocabulary import own_words

        company = self._company()
        return () if company is None else own_words(company, language, load_corrections(self._models_dir))

    def _examine(self, path: Path) -> Sound:
        from voicemail.audio.decoders import DecoderKilled, DecoderUnusable
        from voicemail.audio.recording_audio import examine

        try:
            return examine(path, self._tick, self._recordings_dir)
        except DecoderKilled as killed:
            raise _Hindered(NO_MEMORY) from killed
        except DecoderUnusable as unusable:
            raise _Hindered(NO_DECODER) from unusable

    def _keep(
        self, voicemail: Voicemail, sound: Sound, written: Transcription, took_ms: int, drawn: dict[str, Any]
    ) -> None:
        words = len(written.transcript.words)
        if written.speech_seconds or not sound.fault:  # who was cut off may have spoken later
            drawn = drawn | {"speech_seconds": round(written.speech_seconds, 2)}
        if words == 0:
            reason = NOTHING_UNDERSTOOD if written.speech_seconds else NOTHING_SAID
            self._end(voicemail, "no_speech", " ".join(filter(None, (reason, sound.fault))), reason, **drawn)
            return
        from voicemail.recognition.doubt import doubt_of

        reasons = ("" if written.is_whole else NOT_ALL, sound.fault, doubt_of(written.transcript))
        reason = " ".join(filter(None, reasons))
        self._end(
            voicemail,
            "transcribed",
            reason,
            f"The message was written down: {words} words in {round(sound.seconds)} seconds.",
            transcript=written.transcript,
            took_ms=took_ms,
            **drawn,
        )

    def _end(self, voicemail: Voicemail, status: mailbox.Status, reason: str, summary: str, **more: Any) -> None:
        if steps.end(self._engine, voicemail, status, reason, summary=summary, **more):
            log.info(f"voicemail.{status}", voicemail_id=voicemail.id, call_id=voicemail.call_id, reason=reason)

    def _drawn(self, voicemail: Voicemail, sound: Sound) -> dict[str, Any]:
        told = voicemail.seconds
        # Providers count whole seconds and may trim silence: less is common, more or much less is worth a look.
        if told and (sound.seconds > told + 2 or sound.seconds < told * 0.5 - 2):
            log.warning(
                "voicemail.length_differs",
                voicemail_id=voicemail.id,
                told_seconds=told,
                seconds=round(sound.seconds, 1),
            )
        return {"peaks": list(sound.peaks), "seconds": round(sound.seconds, 3)}

    def _tick(self) -> None:
        if self._stop.is_set():
            raise _Stopping

    @contextmanager
    def _lease_renewed(self, voicemail: Voicemail) -> Iterator[None]:
        # By a thread of its own: loading a model or a slow stretch must not let the lease run out.
        done = threading.Event()

        def renew() -> None:
            while not done.wait(_RENEW_SECONDS):
                try:
                    steps.renew(self._engine, voicemail)
                except SQLAlchemyError as error:  # at worst somebody else writes it down too
                    log.warning("voicemail.lease_not_renewed", voicemail_id=voicemail.id, reason=repr(error)[:200])

        thread = threading.Thread(target=renew, name=f"lease-{voicemail.id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _try_to_give_back(self, voicemail: Voicemail, crashes: int) -> None:
        try:
            steps.give_back(self._engine, voicemail, crashes)
        except SQLAlchemyError as error:
            log.warning("voicemail.not_given_back", voicemail_id=voicemail.id, reason=repr(error)[:200])

    def _get_transcriber(self) -> Transcriber:
        from voicemail.recognition.transcriber import Transcriber

        with self._making:
            if self._transcriber is None:
                self._transcriber = Transcriber(self._models_dir)
            return self._transcriber
