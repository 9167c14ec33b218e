"""Speech models are found by name, downloaded with resumption, checked, and unpacked without trust."""

from __future__ import annotations

import hashlib
import io
import json
import random
import re
import stat
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest
import structlog

from voicemail.jobs.worker import fetch_missing_models
from voicemail.models.catalogue import SpeechModel
from voicemail.models.installation import ModelNotInstalled, install, missing_models, remove
from voicemail.models.installed import find_model, installed

NAME = "vosk-model-small-ru-0.22"


def archive(members: dict[str, bytes] | None = None, links: tuple[str, ...] = ()) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in (members or {f"{NAME}/am/final.mdl": b"m" * 50_000, f"{NAME}/README": b"hello"}).items():
            zipped.writestr(name, content)
        for name in links:
            link = zipfile.ZipInfo(name)
            link.external_attr = (stat.S_IFLNK | 0o777) << 16
            zipped.writestr(link, "/etc/passwd")
    return file.getvalue()


def model_of(content: bytes, name: str = NAME, md5: str | None = None) -> SpeechModel:
    return SpeechModel("ru", name, len(content), md5 or hashlib.md5(content).hexdigest())


def ranged(content: bytes) -> Any:
    """Answers as a file server does: the rest of a file when a part of it is asked for."""

    def answer(request: Any) -> None:
        match = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        start = int(match[1]) if match else 0
        request.send_response(206 if match else 200)
        if match:
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        request.send_header("Content-Length", str(len(content) - start))
        request.end_headers()
        request.wfile.write(content[start:])

    return answer


def broken_off(content: bytes, after: int) -> Any:
    def answer(request: Any) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content[:after])
        request.close_connection = True

    return answer


def test_a_model_is_installed_with_progress_and_then_found(web: Any, tmp_path: Path) -> None:
    content = archive()
    web.on(f"/{NAME}.zip", ranged(content))
    told: list[tuple[int, int | None]] = []
    model = install(tmp_path, model_of(content), lambda done, of: told.append((done, of)), web.url)
    assert told[-1] == (len(content), len(content))
    assert find_model(tmp_path, "ru") == model
    assert (model.path / "README").read_text() == "hello"
    asked = len(web.asked)
    assert install(tmp_path, model_of(content), site=web.url) == model
    assert len(web.asked) == asked
    assert sorted(path.name for path in tmp_path.iterdir()) == [f".{NAME}.lock", NAME]
    assert remove(model, tmp_path)
    assert find_model(tmp_path, "ru") is None


def test_an_interrupted_download_continues(web: Any, tmp_path: Path) -> None:
    content = archive()
    web.on(f"/{NAME}.zip", broken_off(content, 200), ranged(content))
    with pytest.raises(ModelNotInstalled, match="could not be reached"):
        install(tmp_path, model_of(content), site=web.url)
    assert find_model(tmp_path, "ru") is None
    install(tmp_path, model_of(content), site=web.url)
    assert [headers.get("range") for path, headers in web.asked if path.endswith(".zip")] == [None, "bytes=200-"]
    assert find_model(tmp_path, "ru") is not None


def test_a_download_starts_again_where_the_server_cannot_continue_it(web: Any, tmp_path: Path, replying: Any) -> None:
    content = archive()
    (tmp_path / f".{NAME}.zip.part").write_bytes(content[:100])
    web.on(f"/{NAME}.zip", replying(body=content))
    install(tmp_path, model_of(content), site=web.url)
    assert find_model(tmp_path, "ru") is not None


def test_a_whole_part_is_not_downloaded_again(web: Any, tmp_path: Path) -> None:
    content = archive()
    (tmp_path / f".{NAME}.zip.part").write_bytes(content)
    install(tmp_path, model_of(content), site=web.url)
    assert [path for path, _ in web.asked] == ["/model-list.json"]


def test_the_list_of_the_site_is_believed_before_our_catalogue(web: Any, tmp_path: Path, replying: Any) -> None:
    content = archive()
    entry = {"name": NAME, "size": len(content), "md5": hashlib.md5(content).hexdigest()}
    web.on("/model-list.json", replying(body=json.dumps([entry]).encode(), content_type="application/json"))
    web.on(f"/{NAME}.zip", ranged(content))
    install(tmp_path, SpeechModel("ru", NAME, 5, "0" * 32), site=web.url)
    assert find_model(tmp_path, "ru") is not None


REFUSED: list[tuple[str, bytes, str]] = [
    ("climbs out", archive({f"{NAME}/../../evil": b"x"}), "lies outside the folder"),
    ("absolute", archive({"/etc/evil": b"x"}), "lies outside the folder"),
    ("beside", archive({"other/file": b"x"}), "lies outside the folder"),
    ("backslashes", archive({f"{NAME}/..\\..\\evil": b"x"}), "lies outside the folder"),
    ("link", archive(links=(f"{NAME}/link",)), "is a link or device"),
    ("too many", archive({f"{NAME}/{number}": b"" for number in range(5_001)}), "no model has so many"),
    ("no zip", b"<html>not found</html>" * 10, "is not a zip"),
    ("no model", archive({f"{NAME}/README": b"x"}), "holds no speech model"),
]


