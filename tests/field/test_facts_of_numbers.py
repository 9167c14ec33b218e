"""How callers said numbers, and what is no telephone number.

All messages were left on Monday, 23 November 2026, at 11:00 in Riga. A question mark: not certain.
"""

# ruff: noqa: E501  names of things stand side by side

from __future__ import annotations

import pytest

from tests.voicemail.facts.listener import Listener
from voicemail.facts.other_things import KINDS, LANGUAGES, words_for

EIGHT = {
    "en": "two nine one two three four five six",
    "ru": "два девять один два три четыре пять шесть",
    "lv": "divi deviņi viens divi trīs četri pieci seši",
    "ko": "공일공 일이삼사 오육칠팔",
}
OTHER_THINGS = {
    "en": [
        "customer number", "client number", "membership number", "shipment", "the waybill is", "delivery note", "request number",
        "application number", "password", "case number", "the mileage is", "barcode", "v a t number", "my p i n is",
        "social security number", "personal code", "passport number", "contract", "my date of birth is", "meter reading",
        "voucher code", "cadastre number", "prescription", "flight", "the total is", "the postcode is", "subscriber number",
    ],
    "ru": [
        "номер клиента", "клиентский номер", "номер участника", "номер отправления", "накладная", "номер заявки", "номер заявления",
        "пароль", "номер дела", "пробег", "штрихкод", "инн", "пин код", "снилс", "персональный код", "номер паспорта", "договор",
        "дата рождения", "показания счётчика", "код купона", "кадастровый номер", "рецепт", "рейс", "сумма", "индекс", "абонентский номер",
        "код подтверждения",
    ],
    "lv": [
        "klienta numurs", "abonenta numurs", "biedra numurs", "sūtījuma numurs", "pavadzīme", "pieteikuma numurs", "iesnieguma numurs",
        "parole", "lieta numurs", "čeks numurs", "nobraukums", "svītrkods", "pvn numurs", "pin kods", "personas kods",
        "apliecības numurs", "pases numurs", "līgums", "dzimšanas datums", "skaitītāja rādījums", "kupona kods", "kadastra numurs",
        "recepte", "reiss", "summa", "pasta indekss",
    ],
    "ko": [
        "고객번호는", "고객 번호", "회원번호는", "운송장 번호는", "접수 번호", "신청 번호", "비밀번호는", "사건 번호", "주행 거리는", "바코드", "사업자 번호",
        "주민 번호", "여권 번호", "계약 번호", "생년월일", "계량기", "쿠폰 번호", "처방전 번호", "항공편", "합계는", "우편번호는", "주문 번호", "송장 번호",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("language", "before"), [(lang, one) for lang, names in OTHER_THINGS.items() for one in names])
def test_digits_of_something_else_are_no_telephone_number(language: str, before: str) -> None:
    home = "KR" if language == "ko" else "LV"
    assert Listener().told(f"{before} {EIGHT[language]}", language, home) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_every_language_has_words_for_every_kind_of_other_thing(kind: str) -> None:
    assert all(words_for(kind, language) for language in LANGUAGES)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "two nine one two three four five six that's my customer number"),
        ("en", "two nine one two three four five six is my order number"),
        ("ru", "два девять один два три четыре пять шесть это номер заказа"),
        ("lv", "divi deviņi viens divi trīs četri pieci seši tas ir mans klienta numurs"),
        ("ko", "공일공 일이삼사 오육칠팔 제 고객번호입니다"),
    ],
)
def test_what_it_is_may_be_said_afterwards(language: str, said: str) -> None:
    assert Listener().told(said, language, "KR" if language == "ko" else "LV") == ""


@pytest.mark.parametrize(
    ("language", "home", "said", "facts"),
    [
        ("en", "US", "area code two one two five five five oh one two three", "number +12125550123"),
        (
            "en",
            "US",
            "my area code is two one two and the number is five five five oh one two three",
            "number +12125550123",
        ),
        ("en", "GB", "area code oh two oh seven nine four six oh nine five eight", "number +442079460958"),
        ("en", "GB", "country code three seven one two nine one two three four five six", "number +37129123456"),
        ("en", "LV", "about my order my number is two nine one two three four five six", "number +37129123456"),
        (
            "ru",
            "RU",
            "код города четыреста девяносто пять двести двенадцать тридцать четыре пятьдесят шесть",
            "number +74952123456",
        ),
        (
            "ru",
            "LV",
            "код страны три семь один номер двадцать девять двенадцать тридцать четыре пятьдесят шесть",
            "number +37129123456",
        ),
        (
            "lv",
            "LV",
            "valsts kods trīs septiņi viens divi deviņi viens divi trīs četri pieci seši",
            "number +37129123456",
        ),
        (
            "lv",
            "LV",
            "par pasūtījumu mans numurs ir divi deviņi viens divi trīs četri pieci seši",
            "number +37129123456",
        ),
        ("ko", "KR", "지역번호 공이 일이삼사 오육칠팔", "number +82212345678"),
        ("ko", "KR", "국가번호 팔이 일공 일이삼사 오육칠팔", "number +821012345678"),
    ],
)
def test_an_area_or_country_code_begins_a_number(language: str, home: str, said: str, facts: str) -> None:
    assert Listener().told(said, language, home) == facts


