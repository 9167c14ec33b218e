"""Calls on the line, rule by rule: the numbers are those of docs/twiml-rules.md."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from starlette.responses import RedirectResponse, Response
from twilio.request_validator import RequestValidator

from ivr.line.playing.player import APOLOGY
from ivr.line.protocol import Action, Event, HangUp, Keys, Listening, Mute, Silence, Spoken
from tests.ivr.line.conftest import ACCOUNT, Asked, Caller, Desk, Ring, wav

END = "<Response><Hangup/></Response>"
MENU = '<Response><Gather action="/turn" {0}><Say>Press</Say></Gather><Say>Nothing pressed</Say></Response>'


async def test_a_whole_call_is_signed_and_carries_twilios_parameters(desk: Desk, ring: Ring) -> None:
    desk.answer("/voice", MENU.format('numDigits="1"'))
    result = await ring("key 1")
    assert desk.paths() == ["/voice", "/turn", "/status"]
    first, turn, status = desk.asked
    assert first.form["CallStatus"] == "ringing"
    assert first.form["From"] == first.form["Caller"] == "+37120000001"
    assert first.form["To"] == first.form["Called"] == "+37167000000"
    assert first.form["ApiVersion"] == "2010-04-01"
    assert first.form["Direction"] == "inbound"
    assert first.form["FromCity"] == first.form["CalledCountry"] == ""
    assert first.form["CallSid"].startswith("CA")
    assert len(first.form["CallSid"]) == 34
    assert (turn.form["CallStatus"], turn.form["Digits"]) == ("in-progress", "1")
    assert status.form["CallStatus"] == "completed"
    assert status.form["SequenceNumber"] == "0"
    assert result.ended.status == "completed"
    validator = RequestValidator(ACCOUNT.auth_token)
    for asked in desk.asked:
        assert validator.validate(asked.url, asked.form, asked.headers["x-twilio-signature"])
        assert asked.headers["user-agent"] == "TwilioProxy/1.1"
    tokens = {asked.headers["i-twilio-idempotency-token"] for asked in desk.asked}
    assert len(tokens) == 3


async def test_rule_1_verbs_run_in_order_and_the_end_of_the_document_ends_the_call(desk: Desk, ring: Ring) -> None:
    desk.answer("/voice", '<Response><Say>One</Say><Pause length="2"/><Say loop="2">Two</Say></Response>')
    result = await ring()
    assert result.said == ["One", "Two", "Two"]
    assert (result.ended.status, result.outcome.faults) == ("completed", ())
    assert result.ended.seconds == 3  # 2 s of pause and nine letters at 14 a second


@pytest.mark.parametrize(
    "verb",
    [
        "<Redirect>/next</Redirect>",
        '<Gather action="/next" numDigits="1"/>',
        '<Record action="/next"/>',
        '<Dial action="/next">+371</Dial>',
    ],
)
async def test_rule_2_verbs_after_one_that_asks_for_a_document_never_run(
    desk: Desk, ring: Ring, message: Path, verb: str
) -> None:
    script = {"<Gath": "key 1", "<Reco": "record message.wav"}.get(verb[:5], "")
    desk.answer("/voice", f"<Response>{verb}<Say>Never</Say></Response>")
    desk.answer("/next", "<Response><Say>Then</Say></Response>")
    result = await ring(script)
    assert result.said == ["Then"]
    assert result.outcome.faults == ()


async def test_rule_3_a_gather_without_input_and_a_dial_without_action_fall_through(desk: Desk, ring: Ring) -> None:
    desk.answer("/voice", "<Response><Gather/><Dial>+371</Dial><Say>Here</Say></Response>")
    result = await ring()
    assert result.said == ["Here"]
    assert desk.paths() == ["/voice", "/status"]


async def test_rule_4_gather_and_record_without_action_post_to_the_current_document(
    desk: Desk, ring: Ring, message: Path
) -> None:
    desk.answer("/voice", "<Response><Redirect>/a/here?x=1</Redirect></Response>")
    desk.answer("/a/here", "<Response><Gather/></Response>", "<Response><Record/></Response>", END)
    await ring("keys 12#, record message.wav")
    assert desk.paths() == ["/voice", "/a/here", "/a/here", "/a/here", "/status"]
    assert [asked.url.endswith("?x=1") for asked in desk.asked[1:4]] == [True] * 3
    assert desk.form("/a/here", 1)["Digits"] == "12"
    assert "RecordingUrl" in desk.form("/a/here", 2)


async def test_rule_5_get_puts_the_parameters_into_the_query(desk: Desk, ring: Ring) -> None:
    desk.answer("/voice", '<Response><Gather action="/turn?s=a%2Bb" method="GET" numDigits="1"/></Response>')
    await ring("key 5")
    turn = desk.asked[1]
    assert (turn.method, turn.form["s"], turn.form["Digits"], turn.form["From"]) == ("GET", "a+b", "5", "+37120000001")
    assert RequestValidator(ACCOUNT.auth_token).validate(turn.url, {}, turn.headers["x-twilio-signature"])


async def test_rule_5_the_document_address_is_the_one_after_redirects_which_lose_the_digits(
    desk: Desk, ring: Ring
) -> None:
    desk.answer("/voice", MENU.format('numDigits="1"'))
    desk.answer("/turn", RedirectResponse("/moved/there", 302))
    desk.answer("/moved/there", '<Response><Gather action="next" numDigits="1"/></Response>')
    await ring("key 1, key 2")
    assert desk.paths() == ["/voice", "/turn", "/moved/there", "/moved/next", "/status"]
    assert "Digits" not in desk.form("/moved/there")


async def test_rule_6_an_empty_action_document_ends_the_call(desk: Desk, ring: Ring) -> None:
    desk.answer("/voice", MENU.format('numDigits="1"'))
    result = await ring("key 1")
    assert (result.ended.status, result.ended.error) == ("completed", None)


async def test_rule_8_the_first_key_stops_the_prompts(desk: Desk, ring: Ring) -> None:
    desk.answer("/voice", '<Response><Gather action="/turn" numDigits="2"><Say>A</Say><Say>B</Say></Gather></Response>')

    def react(event: Event) -> Action:
        return Keys(keys="1") if isinstance(event, Spoken) else Keys(keys="2")

    result = await ring(react=react)
    assert result.said == ["A"]
    assert desk.form("/turn")["Digits"] == "12"


async def test_rule_9_each_key_starts_the_timeout_anew(desk: Desk, ring: Ring) -> None:
    desk.answer("/voice", MENU.format('timeout="3"'))
    result = await ring("key 1, key 2, silence")
    assert desk.form("/turn")["Digits"] == "12"
    assert [event.typed for event in result.of("listening") if isinstance(event, Listening)] == [0, 1, 2]


GATHERS = [
    # rule, attributes, keys, Digits of the action (None: no action)
    ("10 the finish key", "", "12#", "12"),
    ("10 numDigits", 'numDigits="3"', "123", "123"),
    ("11 the finish key alone is no input", "", "#", None),
    ("11 another finish key", 'finishOnKey="*"', "1#*", "1#"),
    ("11 the finish key comes before numDigits", 'numDigits="4"', "12#", "12"),
    ("12 no finish key: all is data", 'finishOnKey="" numDigits="3"', "1#*", "1#*"),
    ("13 timeout with digits", "", "12", "12"),
    ("15 keys after the end are lost", 'numDigits="1"', "12", "1"),
    ("16 zeros lead", 'numDigits="3"', "007", "007"),
    ("14 keys do not count for speech", 'input="speech"', "1", None),
]


@pytest.mark.parametrize(("rule", "attributes", "keys", "digits"), GATHERS, ids=[row[0] for row in GATHERS])
async def test_rules_10_to_16_what_is_gathered(
    desk: Desk, ring: Ring, rule: str, attributes: str, keys: str, digits: str | None
) -> None:
    desk.answer("/voice", MENU.format(attributes))
    result = await ring(f"keys {keys}")
    if digits is None:
        assert "/turn" not in desk.paths()
        assert result.said[-1] == "Nothing pressed"
    else:
        assert desk.form("/turn")["Digits"] == digits


@pytest.mark.parametrize(("mode", "digits"), [("empty-digits=absent", None), ("empty-digits=empty", "")])
async def test_rule_13_an_empty_result_is_told_in_both_modes(
    desk: Desk, ring: Ring, mode: str, digits: str | None
) -> None:
    desk.answer("/voice", MENU.format('actionOnEmptyResult="true"'))
    await ring("silence", modes=mode)
    assert desk.form("/turn").get("Digits") == digits


async def test_rule_17_loops_repeat_within_the_gather(desk: Desk, ring: Ring) -> None:
    desk.answer("/voice", '<Response><Gather><Say loop="3">Press</Say></Gather></Response>')
    assert (await ring()).said == ["Press"] * 3


RECORDS = [
    # rule, attributes, script, seconds told, Digits, ended by
    ("18 silence ends it", 'timeout="4"', "record message.wav", "6", None, "silence"),
    ("18 a key ends it", "", "record message.wav then #", "2", "#", "key"),
    ("18 a key that is no finish key does not", 'finishOnKey="9"', "record message.wav then 5", "7", None, "silence"),
    ("18 the limit ends it", 'maxLength="2" timeout="0"', "record message.wav", "2", None, "max_length"),
    ("22 a hang-up ends it", "", "record message.wav then hangup", "2", "hangup", "hangup"),
]


@pytest.mark.parametrize(("rule", "attributes", "script", "seconds", "digits", "ended_by"), RECORDS)
async def test_rules_18_to_22_how_a_recording_ends(
    desk: Desk,
    ring: Ring,
    message: Path,
    rule: str,
    attributes: str,
    script: str,
    seconds: str,
    digits: str | None,
    ended_by: str,
) -> None:
    desk.answer("/voice", f'<Response><Record action="/turn" {attributes}/><Say>Never</Say></Response>')
    result = await ring(script)
    told = desk.form("/turn")
    assert (told["RecordingDuration"], told.get("Digits")) == (seconds, digits)
    assert result.of("recorded")[0].model_dump()["ended_by"] == ended_by
    assert result.said == []
    sid = told["RecordingSid"]
    assert told["RecordingUrl"] == f"{ACCOUNT.url}/2010-04-01/Accounts/{ACCOUNT.account_sid}/Recordings/{sid}"
    kept = result.carrier.recordings.find(sid)
    assert kept is not None
    assert kept.seconds == 2  # rule 21: the silence at the end is trimmed after the action was told


async def test_rule_18_the_beep_comes_first_unless_it_is_off(desk: Desk, ring: Ring) -> None:
    desk.answer("/voice", '<Response><Record action="/two"/></Response>')
    desk.answer("/two", '<Response><Record playBeep="false" action="/end"/></Response>')
    result = await ring("say nothing, say nothing")
    assert [event.event for event in result.heard if event.event in ("beep", "recording")] == [
        "beep",
        "recording",
        "recording",
    ]


async def test_rule_18_a_long_silence_inside_the_message_ends_the_recording(
    desk: Desk, ring: Ring, tmp_path: Path
) -> None:
    loud, quiet = b"\x10\x27" * 8000, bytes(16000 * 4)
    (tmp_path / "gap.wav").write_bytes(wav(loud + quiet + loud))
    desk.answer("/voice", '<Response><Record action="/turn" timeout="3"/></Response>')
    await ring("record gap.wav")
    assert desk.form("/turn")["RecordingDuration"] == "4"


@pytest.mark.parametrize(
    ("mode", "paths", "has_url"),
    [
        ("empty-recording=action", ["/voice", "/turn", "/status"], True),
        ("empty-recording=action-without-url", ["/voice", "/turn", "/status"], False),
        ("empty-recording=next", ["/voice", "/status"], False),
    ],
)
async def test_rule_20_an_empty_recording_in_each_mode(
    desk: Desk, ring: Ring, mode: str, paths: list[str], has_url: bool
) -> None:
    desk.answer("/voice", '<Response><Record action="/turn"/><Say>Safe tail</Say></Response>')
    result = await ring("say nothing", modes=mode)
    assert desk.paths() == paths
    assert result.said == (["Safe tail"] if mode.endswith("next") else [])
    if "/turn" in paths:
        assert ("RecordingUrl" in desk.form("/turn")) == has_url
        assert desk.form("/turn")["RecordingDuration"] == ("5" if has_url else "0")


RECORDING = '<Response><Record action="/turn" recordingStatusCallback="/recording"/></Response>'


@pytest.mark.parametrize(
    ("mode", "order"),
    [
        ("recording-callback=before", ["/voice", "/recording", "/turn", "/status"]),
        ("recording-callback=after", ["/voice", "/turn", "/recording", "/status"]),
    ],
)
async def test_rule_21_the_recording_callback_comes_before_or_after_the_action(
    desk: Desk, ring: Ring, message: Path, mode: str, order: list[str]
) -> None:
    desk.answer("/voice", RECORDING)
    desk.answer("/turn", '<Response><Pause length="1"/></Response>')
    await ring("record message.wav", modes=mode)
    assert [path for path in desk.paths() if path != "/status"] == order[:-1]
    told = desk.form("/recording")
    assert {"RecordingStatus": "completed", "RecordingDuration": "2", "RecordingChannels": "1"}.items() <= told.items()
    assert told["RecordingSource"] == "RecordVerb"
    assert told["RecordingSid"] == desk.form("/turn")["RecordingSid"]


@pytest.mark.parametrize(
    ("script", "statuses"),
    [("record message.wav", ["in-progress", "completed"]), ("say nothing", ["in-progress", "absent"])],
)
async def test_rule_21_every_recording_event_that_was_asked_for_is_told(
    desk: Desk, ring: Ring, message: Path, script: str, statuses: list[str]
) -> None:
    events = 'recordingStatusCallback="/recording" recordingStatusCallbackEvent="in-progress completed absent"'
    desk.answer("/voice", f'<Response><Record action="/turn" {events}/></Response>')
    await ring(script, modes="empty-recording=action-without-url")
    told = [asked.form["RecordingStatus"] for asked in desk.asked if asked.path == "/recording"]
    assert told == statuses


async def test_rule_22_a_hang_up_while_recording_asks_the_action_and_ignores_its_answer(
    desk: Desk, ring: Ring, message: Path
) -> None:
    desk.answer("/voice", RECORDING)
    desk.answer("/turn", "<Response><Say>Nobody hears this</Say></Response>")
    result = await ring("record message.wav then hangup")
    assert desk.paths()[:2] == ["/voice", "/turn"]
    assert set(desk.paths()[2:]) == {"/recording", "/status"}
    assert (desk.form("/turn")["Digits"], desk.form("/turn")["CallStatus"]) == ("hangup", "completed")
    assert result.said == []
    assert result.outcome.faults == ()


DIALS = [
    ("nobody answers", "", "no-answer", "0", "false"),
    ("busy", "dial busy", "busy", "0", "false"),
    ("failed", "dial failed", "failed", "0", "false"),
    ("answered", "dial answered 20s", "completed", "20", "true"),
    ("its own answer", "dial +37120000009=answered 7s", "completed", "7", "true"),
    ("the time limit", "dial answered 500s", "completed", "60", "true"),
]


@pytest.mark.parametrize(("case", "script", "status", "seconds", "bridged"), DIALS, ids=[row[0] for row in DIALS])
async def test_rule_23_the_action_of_a_dial_is_told_its_outcome(
    desk: Desk, ring: Ring, case: str, script: str, status: str, seconds: str, bridged: str
) -> None:
    desk.answer("/voice", '<Response><Dial action="/turn" timeLimit="60">+37120000009</Dial></Response>')
    await ring(script)
    told = desk.form("/turn")
    assert (told["DialCallStatus"], told["DialCallDuration"], told["DialBridged"]) == (status, seconds, bridged)
    assert told["DialCallSid"].startswith("CA")


@pytest.mark.parametrize(
    ("mode", "action", "paths"),
    [
        ("hangup-in-dial=action", 'action="/turn"', ["/voice", "/turn", "/status"]),
        ("hangup-in-dial=none", 'action="/turn"', ["/voice", "/status"]),
        ("hangup-in-dial=action", "", ["/voice", "/status"]),
    ],
)
async def test_rule_24_a_caller_who_hangs_up_during_a_dial(
    desk: Desk, ring: Ring, mode: str, action: str, paths: list[str]
) -> None:
    desk.answer("/voice", f"<Response><Dial {action}>+371</Dial><Say>Never</Say></Response>")
    result = await ring("hangup", modes=mode)
    assert desk.paths() == paths
    assert result.said == []
    if "/turn" in paths:
        assert desk.form("/turn")["CallStatus"] == "completed"


async def test_rule_25_a_star_leaves_the_other_side(desk: Desk, ring: Ring) -> None:
    desk.answer("/voice", '<Response><Dial hangupOnStar="true" action="/turn">+371</Dial></Response>')

    def react(event: Event) -> Action:
        return Keys(keys="*") if event.event == "connected" else Silence()

    await ring(react=react, dial_results=["answered 60s"])
    assert (desk.form("/turn")["DialCallStatus"], desk.form("/turn")["DialCallDuration"]) == ("completed", "0")


@pytest.mark.parametrize(("sequential", "rung"), [("false", 3.0), ("true", 13.0)])
async def test_rule_26_several_numbers_ring_at_once_or_in_turn(
    desk: Desk, ring: Ring, sequential: str, rung: float
) -> None:
    numbers = "<Number>+3711</Number><Number>+3712</Number>"
    desk.answer(
        "/voice", f'<Response><Dial action="/turn" timeout="10" sequential="{sequential}">{numbers}</Dial></Response>'
    )
    result = await ring(dial_results=["+3712=answered 5s"])
    assert [(event.number, event.seconds) for event in result.of("connected")] == [("+3712", 5.0)]  # type: ignore[union-attr]
    assert result.of("dialling")[0].seconds == rung  # type: ignore[union-attr]


@pytest.mark.parametrize(("result", "status"), [("answered 5s", "completed"), ("busy", "no-answer")])
async def test_rule_28_answer_on_bridge_lets_the_caller_ring(desk: Desk, ring: Ring, result: str, status: str) -> None:
    desk.answer("/voice", '<Response><Dial answerOnBridge="true" action="/turn">+371</Dial></Response>')
    desk.answer("/turn", '<Response><Reject reason="rejected"/></Response>')
    ended = (await ring(dial_results=[result])).ended
    assert ended.status == status


@pytest.mark.parametrize(
    "document",
    [
        "<Response><Say>Long</Say><Say>Never</Say></Response>",
        "<Response><Pause/><Say>Never</Say></Response>",
        '<Response><Gather action="/turn"/><Say>Never</Say></Response>',
    ],
)
async def test_rule_31_a_hang_up_in_say_pause_or_gather_sends_only_the_status(
    desk: Desk, ring: Ring, document: str
) -> None:
    desk.answer("/voice", document)
    result = await ring("hangup")
    assert desk.paths() == ["/voice", "/status"]
    assert "Never" not in result.said
    assert result.ended.status == ("canceled" if "Pause" in document else "completed")


async def test_rule_31_keys_typed_before_a_hang_up_are_lost(desk: Desk, ring: Ring) -> None:
    desk.answer("/voice", MENU.format('numDigits="4"'))
    await ring("keys 12, hangup")
    assert desk.paths() == ["/voice", "/status"]


async def test_rule_32_an_answer_that_comes_after_the_hang_up_is_discarded(desk: Desk, ring: Ring) -> None:
    async def slowly(asked: Asked) -> Response:
        await asyncio.sleep(0.2)
        return Response("<Response><Say>Too late</Say></Response>", media_type="text/xml")

    desk.answer("/voice", '<Response><Gather action="/turn" numDigits="1"/></Response>')
    desk.answer("/turn", slowly)
    callers: list[Caller] = []

    def react(event: Event) -> Action:
        leaving.append(asyncio.create_task(leave()))
        return Keys(keys="1")

    async def leave() -> None:
        await asyncio.sleep(0.05)
        await callers[0].act(HangUp())

    leaving: list[asyncio.Task[None]] = []
    result = await ring(react=react, watch=callers.append)
    assert result.said == []
    assert set(desk.paths()) == {"/voice", "/turn", "/status"}
    assert result.ended.error is None


async def test_rule_33_a_failing_status_callback_is_a_warning_and_no_error(desk: Desk, ring: Ring) -> None:
    desk.answer("/voice", END)
    desk.answer("/status", Response(status_code=500))
    result = await ring()
    assert [event.code for event in result.of("warning")] == [15003]  # type: ignore[union-attr]
    assert result.outcome.faults == ()


@pytest.mark.parametrize(("reason", "status"), [("busy", "busy"), ("rejected", "no-answer")])
async def test_rule_34_a_rejected_call_is_never_answered(desk: Desk, ring: Ring, reason: str, status: str) -> None:
    desk.answer("/voice", f'<Response><Reject reason="{reason}"/><Say>Never</Say></Response>')
    result = await ring()
    assert (result.ended.status, result.ended.seconds) == (status, 0)
    assert [event.event for event in result.heard] == ["ringing", "ended"]
    assert desk.form("/status")["CallStatus"] == status


TROUBLE = [
    ("11200 not found", Response("gone", 404), 11200),
    ("11200 server error", Response("<Response/>", 500, media_type="text/xml"), 11200),
    ("12100 no XML", "<Response>", 12100),
    ("12200 unknown verb, rule 39", "<Response><Speak/></Response>", 12200),
    ("11750 too large", "<Response>" + " " * 70_000 + "</Response>", 11750),
    ("11215 redirects for ever", RedirectResponse("/voice"), 11215),
]


@pytest.mark.parametrize(("case", "reply", "code"), TROUBLE, ids=[row[0] for row in TROUBLE])
@pytest.mark.parametrize("has_fallback", [True, False])
async def test_rule_36_a_document_that_fails_is_replaced_by_the_fallback_or_an_apology(
    desk: Desk, ring: Ring, case: str, reply: str | Response, code: int, has_fallback: bool
) -> None:
    desk.answer("/voice", reply)
    desk.answer("/fallback", "<Response><Say>Please hold on</Say></Response>")
    result = await ring(fallback=has_fallback)
    assert result.said == (["Please hold on"] if has_fallback else [APOLOGY.text])
    assert result.ended.status == "completed"
    assert result.ended.error is not None
    assert result.ended.error.code == code
    assert result.outcome.faults
    if has_fallback:
        assert desk.form("/fallback")["ErrorCode"] == str(code)
        assert desk.form("/fallback")["ErrorUrl"] == f"{desk.url}/voice"


async def test_rule_36_a_server_that_cannot_be_reached_is_11205(desk: Desk, ring: Ring) -> None:
    desk.answer("/voice", "<Response><Redirect>http://127.0.0.1:9/nobody</Redirect></Response>")
    result = await ring()
    assert result.ended.error is not None
    assert result.ended.error.code == 11205


async def test_rule_37_the_fallback_also_rescues_a_later_action_and_has_no_fallback_itself(
    desk: Desk, ring: Ring
) -> None:
    desk.answer("/voice", MENU.format('numDigits="1"'))
    desk.answer("/turn", Response(status_code=503))
    desk.answer("/fallback", "<broken")
    result = await ring("key 1", fallback=True)
    assert desk.paths() == ["/voice", "/turn", "/fallback", "/status"]
    assert [event.code for event in result.of("error")] == [11200, 12100]  # type: ignore[union-attr]
    assert result.said[-1] == APOLOGY.text


async def test_rule_38_audio_that_cannot_be_had_is_skipped_with_a_warning(desk: Desk, ring: Ring) -> None:
    desk.answer("/voice", "<Response><Play>/no.wav</Play><Play>/page</Play><Play>/hi.wav</Play></Response>")
    desk.answer("/no.wav", Response(status_code=404))
    desk.answer("/page", Response("<html/>", media_type="text/html"))
    desk.answer("/hi.wav", Response(wav(bytes(16000)), media_type="audio/x-wav"))
    result = await ring()
    assert [event.code for event in result.of("warning")] == [11200, 12300]  # type: ignore[union-attr]
    assert [event.seconds for event in result.of("play")] == [1.0]  # type: ignore[union-attr]
    assert desk.form("/hi.wav") == {}


async def test_rule_40_a_leading_pause_rings_on_and_alone_is_never_answered(desk: Desk, ring: Ring) -> None:
    desk.answer("/voice", '<Response><Pause length="4"/></Response>')
    assert (await ring()).ended.status == "no-answer"
    desk.answer("/voice", '<Response><Pause length="4"/><Say>Fourteen chars</Say></Response>')
    result = await ring()
    assert (result.ended.status, result.ended.seconds) == ("completed", 1)


async def test_a_call_that_runs_in_a_loop_is_ended_with_an_error(desk: Desk, ring: Ring) -> None:
    desk.answer("/voice", "<Response><Redirect>/voice</Redirect></Response>")
    result = await ring()
    assert result.ended.error is not None
    assert "loop" in result.ended.error.message


async def test_cookies_last_for_a_call(desk: Desk, ring: Ring) -> None:
    first = Response("<Response><Redirect>/two</Redirect></Response>", media_type="text/xml")
    first.set_cookie("seen", "yes")
    desk.answer("/voice", first)
    await ring()
    assert desk.asked[1].headers["cookie"] == "seen=yes"
    await ring()
    again = [asked for asked in desk.asked if asked.path == "/voice"][1]
    assert "cookie" not in again.headers


async def test_on_the_real_pace_time_passes_and_a_key_stops_the_prompt(desk: Desk, ring: Ring) -> None:
    desk.answer(
        "/voice",
        '<Response><Gather action="/turn" timeout="1"><Say>Fourteen chars</Say></Gather></Response>',
    )
    began = time.monotonic()
    result = await ring("key 7", pace="real")
    took = time.monotonic() - began
    assert desk.form("/turn")["Digits"] == "7"
    assert 1.9 < took < 4  # the prompt lasts a second, and a second passes after the key
    assert result.ended.seconds in (2, 3)


async def test_on_the_real_pace_a_muted_phone_holds_a_recording_open(desk: Desk, ring: Ring) -> None:
    desk.answer("/voice", '<Response><Record action="/turn" timeout="1" maxLength="2"/></Response>')
    result = await ring(pace="real", react=lambda event: Mute())
    assert result.of("recorded")[0].model_dump()["ended_by"] == "max_length"