@pytest.mark.parametrize(("content", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_an_archive_that_is_not_a_model_is_refused(web: Any, tmp_path: Path, content: bytes, reason: str) -> None:
    models_dir = tmp_path / "deep" / "models"
    web.on(f"/{NAME}.zip", ranged(content))
    with pytest.raises(ModelNotInstalled, match=re.escape(reason)):
        install(models_dir, model_of(content), site=web.url)
    assert find_model(models_dir, "ru") is None
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.parametrize("fault", ["size", "checksum"])
def test_a_damaged_download_is_deleted(web: Any, tmp_path: Path, fault: str) -> None:
    content = archive()
    model = model_of(content + b"!", md5="0" * 32) if fault == "size" else model_of(content, md5="0" * 32)
    web.on(f"/{NAME}.zip", ranged(content))
    with pytest.raises(ModelNotInstalled, match="it was deleted, try again"):
        install(tmp_path, model, site=web.url)
    assert not (tmp_path / f".{NAME}.zip.part").exists()


def test_two_installations_at_once_download_once(web: Any, tmp_path: Path) -> None:
    content = archive()
    web.on(f"/{NAME}.zip", ranged(content))
    threads = [
        threading.Thread(target=install, args=(tmp_path, model_of(content)), kwargs={"site": web.url}) for _ in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([path for path, _ in web.asked if path.endswith(".zip")]) == 1
    assert find_model(tmp_path, "ru") is not None


def here(models_dir: Path, *names: str) -> None:
    for name in names:
        (models_dir / name / "am").mkdir(parents=True)
        (models_dir / name / "am" / "final.mdl").touch()


def test_of_several_models_the_one_named_by_the_language_is_taken_then_a_big_one_then_the_newest(
    tmp_path: Path,
) -> None:
    for name, best in [
        ("vosk-model-small-ru-0.4", "vosk-model-small-ru-0.4"),
        ("vosk-model-small-ru-0.22", "vosk-model-small-ru-0.22"),
        ("vosk-model-ru-0.10", "vosk-model-ru-0.10"),
        ("vosk-model-small-ru-0.30", "vosk-model-ru-0.10"),
        ("ru", "ru"),
    ]:
        here(tmp_path, name)
        assert installed(tmp_path)["ru"].name == best


def test_what_is_no_model_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "vosk-model-small-de-0.15").mkdir()
    (tmp_path / "fr").touch()
    here(tmp_path, "notes", ".vosk-model-small-it-0.22.unpacking")
    assert set(installed(tmp_path)) <= {"ko"}


def test_a_model_of_our_own_serves_a_language_without_an_official_one(tmp_path: Path) -> None:
    assert find_model(tmp_path, "lv") is None
    here(tmp_path, "lv")
    model = find_model(tmp_path, "lv-LV")
    assert model is not None
    assert model.path == tmp_path / "lv"


def test_missing_models_are_those_that_exist_and_are_not_here(tmp_path: Path) -> None:
    here(tmp_path, "vosk-model-small-en-us-0.15")
    assert [model.name for model in missing_models(tmp_path, ["en", "en-AU", "ru", "lv", "ru"])] == [NAME]


def test_an_unreachable_site_is_said_once_with_the_remedy(tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logs:
        fetch_missing_models(tmp_path, ["en", "lv", "ru"], threading.Event(), "http://127.0.0.1:9")
    unavailable = [line for line in logs if line["event"] == "model.unavailable"]
    assert len(unavailable) == 1
    assert unavailable[0]["languages"] == ["en", "ru"]
    assert "ringback models install en ru" in unavailable[0]["remedy"]
    assert [line["language"] for line in logs if line["event"] == "model.none_exists"] == ["lv"]


def test_a_background_download_tells_its_progress_and_stops_when_told(web: Any, tmp_path: Path) -> None:
    content = archive({f"{NAME}/am/final.mdl": random.Random(1).randbytes(12_000_000)})
    entry = {"name": NAME, "size": len(content), "md5": hashlib.md5(content).hexdigest()}

    def listing(request: Any) -> None:
        body = json.dumps([entry]).encode()
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    web.on("/model-list.json", listing)
    web.on(f"/{NAME}.zip", ranged(content))
    stopped = threading.Event()
    stopped.set()
    fetch_missing_models(tmp_path, ["ru"], stopped, web.url)
    assert web.asked == []
    with structlog.testing.capture_logs() as logs:
        fetch_missing_models(tmp_path, ["ru"], threading.Event(), web.url)
    percents = [line["percent"] for line in logs if line["event"] == "model.downloading"]
    assert percents == sorted(set(percents))
    assert 5 <= len(percents) <= 10
    assert logs[-1]["event"] == "model.installed"
