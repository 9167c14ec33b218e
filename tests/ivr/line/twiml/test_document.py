"""What the line takes for TwiML, and with which of Twilio's codes it refuses or warns about the rest."""

from __future__ import annotations

import pytest

from ivr.line.twiml.document import DocumentFailed, read
from ivr.line.twiml.verbs import Dial, Gather, Hangup, Pause, Play, Record, Redirect, Reject, Say, Verb

URL = "http://desk.example/voice/start?s=1"


def verbs(inner: str) -> tuple[Verb, ...]:
    document = read(f"<Response>{inner}</Response>".encode(), "text/xml", URL)
    assert document.warnings == ()
    return document.verbs


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("", ()),
        ("<!-- nothing --><Hangup/>", (Hangup(),)),
        ("<Say>\n  Good\n  day </Say>", (Say("Good day"),)),
        ('<Say language="lv-LV" voice="Polly.X" loop="2">Labdien</Say>', (Say("Labdien", "lv-LV", "Polly.X", 2),)),
        ('<Say>At <say-as interpret-as="time">10:00</say-as><break/></Say>', (Say("At 10:00"),)),
        ("<Play> hello.wav </Play>", (Play("http://desk.example/voice/hello.wav"),)),
        ('<Play digits="ww12#"/>', (Play("", "ww12#"),)),
        ('<Pause/><Pause length="3"/>', (Pause(1), Pause(3))),
        ('<Redirect method="GET">../other</Redirect>', (Redirect("http://desk.example/other", "GET"),)),
        ('<Reject/><Reject reason="busy"/>', (Reject("rejected"), Reject("busy"))),
    ],
)
def test_a_document_is_read_with_its_defaults_and_addresses(inner: str, expected: tuple[Verb, ...]) -> None:
    assert verbs(inner) == expected


def test_a_gather_without_attributes_posts_to_its_own_document_after_five_seconds() -> None:
    assert verbs("<Gather><Say>Press</Say><Pause/></Gather>") == (
        Gather((Say("Press"), Pause(1)), URL, "POST", True, 5, "#", 0, False),
    )


def test_a_gather_keeps_what_it_is_given() -> None:
    given = '<Gather action="/turn" method="GET" timeout="9" finishOnKey="" numDigits="4" actionOnEmptyResult="true"/>'
    assert verbs(given) == (Gather((), "http://desk.example/turn", "GET", True, 9, "", 4, True),)


def test_a_gather_for_speech_only_takes_no_keys() -> None:
    (gather,) = verbs('<Gather input="speech" timeout="auto" speechTimeout="auto" language="lv-LV"/>')
    assert isinstance(gather, Gather)
    assert (gather.takes_keys, gather.timeout_seconds) == (False, 5)


def test_a_record_has_twilios_defaults() -> None:
    expected = Record(URL, "POST", 5, "1234567890*#", 3600, True, True, "", "POST", frozenset({"completed"}))
    assert verbs("<Record/>") == (expected,)
    (transcribed,) = verbs('<Record transcribe="true"/>')
    assert isinstance(transcribed, Record)
    assert transcribed.max_seconds == 120


def test_a_dial_takes_text_and_numbers() -> None:
    (one,) = verbs("<Dial>\n +37120000009 \n</Dial>")
    assert one == Dial(("+37120000009",), "", "POST", 30, 14400, False, False, False)
    (two,) = verbs('<Dial sequential="true" action="d"><Number>+371 1</Number><Number>\n+372\n</Number></Dial>')
    assert isinstance(two, Dial)
    assert (two.numbers, two.action, two.sequential) == (("+371 1", "+372"), "http://desk.example/voice/d", True)


@pytest.mark.parametrize(
    ("inner", "code", "verb"),
    [
        ('<Gather timeout="0"/>', 13313, Gather((), URL, "POST", True, 5, "#", 0, False)),
        ('<Gather numDigits="x"/>', 13314, Gather((), URL, "POST", True, 5, "#", 0, False)),
        ('<Gather finishOnKey="12"/>', 13310, Gather((), URL, "POST", True, 5, "#", 0, False)),
        ('<Gather method="PUT"/>', 13312, Gather((), URL, "POST", True, 5, "#", 0, False)),
        ('<Gather numdigits="1"/>', 12200, Gather((), URL, "POST", True, 5, "#", 0, False)),
        ('<Say loop="-1">x</Say>', 13510, Say("x")),
        ("<Say/>", 13520, Say("")),
        ('<Pause length="0"/>', 13910, Pause(1)),
        ('<Redirect method="get">x</Redirect>', 13710, Redirect("http://desk.example/voice/x", "POST")),
        ('<Reject reason="no"/>', 12200, Reject("rejected")),
        ("hello", 12200, None),
    ],
)
def test_a_bad_value_is_warned_of_and_the_default_is_used(inner: str, code: int, verb: Verb | None) -> None:
    document = read(f"<Response>{inner}</Response>".encode(), "application/xml; charset=utf-8", URL)
    assert [notice.code for notice in document.warnings] == [code]
    assert document.verbs == ((verb,) if verb else ())


@pytest.mark.parametrize(
    ("attributes", "code"),
    [('timeout="-1"', 13611), ('maxLength="1"', 13612), ('finishOnKey="x"', 13613), ('playBeep="yes"', 13616)],
)
def test_a_bad_record_attribute_has_its_own_code(attributes: str, code: int) -> None:
    document = read(f"<Response><Record {attributes}/></Response>".encode(), "text/xml", URL)
    assert [notice.code for notice in document.warnings] == [code]
    assert document.verbs == verbs("<Record/>")


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"", "text/xml", 11770),
        (b"<Response>", "text/xml", 12100),
        (b"<Response><Say>A & B</Say></Response>", "text/xml", 12100),
        (b'\n<?xml version="1.0"?><Response/>', "text/xml", 12100),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><Response/>', "text/xml", 12100),
        (b"<html><body>Internal Server Error</body></html>", "text/html", 12102),
        (b"<response/>", "text/xml", 12102),
        (b"<Response><say>x</say></Response>", "text/xml", 12200),
        (b"<Response><Enqueue>q</Enqueue></Response>", "text/xml", 12200),
        (b"<Response><Say><Play>x</Play></Say></Response>", "text/xml", 12200),
        (b"<Response><Record><Say>x</Say></Record></Response>", "text/xml", 12200),
        (b"<Response><Gather><Record/></Gather></Response>", "text/xml", 13320),
        (b"<Response><Dial><Conference>room</Conference></Dial></Response>", "text/xml", 13215),
        (b"<Response><Dial/></Response>", "text/xml", 13223),
        (b"<Response><Play/></Response>", "text/xml", 11100),
        (b"{}", "application/json", 12300),
        (b"<Response/>", "", 12300),
        (b"<Response>" + b" " * 65536 + b"</Response>", "text/xml", 11750),
    ],
)
def test_a_document_that_cannot_be_played_is_refused_with_twilios_code(
    body: bytes, content_type: str, code: int
) -> None:
    with pytest.raises(DocumentFailed) as refused:
        read(body, content_type, URL)
    assert refused.value.code == code


def test_text_is_read_aloud_unless_it_is_twiml_and_audio_is_played() -> None:
    assert read(b"We are closed.", "text/plain", URL).verbs == (Say("We are closed."), Hangup())
    assert read(b"<Response><Hangup/></Response>", "text/plain", URL).verbs == (Hangup(),)
    assert read(b"RIFF", "audio/x-wav", URL).verbs == (Play(URL), Hangup())
