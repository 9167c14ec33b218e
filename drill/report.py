"""The report of a drill: figures that can be compared with other drills."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from drill.caller import CallRecord
from drill.checker import ACCEPTED, EMERGENCY, Rule, Stored, Violation
from drill.installation import Installation


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a drill; it is clean when there is no violation."""

    seed: int
    database: str
    minutes: float
    figures: dict[str, Any]
    violations: tuple[Violation, ...]
    restless: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        return not self.violations and not self.restless

    def count(self, rule: Rule) -> int:
        return sum(violation.rule == rule for violation in self.violations)

    def as_text(self) -> str:
        lines = [f"seed {self.seed}, {self.database}, {self.minutes:g} min"]
        lines += [f"  {name:<34} {value}" for name, value in self.figures.items()]
        for rule in ("lost", "doubled", "silent", "endless", "promise", "agent", "index", "left over"):
            lines.append(f"  {rule:<34} {self.count(rule)}")
        lines += [f"  restless: {what}" for what in self.restless]
        lines += [f"  {each.rule}: {each.whom}  {each.what}" for each in self.violations[:200]]
        lines.append("clean" if self.is_clean else "NOT CLEAN")
        return "\n".join(lines)


def figures_of(
    installation: Installation, call_records: list[CallRecord], stored: Stored, most_at_once: int, agents: Any
) -> dict[str, Any]:
    gaps = sorted(gap for record in call_records for gap in record.gaps)
    done = installation.done
    front = installation.figures()["figures"]
    dropped = (installation.product.folder / "line.log").read_text(errors="replace").count('"line.callback_dropped"')
    verbs = Counter(action.verb for agent in agents for action in agent.actions)
    return {
        "calls": len(call_records),
        "most at once": most_at_once,
        "turns stored": sum(map(len, stored.turns.values())),
        "messages": sum(voicemail.recording_id is not None for voicemail in stored.voicemails),
        "requests to be called back": sum(any(text in ACCEPTED for text in record.heard) for record in call_records),
        "callbacks": len(stored.callbacks),
        "kill -9": done["kill"],
        "  of apis, workers, clock, Redis": ", ".join(
            str(done[f"kill {who}"]) for who in ("api", "worker", "clock", "redis")
        ),
        "ended by SIGTERM": done["term"],
        "Redis emptied": done["empty"],
        "Redis frozen for 3-8 s": done["freeze"],
        "SQL away for 10 s": done["take_sql"],
        "processes that ended by themselves": sum(n for what, n in done.items() if what.endswith("ended by itself")),
        "requests repeated": front.get("repeated", 0),
        "callbacks of the provider dropped": dropped,
        "connections refused, broken": f"{front.get('not_connected', 0)}, {front.get('broken', 0)}",
        "answered 5xx by the apis": _refusals(front) or 0,
        "calls through the emergency document": sum(
            any(words in text for words in EMERGENCY for text in record.heard) for record in call_records
        ),
        "repeated requests answered otherwise": sum(record.differing_answers for record in call_records),
        "claims, completions": f"{verbs['claim']}, {verbs['complete']}",
        "agents who vanished": sum(agent.vanished for agent in agents),
        "jobs sent again after the quiet": done["jobs sent again after the quiet"],
        "silence p50, p99, longest (s)": f"{_at(gaps, 0.5):.3f}, {_at(gaps, 0.99):.3f}, {_at(gaps, 1):.2f}",
        "silences over 3 s": sum(gap > 3 for gap in gaps),
    }


def keep(report: Report, call_records: list[CallRecord], folder: Path) -> None:
    """Write the report and the calls to the folder of the drill."""
    (folder / "report.json").write_text(json.dumps(asdict(report), ensure_ascii=False, indent=1))
    with (folder / "stories.jsonl").open("w") as file:
        for record in call_records:
            file.write(json.dumps(record.as_json(), ensure_ascii=False) + "\n")


def _refusals(front: dict[str, int]) -> str:
    """The answers with 5xx, which the front counts as `503 /twilio/status`."""
    return ", ".join(f"{count} x {what}" for what, count in sorted(front.items()) if what[:1].isdigit())


def _at(sorted_values: list[float], share: float) -> float:
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))] if sorted_values else 0.0
