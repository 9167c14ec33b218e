"""Latvian number words without their diacritics, as some recognisers write them."""

# ruff: noqa: E501  a choice of words is one line

from __future__ import annotations

from voicemail.facts.numerals.numeral import NumberWords, forms, inflected, stems, words
from voicemail.facts.other_things import announcements, told_behind

_DIGITS = {
    0: "nulle nulli nullei",
    1: "viens viena vienu vienam vienai vienos vieniem vienas",
    2: "divi divas divu diviem divam divos div",
    3: "tris triju trijiem trim trijos trijam trijas",
    4: "cetri cetras cetru cetriem cetros cetram cetr",
    5: "pieci piecas piecu pieciem piecos piecam piec",
    6: "sesi sesas sesu sesiem sesos sesam ses",
    7: "septini septinas septinu septiniem septinos septinam septin",
    8: "astoni astonas astonu astoniem astonos astonam aston",
    9: "devini devinas devinu deviniem devinos devinam devin",
}
_SEVERAL = {0: "nul"}
_SEVERAL_STEMS = {
    1: "vieniniek",
    2: "divniek",
    3: "trijniek trisniek",
    4: "cetriniek",
    5: "pieciniek",
    6: "sesiniek sestniek",
    7: "septitniek septiniek",
    8: "astotniek astoniek",
    9: "devitniek deviniek",
}
_TEENS = {
    10: "desmit",
    11: "vienpadsmit",
    12: "divpadsmit",
    13: "trispadsmit",
    14: "cetrpadsmit",
    15: "piecpadsmit",
    16: "sespadsmit",
    17: "septinpadsmit septipadsmit",
    18: "astonpadsmit astopadsmit",
    19: "devinpadsmit devipadsmit",
}
_TENS = {
    20: "divdesmit",
    30: "trisdesmit",
    40: "cetrdesmit",
    50: "piecdesmit",
    60: "sesdesmit",
    70: "septindesmit septidesmit",
    80: "astondesmit astodesmit",
    90: "devindesmit devidesmit",
}
_ROUND = {
    100: "simts simtu",
    200: "divsimt",
    300: "trissimt",
    400: "cetrsimt",
    500: "piecsimt",
    600: "sessimt",
    700: "septinsimt",
    800: "astonsimt",
    900: "devinsimt",
    2000: "divtukstos",
}
_ORDINALS = {
    1: "pirm",
    2: "otr",
    3: "tres",
    4: "ceturt",
    5: "piekt",
    6: "sest",
    7: "septit",
    8: "astot",
    9: "devit",
    2000: "divtukstos",
}

WORDS = NumberWords(
    numerals={
        **forms("digit", _DIGITS),
        **inflected("several", _SEVERAL, ("les", "lem", "lu")),
        **inflected("several", _SEVERAL_STEMS, ("s", "i", "u", "us", "iem")),
        **inflected("teen", _TEENS, ("", "os", "iem", "u")),
        **inflected("round", _TENS, ("", "os", "iem", "u")),
        **forms("round", _ROUND),
        **forms("scale", {100: "simti simt simtiem simtus", 1000: "tukstotis tukstosi tukstos tukstosu tukstosiem"}),
        **inflected(
            "ordinal",
            {**_ORDINALS, **_TEENS, **_TENS},
            ["ais", "aja", "a", "as", "ajam", "ajai", "ajo", "o"],
        ),
    },
    plus=words("plus pluss +"),
    repeats={"dubults": 2, "dubultais": 2, "dubulta": 2, "divreiz": 2, "divkart": 2, "triskart": 3, "trisreiz": 3},
    joints=frozenset(),
    hyphens=words("domuzime svitra svitrina defise atstarpe tad talak pec tam"),
    fillers=words("e ee eee em mm hm nu ta tatad tas ir a"),
    corrections=words("ne atvainojiet atvaino piedodiet piedod precizak kludijos parteicos drizak"),
    apologies=words("oi vai pareizi stop pagaidiet es"),
    closings=words("paldies ludzu uz un es gaidu ata jauku beigas zvaniet tas"),
    sounds_like={},
    never_else=frozenset(),
    announcements=announcements(
        "lv",
        telephones="zvan|telefon|talrun|mobil|atzvan|piezvan|sazvan|sazin|whatsapp|vatsap|(?:mans|musu) numurs|numurs (?:mans|musu)",
        numbered="(?!(?:mans|mana|musu|jusu|vina|vinas|telefona|talruna|mobilais|mobila|tas|tads|sis|sads|darba|majas|jaunais|otrs|cits|kontakta|vira|sievas|mates|mammas|teva|dela|meitas|kaimina|biroja|veikala|un|ir|uz|vai|pa|ar|pats|mobilaja|attala) )[^ ]+(?:a|as|u|es|is|s|ja|o) numur[sua]",
        area_codes="(?:pilsetas|regiona|rajona|zonas|apgabala) kod[sau]",
        country_codes="(?:valsts|starptautisk[a-z]+|latvijas) kod[sau]",
    ),
    links=words("un numurs ir mans tad talak telefona pec tam pats"),
    told_behind=told_behind("lv", "(?:(?:tas ir|ir|tas)(?: (?:mans|musu|mana))*) "),
    extensions=words("iekseja ieksejais iekseju papildnumurs papildu"),
    extension_links=words("numurs ir"),
    clock_units=r"stund\w*|minut\w*|no rita|vakara",
    units=stems(
        "eiro euro centi centu centiem procent gab kilogram gram metr litr tonn miljon miljard cilvek "
        "kast dolar kvadrat centimet milimet € $ % gadu gadi "
        "judz kubik punkt reiz grad vat kilovat"
    ),
)
