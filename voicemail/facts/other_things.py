"""What else a business's callers read out in digits: one row a kind, one column a language.

A run of digits behind such a word is no telephone number. A kind that one language lacks would be shown as a number to ring in
that language alone, so every row has all of them, as beginnings of words; a word with "." is a whole word.
"""

# ruff: noqa: E501  a kind is one row

from __future__ import annotations

import re
from collections.abc import Mapping

Language = str

# kind: en, ru, lv (without diacritics), ko
_TABLE: Mapping[str, tuple[str, str, str, str]] = {
    "order": ("order|purchase", "заказ", "pasutijum", "주문|발주"),
    "invoice": ("invoice|bill number|billing|the bill|my bill", "счет|инвойс", "rekin|ceka|ceks", "송장|청구|계산서|고지서"),
    "receipt": ("receipt|coupon|voucher|gift card", "чек|квитанц|купон|ваучер|сертификат", "kvit|kupon|davanu kart|vaucer", "영수증|쿠폰|상품권"),
    "customer": ("customer|client", "клиент|покупател", "klient|pircej", "고객번호|고객 번호|고객코드|고객 코드|고객아이디"),
    "membership": ("member|subscriber|subscription|loyalty", "абонент|член|подписк|участник|бонусн", "abonent|biedr|abonement|lojalit", "회원번호|회원 번호|멤버|구독|가입번호|가입 번호|포인트"),
    "account": ("account|iban|sort code|routing", "лицев|расчетн|бик.|iban", "konta|konts|konto|iban", "계좌|계정|통장"),
    "contract": ("contract|agreement|policy|insurance", "договор|контракт|полис|страхов", "ligum|polis|apdrosin", "계약|증권|보험"),
    "parcel": ("parcel|package|shipment|tracking|waybill|delivery note|delivery number|consignment|shipping", "посылк|отправлен|трек|накладн|номер доставки|груз", "sutijum|pavadzim|piegades num|piegades kod|kravas|pakas|paka.", "운송장|택배|소포|배송번호|배송 번호|화물"),
    "request": ("request number|request id|the request|my request|our request|application|inquiry|enquiry|ticket|complaint|claim|case number|case id|case file|the case|my case|our case|incident", "заявк|заявлен|обращени|запрос|жалоб|претенз|тикет|дело.|дела.|делу.|инцидент", "pieteikum|iesniegum|pieprasijum|sudzib|lieta.|lietas|lietu.|pretenzij|incident", "접수|신청번호|신청 번호|문의번호|문의 번호|민원|사건|티켓|요청번호|요청 번호|클레임"),
    "reference": ("reference|ref.|confirmation", "референс|подтвержден|ссылк|исходящ|входящ", "atsauc|apstiprinajum", "참조|확인번호|승인"),
    "booking": ("booking|reservation|appointment number", "бронь|брон|номер записи|талон", "rezerv|pieraksta num", "예약"),
    "password": ("password|passcode|pin.|p i n|code|security number", "парол|пин|код", "parol|pin.|kods|koda|kodu|kodam", "비밀번호|암호|핀번호|인증|코드"),
    "card": ("card", "карт", "kart", "카드"),
    "tax": ("vat.|v a t|tax", "инн.|налог|огрн|кпп.", "pvn|nodok", "사업자|세금|부가세"),
    "person": ("social security|national insurance|personal code|personal id|identity|identification|id number|id card|i d number|i d card|birth|born", "снилс|персональ|личный код|идентификац|рожден|родил", "personas|identit|identifik|dzim", "주민|신분|등록|생년|생일"),
    "papers": ("passport|licence|license|certificate|permit", "паспорт|удостоверен|водительск|свидетельств|лицензи|разрешен", "pases|pase.|apliecib|licenc|sertifikat|atlauj", "여권|면허|증명|허가|자격증"),
    "registration": ("registration|company number|number plate|plate|chassis|vin.|cadastr", "регистрац|госномер|гос номер|кадастр|шасси|вин.", "registr|valsts numur|kadastr|sasij", "차량|번호판|차대|지번"),
    "article": ("article|model|barcode|bar code|part number|item number|item code|product number|product code|catalog|sku.", "артикул|модел|штрих|номер детали|код товара|номер товара|каталож", "artikul|model|svitrkod|svitru kod|preces kod|preces num|detalas num|katalog", "모델|바코드|품번|품목|상품번호|상품 번호|부품번호|부품 번호"),
    "serial": ("serial|batch|lot number|version|imei", "серийн|парти|верси|имей|серия|серии", "serij|partij|versij|imei", "시리얼|일련|제조번호|버전|로트"),
    "meter": ("meter|reading|mileage|odometer", "счетчик|показани|пробег|одометр", "skaititaj|radijum|nobraukum|odometr", "계량기|검침|지침|주행"),
    "size": ("size|dimension|measure|weigh|width|height|length", "размер|габарит|весит|вес.|ширин|высот|длин", "izmer|svars|sver|platum|augstum|garum", "사이즈|치수|크기|무게|길이|높이|너비"),
    "money": ("price|pay|amount|total|cost|paid|salary", "цена|цену|цены|сумм|итого|стоит|стоимост|к оплате|заплат", "cena|cenu|summ|kopsumm|maksa|samaks", "가격|금액|합계|총액|결제|요금"),
    "place": ("address|postcode|post code|postal|zip.|street|apartment|flat.|room|floor", "адрес|индекс|улиц|квартир|кабинет|этаж|дом.", "adres|indeks|iela|dzivokl|kabinet|stavs|majas", "주소|우편|호실|번지|층"),
    "journey": ("flight|train|bus.|seat|coach", "рейс|поезд|вагон|автобус|место.", "reis|vilcien|vagon|autobus|sedvieta", "항공|편명|열차|버스|좌석|기차"),
    "medicine": ("patient|prescription|medical record|health card", "пациент|рецепт|медицинск|амбулатор", "pacient|recept|medicin|slimnicas", "환자|처방|진료|병록"),
    "user": ("user|employee|staff|student|id.|i d.|login", "пользовател|ай ди|айди|сотрудник|табельн|логин|студенческ", "lietotaj|darbinieka|studenta|tabeles", "사용자|직원|사번|학번|아이디"),
    "payment": ("transaction|payment|transfer|loan|credit|mortgage|deposit", "транзакц|платеж|перевод|кредит|займ|ипотек|депозит", "transakcij|maksajum|parskaitijum|kredit|aizdevum|hipotek|depozit", "거래|이체|송금|대출|보증금"),
    "document": ("document|file number|quote|estimate|project|protocol|report number|job number|work order", "документ|протокол|смет|проект|отчет|наряд|акт.|акта.", "dokument|protokol|tame|tames|projekt|akts|akta.|atskait", "문서|서류|견적|프로젝트|보고서|공문"),
    "storage": ("locker|box number|warehouse|container|pallet", "ячейк|коробк|склад|контейнер|поддон", "skapis|skapisa|kastes num|noliktav|konteiner|pakomat", "사물함|박스번호|창고|컨테이너|보관함"),
    "display": ("display|screen|error|shows|winning|coordinates|counted", "экран|табло|ошибк|координат|показывает|выигрыш", "ekran|displej|kluda|koordinat|rada.|laimest", "화면|오류|에러|좌표|당첨"),
    "page": ("page|chapter|extension", "страниц|строк|добавочн", "lapp|rind|ieksej", "페이지|쪽|내선"),
}  # fmt: skip

