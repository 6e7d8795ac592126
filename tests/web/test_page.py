"""The page in a real browser: from the upload to a playing video, cancelling, bad files, the microphone."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drawn import speech_like, write_wav

pytestmark = pytest.mark.browser

_PLENTY_MS = 300_000  # on a busy machine


def browser_or_skip() -> str:
    """The program of Chromium; skips by the name of what is missing."""
    for package in ("gradio", "playwright", "uvicorn"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("chromium is not installed")
    return program


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a service with one worker is."""
    browser_or_skip()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = tmp_path_factory.mktemp("data")
    command = [sys.executable, "-m", "talkinghead", "serve", "--port", str(port), "--workers", "1"]
    server = subprocess.Popen([*command, "--data", str(data), "--max-upload", "5MB"])
    place = f"http://127.0.0.1:{port}/"
    try:
        until = time.monotonic() + _PLENTY_MS / 1000
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"{place}readyz", timeout=5)
                break
            except OSError:
                time.sleep(0.3)
        yield place
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium with a microphone and a camera that are not there."""
    program = browser_or_skip()
    from playwright.sync_api import sync_playwright

    devices = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", *devices])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """The page, as wide as a desktop; it loads nothing from elsewhere, and has no faults."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["microphone", "camera"])
    page = context.new_page()
    page.set_default_timeout(_PLENTY_MS)
    foreign, faults = [], []
    page.on(
        "request",
        lambda asked: None if asked.url.startswith((address, "data:", "blob:")) else foreign.append(asked.url),
    )
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(address)
    page.wait_for_selector("#th-make")
    yield page
    context.close()
    assert (foreign, faults) == ([], [])


def upload(page: Any, face: Path, speech: Path) -> None:
    page.set_input_files("#th-picture input[type=file]", face)
    page.wait_for_selector("#th-picture img")
    page.locator("input[type=file][accept*='audio']").first.set_input_files(speech)
    page.wait_for_selector("#th-speech button[aria-label='Play']")


def screenshot(page: Any, name: str) -> None:
    """Keep a picture of the page where ``TALKINGHEAD_SCREENSHOTS`` names a folder."""
    folder = os.environ.get("TALKINGHEAD_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_from_the_upload_to_the_video_and_its_edit(page: Any, face: Path, speech: Path) -> None:
    upload(page, face, speech)
    page.click("#th-make")
    page.wait_for_selector("#th-status [role=status]")
    page.wait_for_selector("#th-result video")
    page.wait_for_function("document.querySelector('#th-result video').readyState >= 3")
    shown = page.evaluate(
        "(() => { const v = document.querySelector('#th-result video');"
        "v.muted = true; return v.play().then(() => [v.videoWidth, v.duration, v.error]); })()"
    )
    assert shown[0] == 256
    assert shown[1] == pytest.approx(0.5, abs=0.06)
    assert shown[2] is None
    assert page.locator("#th-result a[download]").count() == 4
    page.wait_for_function("document.querySelector('#th-plot img')?.naturalWidth > 300")
    screenshot(page, "made")
    page.get_by_role("tab", name="Edit the motion").click()
    page.get_by_role("button", name="Render again").click()
    page.wait_for_selector("#th-edit-result video")
    screenshot(page, "edited")


def test_cancelling(page: Any, face: Path, tmp_path: Path) -> None:
    upload(page, face, write_wav(tmp_path / "long.wav", speech_like(30.0)))
    page.click("#th-make")
    page.wait_for_selector("#th-status progress")
    page.click("#th-cancel")
    page.get_by_text("cancelled; nothing was kept").wait_for()
    assert page.locator("#th-result video").count() == 0


def test_a_bad_upload_is_told_in_one_sentence(page: Any, speech: Path, tmp_path: Path) -> None:
    bad = tmp_path / "no picture.png"
    bad.write_bytes(b"no picture at all")
    page.set_input_files("#th-picture input[type=file]", bad)
    page.locator("input[type=file][accept*='audio']").first.set_input_files(speech)
    page.wait_for_selector("#th-speech button[aria-label='Play']")
    page.click("#th-make")
    alert = page.wait_for_selector("#th-status [role=alert]").inner_text()
    assert alert.startswith("no picture.png")
    assert alert.endswith(".")
    assert "/" not in alert


def test_nothing_given_is_told(page: Any) -> None:
    page.click("#th-make")
    assert "no face" in page.wait_for_selector("#th-status [role=alert]").inner_text()


def test_the_microphone(page: Any, face: Path) -> None:
    page.set_input_files("#th-picture input[type=file]", face)
    page.locator("#th-speech button[aria-label='Record audio']").click()
    page.locator("#th-speech .record-button").first.click()
    time.sleep(1.5)
    page.locator("#th-speech .stop-button").first.click()
    page.wait_for_selector("#th-speech button[aria-label='Play']")
    page.click("#th-make")
    page.wait_for_selector("#th-result video")


def test_a_telephone_and_a_keyboard(browser: Any, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("#th-make", timeout=_PLENTY_MS)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot(page, "phone")
    reached: set[str] = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.closest('[id^=th-]')?.id || ''"))
    assert {"th-make", "th-cancel", "th-picture"} <= reached
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, input:not([type=file]), textarea, select')]"
        ".filter(e => e.offsetParent && "
        "!(e.ariaLabel || e.textContent.trim() || e.title || e.labels?.length || e.placeholder)).map(e => e.outerHTML)"
    )
    assert unnamed == []
    context.close()
