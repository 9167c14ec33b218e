"""Who may come in: a bearer token on every route of the JSON interface; what is not allowed is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.parts import Parts
from api.users import Role, User, user_of

_bearer = HTTPBearer(auto_error=False, description="A token from `ringback users add NAME --role agent`.")


class NotSignedIn(Exception):
    """No token, or one that nobody has."""


class NotAllowed(Exception):
    """The user's role does not include this."""


class NotFound(Exception):
    """There is no such thing, or none that this user may see."""

    def __init__(self, what: str) -> None:
        super().__init__(f"there is no such {what}")


class NotANumber(Exception):
    """What was given as a telephone number cannot be one."""


def parts_of(request: Request) -> Parts:
    """The open parts of this process."""
    parts: Parts = request.app.state.parts
    return parts


OpenParts = Annotated[Parts, Depends(parts_of)]


def signed_in(parts: OpenParts, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> User:
    """The user whose token the request carries. Raises NotSignedIn. The role is read anew for each request."""
    user = user_of(parts.console_database, given.credentials) if given is not None else None
    if user is None:
        raise NotSignedIn
    return user


SignedIn = Annotated[User, Depends(signed_in)]


def at_least(role: Role) -> Callable[[User], User]:
    """A dependency that lets in users whose role includes `role`."""

    def check(user: SignedIn) -> User:
        if not user.may(role):
            raise NotAllowed
        return user

    return check


Agent = Annotated[User, Depends(at_least("agent"))]
Supervisor = Annotated[User, Depends(at_least("supervisor"))]
Admin = Annotated[User, Depends(at_least("admin"))]
