"""English number words."""

# ruff: noqa: E501  a choice of words is one line

from __future__ import annotations

from voicemail.facts.numerals.numeral import NumberWords, forms, stems, words
from voicemail.facts.other_things import announcements, told_behind

_DIGITS = {
    0: "zero oh o nought naught nil",
    1: "one",
    2: "two",
    3: "three",
    4: "four",
    5: "five",
    6: "six",
    7: "seven",
    8: "eight",
    9: "nine niner",
}
_SEVERAL = {
    0: "zeros zeroes ohs noughts os",
    1: "ones",
    2: "twos",
    3: "threes",
    4: "fours",
    5: "fives",
    6: "sixes",
    7: "sevens",
    8: "eights",
    9: "nines",
}
_TEENS = {
    10: "ten",
    11: "eleven",
    12: "twelve",
    13: "thirteen",
    14: "fourteen",
    15: "fifteen",
    16: "sixteen",
    17: "seventeen",
    18: "eighteen",
    19: "nineteen",
}
_TENS = {
    20: "twenty",
    30: "thirty",
    40: "forty fourty",
    50: "fifty",
    60: "sixty",
    70: "seventy",
    80: "eighty",
    90: "ninety",
}
_ORDINALS = {
    1: "first",
    2: "second",
    3: "third",
    4: "fourth",
    5: "fifth",
    6: "sixth",
    7: "seventh",
    8: "eighth",
    9: "ninth",
    10: "tenth",
    11: "eleventh",
    12: "twelfth",
    13: "thirteenth",
    14: "fourteenth",
    15: "fifteenth",
    16: "sixteenth",
    17: "seventeenth",
    18: "eighteenth",
    19: "nineteenth",
    20: "twentieth",
    30: "thirtieth",
}

WORDS = NumberWords(
    numerals={
        **forms("digit", _DIGITS),
        **forms("several", _SEVERAL),
        **forms("teen", _TEENS),
        **forms("round", _TENS),
        **forms("scale", {100: "hundred", 1000: "thousand"}),
        **forms("ordinal", _ORDINALS),
    },
    plus=words("plus +"),
    repeats={"double": 2, "triple": 3, "treble": 3, "quadruple": 4},
    joints=words("and"),
    hyphens=words("dash hyphen space pause then next"),
    fillers=words("uh um er erm hmm mm eh ah okay ok so well that's it's a"),
    corrections=words("no sorry wait correction oops mistake rather mean actually"),
    apologies=words("i pardon make that my it is was apologies"),
    closings=words("thanks thank please bye goodbye instead and so i that's call at the cheers"),
    sounds_like={"for": 4, "fore": 4, "to": 2, "too": 2, "ate": 8, "won": 1},
    never_else=words("ate won"),
    announcements=announcements(
        "en",
        telephones="call|phone|telephone|mobile|cell|reach|ring|whatsapp|text|landline|contact|dial|line|(?:my|our) (?:home |work |new |direct )?number",
        numbered="(?!(?:my|our|your|his|her|their|the|this|that|a|same|best|following|direct|new|old|other|another|right|correct|wrong|main|private|business|personal|daytime|emergency|first|second|office|work|home|local|latvian|mobile|and|or|on|is|it's|at|under|[^ ]+'s) )[^ ]+ number",
        area_codes="(?:area|city|dialing|dialling|std|local|regional) code|prefix",
        country_codes="(?:country|international) (?:code|prefix|dialing code|dialling code)",
    ),
    links=words("and the number is my then it's that's rest of phone local followed by"),
    told_behind=told_behind(
        "en",
        "(?:that's|that is|it's|it was|that was)(?: (?:my|our|the|your))* |is(?: (?:my|our|the|your))+ (?=[^ ]+ (?:number|code|id|reference)(?![^ ]))",
    ),
    extensions=words("extension ext extn"),
    extension_links=words("number is"),
    clock_units=r"o'?clock|hours?|[ap] m|[ap]m|in the (?:morning|afternoon|evening)|minutes?",
    units=stems(
        "euro dollar pound cents percent pence quid kilo grams metre meter litre liter piece box pallet "
        "million billion people tons tonne € $ £ % units copies centimet millimet square km kg "
        "mile cubic points times degree percentage watt"
    ),
)
