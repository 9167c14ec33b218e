"""`ringback users`: who comes in, with which token, and who no longer."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.auth.users import User, user_of
from api.commands.users import users
from runtime.config import Settings
from runtime.sql.database import open_database
from runtime.sql.migrate import upgrade

RUN = CliRunner()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("RINGBACK_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("api.wiring.set_up_logging", lambda *_: None)  # it would outlive the test
    made = Settings()
    upgrade(made.sql_url)
    return made


def who(settings: Settings, token: str) -> User | None:
    engine = open_database(settings.sql_url)
    try:
        return user_of(engine, token)
    finally:
        engine.dispose()


def ask(*arguments: str) -> str:
    done = RUN.invoke(users, arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def refused(*arguments: str) -> str:
    done = RUN.invoke(users, arguments)
    assert done.exit_code == 1
    return done.stderr


def test_adding_a_user_prints_no_token_and_asking_for_one_does(settings: Settings) -> None:
    assert "rb_" not in ask("add", "maija", "--role", "supervisor")
    token = ask("token", "maija").strip()
    assert who(settings, token) == User("maija", "supervisor")
    again = ask("token", "maija").strip()
    assert (who(settings, token), who(settings, again)) == (None, User("maija", "supervisor"))


def test_a_name_that_exists_keeps_its_token_and_role(settings: Settings) -> None:
    ask("add", "maija")
    token = ask("token", "maija").strip()
    assert refused("add", "maija", "--role", "admin") == (
        "There is a user maija already; `users token maija` makes a new token.\n"
    )
    assert who(settings, token) == User("maija", "agent")


def test_the_list_says_who_comes_in(settings: Settings) -> None:
    assert ask("list") == "There are no users yet. `users add NAME --role agent` adds one.\n"
    for name in ("zane", "maija", "janis"):
        ask("add", name)
    ask("token", "maija")
    ask("disable", "janis")
    lines = ask("list").splitlines()
    assert [line.split()[0] for line in lines] == ["janis", "maija", "zane"]
    assert ["disabled" in lines[0], "token of" in lines[1], lines[2].endswith("no token")] == [True] * 3
    assert all(len(line) <= 80 for line in lines)


def test_a_disabled_user_is_out_until_reset(settings: Settings) -> None:
    ask("add", "maija")
    token = ask("token", "maija").strip()
    ask("disable", "maija")
    assert who(settings, token) is None
    assert "users reset maija" in refused("token", "maija")
    ask("reset", "maija")
    assert who(settings, token) is None
    assert who(settings, ask("token", "maija").strip()) == User("maija", "agent")


def test_a_role_can_be_changed_with_the_same_token(settings: Settings) -> None:
    ask("add", "maija")
    token = ask("token", "maija").strip()
    ask("set", "maija", "--role", "admin")
    assert who(settings, token) == User("maija", "admin")


@pytest.mark.parametrize("command", [("token",), ("disable",), ("reset",)])
def test_an_unknown_name_is_told_with_those_that_exist(settings: Settings, command: tuple[str, ...]) -> None:
    ask("add", "maija")
    assert refused(*command, "maja") == "There is no user maja; users: maija.\n"
