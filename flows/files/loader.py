"""YAML → Flow: every fault at once, each with its line, or a flow that the engine can trust."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from flows.checks.references import recordings, unknown_references
from flows.company.calendar_definition import DatedDay
from flows.company.company import Company
from flows.files.company_file import load_company
from flows.files.faults import Fault, FlowFaults, suggestion
from flows.files.flow_file import read_flow
from flows.files.ics_file import read_ics, with_days
from flows.files.prompt_file import AUDIO_FOLDER
from flows.files.reading import Audio, Reading
from flows.files.tree import read_tree
from flows.files.yaml_faults import commented_key
from flows.model import Flow
from flows.prompts.recorded import AudioFile, AudioRefused, Listen, Recorded

__all__ = ["Definitions", "load_company", "load_flow", "load_folder"]

COMPANY_FILE = "company.yaml"


@dataclass(frozen=True, slots=True)
class Definitions:
    """A folder of definitions: what could be read, and what is wrong with the rest.

    `sources` holds the text of each file by its name, `audio` the audio files by theirs, as they are played.
    `ignored` are files of which a person may think that they are read, with the reason why not.
    """

    company: Company | None
    flows: dict[str, Flow] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    audio: dict[str, AudioFile] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


def load_folder(folder: Path, listen: Listen | None = None) -> Definitions:
    """Read company.yaml and every flow beside it (`*.yaml`, not `*.layout.yaml`); audio lies in `audio/`.

    `listen` decodes audio files; without it nobody looks for them, and what is read is not to be published.
    Faults of all files are returned, not raised; a folder that cannot be read raises OSError.
    """
    sources: dict[str, str] = {}
    faults: list[Fault] = []
    ignored: list[str] = []
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() not in (".yaml", ".yml") or file.name.endswith(".layout.yaml"):
            continue
        if reason := _not_a_flow(file):
            ignored.append(f"{file.name} ({reason})")
            continue
        try:
            sources[file.name] = file.read_text("utf-8")
        except UnicodeDecodeError:
            faults.append(Fault(file.name, 1, 1, "YAML", "the file is not text in UTF-8; save it as UTF-8"))
            continue
        if (lost := commented_key(sources[file.name])) is not None:
            faults.append(Fault(file.name, lost[0].line, lost[0].column, "YAML", lost[1]))
    audio = _Audio(folder / AUDIO_FOLDER, listen) if listen is not None else None
    return replace(_definitions(sources, audio, faults, folder), ignored=tuple(ignored))


def _not_a_flow(file: Path) -> str:
    """Why a file with the name of a flow is none; empty when it is one."""
    if file.name.startswith("."):
        return "hidden"
    if file.is_dir():
        return "a folder"
    if not file.is_file():
        return "a link to nothing" if file.is_symlink() else "no file"
    return "rename it to end in .yaml" if file.suffix != ".yaml" else ""


class _Audio(Mapping[str, Recorded | str]):
    """The audio files of a folder. Each is listened to when a flow names it, once."""

    def __init__(self, folder: Path, listen: Listen) -> None:
        self._files = {file.name: file for file in sorted(folder.glob("*")) if file.is_file()}
        self._listen = listen
        self._refused: dict[str, str] = {}
        self.played: dict[str, AudioFile] = {}

    def __getitem__(self, name: str) -> Recorded | str:
        file = self._files[name]
        if name not in self.played and name not in self._refused:
            try:
                self.played[name] = self._listen(file.read_bytes())
            except AudioRefused as error:
                self._refused[name] = str(error)
        return self.played[name].recorded if name in self.played else self._refused[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def _definitions(sources: dict[str, str], audio: _Audio | None, faults: list[Fault], folder: Path) -> Definitions:
    company: Company | None = None
    if COMPANY_FILE not in sources:
        faults.append(Fault(COMPANY_FILE, 1, 1, "MISSING", "company.yaml is missing; every folder of flows has one"))
    else:
        try:
            company = load_company(sources[COMPANY_FILE], COMPANY_FILE)
        except FlowFaults as error:
            faults.extend(error.faults)
    if company is not None and (named := {each.holidays.file for each in company.calendars.values()} - {""}):
        days, wrong = _calendar_files(company, named, folder)
        faults.extend(wrong)
        if days:
            sources[COMPANY_FILE] = with_days(sources[COMPANY_FILE], days)
            company = load_company(sources[COMPANY_FILE], COMPANY_FILE)
    flows: dict[str, Flow] = {}
    for name, text in sources.items():
        if name == COMPANY_FILE:
            continue
        try:
            flow = load_flow(text, name, audio=audio)
        except FlowFaults as error:
            faults.extend(error.faults)
            continue
        if flow.flow in flows:
            mark = flow.mark("flow")
            message = f'flow "{flow.flow}" stands in {flows[flow.flow].path} too; give one of them another name'
            faults.append(Fault(name, mark.line, mark.column, "DUPLICATE_FLOW", message))
        flows.setdefault(flow.flow, flow)
    if company is not None and not faults:
        faults.extend(_unanswered(company, flows))
    return Definitions(company, flows, tuple(sorted(faults)), sources, audio.played if audio is not None else {})


def _calendar_files(
    company: Company, named: set[str], folder: Path
) -> tuple[dict[str, tuple[DatedDay, ...]], list[Fault]]:
    """The days of the calendar files that a company names, and what is wrong with them."""
    days: dict[str, tuple[DatedDay, ...]] = {}
    faults: list[Fault] = []
    for calendar, definition in company.calendars.items():
        name = definition.holidays.file
        if name not in named or name in days:
            continue
        try:
            days[name] = read_ics((folder / name).read_bytes())
        except FileNotFoundError:
            here = [file.name for file in sorted(folder.glob("*.ics"))]
            if definition.holidays.also:  # it came with the days that were published
                continue
            shown = f" Files here: {', '.join(here)}." if here else " There is no such file here."
            faults.append(
                _of_calendar(company, calendar, f'"{name}" is not in the folder.{suggestion(name, here)}{shown}')
            )
        except (OSError, ValueError) as error:
            faults.append(_of_calendar(company, calendar, f'"{name}": {error}'))
    return days, faults


def _of_calendar(company: Company, calendar: str, message: str) -> Fault:
    mark = company.mark("calendars", calendar, "holidays")
    return Fault(COMPANY_FILE, mark.line, mark.column, "CALENDAR_FILE", f'calendar "{calendar}": {message}')


def _unanswered(company: Company, flows: Mapping[str, Flow]) -> list[Fault]:
    """Return a fault for each number whose flow does not exist."""
    faults: list[Fault] = []
    for number, definition in company.numbers.items():
        flow = definition.flow
        if flow not in flows:
            mark = company.mark("numbers", number)
            message = (
                f'number "{number}" goes to flow "{flow}", which is not in this folder.{suggestion(flow, flows)} '
                f"Flows here: {', '.join(flows)}."
            )
            faults.append(Fault(COMPANY_FILE, mark.line, mark.column, "UNKNOWN_FLOW", message))
    return faults


def load_flow(text: str, path: str, company: Company | None = None, audio: Audio | None = None) -> Flow:
    """Read one flow. Raises FlowFaults with everything that is wrong with it.

    With a `company` its calendars, queues and teams must exist; with `audio` so must its audio files, whose content then
    belongs to the version.
    """
    reading = Reading(path, audio=audio)
    flow = read_flow(reading, read_tree(text, path), text)
    if flow is None:
        raise FlowFaults(reading.faults)
    flow = replace(flow, version=_version(flow, text))
    if company is not None and (unknown := unknown_references(flow, company)):
        raise FlowFaults(unknown)
    return flow


def _version(flow: Flow, text: str) -> str:
    """Return the hash of what a flow means: its text and, where it was listened to, what it plays."""
    digest = hashlib.sha256(text.encode())
    for name, recorded in recordings(flow).items():
        digest.update(name.encode() + bytes.fromhex(recorded.content))
    return digest.hexdigest()[:32]
