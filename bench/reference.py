"""The reference for turns: a FastAPI route that checks the signature with the SDK and renders the same answer with the SDK."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import Response
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Gather, VoiceResponse

TOKEN = "test_auth_token"
BASE_URL = "https://ivr.example.test"
# As long as a real token, and prompts as long as those of the shipped menu.
STATE = "x" * 420
PROMPT = (
    "How can we help you? For orders, press 1. For billing, press 2. To make a complaint, press 3. "
    "If you would like us to ring you back, press 4. To speak to somebody at any time, press 0."
)

app = FastAPI()
validator = RequestValidator(TOKEN)


@app.post("/twilio/{what}")
async def answer(request: Request) -> Response:
    form = await request.form()
    query = f"?{request.url.query}" if request.url.query else ""
    url = BASE_URL + request.url.path + query
    if not validator.validate(url, form, request.headers.get("X-Twilio-Signature", "")):
        return Response(status_code=403)
    document = VoiceResponse()
    back = f"{BASE_URL}/twilio/turn?s={STATE}&on="
    gather = Gather(action=back + "gather", method="POST", timeout=6, num_digits=1, finish_on_key="")
    gather.say(PROMPT, language="en-GB", voice="Polly.Amy")
    document.append(gather)
    document.redirect(back + "silence", method="POST")
    return Response(str(document), media_type="text/xml")


@app.get("/readyz")
async def readyz() -> Response:
    return Response("ok")
