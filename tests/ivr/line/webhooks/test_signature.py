"""The line signs as Twilio does: fixed vectors, and Twilio's own validator as judge."""

from __future__ import annotations

import pytest
from twilio.request_validator import RequestValidator

from ivr.line.webhooks.signature import address_to_sign, sign

P1 = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675310"),
    ("Digits", "1234"),
    ("From", "+14158675310"),
    ("To", "+18005551212"),
]
V = [
    ("AccountSid", "AC00000000000000000000000000000001"),
    ("ApiVersion", "2010-04-01"),
    ("CallSid", "CA00000000000000000000000000000001"),
    ("CallStatus", "ringing"),
    ("Called", "+37167000000"),
    ("Caller", "+37120000001"),
    ("Direction", "inbound"),
    ("From", "+37120000001"),
    ("To", "+37167000000"),
]
IN_PROGRESS = [("CallStatus", "in-progress") if name == "CallStatus" else (name, value) for name, value in V]
SPOKEN = [
    *IN_PROGRESS,
    ("SpeechResult", "Ļoti labi, Привет, 안녕하세요"),
    ("Confidence", "0.93"),
    ("Language", "lv-LV"),
]
EMPTY = [*IN_PROGRESS, ("Digits", ""), ("FinishedOnKey", "#"), ("msg", "Gather End")]
SORTED = [("b", "1"), ("B", "2"), ("a", "3"), ("A", "4"), ("_", "5")]
REPEATED = [("MediaUrl", "b"), ("MediaUrl", "a"), ("MediaUrl", "a"), ("Body", "x")]
LATVIAN_GET = (
    "https://ivr.example.test/voice?lang=lv&CallSid=CA0000000000000000000000000000000a&From=%2B37120000001"
    "&To=%2B37167000000&CallStatus=ringing&Direction=inbound"
)
HASHED = "https://example.com/myapp?bodySHA256=5ccde7145dfb8f56479710896586cb9d5911809d83afbe34627818790db0aec9"

VECTORS = [
    ("V1", "12345", "https://example.com/myapp.php?foo=1&bar=2", P1, "L/OH5YylLD5NRKLltdqwSvS0BnU="),
    ("V2", "12345", "https://mycompany.com/myapp.php?foo=1&bar=2", P1, "GvWf1cFY/Q7PnoempGyD5oXAezc="),
    ("V3", "12345", LATVIAN_GET, [], "WFR+CfnfG857b3zGNoImr2femTw="),
    ("V4", "test_auth_token", "https://ivr.example.test/twilio/voice", V, "imirXfT3SE8IAoHyomfoFFnKRl4="),
    ("V5", "test_auth_token", "https://ivr.example.test:8443/twilio/voice", V, "BevD28G4fvvgYL/XikWXxPVmOEQ="),
    ("V6", "test_auth_token", "https://ivr.example.test:443/twilio/voice", V, "LUPBA3avtRKs5d3LyNjls26yXxQ="),
    ("V7", "test_auth_token", "http://127.0.0.1:8000/twilio/voice", V, "2l7vKWuclzVThtITQUXz5uhzvjE="),
    ("V8", "test_auth_token", "https://ivr.example.test/twilio/gather?step=2", SPOKEN, "tK9PuEFOEIhkW5c6b6xM9vYGr7I="),
    ("V9", "test_auth_token", "https://ivr.example.test/twilio/gather", EMPTY, "ZnZB2gowRmoVoxjPgmjGJA5nvNk="),
    ("V10", "12345", "https://example.com/s", SORTED, "QCfASKJvPUCehAzgYpzZAljctmY="),
    ("V11", "12345", "https://example.com/multi", REPEATED, "shoEz+BmZLGr3JdjY79rXp+TdY0="),
    ("V12", "12345", HASHED, [], "hPXmLwIy3Fgqv1i9KPmH/HhQ6zo="),
    ("V13", "test_auth_token", "wss://ivr.example.test/twilio/stream", [], "8Oi7U+GSAgN0Y11l80jHbELq2kk="),
    ("V14", "test_auth_token", "wss://ivr.example.test/twilio/stream/", [], "7bcxj04/naDgVVChznnw36d0OwI="),
]


@pytest.mark.parametrize(("name", "token", "url", "parameters", "signature"), VECTORS, ids=[row[0] for row in VECTORS])
def test_a_request_is_signed_as_twilio_signs_it(
    name: str, token: str, url: str, parameters: list[tuple[str, str]], signature: str
) -> None:
    assert sign(url, parameters, token) == signature


def test_the_fragment_of_connection_overrides_is_cut_before_signing() -> None:
    url = "https://ivr.example.test/twilio/voice"
    assert sign(url + "#rc=2&rp=all", V, "test_auth_token") == sign(url, V, "test_auth_token")


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        ("https://ivr.example.test:8443/voice?a=1", "https://ivr.example.test/voice?a=1"),
        ("http://127.0.0.1:8000/voice", "http://127.0.0.1:8000/voice"),
        ("https://user:secret@ivr.example.test/voice#ct=1", "https://ivr.example.test/voice"),
    ],
)
def test_voice_over_https_is_signed_without_port_user_or_fragment(url: str, signed: str) -> None:
    assert address_to_sign(url) == signed
    assert RequestValidator("t").validate(signed, dict(V), sign(address_to_sign(url), V, "t"))