@pytest.mark.parametrize(
    ("language", "home", "said", "facts"),
    [
        ("en", "GB", "oh seven nine one one one two three four five six no sorry seven", "number +447911123457"),
        ("ru", "LV", "два девять один два три четыре пять шесть нет восемь", "number +37129123458"),
        ("lv", "LV", "divi deviņi viens divi trīs četri pieci seši nē septiņi", "number +37129123457"),
        ("ko", "KR", "공일공 일이삼사 오육칠팔 아니 구", "number +821012345679"),
        # A digit that counts something is no correction, and it is not sure that none was meant.
        ("en", "LV", "two nine one two three four five six sorry one more thing", "number +37129123456?"),
        ("en", "LV", "two nine one two three four five six no one answers there", "number +37129123456?"),
    ],
)
def test_a_single_digit_can_be_corrected(language: str, home: str, said: str, facts: str) -> None:
    assert Listener().told(said, language, home) == facts


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        ("two nine one two three for five six", "number +37129123456?"),
        ("two nine one too three four five six", "number +37129123456?"),
        ("two nine one two three four five ate", "number +37129123458"),
        ("two nine won two three four five six", "number +37129123456"),
        ("two nine one two three four five six for the kitchen", "number +37129123456"),
        ("two nine one two three four five six to order", "number +37129123456"),
        ("we were two to three hours late", ""),
    ],
)
def test_words_that_sound_like_digits_are_digits_among_digits(said: str, facts: str) -> None:
    assert Listener().told(said, "en", "LV") == facts


@pytest.mark.parametrize(
    ("language", "home", "said", "number", "extension"),
    [
        (
            "en",
            "GB",
            "oh two oh seven nine four six oh nine five eight extension two one four",
            "+442079460958",
            "214",
        ),
        ("en", "LV", "six seven one two three four five six extension number is twelve thanks", "+37167123456", "12"),
        (
            "ru",
            "LV",
            "шесть семь один два три четыре пять шесть добавочный сто двадцать спасибо",
            "+37167123456",
            "120",
        ),
        ("lv", "LV", "seši septiņi viens divi trīs četri pieci seši iekšējais divpadsmit", "+37167123456", "12"),
        ("ko", "KR", "공이 일이삼사 오육칠팔 내선 이일사입니다", "+82212345678", "214"),
    ],
)
def test_an_extension_is_shown_with_its_number(
    language: str, home: str, said: str, number: str, extension: str
) -> None:
    (fact,) = Listener().facts(said, language, home)
    assert (fact.value, fact.extension) == (number, extension)


@pytest.mark.parametrize(
    ("language", "home", "said", "facts"),
    [
        ("en", "LV", "two nine one two three four five six two o'clock", "number +37129123456; time 14:00?"),
        ("en", "LV", "two nine one two three four five six three p m", "number +37129123456; time 15:00"),
        ("en", "LV", "two nine one two three four five six twenty four hours a day", "number +37129123456"),
        ("ru", "LV", "два девять один два три четыре пять шесть два часа дня", "number +37129123456; time 14:00"),
        ("lv", "LV", "divi deviņi viens divi trīs četri pieci seši divos", "number +37129123456; time 14:00?"),
        ("ko", "KR", "공일공 일이삼사 오육칠팔 십사 시에", "number +821012345678; time 14:00"),
        ("ko", "KR", "공일공 일이삼사 오육칠팔 두 시에", "number +821012345678; time 14:00?"),
    ],
)
def test_an_hour_right_behind_a_number_is_not_part_of_it(language: str, home: str, said: str, facts: str) -> None:
    assert Listener().told(said, language, home) == facts


@pytest.mark.parametrize(
    ("language", "home", "said"),
    [
        ("ko", "KR", "오후 [5] 시에 전화 주세요"),
        ("ko", "KR", "[5] 시에 전화 주세요"),
        ("ko", "KR", "[0] [10] 일이삼사 오육칠팔"),
        ("ko", "KR", "[12] 월 [5] 일"),
        ("ko", "KR", "[01]m [2] 시간 뒤에"),
        ("en", "LV", "at [5] p m"),
        ("lv", "LV", "[29] [123456]"),
        ("ru", "LV", "[29] <unk> [123456] в [5] часов вечера"),
    ],
)
def test_marks_of_a_model_are_no_digits(language: str, home: str, said: str) -> None:
    assert Listener().told(said, language, home) == ""
