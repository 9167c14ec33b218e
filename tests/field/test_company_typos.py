"""A value of company.yaml that a call would understand first: named before it is published (calls 1 and 8, people A1)."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands.flows import flows
from api.doctor.checkup import check_flows
from callbacks.schedule.promise_quote import perform_effect
from flows.inputs import Digits, Recorded
from flows.session import Caller
from flows.testing.rehearsal import Rehearsal
from ivr.published_flows import PublishedFlows
from ivr.publishing import publish_folder
from runtime.sql.database import open_database
from runtime.sql.migrate import upgrade

SHIPPED = Path(__file__).parents[2] / "flows" / "definitions"
RUN = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    mine = tmp_path / "my-flows"
    mine.mkdir()
    for file in SHIPPED.glob("*.yaml"):
        shutil.copy(file, mine)
    return mine


def edit(folder: Path, old: str, new: str) -> None:
    file = folder / "company.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Lativa", "Did you mean LV (Latvia)?"),
        ("LVA", "Did you mean LV (Latvia)?"),
        ("Латвия", "Did you mean LV (Latvia)?"),
        ("DE-Bavaria", "Did you mean DE-BY?"),
        ("GB-XX", "Regions: ENG, NIR, SCT, WLS."),
        ("UK", "Did you mean GB (United Kingdom)?"),
        ("EU", 'no public holidays are known for "EU"'),
        ("US-XX", 'US has no region "XX"'),
    ],
)
def test_somebody_misspelt_the_country_of_the_holidays(folder: Path, written: str, said: str) -> None:
    edit(folder, "holidays: LV", f"holidays: {written}")
    result = RUN.invoke(flows, ["check", str(folder)])
    assert result.exit_code == 1
    assert "company.yaml:14:15" in result.output
    assert said in result.output
    assert f'"{written}"' in result.output or f'"{written.partition("-")[0]}"' in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("command", ["test", "play", "publish"])
def test_no_other_command_works_with_a_misspelt_country(folder: Path, command: str) -> None:
    edit(folder, "holidays: LV", "holidays: Lativa")
    result = RUN.invoke(flows, [command, str(folder)])
    assert result.exit_code == 1
    assert "company.yaml:14:15" in result.output
    assert isinstance(result.exception, SystemExit)


def test_small_letters_are_taken_for_a_country(folder: Path) -> None:
    edit(folder, "holidays: LV", "holidays: lv")
    result = RUN.invoke(flows, ["check", str(folder)])
    assert result.exit_code == 0
    assert "Ziemassvētki" in result.output


def test_somebody_kept_the_holidays_of_great_britain_without_a_region(folder: Path) -> None:
    edit(folder, "holidays: LV", "holidays: GB")
    result = RUN.invoke(flows, ["check", str(folder)])
    assert result.exit_code == 0
    assert "Name the region: GB-ENG" in result.output
    assert "[NO_REGION]" in result.output
    edit(folder, "holidays: GB", "holidays: GB-ENG")
    named = RUN.invoke(flows, ["check", str(folder)])
    assert "[NO_REGION]" not in named.output
    assert "next holidays:" in named.output


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('week: {weekdays: ["9:00-17:00"]}', "week: {weekdays: closed}", 'calendar "office" is never open'),
        ('week: {weekdays: ["9:00-17:00"]}', "week: {weekdays: 9-5}", "For the same day write 9:00-17:00."),
        ("{within: 4h}", "{within: 14 days}", ""),
        ("intent: orders", "intent: ordrs", 'Did you mean "orders"?'),
        ('numbers: ["+442079460123"]', 'numbers: ["+4420794601230"]', "has a length that no number of its country has"),
        ("default_language: lv", "default_language: lc", 'no name in the default language "lc"'),
        ("home_country: LV", "home_country: LX", 'home_country "LX" is no country'),
        ("ru: Янтарная мастерская", "rx: Янтарная мастерская", '"rx" is no language. Did you mean "ru"?'),
        (
            "spec: 1",
            "spec: 1\nvoices: {en: Poly.Amy}",
            'voices: "Poly.Amy" is no voice that carriers have. Did you mean Polly.Amy?',
        ),
        ("spec: 1", "spec: 1\nvoices: {fr: Polly.Lea}", 'voices: no flow speaks "fr"'),
        ("zone: Europe/Riga", "zone: Riga", 'Did you mean "Europe/Riga"?'),
        ("zone: Europe/Riga", "zone: Latvia", 'Did you mean "Europe/Riga"?'),
        ("zone: Europe/Riga", "zone: UTC+2", '"UTC+2" is not an IANA time zone, such as Europe/Riga.'),
        ("numbers: {default: reception}", 'numbers: {"+37167000001": reception}', "Add default: FLOW to numbers."),
        ("numbers: {default: reception}", "numbers: {default: receptoin}", 'Did you mean "reception"?'),
        ("numbers: {default: reception}", "numbers: {default: reception, 67000001: reception}", '"+37167000001"?'),
    ],
)
def test_somebody_made_a_slip_in_the_company(folder: Path, old: str, new: str, expected: str) -> None:
    edit(folder, old, new)
    result = RUN.invoke(flows, ["check", str(folder)])
    assert expected in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_a_house_whose_live_company_fails_a_new_check_goes_on_answering(folder: Path, tmp_path: Path) -> None:
    edit(folder, "holidays: LV", "holidays: Lativa")
    url = f"sqlite:///{tmp_path / 'ringback.sqlite3'}"
    upgrade(url)
    engine = open_database(url)
    publish_folder(engine, folder, "published by an earlier version", "test")
    published_flows = PublishedFlows(engine)
    published_flows.refresh()
    flow = published_flows.flow_for(None)
    assert flow is not None
    call = Rehearsal(
        flow, published_flows.company, lambda node, effect, now: perform_effect(effect, published_flows.company, now)
    )
    call.begin(Caller(number="+37120000001"), datetime(2030, 3, 8, 19, tzinfo=UTC))
    call.take(Digits("1"), datetime(2030, 3, 8, 19, 1, tzinfo=UTC))
    call.take(Recorded("RE1", 9), datetime(2030, 3, 8, 19, 2, tzinfo=UTC))
    assert call.path() == ("welcome", "language", "opening", "closed", "mailbox", "closing")
    told = [found for found in check_flows(published_flows) if found.verdict == "wrong"]
    engine.dispose()
    assert [found.subject for found in told] == ["company"]
    assert "company.yaml:14:15" in told[0].says
    assert "Did you mean LV (Latvia)?" in told[0].remedy
