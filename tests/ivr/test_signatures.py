"""Which requests are accepted: test vectors of signatures, and malformed forms."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from flows.inputs import Dialed, Digits, HungUp, Recorded, Silence, Trouble
from ivr.providers.twilio import BadRequest, Form, SignatureCheck, call_of, input_of, recording_sid_of
from tests.front import Front
from tests.switchboard import TestCall

P1 = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675310",
    "Digits": "1234",
    "From": "+14158675310",
    "To": "+18005551212",
}
V = {
    "AccountSid": "AC00000000000000000000000000000001",
    "ApiVersion": "2010-04-01",
    "CallSid": "CA00000000000000000000000000000001",
    "CallStatus": "ringing",
    "Called": "+37167000000",
    "Caller": "+37120000001",
    "Direction": "inbound",
    "From": "+37120000001",
    "To": "+37167000000",
}
UNDER_WAY = V | {"CallStatus": "in-progress"}
VOICE = "https://ivr.example.test/twilio/voice"

VECTORS = [
    ("V1", "12345", "https://example.com/myapp.php?foo=1&bar=2", P1, "L/OH5YylLD5NRKLltdqwSvS0BnU="),
    ("V2", "12345", "https://mycompany.com/myapp.php?foo=1&bar=2", P1, "GvWf1cFY/Q7PnoempGyD5oXAezc="),
    (
        "V3",
        "12345",
        "https://ivr.example.test/voice?lang=lv&CallSid=CA0000000000000000000000000000000a&From=%2B37120000001"
        "&To=%2B37167000000&CallStatus=ringing&Direction=inbound",
        {},
        "WFR+CfnfG857b3zGNoImr2femTw=",
    ),
    ("V4", "test_auth_token", VOICE, V, "imirXfT3SE8IAoHyomfoFFnKRl4="),
    ("V5", "test_auth_token", "https://ivr.example.test:8443/twilio/voice", V, "BevD28G4fvvgYL/XikWXxPVmOEQ="),
    ("V6", "test_auth_token", "https://ivr.example.test:443/twilio/voice", V, "LUPBA3avtRKs5d3LyNjls26yXxQ="),
    ("V7", "test_auth_token", "http://127.0.0.1:8000/twilio/voice", V, "2l7vKWuclzVThtITQUXz5uhzvjE="),
    (
        "V8",
        "test_auth_token",
        "https://ivr.example.test/twilio/gather?step=2",
        UNDER_WAY | {"SpeechResult": "Ļoti labi, Привет, 안녕하세요", "Confidence": "0.93", "Language": "lv-LV"},
        "tK9PuEFOEIhkW5c6b6xM9vYGr7I=",
    ),
    (
        "V9",
        "test_auth_token",
        "https://ivr.example.test/twilio/gather",
        UNDER_WAY | {"Digits": "", "FinishedOnKey": "#", "msg": "Gather End"},
        "ZnZB2gowRmoVoxjPgmjGJA5nvNk=",
    ),
    (
        "V10",
        "12345",
        "https://example.com/s",
        {"b": "1", "B": "2", "a": "3", "A": "4", "_": "5"},
        "QCfASKJvPUCehAzgYpzZAljctmY=",
    ),
    (
        "V11",
        "12345",
        "https://example.com/multi",
        {"MediaUrl": ["b", "a", "a"], "Body": "x"},
        "shoEz+BmZLGr3JdjY79rXp+TdY0=",
    ),
    ("V13", "test_auth_token", "wss://ivr.example.test/twilio/stream", {}, "8Oi7U+GSAgN0Y11l80jHbELq2kk="),
    ("V14", "test_auth_token", "wss://ivr.example.test/twilio/stream/", {}, "7bcxj04/naDgVVChznnw36d0OwI="),
]


def form_of(fields: Mapping[str, object]) -> Form:
    return Form(urlencode(fields, doseq=True).encode())


def is_true(
    token: str, url: str, fields: Mapping[str, object], signature: str | None, settings: str | None = None
) -> bool:
    return SignatureCheck(token, "https://not-used.test").is_true_for(url, form_of(fields), signature, settings)


@pytest.mark.parametrize(("name", "token", "url", "fields", "signature"), VECTORS, ids=[each[0] for each in VECTORS])
def test_every_vector_is_true_and_one_changed_letter_is_not(
    name: str, token: str, url: str, fields: Mapping[str, object], signature: str
) -> None:
    assert is_true(token, url, fields, signature)
    swapped = signature[0].swapcase() if signature[0].isalpha() else "A"
    assert not is_true(token, url, fields, swapped + signature[1:])
    assert not is_true(token + "x", url, fields, signature)


V4 = VECTORS[3][4]
V5 = VECTORS[4][4]


@pytest.mark.parametrize(
    ("why", "url", "fields", "signature", "settings"),
    [
        ("no header", VOICE, V, None, None),
        ("empty header", VOICE, V, "", None),
        ("a header that is no ASCII", VOICE, V, "ä" * 28, None),
        ("a parameter added", VOICE, V | {"Extra": "1"}, V4, None),
        ("a parameter removed", VOICE, {k: v for k, v in V.items() if k != "To"}, V4, None),
        ("http instead of https", "http://ivr.example.test/twilio/voice", V, V4, None),
        ("a slash at the end", VOICE + "/", V, V4, None),
        ("another host", "https://evil.example/twilio/voice", V, V4, None),
        ("signed with a port, checked without", VOICE, V, V5, None),
        ("signed with its fragment (V16b)", VOICE, V, "XS2KZ5FOn7eOXbssPqyK+GoNjZ0=", None),
        ("an algorithm that the operator did not choose", VOICE, V, V4, "algorithm=HMAC_MD5"),
        (
            "SHA-256 with the auth token (V15)",
            VOICE,
            V,
            "z07rWFskXL2IjtgjzxzedHJV3yYu1YjQaNk5/S8Q3fU=",
            "algorithm=HMAC_SHA256",
        ),
        ("a space stripped", VOICE, V | {"CallerName": "x"}, V4, None),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_what_is_not_signed_so_is_refused(
    why: str, url: str, fields: Mapping[str, object], signature: str | None, settings: str | None
) -> None:
    assert not is_true("test_auth_token", url, fields, signature, settings)


@pytest.mark.parametrize("port", [":443", ":8443"])
def test_a_signature_without_port_is_taken_for_an_address_with_one(port: str) -> None:
    assert is_true("test_auth_token", f"https://ivr.example.test{port}/twilio/voice", V, V4)


def test_blank_and_repeated_parameters_keep_their_place() -> None:
    form = Form(b"a=&b=1&b=2&c=%20x%20&d=%2B371")
    assert [form.getlist(name) for name in form] == [[""], ["1", "2"], [" x "], ["+371"]]
    with pytest.raises(BadRequest, match="b twice"):
        form.get("b")


@given(st.text("ab%=&+;2F8C3A1Ā\x00 ", max_size=40))
def test_a_form_is_read_as_the_standard_library_reads_it(text: str) -> None:
    body = text.encode("ascii", "ignore")
    try:
        known = parse_qs(body.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        with pytest.raises(BadRequest):
            Form(body)
        return
    form = Form(body)
    assert {name: form.getlist(name) for name in form} == known


@given(
    st.dictionaries(st.text(max_size=8), st.lists(st.text(max_size=12), min_size=1, max_size=3), max_size=6),
    st.sampled_from(["https://ivr.example.test", "https://ivr.example.test:8443", "http://10.0.0.1"]),
)
def test_the_signature_is_the_sdks(fields: dict[str, list[str]], base_url: str) -> None:
    form = form_of(fields)
    signature = RequestValidator("token").compute_signature(base_url + "/twilio/turn?s=x-_&on=gather", form)
    check = SignatureCheck("token", base_url)
    assert check.is_true("/twilio/turn", "s=x-_&on=gather", form, signature, None)
    assert not check.is_true("/twilio/turn", "s=x-_&on=silence", form, signature, None)


@pytest.mark.parametrize("body", [b"\xff\xfe=1", b"a=%ff", b"&".join(b"a%d=1" % n for n in range(500))])
def test_a_form_that_is_none_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest):
        Form(body)


@pytest.mark.parametrize(
    "change",
    [
        {"AccountSid": "AC00000000000000000000000000000002"},
        {"AccountSid": ""},
        {"CallSid": "CA1"},
        {"CallSid": "CA00000000000000000000000000000001\n"},
        {"CallSid": "../../etc/passwd"},
        {"CallSid": ["CA00000000000000000000000000000001", "CA00000000000000000000000000000002"]},
        {"CallStatus": "exploded"},
        {"Direction": "inbound; drop table"},
    ],
)
def test_a_call_is_read_strictly(change: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        call_of(form_of(V | change), V["AccountSid"])


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("+37120000001", "+37120000001"),
        ("anonymous", None),
        ("+266696687", None),
        ("client:bob", "client:bob"),
        ("sip:x@evil.example", "sip:x@evil.example"),
        ("+٣٧١٢٠٠٠٠٠٠١", "+٣٧١٢٠٠٠٠٠٠١"),
        ("+37120000001\n", "+37120000001"),
        ("37120000001", "+37120000001"),
        ("", None),
    ],
)
def test_a_caller_is_a_number_or_what_was_sent_or_nobody(raw: str, number: str | None) -> None:
    assert call_of(form_of(V | {"From": raw}), V["AccountSid"]).from_number == number


RE = "RE" + "0" * 32


@pytest.mark.parametrize(
    ("on", "fields", "given"),
    [
        ("gather", {"Digits": "1"}, Digits("1")),
        ("gather", {"Digits": "0*#"}, Digits("0*#")),
        ("gather", {"Digits": ""}, Silence()),
        ("gather", {}, Silence()),
        ("silence", {}, Silence()),
        ("record", {"RecordingSid": RE, "RecordingDuration": "7", "Digits": "#"}, Recorded(RE, 7, "#")),
        ("record", {"RecordingUrl": f"https://x.example/a/{RE}.wav", "RecordingDuration": "7"}, Recorded(RE, 7)),
        ("record", {"RecordingDuration": "0", "RecordingSid": RE}, Recorded(RE, 0)),
        ("record", {}, Recorded(None, 0)),
        ("record", {"RecordingSid": RE, "RecordingDuration": "-1"}, Recorded(RE, None)),
        ("record", {"RecordingSid": RE, "RecordingDuration": "1e9"}, Recorded(RE, None)),
        ("record", {"RecordingSid": RE, "RecordingDuration": "6.87"}, Recorded(RE, 7)),
        ("record", {"RecordingSid": RE, "RecordingDuration": "3", "Digits": "hangup"}, HungUp(RE, 3)),
        ("record", {"RecordingSid": RE, "RecordingDuration": "3", "CallStatus": "completed"}, HungUp(RE, 3)),
        ("empty", {}, Recorded(None, 0)),
        ("dial", {"DialCallStatus": "no-answer"}, Dialed("no_answer")),
        ("dial", {"DialCallStatus": "completed", "DialCallDuration": "61"}, Dialed("completed", 61)),
        ("dial", {"DialCallStatus": "answered"}, Dialed("answered")),
        ("dial", {"DialCallStatus": "canceled", "CallStatus": "completed"}, HungUp()),
        ("dial", {"DialCallStatus": "weird"}, Trouble("the provider reports DialCallStatus 'weird'")),
    ],
)
def test_a_form_is_what_the_caller_did(on: str, fields: Mapping[str, object], given: object) -> None:
    assert input_of(form_of(fields), on) == given


@pytest.mark.parametrize(
    ("on", "fields"),
    [
        ("gather", {"Digits": "12a"}),
        ("gather", {"Digits": "1" * 1000}),
        ("", {"Digits": "1"}),
        ("voice", {}),
    ],
)
def test_what_nobody_can_have_done_is_a_bad_request(on: str, fields: Mapping[str, object]) -> None:
    with pytest.raises(BadRequest):
        input_of(form_of(fields), on)


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/x", "file:///etc/passwd", "https://api.twilio.com@evil/", "https://x/RE00..%2f", ""]
)
def test_a_recording_is_known_by_its_id_only(url: str) -> None:
    assert recording_sid_of(form_of({"RecordingUrl": url})) is None


ROUTES = ["/twilio/voice", "/twilio/turn", "/twilio/status", "/twilio/recording?turn=1", "/twilio/fallback"]


@pytest.mark.parametrize("route", ROUTES)
async def test_no_route_of_the_provider_opens_without_a_signature(lite_front: Front, route: str) -> None:
    for signature in ("", "bad", V5):
        response = await lite_front.switchboard.post(route, V, signature=signature)
        assert response.status_code == 403
        assert response.content == b""
    assert (await lite_front.client.get(route)).status_code == 405


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"x-forwarded-host": "evil.example", "x-forwarded-proto": "https"},
        {"host": "evil.example", "x-forwarded-host": "evil.example"},
        {"x-original-url": "/twilio/voice", "forwarded": "host=evil.example"},
    ],
)
async def test_a_request_cannot_choose_the_address_it_is_checked_on(lite_front: Front, headers: dict[str, str]) -> None:
    """T02: signed for another host, sent with every header that claims to be it."""
    from twilio.request_validator import RequestValidator

    signed_for_evil = RequestValidator("test_auth_token").compute_signature("https://evil.example/twilio/voice", V)
    response = await lite_front.switchboard.post("/twilio/voice", V, signature=signed_for_evil, **headers)
    assert response.status_code == 403
    assert (await lite_front.switchboard.post("/twilio/voice", V, **headers)).status_code == 200


async def test_a_genuine_request_with_odd_values_is_let_in(lite_front: Front) -> None:
    """T03: blank, spaced and repeated values, other alphabets."""
    odd = V | {"CallerName": "", "FromCity": " Rīga ", "Note": "a+b&c=d", "ToZip": "Привет"}
    assert (await lite_front.switchboard.post("/twilio/voice", odd)).status_code == 200


async def test_the_canonicalisation_trick_is_closed(lite_front: Front) -> None:
    """T05: the signed string has no separators; the strict form refuses what it lets through."""
    merged = {k: v for k, v in V.items() if k not in ("CallSid", "CallStatus")}
    merged["CallSid"] = V["CallSid"] + "CallStatus" + V["CallStatus"]
    assert (await lite_front.switchboard.post("/twilio/voice", merged)).status_code == 400
    in_query = "/twilio/voice?" + urlencode(V)
    assert (await lite_front.switchboard.post(in_query, {})).status_code == 400


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data", "text/plain", ""])
async def test_only_a_form_is_a_form(lite_front: Front, content_type: str) -> None:
    headers = {"x-twilio-signature": V4, "content-type": content_type}
    response = await lite_front.client.post("/twilio/voice", content=urlencode(V), headers=headers)
    assert response.status_code == 415


async def test_a_body_has_its_limit(lite_front: Front) -> None:
    response = await lite_front.switchboard.post("/twilio/voice", V | {"Junk": "x" * 100_000})
    assert response.status_code == 413


@pytest.mark.parametrize("query", ["s=x&on=gather&on=gather", "s=x&on=gather&flow=admin", "s=x&on=voice"])
async def test_an_address_that_we_never_gave_out_is_refused(lite_front: Front, query: str) -> None:
    response = await lite_front.switchboard.post(f"/twilio/turn?{query}", V)
    assert response.status_code == 400


async def test_what_a_caller_is_called_never_becomes_markup(lite_front: Front) -> None:
    call = await lite_front.switchboard.ring()
    assert isinstance(call, TestCall)
    from customers import customer
    from runtime.sql.database import writing

    with writing(lite_front.parts.console_database) as connection:
        known = customer.find_by_number(connection, call.from_number)
        assert known is not None
        customer.rename(connection, known.id, '</Say><Dial>+1900</Dial>\x00\x0b]]>"')
        customer.remember_language(connection, known.id, "en")
    again = await lite_front.switchboard.ring()
    assert list(again.document.root.iter("Dial")) == []
    assert "</Say><Dial>" in again.document.said
