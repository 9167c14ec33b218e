"""The attribute names of TwiML. The line accepts all of them, also those it does not use.

Source: Twilio's TwiML pages, listed in docs/twiml-rules.md, and twilio-python 9.13.
"""

from __future__ import annotations

GATHER = (
    "action",
    "method",
    "input",
    "timeout",
    "speechTimeout",
    "finishOnKey",
    "numDigits",
    "actionOnEmptyResult",
    "language",
    "hints",
    "speechModel",
    "partialResultCallback",
    "partialResultCallbackMethod",
    "profanityFilter",
    "enhanced",
    "bargeIn",
    "maxSpeechTime",
    "debug",
)

RECORD = (
    "action",
    "method",
    "timeout",
    "finishOnKey",
    "maxLength",
    "playBeep",
    "trim",
    "recordingStatusCallback",
    "recordingStatusCallbackMethod",
    "recordingStatusCallbackEvent",
    "transcribe",
    "transcribeCallback",
    "recordingConfigurationId",
)

DIAL = (
    "action",
    "method",
    "timeout",
    "timeLimit",
    "callerId",
    "hangupOnStar",
    "answerOnBridge",
    "record",
    "trim",
    "recordingTrack",
    "ringTone",
    "sequential",
    "referUrl",
    "referMethod",
    "callReason",
    "events",
    "passports",
    "recordingStatusCallback",
    "recordingStatusCallbackMethod",
    "recordingStatusCallbackEvent",
)

NUMBER = (
    "sendDigits",
    "url",
    "method",
    "statusCallbackEvent",
    "statusCallback",
    "statusCallbackMethod",
    "byoc",
    "machineDetection",
    "machineDetectionTimeout",
    "machineDetectionSpeechThreshold",
    "machineDetectionSpeechEndThreshold",
    "machineDetectionSilenceTimeout",
    "amdStatusCallback",
    "amdStatusCallbackMethod",
)

SSML = (
    "break",
    "emphasis",
    "lang",
    "p",
    "phoneme",
    "prosody",
    "s",
    "say-as",
    "sub",
    "w",
    "mark",
)
