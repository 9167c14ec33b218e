"""A model is tried once, and a fault that a trial found is looked for again later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from voicemail.models import condition
from voicemail.models.condition import fault, known_fault, missing_files
from voicemail.models.installed import InstalledModel

LAYOUTS = {
    "with folders": ("am/final.mdl", "conf/model.conf", "conf/mfcc.conf", "graph/HCLG.fst"),
    "with another kind of features": ("am/final.mdl", "conf/model.conf", "conf/fbank.conf", "graph/HCLG.fst"),
    "without folders": ("final.mdl", "mfcc.conf", "HCLG.fst"),
}


def made(folder: Path, *parts: str) -> InstalledModel:
    for part in parts:
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        (folder / part).write_bytes(b"x")
    return InstalledModel("xx", folder.name, folder)


@pytest.mark.parametrize("parts", LAYOUTS.values(), ids=LAYOUTS)
def test_each_layout_that_vosk_reads_is_complete_with_its_own_files(tmp_path: Path, parts: tuple[str, ...]) -> None:
    model = made(tmp_path / "xx", *parts)
    assert missing_files(model.path) == []
    for part in parts[1:]:
        (model.path / part).unlink()
        assert len(missing_files(model.path)) >= 1
        (model.path / part).touch()


def test_a_fault_is_remembered_for_ten_minutes_and_then_looked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = made(tmp_path / "xx", *LAYOUTS["with folders"])
    with time_machine.travel(datetime(2026, 11, 23, 9, 0, tzinfo=UTC), tick=False) as clock:
        found = fault(model, tmp_path)
        assert found is not None
        assert found.startswith("Vosk cannot use it")
        assert known_fault(model, tmp_path) == found
        trials: list[str] = []

        def works(_folder: Path, fingerprint: str, _slot: int) -> condition._Trial:
            trials.append(fingerprint)
            return condition._Trial(fingerprint, None, 0.0)

        monkeypatch.setattr(condition, "_tried", works)
        assert fault(model, tmp_path) == found
        assert trials == []
        clock.shift(timedelta(minutes=11))
        assert fault(model, tmp_path) is None
        assert known_fault(model, tmp_path) is None
        assert fault(model, tmp_path) is None
        assert len(trials) == 1


def test_where_nothing_can_be_kept_a_model_is_tried_all_the_same(tmp_path: Path) -> None:
    model = made(tmp_path / "xx", *LAYOUTS["with folders"])
    (tmp_path / "models").touch()  # no folder
    assert str(fault(model, tmp_path / "models")).startswith("Vosk cannot use it")
