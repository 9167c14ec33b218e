"""`ringback serve`: starts Redis, api, clock, worker and line on one machine, and restarts what dies."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from multiprocessing.process import BaseProcess

import typer

from api.commands.account import with_provider
from runtime.children import fork_child, stop_forked
from runtime.config import ConfigurationError, Settings, load_settings
from runtime.embedded import EmbeddedError, EmbeddedRedis

READY_TIMEOUT_SECONDS = 60.0
# The waiting times before the restarts of a process that dies again and again.
RESTART_SECONDS = (0.2, 1.0, 5.0, 15.0)
STEADY_SECONDS = 60.0
STOP_PATIENCE_SECONDS = 20.0
# What several of the processes need: loaded once, before they are forked.
SHARED = (
    "api.app",
    "api.reconciling",
    "callbacks.clock",
    "voicemail.jobs.actors",
    "ivr.line.service.server",
    "uvicorn",
)


@dataclass(slots=True)
class Child:
    """A child process and its restarts."""

    name: str
    process: BaseProcess
    started_at: float
    deaths: int = 0
    start_again_at: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """All processes of one machine. Only the main thread forks children, so that they die with it."""

    settings: Settings
    environment: dict[str, str]
    queue_server: EmbeddedRedis | None
    children: dict[str, Child] = field(default_factory=dict)

    def start(self, name: str) -> None:
        before = self.children.get(name)
        deaths = before.deaths if before else 0
        process = fork_child(f"ringback {name}", partial(_run, name), self.environment)
        self.children[name] = Child(name, process, time.monotonic(), deaths)

    def look_after(self) -> None:
        """Restart what died, after a longer pause each time."""
        if self.queue_server is not None and not self.queue_server.is_running():
            _say("Redis died; it is restarted with all acknowledged data")
            self.queue_server.restart()
        now = time.monotonic()
        for child in list(self.children.values()):
            if child.process.is_alive():
                if child.deaths and now - child.started_at > STEADY_SECONDS:
                    child.deaths = 0
            elif child.start_again_at == 0.0:
                pause = RESTART_SECONDS[min(child.deaths, len(RESTART_SECONDS) - 1)]
                child.deaths += 1
                child.start_again_at = now + pause
                _say(f"{child.name} ended with {child.process.exitcode}; it is restarted in {pause:g} s")
            elif now >= child.start_again_at:
                self.start(child.name)

    def stop(self) -> None:
        """Stop all processes: the api first, so that calls finish, and Redis last."""
        for child in self.children.values():
            if child.process.is_alive():
                child.process.terminate()
        for child in self.children.values():
            stop_forked(child.process, STOP_PATIENCE_SECONDS)
        if self.queue_server is not None:
            self.queue_server.stop()


def serve() -> None:
    began = time.monotonic()
    settings = load_settings()
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"the data folder {settings.data_dir} cannot be made ({error.strerror})") from None
    with_provider(settings)  # half an account is refused before anything starts
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    try:
        supervisor = _open(settings)
    except (ConfigurationError, EmbeddedError) as error:
        _say(str(error))
        raise typer.Exit(1) from None
    try:
        if _await_ready(supervisor, stop):
            _greet(supervisor, time.monotonic() - began)
            supervisor.start("clock")
            supervisor.start("worker")
            while not stop.wait(0.2):
                supervisor.look_after()
        elif not stop.is_set():
            _say("the api did not get ready; the log above says why")
            raise typer.Exit(1)
    finally:
        _say("stopping: calls under way are answered, jobs go back to the queue")
        supervisor.stop()


def _open(settings: Settings) -> Supervisor:
    """Check the settings, prepare the data folder, and start Redis, the line and the api."""
    from api.first_start import prepare
    from runtime.secret import secret_key

    _refuse_busy_port(settings)
    for module in SHARED:
        import_module(module)
    secret = secret_key(settings.secret_key.get_secret_value(), settings.data_dir)
    queue_server = None
    if not settings.redis_url:
        queue_server = EmbeddedRedis(settings.data_dir.absolute() / "queue", settings.queue_socket)
        queue_server.start()
    environment = dict(os.environ) | {"RINGBACK_SECRET_KEY": secret, "PYTHONUNBUFFERED": "1"}
    supervisor = Supervisor(settings, environment, queue_server)
    try:
        if not settings.has_provider:
            environment["RINGBACK_TWILIO_API_URL"] = f"http://127.0.0.1:{_line_port(settings)}"
            supervisor.start("line")
        published = prepare(settings)
        if published:
            _say(f"published: {', '.join(published)}")
        supervisor.start("api")
    except BaseException:
        supervisor.stop()
        raise
    return supervisor


def _run(command: str) -> None:
    """Be one of the commands, as if it had been called by its name."""
    from api.commands.cli import main

    sys.argv = ["ringback", command]
    main()


def _refuse_busy_port(settings: Settings) -> None:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise ConfigurationError(
                f"{settings.host}:{settings.port} cannot be used ({error.strerror}); "
                "stop the program that uses it, or set RINGBACK_PORT to another port"
            ) from None


def _line_port(settings: Settings) -> int:
    """The last port of the line, or a free one; api and worker need it before the line starts."""
    from ivr.line.store.account import load_or_create

    known = load_or_create(settings.data_dir).port
    for port in (known, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise ConfigurationError("there is no free port for the built-in line")


def _await_ready(supervisor: Supervisor, stop: threading.Event) -> bool:
    host = "127.0.0.1" if supervisor.settings.host in ("0.0.0.0", "::") else supervisor.settings.host  # noqa: S104 - told, not bound
    address = f"http://{host}:{supervisor.settings.port}/readyz"
    give_up = time.monotonic() + READY_TIMEOUT_SECONDS
    while time.monotonic() < give_up and not stop.is_set():
        if not supervisor.children["api"].process.is_alive():
            return False
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.02)
    return False


def _greet(supervisor: Supervisor, seconds: float) -> None:
    settings = supervisor.settings
    provider = "Twilio, or a provider like it" if settings.has_provider else "the built-in telephone line"
    lines = [
        f"Ringback is ready ({seconds:.1f} s). Ctrl-C ends it.",
        "",
        f"  calls come from  {provider}, to {settings.base_url}/twilio/voice",
        f"  JSON interface   {settings.base_url}/api/openapi.json",
        f"  data folder      {settings.data_dir.absolute()}",
        "",
    ]
    if not settings.has_provider:
        lines += [
            "Try it in another terminal, in this folder:",
            "  script/ringback call      call it, press keys, leave a message",
            "  script/ringback queue     see the message, its transcript and its deadline",
            "  script/ringback doctor    check the installation",
        ]
    print("\n".join(lines), flush=True)


def _say(text: str) -> None:
    print(f"ringback: {text}", file=sys.stderr, flush=True)
