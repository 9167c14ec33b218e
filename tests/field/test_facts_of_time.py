"""What callers said about days and hours, and what must not be called certain.

All messages were left on Monday, 23 November 2026, at 11:00 in Riga, unless a row says otherwise. A question mark: not certain.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.voicemail.facts.listener import RIGA, Listener
from voicemail.facts import find_facts

HOMES = {"en": "GB", "ru": "RU", "lv": "LV", "ko": "KR"}


def told(language: str, said: str) -> str:
    return Listener().told(said, language, HOMES[language])


@pytest.mark.parametrize(
    ("language", "said", "facts"),
    [
        ("en", "call me in an hour and a half", "time 12:30"),
        ("en", "call me in an hour and twenty minutes", "time 12:20"),
        ("en", "i can be there in two hours and fifteen minutes", "time 13:15"),
        ("en", "in two and a half hours please", "time 13:30"),
        ("en", "in an hour or two", "time 12:00?"),
        ("en", "in a week and a half", "date 2026-11-30?"),
        ("en", "in a day or two", ""),
        ("en", "in two hours or so", "time 13:00?"),
        ("ru", "перезвоните через час с половиной", "time 12:30"),
        ("ru", "перезвоните через час двадцать", "time 12:20"),
        ("ru", "через два часа тридцать минут", "time 13:30"),
        ("ru", "через два с половиной часа", "time 13:30"),
        ("ru", "через полтора часа", "time 12:30"),
        ("ru", "через час другой", "time 12:00?"),
        ("ru", "через неделю или две", "date 2026-11-30?"),
        ("lv", "zvaniet pēc stundas un divdesmit minūtēm", "time 12:20"),
        ("lv", "pēc pusotras stundas", "time 12:30"),
        ("lv", "pēc divarpus stundām", "time 13:30"),
        ("lv", "pēc stundas vai divām", "time 12:00?"),
        ("lv", "pēc nedēļas vai divām", "date 2026-11-30?"),
        ("ko", "두 시간 삼십 분 뒤에 전화 주세요", "time 13:30"),
        ("ko", "한 시간 반 뒤에 전화 주세요", "time 12:30"),
        ("ko", "한 시간쯤 뒤에 전화 주세요", "time 12:00?"),
        ("ko", "한 두 시간 뒤에 전화 주세요", "time 13:00?"),
    ],
)
def test_the_rest_of_a_length_counts(language: str, said: str, facts: str) -> None:
    assert told(language, said) == facts


@pytest.mark.parametrize(
    ("language", "said", "facts"),
    [
        ("en", "a week from today", "date 2026-11-30"),
        ("en", "a week from tomorrow", "date 2026-12-01"),
        ("en", "tomorrow week", "date 2026-12-01"),
        ("en", "two weeks from tomorrow", "date 2026-12-08"),
        ("en", "friday week", "date 2026-12-04"),
        ("en", "the friday after next", "date 2026-12-04?"),
        ("en", "two weeks from friday", "date 2026-12-11"),
        ("en", "a fortnight on friday", "date 2026-12-11"),
        ("en", "this past friday", "date 2026-11-20"),
        ("en", "the friday before last", "date 2026-11-13"),
        ("en", "two days before friday", "date 2026-11-27?"),
        ("en", "the first friday of december", "date 2026-11-27?"),
        ("en", "every friday", "date 2026-11-27?"),
        ("ru", "в пятницу через неделю", "date 2026-12-04?"),
        ("ru", "через две недели в пятницу", "date 2026-12-11?"),
        ("ru", "в позапрошлую пятницу", "date 2026-11-13"),
        ("ru", "за два дня до пятницы", "date 2026-11-27?"),
        ("ru", "в первую пятницу декабря", "date 2026-11-27?"),
        ("ru", "каждую пятницу", "date 2026-11-27?"),
        ("lv", "aizpagājušajā piektdienā", "date 2026-11-13"),
        ("lv", "pēc nedēļas piektdien", "date 2026-12-04?"),
        ("lv", "divas dienas pirms piektdienas", "date 2026-11-27?"),
        ("lv", "katru piektdienu", "date 2026-11-27?"),
        ("lv", "piektdienās no desmitiem līdz diviem", "time 10:00?; time 14:00?"),
        ("ko", "지지난주 금요일", "date 2026-11-13"),
        ("ko", "일주일 뒤 금요일에", "date 2026-12-04?"),
        ("ko", "매주 금요일에", "date 2026-11-27?"),
        ("ko", "금요일마다 갑니다", "date 2026-11-27?"),
    ],
)
def test_what_shifts_a_day_counts(language: str, said: str, facts: str) -> None:
    assert told(language, said) == facts


@pytest.mark.parametrize(
    ("language", "said", "facts"),
    [
        ("en", "the fourth of july nineteen seventy six", "date 1976-07-04"),
        ("en", "i was born on the second of may nineteen oh five", "date 1905-05-02"),
        ("en", "the twelfth of march two thousand and six", "date 2006-03-12"),
        ("en", "my date of birth is the fourth of july", "date 2027-07-04?"),
        ("en", "december twenty twenty six", ""),
        ("en", "july nineteen seventy six", ""),
        ("ru", "пятого марта тысяча девятьсот восемьдесят второго года", "date 1982-03-05"),
        ("ru", "пятого марта восемьдесят второго года", "date 1982-03-05"),
        ("ru", "пятого марта тысяча девятьсот восьмидесятого года", "date 1980-03-05"),
        ("ru", "дата рождения пятое марта", "date 2027-03-05?"),
        ("lv", "tūkstoš deviņi simti astoņdesmit otrā gada piektajā martā", "date 1982-03-05"),
        ("lv", "esmu dzimis piektajā martā", "date 2027-03-05?"),
        ("lv", "astoņdesmit otrā gada piektajā martā", "date 1982-03-05"),
        ("ko", "천구백팔십이년 삼월 오일생", "date 1982-03-05"),
        ("ko", "팔십이년 삼월 오일생이고요", "date 1982-03-05"),
        ("ko", "생일은 삼월 오일입니다", "date 2027-03-05?"),
    ],
)
def test_a_date_of_birth_is_a_date_of_the_past(language: str, said: str, facts: str) -> None:
    assert told(language, said) == facts


@pytest.mark.parametrize(
    ("language", "said", "facts"),
    [
        ("en", "tomorrow three to four p m", "date 2026-11-24T15:00+02:00; time 16:00"),
        ("en", "we are open nine to six p m", "time 09:00?; time 18:00"),
        ("en", "eight to four p m", "time 08:00?; time 16:00"),
        ("en", "any time six to eight in the evening", "time 18:00; time 20:00"),
        ("en", "ten to twelve in the morning", "time 11:50?"),
        ("en", "from twenty to five p m", "time 16:40"),
        ("en", "from ten to twelve p m", "time 10:00?; time 12:00"),
        ("en", "at ten to four", "time 15:50?"),
        ("en", "it takes from two to three weeks", ""),
        ("ru", "с трёх до четырёх дня", "time 15:00; time 16:00"),
        ("ru", "между тремя и четырьмя часами дня", "time 15:00; time 16:00"),
        ("ru", "от двух до трёх недель", ""),
        ("lv", "no trijiem līdz četriem dienā", "time 15:00; time 16:00"),
        ("lv", "starp trijiem un četriem", "time 15:00?; time 16:00?"),
        ("lv", "no divām līdz trim nedēļām", ""),
        ("ko", "오후 세 시에서 네 시 사이에", "time 15:00; time 16:00?"),
        ("ko", "오후 세 네 시쯤", "time 16:00?"),
    ],
)
def test_a_span_has_two_ends(language: str, said: str, facts: str) -> None:
    assert told(language, said) == facts


@pytest.mark.parametrize(
    ("language", "said", "recorded_at", "facts"),
    [
        ("en", "in twenty four hours", datetime(2026, 11, 23, 9, tzinfo=UTC), "date 2026-11-24T11:00+02:00"),
        ("en", "in twelve hours", datetime(2026, 11, 23, 21, 10, tzinfo=UTC), "date 2026-11-24T11:10+02:00"),
        ("ru", "через двенадцать часов", datetime(2026, 11, 23, 21, 10, tzinfo=UTC), "date 2026-11-24T11:10+02:00"),
        ("lv", "pēc divpadsmit stundām", datetime(2026, 11, 23, 21, 10, tzinfo=UTC), "date 2026-11-24T11:10+02:00"),
        ("ko", "열두 시간 뒤에", datetime(2026, 11, 23, 21, 10, tzinfo=UTC), "date 2026-11-24T11:10+02:00"),
        # The night of 25 October 2026: the clocks are put back from 04:00 to 03:00.
        ("en", "in three hours", datetime(2026, 10, 24, 22, 30, tzinfo=UTC), "time 03:30"),
        ("en", "tomorrow at three thirty a m", datetime(2026, 10, 24, 9, tzinfo=UTC), "date 2026-10-25T03:30+03:00?"),
        # The night of 28 March 2027: they are put forward from 03:00 to 04:00.
        ("en", "in three hours", datetime(2027, 3, 27, 23, 30, tzinfo=UTC), "time 05:30"),
        ("en", "tomorrow at three thirty a m", datetime(2027, 3, 27, 9, tzinfo=UTC), "date 2027-03-28T04:30+03:00?"),
        ("en", "tomorrow at three thirty p m", datetime(2027, 3, 27, 9, tzinfo=UTC), "date 2027-03-28T15:30+03:00"),
    ],
)
def test_a_length_is_no_reading_of_a_clock(language: str, said: str, recorded_at: datetime, facts: str) -> None:
    found = find_facts(Listener().words(said), language, HOMES[language], recorded_at, RIGA)
    assert "; ".join(f"{one.kind} {one.value}{'' if one.is_certain else '?'}" for one in found) == facts


@pytest.mark.parametrize(
    ("language", "said", "facts"),
    [
        ("en", "friday december the fifth", "date 2026-12-05?"),
        ("en", "on monday the eighth of december", "date 2026-12-08?"),
        ("en", "tomorrow wednesday", "date 2026-11-24?; date 2026-11-25?"),
        ("en", "tomorrow tuesday", "date 2026-11-24"),
        ("ru", "в пятницу пятого декабря", "date 2026-12-05?"),
        ("ru", "завтра в среду", "date 2026-11-24?; date 2026-11-25?"),
        ("lv", "pirmdien astotajā decembrī", "date 2026-12-08?"),
        ("lv", "rīt trešdien", "date 2026-11-24?; date 2026-11-25?"),
        ("ko", "십이월 오일 금요일", "date 2026-12-05?"),
        ("ko", "십이월 사일 금요일", "date 2026-12-04"),
        ("ko", "내일 수요일에", "date 2026-11-24?; date 2026-11-25?"),
    ],
)
def test_weekday_and_day_must_agree(language: str, said: str, facts: str) -> None:
    assert told(language, said) == facts


@pytest.mark.parametrize(
    ("language", "said", "facts"),
    [
        ("en", "tomorrow at midnight", "date 2026-11-24T00:00+02:00?"),
        ("en", "midnight on friday", "date 2026-11-27T00:00+02:00?"),
        ("en", "tomorrow at twelve at night", "date 2026-11-24T00:00+02:00?"),
        ("ru", "завтра в полночь", "date 2026-11-24T00:00+02:00?"),
        ("ru", "завтра в двенадцать ночи", "date 2026-11-24T00:00+02:00?"),
        ("ru", "завтра в час ночи", "date 2026-11-24T01:00+02:00?"),
        ("lv", "rīt pusnaktī", "date 2026-11-24T00:00+02:00?"),
        ("ko", "내일 자정까지", "date 2026-11-24T00:00+02:00?"),
        ("ko", "내일 밤 열두 시에", "date 2026-11-24T00:00+02:00?"),
    ],
)
def test_midnight_may_be_either_end_of_a_day(language: str, said: str, facts: str) -> None:
    assert told(language, said) == facts


@pytest.mark.parametrize(
    ("language", "said", "facts"),
    [
        ("en", "on tuesday no sorry wednesday", "date 2026-11-25"),
        ("en", "call me at three i mean at four", "time 16:00?"),
        ("en", "call me at three no wait four", "time 16:00?"),
        ("en", "tomorrow at three p m no sorry at four p m", "date 2026-11-24T16:00+02:00"),
        ("en", "tomorrow at three p m sorry on thursday", "date 2026-11-26T15:00+02:00?"),
        ("en", "on the fifth of march no the sixth", "date 2027-03-06"),
        ("en", "tomorrow at nine in the morning no in the evening", "date 2026-11-24T09:00+02:00?"),
        ("ru", "во вторник нет извините в среду", "date 2026-11-25"),
        ("ru", "завтра в три нет в четыре", "date 2026-11-24T16:00+02:00?"),
        ("ru", "пятого марта нет шестого", "date 2027-03-06"),
        ("ru", "не во вторник а в среду", "date 2026-11-24?; date 2026-11-25"),
        ("lv", "otrdien nē atvainojiet trešdien", "date 2026-11-25"),
        ("lv", "rīt trijos nē četros", "date 2026-11-24T16:00+02:00?"),
        ("lv", "nevis otrdien bet trešdien", "date 2026-11-24?; date 2026-11-25"),
        ("ko", "화요일 아니 수요일에 전화 주세요", "date 2026-11-25"),
        ("ko", "내일 오후 세 시 아니 네 시에 전화 주세요", "date 2026-11-24T16:00+02:00?"),
        ("ko", "화요일 말고 수요일에 전화 주세요", "date 2026-11-25"),
    ],
)
def test_a_corrected_day_or_hour_is_the_later_one(language: str, said: str, facts: str) -> None:
    assert told(language, said) == facts


@pytest.mark.parametrize(
    ("language", "said", "facts"),
    [
        ("en", "in a couple of hours", "time 13:00?"),
        ("en", "two hours from now", "time 13:00"),
        ("en", "three days from now", "date 2026-11-26"),
        ("en", "next week", "date 2026-11-30?"),
        ("en", "at the weekend", "date 2026-11-28?"),
        ("en", "by the end of the month", "date 2026-11-30?"),
        ("ru", "через пару часов", "time 13:00?"),
        ("ru", "часа через два", "time 13:00?"),
        ("ru", "на следующей неделе", "date 2026-11-30?"),
        ("ru", "на выходных", "date 2026-11-28?"),
        ("ru", "до конца месяца", "date 2026-11-30?"),
        ("lv", "pēc pāris stundām", "time 13:00?"),
        ("lv", "nākamnedēļ", "date 2026-11-30?"),
        ("lv", "nedēļas nogalē", "date 2026-11-28?"),
        ("lv", "līdz mēneša beigām", "date 2026-11-30?"),
        ("ko", "다음 주에 전화 주세요", "date 2026-11-30?"),
        ("ko", "주말에 전화 주세요", "date 2026-11-28?"),
        ("ko", "이번 달 말까지 부탁드립니다", "date 2026-11-30?"),
        ("ko", "이틀 뒤에 전화 주세요", "date 2026-11-25"),
    ],
)
def test_rough_times_are_found_and_never_certain(language: str, said: str, facts: str) -> None:
    assert told(language, said) == facts


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "i called you on friday and nobody answered"),
        ("en", "your man was here on monday"),
        ("en", "i have been waiting since friday"),
        ("ru", "в пятницу я уже звонила вам"),
        ("ru", "я заказывал у вас в пятницу"),
        ("lv", "es zvanīju jums piektdien"),
        ("lv", "piektdien pasūtīju durvis"),
        ("ko", "금요일에 주문했는데 아직 안 왔어요"),
        ("ko", "삼월 오일에 결제했습니다"),
    ],
)
def test_a_day_of_which_somebody_tells_what_has_been_is_not_surely_the_coming_one(language: str, said: str) -> None:
    (fact,) = Listener().facts(said, language, HOMES[language])
    assert not fact.is_certain
