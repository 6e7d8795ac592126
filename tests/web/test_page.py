"""The page in a real browser: from the upload to a playing video, cancelling, bad files, the microphone, every tab."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drawn import speech_like, write_wav
from talkinghead.media import read_provenance

_PLENTY_MS = 120_000  # on a busy machine
_DONE = "document.querySelector('%s video').readyState >= 3"


def browser_or_skip() -> str:
    """The program of Chromium; skips by the name of what is missing."""
    for package in ("gradio", "playwright"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed: pip install '.[browser]'")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    return program


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a service is."""
    browser_or_skip()
    import uvicorn

    from served import make_service
    from talkinghead.web.server import make_app

    service = make_service(tmp_path_factory.mktemp("data"), max_upload=5_000_000, per_client=100)
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(make_app(service), log_level="warning", timeout_graceful_shutdown=1, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    server.should_exit = True
    thread.join(20)
    service.close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium with a camera that is not there, and a microphone that hears a file."""
    program = browser_or_skip()
    from playwright.sync_api import sync_playwright

    heard = write_wav(tmp_path_factory.mktemp("heard") / "heard.wav", speech_like(2.0))
    devices = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    devices.append(f"--use-file-for-fake-audio-capture={heard}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage", *devices]
        )
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


def upload(page: Any, face: Path, speech: Path, *, tab: str = "make") -> None:
    give_picture(page, face, tab)
    give_speech(page, speech, tab)


def give_picture(page: Any, face: Path, tab: str = "make") -> None:
    clear(page, f"#th-{tab}-picture")
    page.set_input_files(f"#th-{tab}-picture input[type=file]", face)
    page.wait_for_selector(f"#th-{tab}-picture img")


def give_speech(page: Any, speech: Path, tab: str = "make") -> None:
    clear(page, f"#th-{tab}-speech")
    page.locator(f"#th-{tab}-speech input[type=file]").set_input_files(speech)
    page.wait_for_selector(f"#th-{tab}-speech button[aria-label='Play']")


def clear(page: Any, place: str) -> None:
    """Take away what was given before."""
    button = page.locator(f"{place} button[aria-label='Clear']")
    if button.count():
        button.first.click()
        page.wait_for_selector(f"{place} input[type=file]", state="attached")


def open_tab(page: Any, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def play(page: Any, place: str) -> tuple[int, float]:
    """Width (px) and duration (s) of a video that has been played to some point."""
    page.wait_for_selector(f"{place} video")
    page.wait_for_function(_DONE % place)
    width, duration, fault = page.evaluate(
        f"(() => {{ const v = document.querySelector('{place} video'); v.muted = true;"
        "return v.play().then(() => [v.videoWidth, v.duration, v.error]); })()"
    )
    assert fault is None
    page.wait_for_function(f"document.querySelector('{place} video').currentTime > 0.1")
    return width, duration


def download(page: Any, place: str, name: str, folder: Path) -> Path:
    """A file behind a link."""
    with page.expect_download() as started:
        page.locator(place).get_by_role("link", name=name, exact=True).click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def screenshot(page: Any, name: str) -> None:
    """Keep a picture of the page where ``TALKINGHEAD_SCREENSHOTS`` names a folder."""
    folder = os.environ.get("TALKINGHEAD_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_the_ways_through_the_page(page: Any, face: Path, speech: Path, tmp_path: Path) -> None:
    """One test, so that one worker opens one browser."""
    refuse_a_bad_upload(page, speech, tmp_path)
    cancel_a_job(page, face, tmp_path)
    make_a_video(page, face, speech, tmp_path)
    record_speech(page, face)


def refuse_a_bad_upload(page: Any, speech: Path, tmp_path: Path) -> None:
    page.click("#th-make")
    assert "no face" in page.wait_for_selector("#th-status [role=alert]").inner_text()
    bad = tmp_path / "no picture.png"
    bad.write_bytes(b"no picture at all")
    upload(page, bad, speech)
    page.click("#th-make")
    page.get_by_role("alert").filter(has_text="no picture.png").wait_for()
    alert = page.locator("#th-status [role=alert]").inner_text()
    assert alert.startswith("no picture.png")
    assert alert.endswith(".")
    assert "/" not in alert
    assert list(tmp_path.parent.glob("data*/**/upload.png"))
    assert not list(tmp_path.parent.glob("data*/**/*no picture*"))


def cancel_a_job(page: Any, face: Path, tmp_path: Path) -> None:
    upload(page, face, write_wav(tmp_path / "long.wav", speech_like(20.0)))
    page.click("#th-make")
    page.wait_for_selector("#th-status progress")
    page.click("#th-cancel")
    page.get_by_text("cancelled; nothing was kept").wait_for()
    assert page.locator("#th-result video").count() == 0


def make_a_video(page: Any, face: Path, speech: Path, tmp_path: Path) -> None:
    upload(page, face, speech)
    page.click("#th-make")
    page.wait_for_selector("#th-status [role=status]")
    width, duration = play(page, "#th-result")
    assert width == 256
    assert duration == pytest.approx(0.5, abs=0.06)
    page.wait_for_function("document.querySelector('#th-plot img')?.naturalWidth > 300")
    screenshot(page, "made")
    assert b"ftyp" in download(page, "#th-result", "Video", tmp_path).read_bytes()[:12]
    assert zipfile.is_zipfile(download(page, "#th-result", "Motion", tmp_path))
    assert download(page, "#th-result", "ARKit weights", tmp_path).read_text().startswith("Timecode")
    assert '"seconds"' in download(page, "#th-result", "Report", tmp_path).read_text()


def record_speech(page: Any, face: Path) -> None:
    give_picture(page, face)
    clear(page, "#th-make-speech")
    page.locator("#th-make-speech button[aria-label='Record audio']").click()
    page.locator("#th-make-speech .record-button").first.click()
    time.sleep(0.8)
    page.locator("#th-make-speech .stop-button").first.click()
    page.wait_for_selector("#th-make-speech button[aria-label='Play']")
    screenshot(page, "microphone")
    page.click("#th-make")
    page.wait_for_selector("#th-result video", state="detached")
    assert 0.3 < play(page, "#th-result")[1] < 20


@pytest.mark.slow
def test_the_camera_and_a_text(page: Any) -> None:
    page.locator("#th-make-picture button[aria-label='Capture from camera']").click()
    page.locator("#th-make-picture .access-wrap, #th-make-picture [title='grant webcam access']").first.click()
    page.wait_for_selector("#th-make-picture video")
    page.wait_for_function("document.querySelector('#th-make-picture video').readyState >= 3")
    screenshot(page, "camera")
    page.locator("#th-make-picture button[aria-label='capture photo']").click()
    page.wait_for_selector("#th-make-picture img")
    page.get_by_label("Or a text to say").fill("Good morning.")
    page.click("#th-make")
    alert = page.wait_for_selector("#th-status [role=alert]").inner_text()  # Chromium's camera shows no face
    assert "no face was found" in alert


@pytest.mark.slow
def test_the_example_with_a_text_and_an_emotion(page: Any) -> None:
    page.get_by_role("button", name="A drawing").click()
    page.wait_for_selector("#th-make-picture img")
    page.get_by_role("button", name="Eileen Collins (NASA, public domain)").click()
    page.wait_for_selector("#th-make-picture img")
    page.get_by_label("Or a text to say").fill("Good morning.")
    choose(page, "Method", "write_a_speaker")
    choose(page, "Emotion", "happy")
    screenshot(page, "example")
    page.click("#th-make")
    assert play(page, "#th-result")[0] > 200
    screenshot(page, "example-made")


@pytest.mark.slow
def test_dubbing_a_video(page: Any, clip: Path, speech: Path, tmp_path: Path) -> None:
    page.get_by_text("Instead of a picture: a video, or a person").click()
    page.set_input_files("input[type=file][accept*='video']", clip)
    page.get_by_label("Dub it: keep the video, change its lips alone").check()
    give_speech(page, speech)
    page.click("#th-make")
    width, duration = play(page, "#th-result")
    assert width == 160
    assert duration == pytest.approx(1.0, abs=0.1)
    screenshot(page, "dubbed")
    record = read_provenance(download(page, "#th-result", "Video", tmp_path))
    assert record is not None
    assert record["synthetic_parts"].startswith("lips")


def choose(page: Any, label: str, value: str) -> None:
    """Choose from a list."""
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=value, exact=True).click()


@pytest.mark.slow
def test_editing_the_motion(page: Any, face: Path, speech: Path, tmp_path: Path) -> None:
    open_tab(page, "Edit the motion")
    page.get_by_role("button", name="Render again").click()
    assert "no video yet" in page.wait_for_selector("#th-edit-status [role=alert]").inner_text()
    open_tab(page, "Make a video")
    upload(page, face, speech)
    page.click("#th-make")
    play(page, "#th-result")
    motion = download(page, "#th-result", "Motion", tmp_path / "before").read_bytes()
    open_tab(page, "Edit the motion")
    slide(page, "Lips and jaw", "2")
    slide(page, "Nose to the left", "20")
    type_keyframe(page, "0.2", "smile", "0.4")
    page.get_by_role("button", name="Show the curves").click()
    page.wait_for_function("document.querySelector('#th-edit-plot img')?.naturalWidth > 300")
    screenshot(page, "edit")
    page.get_by_role("button", name="Render again").click()
    play(page, "#th-edit-result")
    screenshot(page, "edited")
    edited = download(page, "#th-edit-result", "Motion", tmp_path).read_bytes()
    assert edited != motion
    type_keyframe(page, "0.2", "grin", "0.4")
    page.get_by_role("button", name="Render again").click()
    assert "grin" in page.wait_for_selector("#th-edit-status [role=alert]").inner_text()


def slide(page: Any, label: str, value: str) -> None:
    """Set a slider by its number."""
    field = page.get_by_role("spinbutton", name=f"number input for {label}")
    field.fill(value)
    field.press("Tab")


def type_keyframe(page: Any, *cells: str) -> None:
    """Fill the first row of the table."""
    for column, text in enumerate(cells):
        page.locator(f"[data-row='0'][data-col='{column}']").first.dblclick()
        page.keyboard.press("Control+a")
        page.keyboard.type(text)
        page.keyboard.press("Enter")


@pytest.mark.slow
def test_two_methods_side_by_side(page: Any, face: Path, speech: Path) -> None:
    open_tab(page, "Compare methods")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.locator(".th-a [role=alert]").wait_for()
    upload(page, face, speech, tab="compare")
    page.get_by_role("button", name="Compare", exact=True).click()
    for side in ("a", "b"):
        assert play(page, f".th-{side}")[0] == 256
    page.get_by_role("button", name="Play both").click()
    page.wait_for_function("[...document.querySelectorAll('.th-side video')].every(v => v.currentTime > 0.1)")
    screenshot(page, "compared")
    assert page.evaluate("document.querySelector('.th-b video').muted")


@pytest.mark.slow
def test_evaluating_a_video(page: Any, face: Path, speech: Path, tmp_path: Path) -> None:
    upload(page, face, speech)
    page.click("#th-make")
    video = download(page, "#th-result", "Video", tmp_path)
    open_tab(page, "Evaluate")
    page.get_by_role("button", name="Evaluate", exact=True).click()
    assert "no video" in page.locator("#th-evaluate-status [role=alert]").inner_text()
    page.locator("#th-evaluated input[type=file]").set_input_files(video)
    page.locator("#th-evaluated").get_by_text(video.name.split(".")[0][:8]).first.wait_for()
    page.get_by_role("button", name="Evaluate", exact=True).click()
    report = page.frame_locator("iframe[title='the report']")
    report.get_by_role("heading").first.wait_for()
    screenshot(page, "evaluated")
    assert report.locator("table").count() > 0


@pytest.mark.slow
def test_placing_landmarks(page: Any, face: Path, speech: Path, tmp_path: Path) -> None:
    open_tab(page, "Place landmarks")
    page.click("#th-place")
    assert "no picture" in page.wait_for_selector("#th-place-status [role=alert]").inner_text()
    give_picture(page, face, "place")
    page.click("#th-use")
    assert "nothing is saved" in page.get_by_role("alert").filter(has_text="nothing").inner_text()
    page.click("#th-place")
    frame = page.frame_locator("iframe[title='the picture with its points']")
    frame.get_by_role("button", name="Save").wait_for()
    screenshot(page, "placing")
    frame.get_by_role("button", name="Save").click()
    page.wait_for_timeout(500)
    page.click("#th-use")
    page.get_by_text("the first tab uses them now").wait_for()
    points = download(page, "#th-place-status", "Download the points", tmp_path).read_text()
    assert '"points"' in points
    open_tab(page, "Make a video")
    page.wait_for_selector("#th-make-picture img")
    give_speech(page, speech)
    page.click("#th-make")
    assert play(page, "#th-result")[0] == 256


@pytest.mark.slow
def test_making_a_person(page: Any) -> None:
    open_tab(page, "Persons")
    page.click("#th-person")
    assert "no videos" in page.locator("#th-person-status [role=alert]").inner_text()
    screenshot(page, "persons")


@pytest.mark.slow
def test_a_telephone_and_a_keyboard(browser: Any, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("#th-make", timeout=_PLENTY_MS)
    reached: set[str] = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.closest('[id^=th-]')?.id || ''"))
    assert {"th-make", "th-cancel", "th-make-picture"} <= reached
    for name in ("Make a video", "Edit the motion", "Compare methods", "Evaluate", "Place landmarks", "Persons"):
        tab = page.get_by_role("tab", name=name)
        if not tab.is_visible():  # behind the button for more
            page.locator(".overflow-menu button").first.click()
            tab = page.locator(".overflow-dropdown").get_by_text(name)
        tab.click()
        page.wait_for_timeout(300)
        screenshot(page, f"phone-{name.split()[0].lower()}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        unnamed = page.evaluate(
            "[...document.querySelectorAll('button, input:not([type=file]), textarea, select')]"
            ".filter(e => e.offsetParent && !(e.ariaLabel || e.textContent.trim() || e.title || e.labels?.length "
            "|| e.placeholder)).map(e => e.outerHTML)"
        )
        assert unnamed == []
    context.close()
