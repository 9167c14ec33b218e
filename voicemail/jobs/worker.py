"""The worker process: takes jobs from the queue, brings missing speech models, and ends without losing anything."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import dramatiq
import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from flows.company.company import Company
from runtime.config import Settings
from runtime.jobs import open_broker
from voicemail.jobs.actors import Jobs, register, requeue_stalled, requeue_waiting
from voicemail.jobs.graph_composer import GraphComposer
from voicemail.jobs.library_lines import name_library_lines
from voicemail.models.catalogue import OFFICIAL_SITE, language_name, official_model
from voicemail.models.installation import ModelNotInstalled, install, install_packed, missing_models
from voicemail.models.installed import find_model
from voicemail.recordings import ProviderAccount

log = structlog.get_logger()

SWEEP_SECONDS = 10.0
STOP_PATIENCE_SECONDS = 15


def run_worker(
    settings: Settings,
    engine: Engine,
    languages: Iterable[str],
    stop: threading.Event,
    account: ProviderAccount | None = None,
    models_site: str = OFFICIAL_SITE,
    company: Callable[[], Company | None] = lambda: None,
    compose: Sequence[str] | None = None,
) -> None:
    """Work until `stop` is set. `languages` are the company's; `account` is the provider's, or the line's when there is none.
    `company` gives the company as it is now, None if none is published. `compose` is the command that composes the graph of the
    language appended to it; None if the operator does that.

    A message under way at the end goes back to the queue as it was.
    """
    name_library_lines()
    broker = open_broker(settings.queue_url)
    jobs = register(
        broker,
        engine,
        account=account or ProviderAccount.of(settings),
        recordings_dir=settings.recordings_dir,
        models_dir=settings.models_dir,
        stop=stop,
        company=company,
    )
    worker = dramatiq.Worker(broker, worker_threads=settings.worker_threads)
    worker.start()
    languages = tuple(languages)
    composer = GraphComposer(engine, settings.models_dir, languages, jobs, compose)

    def prepare() -> None:
        jobs.warm(languages)
        fetch_missing_models(settings.models_dir, languages, stop, models_site)
        composer.look_until(stop)

    threading.Thread(target=prepare, name="models", daemon=True).start()
    log.info("worker.ready", threads=settings.worker_threads)
    try:
        while True:
            _sweep(engine, jobs, settings.models_dir)
            if stop.wait(SWEEP_SECONDS):
                break
    finally:
        stop.set()
        worker.stop(timeout=STOP_PATIENCE_SECONDS * 1000)
        composer.wait_for_child()
        broker.close()
        log.info("worker.stopped")


def fetch_missing_models(
    models_dir: Path, languages: Iterable[str], stop: threading.Event, site: str = OFFICIAL_SITE
) -> None:
    """Install the models of these languages that are not here: from a zip in the models folder, or from the official site.

    The log tells the progress about every 10 %. If the site cannot be reached, one line says so with the remedy.
    """
    languages = tuple(languages)
    for language in languages:
        if find_model(models_dir, language) is None:
            _unpack(models_dir, language)
        if official_model(language) is None and find_model(models_dir, language) is None:
            log.warning(
                "model.none_exists", language=language, meaning=f"{language_name(language)} is not written down"
            )
    for model in missing_models(models_dir, languages):
        if stop.is_set():
            return
        log.info("model.download_begun", language=model.language, model=model.name, bytes=model.bytes)
        try:
            install(models_dir, model, _Progress(model.name, stop), site)
        except _Stopped:
            return
        except ModelNotInstalled as error:
            missing = [other.language for other in missing_models(models_dir, languages)]
            log.warning(
                "model.unavailable",
                languages=missing,
                reason=str(error),
                remedy=f"messages in these languages wait until `ringback models install {' '.join(missing)}` succeeds",
            )
            return
        log.info("model.installed", language=model.language, model=model.name)


def _unpack(models_dir: Path, language: str) -> None:
    try:
        found = install_packed(models_dir, language)
    except ModelNotInstalled as error:
        log.warning("model.not_unpacked", language=language, reason=str(error))
        return
    if found is not None:
        log.info("model.installed", language=language, model=found.name)


class _Stopped(Exception):
    pass


class _Progress:
    def __init__(self, name: str, stop: threading.Event) -> None:
        self._name = name
        self._stop = stop
        self._told = 0

    def __call__(self, done: int, of: int | None) -> None:
        if self._stop.is_set():
            raise _Stopped
        percent = 100 * done // of if of else 0
        if percent >= self._told + 10:
            self._told = percent // 10 * 10
            log.info("model.downloading", model=self._name, percent=self._told)


def _sweep(engine: Engine, jobs: Jobs, models_dir: Path) -> None:
    try:
        requeue_waiting(engine, jobs, models_dir)
        requeue_stalled(engine, jobs, datetime.now(UTC))
    except (SQLAlchemyError, ConnectionError, OSError) as error:
        log.warning("worker.sweep_failed", reason=repr(error)[:300])
    except Exception as error:
        # redis.RedisError and whatever the broker wraps it in: the queue is away, the sweep comes again.
        if type(error).__module__.split(".")[0] not in ("redis", "dramatiq"):
            raise
        log.warning("worker.sweep_failed", reason=repr(error)[:300])
