"""The account of the line: id, token and address, kept in `line.json` of the data folder."""

from __future__ import annotations

import json
import os
import secrets
import socket
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from runtime.config import Settings


class LineNotFound(Exception):
    """No line runs for this data folder; the message says how to start one. A retry helps after that."""


@dataclass(frozen=True, slots=True)
class LineAccount:
    """The credentials of the line, and its address on loopback without a slash at the end."""

    account_sid: str
    auth_token: str
    url: str

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


def load_or_create(data_dir: Path, port: int = 0, *, account_sid: str = "", auth_token: str = "") -> LineAccount:
    """The account of this data folder, created at the first start.

    `port` 0 keeps the last port, or picks a free one at first. Given credentials replace those in the file: the line
    then stands in for a configured provider. Only the owner can read the file.
    """
    known = _read(data_dir) or _create(data_dir, port)
    wanted = replace(
        known,
        account_sid=account_sid or known.account_sid,
        auth_token=auth_token or known.auth_token,
        url=_address(port) if port else known.url,
    )
    if wanted != known:
        announce(data_dir, wanted)
    return wanted


def for_settings(settings: Settings, port: int = 0) -> LineAccount:
    """The account under these settings, with the credentials of a configured provider if there is one."""
    if not settings.has_provider:
        return load_or_create(settings.data_dir, port)
    return load_or_create(
        settings.data_dir,
        port,
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
    )


def find(data_dir: Path) -> LineAccount:
    """The account of this data folder. Raises LineNotFound, with the remedy, when there is none."""
    account = _read(data_dir)
    if account is None:
        raise LineNotFound(
            f"The data folder {data_dir} has no phone line. Start script/server first, or set RINGBACK_DATA_DIR."
        )
    return account


def announce(data_dir: Path, account: LineAccount) -> None:
    """Write the account in one step, so that nobody reads half a file."""
    draft = _draft(data_dir, account)
    draft.replace(_file(data_dir))


def _file(data_dir: Path) -> Path:
    return data_dir / "line.json"


def _read(data_dir: Path) -> LineAccount | None:
    try:
        return LineAccount(**json.loads(_file(data_dir).read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise LineNotFound(
            f"{_file(data_dir)} cannot be read ({error}): delete it and start the line again."
        ) from error


def _create(data_dir: Path, port: int) -> LineAccount:
    """Create the account. Of several processes that start at once the first one wins; the others read its file."""
    made = LineAccount("AC" + secrets.token_hex(16), secrets.token_hex(16), _address(port or _free_port()))
    draft = _draft(data_dir, made)
    try:
        os.link(draft, _file(data_dir))
    except FileExistsError:
        made = find(data_dir)
    finally:
        draft.unlink()
    return made


def _draft(data_dir: Path, account: LineAccount) -> Path:
    data_dir.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".line-", dir=data_dir)  # made with mode 0600
    with os.fdopen(handle, "w") as file:
        json.dump(asdict(account), file)
    return Path(name)


def _address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
