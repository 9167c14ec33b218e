"""Turns per second of /twilio/voice and /twilio/turn, everything on, against a minimal endpoint in the same run.

    .venv/bin/python -m bench.turns [--seconds 6] [--rounds 3] [--database sqlite]

Measures SQLite and then PostgreSQL, and how long each webhook waits at 50 calls a second. Needs wrk (Debian: apt-get install
wrk) and PostgreSQL. The ratios say the most; the rest depends on the machine.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from bench import paced
from bench.paced import ACCOUNT
from bench.reference import BASE_URL, TOKEN
from drill.databases import PostgresDatabase
from flows.engine import resume, start
from flows.files.loader import load_folder
from flows.inputs import Digits
from flows.session import Caller
from ivr.state import StateSeal
from runtime.embedded import EmbeddedRedis

ROOT = Path(__file__).resolve().parents[1]
SECRET = "a secret of the benchmark"
CONNECTIONS = 16
CALLS_PER_SECOND = 50

# wrk's script: each thread walks through its own share of prepared requests.
LUA = """
local requests, place = {}, 0
local counter = 1
function setup(thread) thread:set("id", counter); counter = counter + 1 end
function init(args)
  local number = 0
  for line in io.lines(args[1]) do
    number = number + 1
    if number % tonumber(args[2]) == id % tonumber(args[2]) then
      local path, signature, body = line:match("([^\\t]*)\\t([^\\t]*)\\t([^\\t]*)")
      requests[#requests + 1] = wrk.format("POST", path, {
        ["Content-Type"] = "application/x-www-form-urlencoded", ["X-Twilio-Signature"] = signature}, body)
    end
  end
