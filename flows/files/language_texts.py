"""Names in several languages: one text for all of them, or a text for each."""

from __future__ import annotations

from flows.files.fields import Fields
from flows.files.tree import Text
from flows.values.language import language_key


def read_names(fields: Fields, name: str) -> dict[str, str]:
    """Return texts by language; a single text stands for all languages, under ""."""
    value = fields.mapping.get(name)
    if value is None or isinstance(value, Text):
        fields.take(name)
        return {"": value.value} if value is not None and value.value else {}
    return read_by_language(fields, name)


def read_by_language(fields: Fields, name: str) -> dict[str, str]:
    """Return texts by language, without those that are empty. Whether a language is one is for the checks."""
    marks = fields.reading.marks
    found: dict[str, str] = {}
    for key, text in fields.scalars(name).items():
        tag = language_key(key)
        marks[(*fields.place, name, tag)] = marks[(*fields.place, name, key)]
        if tag in found:
            fields.fault(text.mark, "DUPLICATE_KEY", f'{name}: "{tag}" stands here twice')
        elif text.value:
            found[tag] = text.value
    return found
