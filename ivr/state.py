"""The call's state between two turns, sealed into the URL that the provider comes back to.

AES-SIV is deterministic: the same state of the same call gives the same token, so a repeated turn gets the same bytes. The
call's id is bound to it: a token of another call does not open. Nobody without the key can read or change it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from flows.session import Session

MAX_TOKEN_CHARACTERS = 1_500
_FORM = b"ringback state 1"


class BadToken(Exception):
    """The token is not one of ours, belongs to another call, or was changed. A retry cannot help."""


class StateSeal:
    """Seals and opens sessions with a key derived from the installation's secret."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESSIV(hashlib.blake2b(secret.encode(), digest_size=64, person=b"ringback-state").digest())

    def seal(self, session: Session, provider_call_id: str) -> str:
        """Return a URL-safe token. Raises ValueError when it would be longer than MAX_TOKEN_CHARACTERS."""
        packed = orjson.dumps(session.to_dict())
        sealed = self._cipher.encrypt(packed, [_FORM, provider_call_id.encode()])
        token = base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise ValueError(f"the state of the call takes {len(token)} characters, more than {MAX_TOKEN_CHARACTERS}")
        return token

    def open(self, token: str, provider_call_id: str) -> Session:
        """Return the session of this call. Raises BadToken."""
        if not token or len(token) > MAX_TOKEN_CHARACTERS:
            raise BadToken("no token, or one too long")
        try:
            sealed = base64.b64decode(token.encode() + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
            packed = self._cipher.decrypt(sealed, [_FORM, provider_call_id.encode()])
            return Session.from_dict(orjson.loads(packed))
        except (InvalidTag, binascii.Error, ValueError, KeyError, TypeError):
            raise BadToken("the token does not open for this call") from None
