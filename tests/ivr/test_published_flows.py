"""Published flows: pinned by content, live by name, and known even when SQL is away at the start."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from ivr.published_flows import NothingPublished, PublishedFlows
from ivr.publishing import publish_folder
from runtime.sql.database import open_database
from tests.front import DEFINITIONS, Front
from tests.switchboard import TestCall


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped definitions, to be edited."""
    return Path(shutil.copytree(DEFINITIONS, tmp_path / "flows"))


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "reception.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_nothing_published_is_a_sentence_with_the_remedy(sqlite_database: Engine) -> None:
    with pytest.raises(NothingPublished, match="ringback flows publish"):
        PublishedFlows(sqlite_database).refresh()


def test_publishing_the_same_content_again_changes_nothing(database: Engine, folder: Path) -> None:
    assert all(each.is_new for each in publish_folder(database, folder, "", "me"))
    published_flows = PublishedFlows(database)
    assert published_flows.refresh()
    assert not any(each.is_new for each in publish_folder(database, folder, "", "me"))
    assert not published_flows.refresh()


def test_an_old_content_published_again_is_live_again(database: Engine, folder: Path) -> None:
    publish_folder(database, folder, "", "me")
    published_flows = PublishedFlows(database)
    published_flows.refresh()
    first = published_flows.live_flows()[0].version
    edit(folder, "Front desk", "Reception")
    publish_folder(database, folder, "", "me")
    published_flows.refresh()
    second = published_flows.live_flows()[0].version
    edit(folder, "Reception", "Front desk")
    publish_folder(database, folder, "back", "me")
    published_flows.refresh()
    assert published_flows.live_flows()[0].version == first != second
    assert published_flows.version(second) is not None
    assert PublishedFlows(database).load_version(second) is not None


async def test_a_call_under_way_keeps_the_words_it_began_with(lite_front: Front, folder: Path) -> None:
    before = await lite_front.switchboard.ring()
    edit(folder, "How can we help?", "What can we do for you?")
    publish_folder(lite_front.parts.console_database, folder, "", "me")
    lite_front.parts.published_flows.refresh()
    await before.press("3")
    assert "How can we help?" in before.document.said
    after: TestCall = await lite_front.switchboard.ring(from_number="+37120000777")
    await after.press("3")
    assert "What can we do for you?" in after.document.said


async def test_a_call_under_way_ends_as_it_began_when_its_flow_is_retired(lite_front: Front, folder: Path) -> None:
    call = await lite_front.switchboard.ring()
    edit(folder, "flow: reception", "flow: other")
    company = folder / "company.yaml"
    company.write_text(company.read_text("utf-8").replace("default: reception", "default: other"), "utf-8")
    done = {each.name: each.kind for each in publish_folder(lite_front.parts.console_database, folder, "", "me")}
    assert (done["reception"], done["other"]) == ("retired", "new")
    lite_front.parts.published_flows.refresh()
    assert lite_front.parts.published_flows.flow_named("reception") is None
    await call.press("3")
    assert "How can we help" in call.document.said


def test_flows_are_known_when_sql_is_away_at_the_start(sqlite_database: Engine, folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept" / "flows.live"
    publish_folder(sqlite_database, folder, "", "me")
    PublishedFlows(sqlite_database, kept, "secret").refresh()
    away = open_database("postgresql+psycopg://nobody@127.0.0.1:9/none")
    published_flows = PublishedFlows(away, kept, "secret")
    with pytest.raises(OperationalError):
        published_flows.refresh()
    assert published_flows.recall()
    flow = published_flows.flow_for("+37167000000")
    assert flow is not None and flow.flow == "reception"
    away.dispose()


def test_a_kept_file_that_somebody_else_wrote_is_refused(sqlite_database: Engine, folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "flows.live"
    publish_folder(sqlite_database, folder, "", "me")
    PublishedFlows(sqlite_database, kept, "secret").refresh()
    assert not PublishedFlows(sqlite_database, kept, "another secret").recall()
    kept.write_text(kept.read_text("utf-8").replace("+44", "+1900"), "utf-8")
    assert not PublishedFlows(sqlite_database, kept, "secret").recall()
    assert not PublishedFlows(sqlite_database, tmp_path / "none", "secret").recall()
