"""The parts of a flow's file, each read into what it means; faults go into the Reading, all of them."""

from __future__ import annotations

import re
from dataclasses import replace

from flows.files.allowances import allowed_findings
from flows.files.faults import suggestion
from flows.files.fields import Fields
from flows.files.prompt_file import read_prompt
from flows.files.reading import Reading
from flows.files.tree import Listing, Mapping, Text, Tree
from flows.limits import (
    BACK,
    MAX_CALL_SECONDS,
    MAX_FAILED_ATTEMPTS,
    MAX_NODES,
    MAX_STEPS,
    MAX_TESTS,
    REPEAT,
)
from flows.model import Defaults, Flow, Limits
from flows.nodes import LATER_TYPES, TYPES, Node, read_node
from flows.prompts.prompt import Prompt
from flows.testing.scripts import Scenario, read_scenario
from flows.values.language import LANGUAGE, language_key, read_language

SPEC = "1"
COMPANY = "company"

_GLOBAL_KEY = re.compile(r"[0-9*#]")
_EXIT_NAMES = (
    *("max_attempts", "known", "chosen", "open", "closed", "holiday", "override", "saved", "empty"),
    *("accepted", "declined", "not_possible", "answered", "no_answer", "busy", "failed"),
)


def read_flow(reading: Reading, tree: Mapping, text: str) -> Flow | None:
    """Read a whole file; None when it has faults. The version is left empty."""
    fields = Fields(reading, tree, (), "flow")
    _check_spec(fields)
    name = fields.slug("flow", None)
    if name == COMPANY:
        fields.fault(
            reading.marks[("flow",)], "NAME", f'a flow cannot be called "{COMPANY}"; that is what all flows share'
        )
    title = fields.text("title", None)
    description = fields.text("description")
    reading.languages = _languages(fields)
    nodes_tree = fields.entries("nodes")
    if not nodes_tree:
        fields.missing("nodes")
    if len(nodes_tree) > MAX_NODES:
        fields.fault(
            nodes_tree[MAX_NODES][0].mark, "LIMIT", f"{len(nodes_tree)} nodes; a flow holds {MAX_NODES} at most"
        )
    reading.nodes = tuple(key.value for key, _ in nodes_tree)
    start = fields.target("start")
    defaults = _defaults(fields)
    keys, key_intents = _keys(fields)
    limits = _limits(fields)
    _read_prompts(fields)
    nodes = _nodes(fields, nodes_tree)
    tests = _tests(fields)
    fields.finish()
    if reading.faults:
        return None
    return Flow(
        flow=name,
        title=title,
        description=description,
        languages=reading.languages,
        start=start,
        defaults=defaults,
        keys=keys,
        limits=limits,
        prompts=reading.prompts,
        nodes=nodes,
        tests=tests,
        version="",
        key_intents=key_intents,
        path=reading.path,
        marks=reading.marks,
        allowed=allowed_findings(text),
    )


def _check_spec(fields: Fields) -> None:
    spec = fields.text("spec", None)
    if spec and spec != SPEC:
        fields.fault(
            fields.reading.marks[("spec",)], "SPEC", f'spec "{spec}" is not known to this version; write spec: {SPEC}'
        )


def _languages(fields: Fields) -> tuple[str, ...]:
    languages = [replace(text, value=part) for text in fields.texts("languages") for part in _parts(text.value)]
    if not languages:
        fields.missing("languages")
    names: list[str] = []
    for language in languages:
        tag = fields.read(language, read_language, "", "languages")
        if tag in names:
            fields.fault(language.mark, "LANGUAGE", f'"{tag}" stands twice in languages')
        fields.reading.marks[("languages", tag)] = language.mark
        names.append(tag)
    return tuple(names)


def _parts(written: str) -> list[str]:
    """Languages in one text, `en, lv`, one by one."""
    parts = [part for part in re.split(r"[,;\s]+", written) if part]
    return parts if all(LANGUAGE.fullmatch(language_key(part)) for part in parts) else [written]


def _defaults(fields: Fields) -> Defaults:
    value = fields.take("defaults")
    if value is None:
        return Defaults()
    inner = fields.within(Text("defaults", value.mark), value, "defaults", "defaults")
    if inner is None:
        return Defaults()
    reading = fields.reading
    exits = inner.take("exits")
    if isinstance(exits, Mapping):
        for key, target in exits.entries:
            if key.value not in _EXIT_NAMES or not isinstance(target, Text):
                near = suggestion(key.value, _EXIT_NAMES)
                inner.fault(key.mark, "UNKNOWN_EXIT", f'no node has an exit "{key.value}".{near}')
            else:
                reading.inherited_exits[key.value] = reading.target(target, "defaults", f'exit "{key.value}"')
    elif exits is not None:
        inner.fault(exits.mark, "SHAPE", "exits must be a mapping, exit: node")
    defaults = Defaults(
        timeout_seconds=inner.seconds("timeout", 6, 1, 60),
        interdigit_timeout_seconds=inner.seconds("interdigit_timeout", 3, 1, 60),
        max_attempts=inner.whole("max_attempts", 3, 1, 8),
        error=inner.target("error") if "error" in inner else "",
    )
    inner.take("error")
    inner.finish()
    reading.inherited_timeout_seconds = defaults.timeout_seconds
    reading.inherited_interdigit_seconds = defaults.interdigit_timeout_seconds
    reading.inherited_max_attempts = defaults.max_attempts
    return defaults


