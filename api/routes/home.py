"""The page at `/`: what this is and where to go, for whoever opens the address in a browser."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

router = APIRouter(tags=["home"])

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Ringback</title>
</head>
<body>
<h1>Ringback</h1>
<p>Ringback answers a business's telephone, takes messages, and makes sure that somebody calls back in time. It is running.</p>
<h2>Try it</h2>
<p>In a terminal, in the folder of Ringback:</p>
<ul>
<li><code>script/ringback call</code>: make a call, press keys, leave a message</li>
<li><code>script/ringback queue</code>: see the message, its words and its deadline</li>
<li><code>script/ringback doctor</code>: check the installation</li>
</ul>
<h2>For programs</h2>
<ul>
<li><a href="api/openapi.json">api/openapi.json</a>: the description of the JSON interface;
<code>docs/api.md</code> is a tour</li>
<li><a href="healthz">healthz</a>, <a href="readyz">readyz</a>: whether it lives, and whether it can answer calls</li>
</ul>
<p>The documentation lies in the folder <code>docs</code>; begin with <code>README.md</code>.</p>
</body>
</html>
"""


@router.get("/", summary="What this is and where to go", response_class=HTMLResponse)
def home() -> HTMLResponse:
    headers = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}
    return HTMLResponse(_PAGE, headers=headers)