end
function request() place = place % #requests + 1; return requests[place] end
local bad = 0
function response(status) if status ~= 200 then bad = bad + 1; if bad == 1 then print("STATUS " .. status) end end end
"""


@dataclass(frozen=True)
class Load:
    """What one run of wrk measured."""

    per_second: float
    p50_ms: float
    p99_ms: float


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=6)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    asked = arguments.parse_args()
    for database in ("sqlite", "postgresql") if asked.database == "both" else (asked.database,):
        with tempfile.TemporaryDirectory(prefix="rb-bench-") as name:
            measure(database, Path(name), asked.seconds, asked.rounds)


def measure(database: str, folder: Path, seconds: int, rounds: int) -> None:
    """Print what turns come to on one database."""
    print(f"{database}:")
    with contextlib.ExitStack() as stack:
        url = ""
        if database == "postgresql":
            server = PostgresDatabase(folder)
            stack.callback(server.stop)
            url = server.url
        product = stack.enter_context(ours(folder / "ours", url))
        other = stack.enter_context(reference())
        for what in ("voice", "turn"):
            figures: dict[str, list[Load]] = {"ours": [], "reference": []}
            for _ in range(rounds):
                for who, port in (("reference", other), ("ours", product)):
                    requests = prepare(what, folder, 5_000 * seconds)
                    figures[who].append(run(port, requests, folder, seconds, CONNECTIONS))
            report(what, figures)
        print(f"  at {CALLS_PER_SECOND} calls a second:")
        for webhook, waits in paced.play(product, CALLS_PER_SECOND, 2 * seconds).items():
            refused = f", {waits.refused} refused" if waits.refused else ""
            print(
                f"    /twilio/{webhook}: p50 {waits.p50_ms:.1f} ms, p99 {waits.p99_ms:.1f} ms of {waits.count}{refused}"
            )


def report(what: str, figures: dict[str, list[Load]]) -> None:
    speeds = {who: [load.per_second for load in loads] for who, loads in figures.items()}
    ratios = [mine / other for mine, other in zip(speeds["ours"], speeds["reference"], strict=True)]
    print(
        f"  /twilio/{what}: ratio {statistics.median(ratios):.2f} (rounds: {', '.join(f'{ratio:.2f}' for ratio in ratios)})"
    )
    for who, loads in figures.items():
        each = ", ".join(f"{load.per_second:.0f}/s" for load in loads)
        print(f"    {who}: {each}; p99 {statistics.median(load.p99_ms for load in loads):.1f} ms")


# The key pressed at the menu, for requests that are not the first of a call: none of the choices, and the callback's.
KEYS = {"turn": "9", "promise": "4"}


def prepare(what: str, folder: Path, count: int, calls: int | None = None) -> Path:
    """Signed requests: the first turn (`voice`), or a key at the menu with its sealed state (`turn`, `promise`).

    Each is of a call of its own, or with `calls` they are the next turns of so many calls in their order.
    """
    definitions = load_folder(ROOT / "flows" / "definitions")
    flow, company = definitions.flows["reception"], definitions.company
    assert company is not None
    session = None
    if what in KEYS:
        at = datetime.now(UTC)
        session = start(flow, company, Caller("+37120000001"), at).session
        chosen = resume(flow, company, session, Digits("1"), at)
        session = chosen.session.change(node="main", wait="gather", back=())
    seal, sign = StateSeal(SECRET), RequestValidator(TOKEN).compute_signature
    path = folder / f"{what}.{secrets.token_hex(4)}.requests"
    with path.open("w") as file:
        sids = ["CA" + secrets.token_hex(16) for _ in range(calls or count)]
        for number in range(count):
            sid = sids[number % len(sids)]
            form = {
                "AccountSid": ACCOUNT,
                "ApiVersion": "2010-04-01",
                "CallSid": sid,
                "CallStatus": "in-progress" if session else "ringing",
                "Called": "+37167000000",
                "Caller": f"+3712{number % 5000:07d}",
                "CallerCity": "",
                "Direction": "inbound",
                "From": f"+3712{number % 5000:07d}",
                "FromCountry": "LV",
                "To": "+37167000000",
            }
            target = "/twilio/voice"
            if session:
                form |= {"Digits": KEYS[what], "FinishedOnKey": "", "msg": "Gather End"}
                here = session.change(turn=2 + number // len(sids))
                target = f"/twilio/turn?s={seal.seal(here, sid)}&on=gather"
            file.write(f"{target}\t{sign(BASE_URL + target, form)}\t{urlencode(form)}\n")
    return path


def run(port: int, requests: Path, folder: Path, seconds: int, connections: int) -> Load:
    script = folder / "turns.lua"
    script.write_text(LUA)
    threads = 1
    done = subprocess.run(
        [
            "wrk",
            f"-t{threads}",
            f"-c{connections}",
            f"-d{seconds}s",
            "--latency",
            "-s",
            str(script),
            f"http://127.0.0.1:{port}",
            "--",
            str(requests),
            str(threads),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    output = done.stdout
    if "Non-2xx" in output or "STATUS" in output:
        raise SystemExit(f"the server refused requests:\n{output}")
    speed = float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])  # type: ignore[index]
    return Load(speed, percentile(output, 50), percentile(output, 99))


def percentile(output: str, which: int) -> float:
    found = re.search(rf"^\s+{which}%\s+([\d.]+)(us|ms|s)", output, re.MULTILINE)
    assert found, output
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]]


@contextmanager
def ours(folder: Path, database: str, fill: Callable[[str], None] | None = None) -> Iterator[int]:
    """The api with the shipped flows, a queue server, durable SQL, logs to a file. `fill` gets the database's URL first."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    with EmbeddedRedis(folder / "queue", folder / "s") as redis:
        yield from _api(folder, port, database, redis.url, fill)


def _api(folder: Path, port: int, database: str, redis_url: str, fill: Callable[[str], None] | None) -> Iterator[int]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RINGBACK_")} | {
        "RINGBACK_DATA_DIR": str(folder / "data"),
        "RINGBACK_DATABASE_URL": database,
        "RINGBACK_REDIS_URL": redis_url,
        "RINGBACK_PORT": str(port),
        "RINGBACK_PUBLIC_URL": BASE_URL,
        "RINGBACK_SECRET_KEY": SECRET,
        "RINGBACK_TWILIO_ACCOUNT_SID": ACCOUNT,
        "RINGBACK_TWILIO_AUTH_TOKEN": TOKEN,
    }
    for command in (["migrate", "--new"], ["flows", "publish", str(ROOT / "flows" / "definitions")]):
        subprocess.run(
            [sys.executable, "-m", "api.commands.cli", *command], env=environment, check=True, capture_output=True
        )
    if fill is not None:
        fill(database or f"sqlite:///{folder / 'data' / 'ringback.sqlite3'}")
    with process([sys.executable, "-m", "api.commands.cli", "api"], environment, port, folder / "api.log"):
        yield port


@contextmanager
def reference() -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bench.reference:app", "--port", str(port), "--no-access-log"]
    with process(command, dict(os.environ), port, Path(os.devnull)):
        yield port


@contextmanager
def process(command: list[str], environment: dict[str, str], port: int, log: Path) -> Iterator[None]:
    with log.open("ab") as output:
        started = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=output, stderr=output)
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1)
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit(f"{command} did not get ready; see {log}")
        yield
    finally:
        started.terminate()
        started.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
