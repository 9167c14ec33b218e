"""Korean number words: the Chinese ones, said digit by digit, and the native ones."""

# ruff: noqa: E501  a choice of words is one line

from __future__ import annotations

import re
from functools import lru_cache

from voicemail.facts.numerals.numeral import NumberWords, forms, stems, words
from voicemail.facts.other_things import announcements, told_behind

_CHINESE = {0: "공 영", 1: "일", 2: "이", 3: "삼", 4: "사", 5: "오", 6: "육 륙", 7: "칠", 8: "팔", 9: "구"}
_NATIVE = {1: "하나", 2: "둘", 3: "셋", 4: "넷", 5: "다섯", 6: "여섯", 7: "일곱", 8: "여덟 여덜", 9: "아홉"}
_NATIVE_TENS = {
    10: "열",
    20: "스물",
    30: "서른",
    40: "마흔",
    50: "쉰",
    60: "예순",
    70: "일흔",
    80: "여든",
    90: "아흔",
}
# Before a noun, as in 세 시; "스무" too.
COUNTING = {1: "한", 2: "두", 3: "세", 4: "네", 20: "스무"}

WORDS = NumberWords(
    numerals={
        **forms("digit", _CHINESE),
        **forms("digit", _NATIVE),
        **forms("round", _NATIVE_TENS),
        **forms("scale", {10: "십", 100: "백", 1000: "천"}),
    },
    plus=words("플러스 +"),
    repeats={},
    joints=frozenset(),
    hyphens=words("에 다시 대시 국에 국 의 하이픈 그다음 다음"),
    fillers=words("음 어 저 그 네 예 그리고"),
    corrections=words("아니 아니요 아니다 아뇨 죄송합니다 죄송해요 미안합니다 잠깐만요 잠시만요 정정합니다 아니고"),
    apologies=words("아 잘못 말했네요 말씀드렸네요 말씀드렸어요"),
    closings=words("감사합니다 부탁드립니다 부탁드려요 전화 연락 이에요 입니다 예요 요 그리고"),
    sounds_like={},
    never_else=frozenset(),
    announcements=announcements(
        "ko",
        telephones="전화|휴대|핸드폰|연락|연락처|폰|(?:제|저희|내|우리) (?:번호|넘버)",
        numbered="(?!(?:전화|핸드폰|휴대|연락|집|회사|사무실|지역|국가|국번|직통|대표|개인|업무|남편|아내|엄마|아빠|아들|딸|제|저희|내|우리|이|그|저|새|다른|같은|아래|다음|그리고|그럼|맞는) ?번호)[가-힣]+ ?번호",
        area_codes="지역 ?번호|지역 ?코드|국번",
        verbs="[하했한할해]",
        country_codes="국가 ?번호|국가 ?코드|나라 ?번호",
    ),
    links=words("이고 그리고 번호는 번호 전화번호는 전화번호 전화 그다음"),
    told_behind=told_behind(
        "ko", "(?:(?:제|저희|우리|그게|이게) )?(?=[^ ]* ?(?:번호|코드)(?:입니다|예요|이에요|이고|인데))"
    ),
    extensions=words("내선 내선번호 내선번호는"),
    extension_links=words("번호 번호는"),
    clock_units=r"시(?:간|에|쯤|까지|부터|반)?|분|오전|오후",
    units=stems("원 유로 달러 퍼센트 개 킬로 그램 미터 리터 톤 명 만 억 % ₩ 년 평 박스 상자 마일 점 세제곱 와트 회"),
)

_NUMERAL = "|".join(sorted(WORDS.numerals, key=len, reverse=True))
_HYPHEN = "국에|에|다시|대시|국|의"
_ENDING = (
    "(?:번(?:호)?)?(?:이고요|이고|이에요|이예요|에요|예요|입니다|이구요|이라고요|라고요|인데요|인데|이요|요|고요|고|이니까|니까|으로|로|은|는|이|가|을|를"
    "|이랑|랑|이나|나|이며|며|이라|라|까지|부터|한테)?"
)
_WORD = re.compile(rf"((?:{_NUMERAL}|{_HYPHEN})+?)({_ENDING})")
_PIECE = re.compile(rf"{_NUMERAL}|{_HYPHEN}")
_NEVER_NUMBERS = frozenset(["이번", "이번에", "이번에는"])
# A word that only ends the sentence after the digits, or is their last digit with an ending.
_COPULA = re.compile("이(?:고요|고|에요|예요|요|구요|라고요|니까|며)")


@lru_cache(maxsize=4096)
def split(word: str) -> tuple[tuple[str, bool], ...]:
    """The numerals and spoken hyphens that a word consists of, each with whether it may be no digit but an ending.

    공일공에 → 공 일 공 에; 팔이에요 → 팔 이?, for 이 is two or belongs to the ending. Any other word comes back whole.
    """
    if _COPULA.fullmatch(word):
        return (("이", True),)
    match = _WORD.fullmatch(word)
    if word in _NEVER_NUMBERS:
        return ((word, False),)
    if match is None or (word in WORDS.fillers or word in WORDS.corrections or word in WORDS.hyphens):
        return ((word, False),)
    pieces = [(piece, False) for piece in _PIECE.findall(match[1])]
    if match[2].startswith("이"):
        pieces.append(("이", True))
    if word == "이":
        return (("이", True),)
    return tuple(pieces)
