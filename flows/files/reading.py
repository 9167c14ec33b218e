"""One file being read: what its parts may refer to, and the faults so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flows.files.faults import Fault, Mark, suggestion
from flows.files.tree import Text
from flows.prompts.prompt import Prompt
from flows.prompts.recorded import Recorded

# The audio files of the folder by name: each as it is played, or the reason why it cannot be.
Audio = Mapping[str, Recorded | str]


@dataclass(slots=True)
class Reading:
    """One file being read: what its parts may refer to, the faults so far, and where each part stands.

    `audio` is None where nobody looks for audio files.
    """

    path: str
    faults: list[Fault] = field(default_factory=list)
    languages: tuple[str, ...] = ()
    prompts: dict[str, Prompt] = field(default_factory=dict)
    audio: Audio | None = None
    nodes: tuple[str, ...] = ()
    inherited_exits: dict[str, str] = field(default_factory=dict)
    inherited_timeout_seconds: int = 6
    inherited_interdigit_seconds: int = 3
    inherited_max_attempts: int = 3
    marks: dict[tuple[str, ...], Mark] = field(default_factory=dict)

    def fault(self, mark: Mark, code: str, message: str) -> None:
        self.faults.append(Fault(self.path, mark.line, mark.column, code, message))

    def target(self, text: Text, title: str, what: str) -> str:
        """Return the name of a node that something goes to, after seeing that it exists."""
        if text.value not in self.nodes:
            near = suggestion(text.value, self.nodes)
            self.fault(
                text.mark,
                "UNKNOWN_TARGET",
                f'{title}: {what} goes to "{text.value}", which is not a node.{near} Nodes here: {", ".join(self.nodes)}.',
            )
        return text.value
