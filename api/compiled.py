"""A folder of definitions, compiled: what check, test, play, publish and the first start go by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from callbacks.schedule.company_check import check_company
from flows.checks.findings import Finding
from flows.company.company import Company
from flows.files.faults import Fault
from flows.files.loader import Definitions
from ivr.publishing.prompt_audio import read_definitions


class Unusable(Exception):
    """A folder cannot be used; the message names every error with its line. A retry cannot help."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A folder, the faults that keep it from being read, and what the check of its company found."""

    definitions: Definitions
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Fault | Finding, ...]:
        return (*self.definitions.faults, *(each for each in self.findings if each.severity == "error"))

    def company(self) -> Company:
        """The company of a folder without errors. Raises Unusable."""
        if self.errors or self.definitions.company is None:
            raise Unusable("\n".join(f"{each}  [{each.code}]" for each in self.errors))
        return self.definitions.company


def compile_folder(folder: Path, now: datetime | None = None) -> Compiled:
    """Read a folder and understand every value of its company. Raises OSError when it cannot be read."""
    definitions = read_definitions(folder)
    if definitions.company is None:
        return Compiled(definitions, ())
    found = check_company(definitions.company, definitions.flows, now or datetime.now(UTC))
    return Compiled(definitions, tuple(found))