def _keys(fields: Fields) -> tuple[dict[str, str], dict[str, str]]:
    """Return what each key of the whole flow means, and the intent of those that have one."""
    keys: dict[str, str] = {}
    intents: dict[str, str] = {}
    for key, value in fields.entries("keys"):
        if not _GLOBAL_KEY.fullmatch(key.value):
            fields.fault(key.mark, "KEY", f'key "{key.value}" must be one of 0-9 * # in quotes, such as "0"')
            continue
        if isinstance(value, Text):
            meaning: Text | None = value
        else:
            inner = fields.within(key, value, f'key "{key.value}"', "keys", key.value)
            if inner is None:
                continue
            intents[key.value] = inner.slug("intent", None)
            written = inner.take("next")
            meaning = written if isinstance(written, Text) else None
            if meaning is None:
                inner.missing("next")
            inner.finish()
        if meaning is not None and not meaning.value:
            fields.fault(key.mark, "SHAPE", f'key "{key.value}" is empty; write a node, back or repeat')
        elif meaning is not None and meaning.value not in (BACK, REPEAT):
            fields.reading.target(meaning, "keys", f'key "{key.value}"')
        keys[key.value] = meaning.value if meaning is not None else ""
    return keys, intents


def _limits(fields: Fields) -> Limits:
    value = fields.take("limits")
    inner = None if value is None else fields.within(Text("limits", value.mark), value, "limits", "limits")
    if inner is None:
        return Limits()
    limits = Limits(
        call_seconds=inner.seconds("call", MAX_CALL_SECONDS, 60, MAX_CALL_SECONDS),
        steps=inner.whole("steps", MAX_STEPS, 10, MAX_STEPS),
        failed_attempts=inner.whole("failed_attempts", MAX_FAILED_ATTEMPTS, 1, MAX_FAILED_ATTEMPTS),
    )
    inner.finish()
    return limits


def _read_prompts(fields: Fields) -> None:
    for key, value in fields.entries("prompts"):
        fields.checked_slug(key, "prompt")
        if not isinstance(value, Mapping):
            fields.fault(value.mark, "SHAPE", f'prompt "{key.value}" must hold texts by language: {{en: "…"}}')
            continue
        prompt = read_prompt(fields, value, f'prompt "{key.value}"')
        # A prompt with a fault still counts as known: one mistake, one message.
        fields.reading.prompts[key.value] = prompt or Prompt({})


def _nodes(fields: Fields, entries: tuple[tuple[Text, Tree], ...]) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    for key, value in entries[:MAX_NODES]:
        fields.checked_slug(key, "node")
        if key.value in (BACK, REPEAT):
            fields.fault(key.mark, "NAME", f'a node cannot be called "{key.value}": it is a word of keys')
        if not isinstance(value, Mapping):
            fields.fault(key.mark, "SHAPE", f'node "{key.value}" must be a mapping with a type')
            continue
        node = _node(fields, key, value)
        if node is not None:
            nodes[key.value] = node
    _refuse_rings_of_disabled(fields, nodes)
    return nodes


def _node(fields: Fields, key: Text, value: Mapping) -> Node | None:
    kind = value.get("type")
    written = kind.value if isinstance(kind, Text) and kind.value in TYPES else ""
    inner = Fields(fields.reading, value, ("nodes", key.value), f'{written or "node"} "{key.value}"')
    inner.take("type")
    if kind is None:
        inner.missing("type")
    elif not isinstance(kind, Text):
        inner.fault(kind.mark, "SHAPE", "type must be one word")
    elif kind.value in LATER_TYPES:
        inner.fault(kind.mark, "LATER", f'type "{kind.value}" is not supported yet. Types: {", ".join(TYPES)}.')
    elif not written:
        near = suggestion(kind.value, TYPES)
        inner.fault(kind.mark, "UNKNOWN_TYPE", f'type "{kind.value}" is unknown.{near} Types: {", ".join(TYPES)}.')
    else:
        disabled = inner.target("disabled") if "disabled" in inner else ""
        inner.take("disabled")
        node = read_node(written, inner, key.value, disabled)
        inner.finish()
        return node
    return None


def _refuse_rings_of_disabled(fields: Fields, nodes: dict[str, Node]) -> None:
    for name in nodes:
        seen: list[str] = []
        at = name
        while at in nodes and nodes[at].disabled and at not in seen:
            seen.append(at)
            at = nodes[at].disabled
        if at in seen and seen[0] == min(seen):
            mark = fields.reading.marks[("nodes", name)]
            fields.fault(mark, "DISABLED", f"disabled nodes lead only to each other: {' → '.join([*seen, at])}")
            return


def _tests(fields: Fields) -> tuple[Scenario, ...]:
    value = fields.take("tests")
    if value is None:
        return ()
    if not isinstance(value, Listing):
        fields.fault(value.mark, "SHAPE", "tests must be a list")
        return ()
    if len(value.items) > MAX_TESTS:
        fields.fault(
            value.items[MAX_TESTS].mark, "LIMIT", f"{len(value.items)} tests; a flow holds {MAX_TESTS} at most"
        )
    scenarios: list[Scenario] = []
    for index, item in enumerate(value.items[:MAX_TESTS]):
        if not isinstance(item, Mapping):
            fields.fault(item.mark, "SHAPE", "a test must be a mapping with name, at, events and expect")
            continue
        named = item.get("name")
        title = f'test "{named.value}"' if isinstance(named, Text) else f"test {index + 1}"
        scenario = read_scenario(Fields(fields.reading, item, ("tests", str(index)), title))
        if scenario is not None:
            scenarios.append(scenario)
    return tuple(scenarios)
