"""A house is rung at a short code, at a SIP address, at a number that the carrier writes in its own way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.field.definitions import COMPANY, write_folder
from tests.field.house import House, OpenHouse

FLOW = """\
spec: 1
flow: {name}
title: Desk
languages: [en]
start: welcome
nodes:
  welcome: {{type: greeting, prompt: {{en: "{words}"}}, next: bye}}
  bye: {{type: end, prompt: {{en: Goodbye.}}}}
"""
NUMBERS = '{default: desk, "+37167000001": main, "1294": short, "sip:second@pbx.example.com": sip}'
WORDS = {"desk": "Anybody.", "main": "Main.", "short": "Short code.", "sip": "By SIP."}


@pytest.fixture
def house(house_of: OpenHouse, tmp_path: Path) -> House:
    folder = write_folder(tmp_path / "flows", FLOW.format(name="desk", words=WORDS["desk"]))
    (folder / "company.yaml").write_text(COMPANY.replace("{default: desk}", NUMBERS), "utf-8")
    for name in ("main", "short", "sip"):
        (folder / f"{name}.yaml").write_text(FLOW.format(name=name, words=WORDS[name]), "utf-8")
    return house_of(folder)


def test_the_called_address_finds_its_flow_however_the_carrier_writes_it(house: House) -> None:
    for to, words in {
        "+37167000001": "Main.",
        "37167000001": "Main.",
        "0037167000001": "Main.",
        "67000001": "Main.",
        "sip:+37167000001@pbx.example.com": "Main.",
        "whatsapp:+37167000001": "Main.",
        "1294": "Short code.",
        "sip:second@pbx.example.com": "By SIP.",
        "+37167000999": "Anybody.",
        "client:somebody": "Anybody.",
    }.items():
        assert house.ring(to=to).words == [words, "Goodbye."], to
