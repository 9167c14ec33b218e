"""Two hundred slips in companies and flows: each is refused in words, warned of, or harmless to every call."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from api.compiled import Compiled, compile_folder
from callbacks.schedule.promise_quote import perform_effect
from flows.checks.findings import Finding, check
from flows.events import NodeEntered, WentWrong
from flows.files.faults import Fault
from flows.inputs import Dialed, Digits, HungUp, Input, Recorded, Silence
from flows.last_resort import LAST_RESORT
from flows.model import Flow
from flows.session import Caller
from flows.testing.rehearsal import Rehearsal
from flows.testing.scripts import parse_moment
from flows.verbs import Dial, Gather, Record
from tests.field.slips import slipped

ROOT = Path(__file__).parents[2]
# Folders whose every file takes slips in turn. More slips: RINGBACK_SLIPS=5000.
FOLDERS = (ROOT / "flows/definitions", ROOT / "tests/definitions/ko", ROOT / "tests/field/branches")
SLIPS = int(os.environ.get("RINGBACK_SLIPS", "200"))
pytestmark = pytest.mark.timeout(120 if SLIPS <= 200 else 0)
MOMENTS = ("2030-03-05 10:15", "2030-03-05 22:40", "2030-11-18 11:00", "2030-03-31 03:30")
NOW = parse_moment("2030-03-01 09:00 Europe/Riga")
# What the libraries say among themselves.
RAW = re.compile(
    r"expected <|while (?:scanning|parsing)|could not find|cannot start any|Input should|validation|Traceback|<block|errno",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Slipped:
    """A folder with one slip in one of its files."""

    seed: int
    file: str
    slip: str
    folder: Path

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.slip} in {self.file}"


def make(seed: int, into: Path) -> Slipped:
    files = [(folder, file) for folder in FOLDERS for file in sorted(folder.glob("*.yaml"))]
    source, mutated = files[seed % len(files)]
    for file in source.glob("*.yaml"):
        text = file.read_text("utf-8")
        if file == mutated:
            slip, text = slipped(seed, text)
        (into / file.name).write_bytes(text.encode("utf-8"))
    return Slipped(seed, mutated.name, slip, into)


def judged(case: Slipped) -> tuple[str, list[str]]:
    """Whether a slip was refused, warned of, or harmless, and everything that is wrong with how."""
    compiled = compile_folder(case.folder, NOW)
    told: list[Fault | Finding] = [*compiled.definitions.faults, *compiled.findings]
    flows = compiled.definitions.flows
    if compiled.definitions.company is not None:
        told += [finding for flow in flows.values() for finding in check(flow, compiled.definitions.company)]
    problems = [problem for each in told for problem in _badly_told(case, str(each), each.path, each.line)]
    if any(isinstance(each, Fault) or each.severity == "error" for each in told):
        return "refused", problems
    problems += [problem for flow in flows.values() for problem in _played(case, compiled, flow)]
    return "warned of" if told else "harmless", problems


def _badly_told(case: Slipped, words: str, path: str, line: int) -> list[str]:
    lines = (case.folder / path).read_text("utf-8").count("\n") + 1 if (case.folder / path).exists() else 1
    wrong = []
    if not 1 <= line <= lines + 1:
        wrong.append(f"{case}: a line that is not there: {words}")
    if RAW.search(words):
        wrong.append(f"{case}: a library's own words: {words}")
    if len(words.split("  ", 1)[-1].split()) < 4:
        wrong.append(f"{case}: too short to help: {words}")
    return wrong


def _played(case: Slipped, compiled: Compiled, flow: Flow) -> list[str]:
    """Ring the flow at each moment and do by chance what callers do."""
    company = compiled.company()
    wrong = []
    random = Random(case.seed)
    numbers = [number for number, definition in company.numbers.items() if definition.flow == flow.flow] or [""]
    for moment in MOMENTS:
        now = parse_moment(f"{moment} Europe/Riga")
        call = Rehearsal(flow, company, lambda node, effect, at: perform_effect(effect, company, at))
        caller = Caller(random.choice(["+37120000001", None]), "Anna", random.choice([None, *flow.languages]))
        call.begin(caller, now, random.choice(numbers))
        for _ in range(7):
            if call.is_over:
                break
            call.take(_something(random, call), now)
        else:
            call.take(HungUp(), now)
        trouble = [event for event in call.events if isinstance(event, WentWrong)]
        if trouble or any(isinstance(event, NodeEntered) and event.node == LAST_RESORT for event in call.events):
            wrong.append(f"{case}: a call at {moment} went wrong: {trouble[:1]}")
        if not call.heard:
            wrong.append(f"{case}: a call at {moment} heard nothing")
    return wrong


def _something(random: Random, call: Rehearsal) -> Input:
    may: list[Input]
    match call.verbs[-1]:
        case Gather() as gather:
            keys = [*"0123456789*"] if gather.num_digits == 1 else [*"0123456789", "11", "12", "21"]
            may = [Silence(), *(Digits(key) for key in keys)]
        case Record():
            may = [Recorded("RE1", 9), Recorded(None, 0), HungUp("RE1", 4)]
        case Dial():
            may = [Dialed("completed", 60), Dialed("busy"), Dialed("no_answer"), Dialed("failed")]
        case verb:
            raise AssertionError(verb)
    return random.choice(may)


def test_every_slip_is_refused_in_words_warned_of_or_harmless(tmp_path: Path) -> None:
    outcomes: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    problems: list[str] = []
    for seed in range(SLIPS):
        into = tmp_path / str(seed)
        into.mkdir()
        case = make(seed, into)
        outcome, wrong = judged(case)
        outcomes[outcome] += 1
        kinds[case.slip] += 1
        problems += wrong
    assert problems == []
    assert len(kinds) >= min(50, SLIPS // 4)
    assert outcomes["refused"] > outcomes["harmless"] > 0, outcomes


@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_the_files_themselves_are_sound(folder: Path, tmp_path: Path) -> None:
    for file in folder.glob("*.yaml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    outcome, wrong = judged(Slipped(0, "none", "no slip", tmp_path))
    assert (outcome, wrong) == ("harmless", [])
