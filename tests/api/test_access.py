"""Deny by default: every route of the JSON interface wants a token, and a role where it matters."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from api.auth import users
from api.auth.users import ROLES, User, UserError, user_of
from api.routes.twilio import ENDPOINTS
from runtime.embedded import EmbeddedRedis
from tests.front import Front, open_front
from tests.tokens import add_user

# The provider fetches recorded prompts by the hash of their content, which nobody guesses.
OPEN = {"/", "/healthz", "/readyz", "/metrics", "/api/openapi.json", "/twilio/audio/{content}/{name}"}


async def routes_of(front: Front) -> list[tuple[str, str]]:
    description = (await front.client.get("/api/openapi.json")).json()
    return [(method.upper(), path) for path, methods in description["paths"].items() for method in methods]


async def test_no_route_answers_without_a_token(lite_front: Front) -> None:
    routes = await routes_of(lite_front)
    assert len(routes) > 12
    for method, path in routes:
        if path in OPEN:
            continue
        for headers in ({}, {"authorization": "Bearer rb_nobody"}, {"authorization": "Basic YWRtaW46YWRtaW4="}):
            response = await lite_front.client.request(method, path.replace("{", "").replace("}", ""), headers=headers)
            assert response.status_code == 401, (method, path)
            assert response.json()["error"] == "not_signed_in"


async def test_every_described_route_names_its_security(lite_front: Front) -> None:
    description = (await lite_front.client.get("/api/openapi.json")).json()
    for path, methods in description["paths"].items():
        for method, route in methods.items():
            assert path in OPEN or route.get("security"), (method, path)


async def test_the_application_has_no_route_that_is_neither_described_nor_the_providers(lite_front: Front) -> None:
    described = {path for _, path in await routes_of(lite_front)} | OPEN
    door = lite_front.client._transport.app  # type: ignore[attr-defined]
    for route in door.interface.routes:
        if isinstance(route, APIRoute):
            assert route.path in described, route.path
    assert all(path.startswith("/twilio/") for path in ENDPOINTS)


@pytest.mark.parametrize("headers", [{"x-remote-user": "admin"}, {"x-forwarded-user": "admin"}])
async def test_a_header_is_no_login(lite_front: Front, headers: dict[str, str]) -> None:
    assert (await lite_front.client.get("/api/callbacks", headers=headers)).status_code == 401


def test_a_role_includes_those_before_it() -> None:
    for place, role in enumerate(ROLES):
        assert [User("x", role).may(other) for other in ROLES] == [number <= place for number in range(len(ROLES))]


async def test_a_new_token_voids_the_old_one_and_only_its_hash_is_kept(lite_front: Front) -> None:
    engine = lite_front.parts.console_database
    old = add_user(engine, "maija", "agent")
    new = add_user(engine, "maija", "admin")
    assert user_of(engine, old) is None
    assert user_of(engine, new) == User("maija", "admin")
    with engine.connect() as connection:
        assert new not in str(connection.exec_driver_sql("SELECT * FROM users").all())


@pytest.mark.parametrize("name", ["", "x" * 81, "a\nb", "<script>"])
async def test_a_name_that_cannot_be_is_refused(lite_front: Front, name: str) -> None:
    with pytest.raises(UserError, match="is not a name"):
        users.add_user(lite_front.parts.console_database, name, "agent")


async def test_health_tells_that_redis_is_away_and_stays_ready(tmp_path: Path, sqlite_url: str) -> None:
    with tempfile.TemporaryDirectory() as short:
        server = EmbeddedRedis(Path(short) / "queue", Path(short) / "s")
        server.start()
        async with open_front(tmp_path / "data", sqlite_url, server.url) as front:
            assert (await front.client.get("/healthz")).json() == {"status": "ok"}
            ready = await front.client.get("/readyz")
            assert (ready.status_code, ready.json()["redis"]) == (200, "ok")
            server.stop()
            ready = await front.client.get("/readyz")
            assert (ready.status_code, ready.json()["status"], ready.json()["redis"]) == (200, "ok", "away")
            call = await front.switchboard.ring()
            assert "Gather" in call.document.verbs


async def test_metrics_need_loopback_or_an_admin(lite_front: Front) -> None:
    call = await lite_front.switchboard.ring()
    await call.press("1")
    token = add_user(lite_front.parts.console_database, "root", "admin")
    figures = await lite_front.client.get("/metrics", headers={"authorization": f"Bearer {token}"})
    assert 'ringback_turn_seconds_count{webhook="turn"}' in figures.text