LANGUAGES: tuple[Language, ...] = ("en", "ru", "lv", "ko")
KINDS = tuple(_TABLE)


def words_for(kind: str, language: Language) -> tuple[str, ...]:
    """The beginnings of words by which this language says this kind."""
    return tuple(word for word in _TABLE[kind][LANGUAGES.index(language)].split("|") if word)


def announcements(
    language: Language, *, telephones: str, area_codes: str, country_codes: str, numbered: str, verbs: str = "(?!)"
) -> re.Pattern[str]:
    """What may stand before a run of digits: the group that matched says what it announces.

    `numbered`: the number of any other thing (file number); `verbs`: endings that make a thing something to do (예약하다).
    """
    return re.compile(
        f"(?<![^ ])(?:(?P<country>{country_codes})|(?P<area>{area_codes})|(?P<telephone>{telephones})"
        f"|(?P<other>(?:{_choice(language)})(?!{verbs})|{numbered}))"
    )


def told_behind(language: Language, leads: str) -> re.Pattern[str]:
    """What may stand behind a run of digits that is something else: "that's my order number"."""
    return re.compile(f"(?:{leads})(?:{_choice(language)})")


def _choice(language: Language) -> str:
    words = {word for kind in KINDS for word in words_for(kind, language)}
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return "|".join(re.escape(word.rstrip(".")) + (r"\b" if word.endswith(".") else "") for word in longest_first)
