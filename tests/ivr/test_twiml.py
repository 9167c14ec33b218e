"""Verbs as TwiML: the exact documents, and texts that would break one."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from flows.verbs import Dial, Gather, HangUp, Play, Record, Say, Verb
from ivr.providers.twiml import NotTwiml, TurnLinks, checked, render

LINKS = TurnLinks("https://ivr.example.test", "TOKEN", 4)
HEAD = '<?xml version="1.0" encoding="utf-8"?>'
BACK = "https://ivr.example.test/twilio/turn?s=TOKEN&amp;on="


@pytest.mark.parametrize(
    ("verbs", "document"),
    [
        ((), "<Response></Response>"),
        (
            (Say("Labdien.", "lv"), HangUp()),
            '<Response><Say language="lv-LV" voice="Google.lv-LV-Standard-B">Labdien.</Say><Hangup/></Response>',
        ),
        (
            (Gather((Say("Press 1.", "en"),), 1, "", 6),),
            f'<Response><Gather action="{BACK}gather" method="POST" input="dtmf" timeout="6" finishOnKey="" numDigits="1">'
            '<Say language="en-GB" voice="Polly.Amy">Press 1.</Say></Gather>'
            f'<Redirect method="POST">{BACK}silence</Redirect></Response>',
        ),
        (
            (Record(180, 5, "#"),),
            f'<Response><Record action="{BACK}record" method="POST" timeout="5" maxLength="180" finishOnKey="#" playBeep="true"'
            ' trim="do-not-trim" recordingStatusCallback="https://ivr.example.test/twilio/recording?turn=4"'
            ' recordingStatusCallbackMethod="POST" recordingStatusCallbackEvent="completed absent"/>'
            f'<Redirect method="POST">{BACK}empty</Redirect></Response>',
        ),
        (
            (Dial(("+37167000001", "+37167000002"), 20, True),),
            f'<Response><Dial action="{BACK}dial" method="POST" timeout="20" timeLimit="7200" sequential="true">'
            "<Number>+37167000001</Number><Number>+37167000002</Number></Dial></Response>",
        ),
        (
            (Play("welcome.wav", "Hello.", "xx"),),
            '<Response><Say language="xx">Hello.</Say></Response>',
        ),
    ],
)
def test_verbs_are_rendered_to_the_letter(verbs: tuple[Verb, ...], document: str) -> None:
    assert render(verbs, LINKS).decode() == HEAD + document


def test_a_business_chooses_its_voices() -> None:
    assert b'voice="Polly.Joanna"' in render((Say("Hi", "en"),), LINKS, {"en": "Polly.Joanna"})


@pytest.mark.parametrize(
    "text",
    [
        "</Say><Dial>+1900123</Dial>",
        '"/><Redirect>http://evil</Redirect>',
        "]]>",
        "a\x00b\x0bc\x1fd",
        "\ud800 lone",
        "\uffff \ufffe",
        "&amp; & <>",
        "\U0001f642 \u200frtl\u200e",
        "x" * 100_000,
        "<!--",
        "<?xml?>",
        "&#0;",
        "&xxe;",
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_no_text_breaks_a_document_or_adds_a_verb(text: str) -> None:
    """T09: four of these gave documents that do not parse with the SDK's builder."""
    root = ET.fromstring(render((Say(text, "en"), HangUp()), LINKS))
    assert [child.tag for child in root] == ["Say", "Hangup"]
    assert [child.tag for child in root.iter()] == ["Response", "Say", "Hangup"]


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b"<Response>", "does not parse"),
        (b"<Response><Pay/></Response>", "Pay"),
        (b"<Response>" + b" " * 70_000 + b"</Response>", "bytes"),
    ],
)
def test_a_document_that_no_provider_would_take_does_not_leave(document: bytes, why: str) -> None:
    with pytest.raises(NotTwiml, match=why):
        checked(document)
