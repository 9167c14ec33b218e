"""What callers hear, from a folder of definitions to what is live: published, listed, gone back to, exported.

Import from here what publishes and what says what is live. `prompt_audio` decodes the recordings of prompts,
`recorded_prompts` keeps them on each machine, `history` lists what was published, and `live_folder` writes what is live to
a folder. What answers calls is in ivr/published_flows.py.
"""

from __future__ import annotations

from ivr.publishing.publications import (
    COMPANY,
    FIRST_START,
    Live,
    Publication,
    PublishedSince,
    contents,
    go_back,
    is_as_begun,
    live,
    live_now,
    publish,
    publish_folder,
    retire,
)

__all__ = [
    "COMPANY",
    "FIRST_START",
    "Live",
    "Publication",
    "PublishedSince",
    "contents",
    "go_back",
    "is_as_begun",
    "live",
    "live_now",
    "publish",
    "publish_folder",
    "retire",
]
