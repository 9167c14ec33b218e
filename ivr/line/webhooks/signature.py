"""Signs requests as Twilio does, so that webhooks check one kind of signature only.

Source: https://www.twilio.com/docs/usage/security, and rule 42 of docs/twiml-rules.md.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit


def sign(url: str, parameters: Iterable[tuple[str, str]], auth_token: str) -> str:
    """The X-Twilio-Signature of a request to `url` with these form `parameters` (none for GET).

    Names are sorted bytewise; of a repeated name every different value counts once, sorted, as in Twilio's own SDKs.
    """
    signed = _without_fragment(url)
    for name, value in sorted(set(parameters)):
        signed += name + value
    digest = hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def address_to_sign(url: str) -> str:
    """`url` as a voice request of Twilio signs it: no user or password, no fragment, and over https no port."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https" and parts.port is not None:
        host = host.rpartition(":")[0]
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))


def _without_fragment(url: str) -> str:
    return url.partition("#")[0]
