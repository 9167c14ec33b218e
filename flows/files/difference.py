"""What changed between two texts of a definition, in words."""

from __future__ import annotations

from collections.abc import Iterator

from flows.files.faults import FlowFaults
from flows.files.tree import Listing, Mapping, Text, Tree, read_tree

_LONGEST = 60


def differences(before: str, after: str) -> list[str]:
    """Return a line for each value that differs; one line alone when only comments or the layout do."""
    if before == after:
        return []
    try:
        found = list(_differing(read_tree(before, "before"), read_tree(after, "after"), ""))
    except FlowFaults:  # a text of an earlier version that this one cannot read
        return ["the text differs"]
    return found or ["only comments or the layout differ"]


def _differing(before: Tree, after: Tree, place: str) -> Iterator[str]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        names = dict.fromkeys([*(key.value for key, _ in before.entries), *(key.value for key, _ in after.entries)])
        for name in names:
            inner = f"{place}.{name}" if place else name
            old, new = before.get(name), after.get(name)
            if old is None:
                yield f"{inner}: new, {_shown(new)}"
            elif new is None:
                yield f"{inner}: removed"
            else:
                yield from _differing(old, new, inner)
    elif isinstance(before, Listing) and isinstance(after, Listing) and _is_long(before) and _is_long(after):
        yield from _entries(before, after, place)
    elif _plain(before) != _plain(after):
        yield f"{place}: {_apart(_plain(before), _plain(after))}"


def _entries(before: Listing, after: Listing, place: str) -> Iterator[str]:
    """Compare lists of mappings by what they hold: an entry moved is no difference worth a line of its own."""
    old, new = ([_plain(item) for item in listing.items] for listing in (before, after))
    if sorted(old) == sorted(new) and old != new:
        yield f"{place}: in another order"
    for item in after.items:
        if _plain(item) not in old:
            yield f"{place}: {_title(item)} is new or changed"
    for item in before.items:
        if _plain(item) not in new and _title(item) not in {_title(other) for other in after.items}:
            yield f"{place}: {_title(item)} removed"


def _is_long(listing: Listing) -> bool:
    return any(isinstance(item, Mapping) for item in listing.items)


def _title(item: Tree) -> str:
    name = item.get("name") if isinstance(item, Mapping) else None
    return _shown(name) if name is not None else _cut(_plain(item))


def _plain(tree: Tree) -> str:
    match tree:
        case Text(value):
            return value
        case Listing(items):
            return f"[{', '.join(_plain(item) for item in items)}]"
        case Mapping(entries):
            return f"{{{', '.join(f'{key.value}: {_plain(value)}' for key, value in entries)}}}"


def _shown(tree: Tree | None) -> str:
    return f'"{_cut(_plain(tree))}"' if tree is not None else ""


def _apart(before: str, after: str) -> str:
    """Both values, each cut to the part where they differ."""
    same = next((place for place, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    start = max(0, same - 20) if max(len(before), len(after)) > _LONGEST else 0
    lead = "…" if start else ""
    return f'"{lead}{_cut(before[start:])}" → "{lead}{_cut(after[start:])}"'


def _cut(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
