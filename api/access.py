"""Access to the JSON interface: every route needs a bearer token of a user with a sufficient role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.parts import Parts
from api.users import Role, User

_bearer = HTTPBearer(auto_error=False, description="A token from `ringback users token NAME`.")


class NotSignedIn(Exception):
    """The request has no token, or an unknown one."""


class NotAllowed(Exception):
    """The role of the user is not sufficient."""


class NotFound(Exception):
    """The requested object does not exist."""

    def __init__(self, what: str) -> None:
        super().__init__(f"there is no such {what}")


class NotANumber(Exception):
    """The text is no telephone number."""


def parts_of(request: Request) -> Parts:
    """What this process has open."""
    parts: Parts = request.app.state.parts
    return parts


OpenParts = Annotated[Parts, Depends(parts_of)]


def signed_in(request: Request, _described: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> User:
    """The user of the request's token, as the guard found them (api/guard.py). Raises NotSignedIn."""
    user: User | None = request.state.user
    if user is None:
        raise NotSignedIn
    return user


SignedIn = Annotated[User, Depends(signed_in)]


def at_least(role: Role) -> Callable[[User], User]:
    """A FastAPI dependency that accepts users whose role includes `role`."""

    def check(user: SignedIn) -> User:
        if not user.may(role):
            raise NotAllowed
        return user

    return check


Agent = Annotated[User, Depends(at_least("agent"))]
Supervisor = Annotated[User, Depends(at_least("supervisor"))]
Admin = Annotated[User, Depends(at_least("admin"))]
