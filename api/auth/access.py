"""Access to the JSON interface: every route needs a bearer token of a user with a sufficient role."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.auth.users import Role, User
from api.parts import Parts

_bearer = HTTPBearer(auto_error=False, description="A token from `ringback users token NAME`.")


class NotSignedIn(Exception):
    """The request has no token, or an unknown one."""


class NotAllowed(Exception):
    """The role of the user is not sufficient."""


class NotFound(Exception):
    """The requested object does not exist."""

    def __init__(self, what: str) -> None:
        super().__init__(f"there is no such {what}")


class UnknownField(Exception):
    """The query has a field that its route does not know."""

    def __init__(self, field: str, known: Iterable[str]) -> None:
        names = ", ".join(sorted(known)) or "none"
        super().__init__(f'There is no field "{field}" in the query here. Fields here: {names}.')


class NotANumber(Exception):
    """The text is no telephone number."""


def only_known_fields(request: Request) -> None:
    """Refuse a query field that a route below /api/ does not know: a filter that is ignored misleads. Raises UnknownField."""
    route = request.scope.get("route")
    if isinstance(route, APIRoute) and route.path.startswith("/api/"):
        known = [field.alias for field in route.dependant.query_params]
        for field in request.query_params:
            if field not in known:
                raise UnknownField(field, known)


def parts_of(request: Request) -> Parts:
    """What this process has open."""
    parts: Parts = request.app.state.parts
    return parts


OpenParts = Annotated[Parts, Depends(parts_of)]


def signed_in(request: Request, _described: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> User:
    """The user of the request's token, as the guard found them (api/auth/guard.py). Raises NotSignedIn."""
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
