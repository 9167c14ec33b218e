"""The official speech models for Vosk: one small model a language, as https://alphacephei.com/vosk/models lists them."""

from __future__ import annotations

from dataclasses import dataclass

OFFICIAL_SITE = "https://alphacephei.com/vosk/models"


@dataclass(frozen=True, slots=True)
class SpeechModel:
    """A model that can be installed. `bytes` and `md5` are those of its zip; None if no trustworthy source has them."""

    language: str
    name: str
    bytes: int | None = None
    md5: str | None = None


# Sizes and checksums as in the site's model-list.json, taken from public copies of it and entered only where two copies agree
# (November 2026). If the list can be read during an installation, it has precedence.
_MODELS = (
    SpeechModel("ar", "vosk-model-small-ar-0.3", 104_351_896, "0eb578c0779f85ef039b7ee5bc1b64ed"),
    SpeechModel("ar-tn", "vosk-model-small-ar-tn-0.1-linto", 165_703_754, "67bbe16beaa17e6cf14f8c295ee5ddd1"),
    SpeechModel("br", "vosk-model-br-0.8"),
    SpeechModel("ca", "vosk-model-small-ca-0.4", 43_405_881, "5dc7901815fef3dc8b784b31f309385c"),
    SpeechModel("cs", "vosk-model-small-cs-0.4-rhasspy", 46_088_666, "df5ddac5ee8632f6b46a6fc751953286"),
    SpeechModel("de", "vosk-model-small-de-0.15", 46_499_967, "4f21f92c0897b48287ef8839420608eb"),
    SpeechModel("el", "vosk-model-el-gr-0.7"),
    SpeechModel("en", "vosk-model-small-en-us-0.15", 41_205_931, "09ab50ccd62b674cbaa231b825f9c1cb"),
    SpeechModel("en-gb", "vosk-model-small-en-gb-0.15", 42_757_500, "6afd611b04b2b47c129c3615dc502383"),
    SpeechModel("en-in", "vosk-model-small-en-in-0.4", 37_573_330, "62fd085f33c8c5fc01a235030e2a1fe3"),
    SpeechModel("eo", "vosk-model-small-eo-0.42", 43_839_401, "3e9319ca789fa06fd3efa68d51c85d6b"),
    SpeechModel("es", "vosk-model-small-es-0.42", 39_817_833, "2d5c94f9859a84881a0ef744738ebd31"),
    SpeechModel("fa", "vosk-model-small-fa-0.42", 53_431_220, "cc2b18af256ffab2c44055f6a02ecb3d"),
    SpeechModel("fr", "vosk-model-small-fr-0.22", 42_233_323, "8873b1234503f6edd55f54bfff31cf3e"),
    SpeechModel("gu", "vosk-model-small-gu-0.42", 108_054_987, "4595a6f0cc0c88fee6eec7d80496fc10"),
    SpeechModel("hi", "vosk-model-small-hi-0.22", 44_458_845, "80f1265262c9a8a515f2707498e1b485"),
    SpeechModel("it", "vosk-model-small-it-0.22", 49_665_141, "fbd8f9c72cbb8c3dfa3e4581bd3585f4"),
    SpeechModel("ja", "vosk-model-small-ja-0.22", 49_704_573, "0e3163dd62dfb0d823353718ac3cbf79"),
    SpeechModel("ka", "vosk-model-small-ka-0.42", 45_682_310),
    SpeechModel("kk", "vosk-model-small-kz-0.42", 59_697_294),
    SpeechModel("ko", "vosk-model-small-ko-0.22", 86_914_329, "fa8029a173787a159e0e72fe6135f890"),
    SpeechModel("ky", "vosk-model-small-ky-0.42", 51_041_096),
    SpeechModel("nl", "vosk-model-small-nl-0.22", 40_441_176, "4582e1f20d6849099da08511f9797017"),
    SpeechModel("pl", "vosk-model-small-pl-0.22", 52_979_372, "91cbbd6231320467da672be31827b6ac"),
    SpeechModel("pt", "vosk-model-small-pt-0.3", 32_453_112, "458c69371c5a0b9ab6ee8fa417bf89da"),
    SpeechModel("ru", "vosk-model-small-ru-0.22", 46_236_750, "d1759dc83eb8fd87850129afbd9f4b7b"),
    SpeechModel("sv", "vosk-model-small-sv-rhasspy-0.15", 303_504_931, "5ae431c65fe8636692118792daa22ecc"),
    SpeechModel("te", "vosk-model-small-te-0.42", 60_544_249, "ae3c093fd7dd883d462983b15900ca61"),
    SpeechModel("tg", "vosk-model-small-tg-0.22", 51_879_043),
    SpeechModel("tl", "vosk-model-tl-ph-generic-0.6", 329_169_068),
    SpeechModel("tr", "vosk-model-small-tr-0.3", 36_855_784, "198511631860597639a0ebf779263fcf"),
    SpeechModel("uk", "vosk-model-small-uk-v3-small", 143_914_407),
    SpeechModel("uz", "vosk-model-small-uz-0.22", 51_061_189, "4d75acfef76fe919c8fb68cd1179c182"),
    SpeechModel("vi", "vosk-model-small-vn-0.4", 33_656_337, "b31b474a1ef75488c5fa575f8e2a1269"),
    SpeechModel("zh", "vosk-model-small-cn-0.22", 43_898_754, "d1a8e82933dcc7632667c036b0bb3dbb"),
)
MODELS = {model.language: model for model in _MODELS}

# The site names some languages by their country.
_SITE_NAMES = {"cn": "zh", "ua": "uk", "kz": "kk", "vn": "vi", "en-us": "en", "el-gr": "el", "tl-ph": "tl", "fil": "tl"}


def spellings(language: str) -> tuple[str, ...]:
    """The codes of a language in our catalogue, the most specific first: `en-GB` gives en-gb, then en; `vn` gives vi."""
    code = language.strip().lower().replace("_", "-")
    code = _SITE_NAMES.get(code, code)
    base = code.split("-")[0]
    return tuple(dict.fromkeys((code, _SITE_NAMES.get(base, base))))


def official_model(language: str) -> SpeechModel | None:
    """The model to install for a language; None if none exists, as for Latvian."""
    return next((MODELS[code] for code in spellings(language) if code in MODELS), None)


def language_name(language: str) -> str:
    """The English name of a language: `lv` gives Latvian."""
    from babel import Locale, UnknownLocaleError

    for code in spellings(language):
        try:
            name = Locale.parse(code, sep="-").get_display_name("en")
        except (UnknownLocaleError, ValueError):
            continue
        if name:
            return name
    return language
