"""Writing is safe: all or nothing, whatever happens, in bounded memory."""

from __future__ import annotations

import errno
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talkinghead.errors import InputError
from talkinghead.media import SUFFIXES, check_output, save_video
from talkinghead.media.encoders import MovieEncoder
from talkinghead.types import Frames, Speech, Video

FlatFrames = Callable[..., Iterator[Frames]]


def _video(frames: Iterator[Frames], count: int, speech: Speech | None = None) -> Video:
    return Video(frames, speech, 25, count)


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("after", [0, 60])
def test_nothing_is_left_when_the_frames_fail(
    tmp_path: Path, flat_frames: FlatFrames, suffix: str, error: type[BaseException], after: int
) -> None:
    old = tmp_path / f"out{suffix}"
    old.write_bytes(b"the old file")

    def failing() -> Iterator[Frames]:
        if after:
            yield from flat_frames(after)
            assert any(p.name.startswith(".out") for p in tmp_path.iterdir()), "hidden while it is made"
        raise error("in the middle")

    with pytest.raises(error, match="in the middle"):
        save_video(_video(failing(), 100, Speech(np.zeros(64_000, np.float32), 16_000)), old, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == [old.name]
    assert old.read_bytes() == b"the old file"
    assert not [t for t in threading.enumerate() if t.name.startswith("encode")]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX signals")
def test_ctrl_c_stops_both_threads(tmp_path: Path, flat_frames: FlatFrames, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[int] = []

    def slow(self: MovieEncoder, image: Any) -> None:
        time.sleep(0.01)
        encoded.append(1)

    monkeypatch.setattr(MovieEncoder, "add", slow)
    frames = flat_frames(1000)  # handed over at once: Ctrl-C comes while we wait for the encoder
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            save_video(_video(frames, 1000), tmp_path / "out.mp4")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert 0 < len(encoded) < 100
    assert list(tmp_path.iterdir()) == []
    assert next(frames, None) is None
    assert not [t for t in threading.enumerate() if t.name.startswith("encode")]


@pytest.mark.parametrize(("promised", "words"), [(9, "go on after the 9"), (11, "ended after 10 of the 11")])
def test_wrong_number_of_frames(tmp_path: Path, flat_frames: FlatFrames, promised: int, words: str) -> None:
    with pytest.raises(RuntimeError, match=words):
        save_video(_video(flat_frames(10), promised), tmp_path / "out.mp4")
    with pytest.raises(RuntimeError, match="ended after 0"):
        save_video(_video(iter([]), 5), tmp_path / "out.mp4")
    assert list(tmp_path.iterdir()) == []


def test_frames_must_fit_together(tmp_path: Path, flat_frames: FlatFrames) -> None:
    mixed = [*flat_frames(5), *flat_frames(5, size=(32, 48))]
    with pytest.raises(RuntimeError, match="change from"):
        save_video(_video(iter(mixed), 10), tmp_path / "out.mp4")
    with pytest.raises(RuntimeError, match="per second"):
        save_video(_video(flat_frames(5, fps=30), 5), tmp_path / "out.mp4")
    wide = Frames(np.zeros((1, 16, 16_386, 3), np.uint8), 25)
    with pytest.raises(InputError, match="too large"):
        save_video(_video(iter([wide]), 1), tmp_path / "out.mp4")
    assert list(tmp_path.iterdir()) == []


def test_full_disk_for_real(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    noise = np.random.default_rng(0).integers(0, 256, (30, 128, 128, 3)).astype(np.uint8)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        for suffix in SUFFIXES:
            with pytest.raises(InputError, match="is full: free some space") as caught:
                save_video(_video(iter([Frames(noise, 25)] * 4), 120), tmp_path / f"out{suffix}", crf=5)
            assert str(tmp_path) in str(caught.value)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


def test_full_disk_stops_the_frames(tmp_path: Path, flat_frames: FlatFrames, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: MovieEncoder, image: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(MovieEncoder, "add", full)
    frames = flat_frames(10_000)
    with pytest.raises(InputError, match="is full"):
        save_video(_video(frames, 10_000), tmp_path / "out.mp4")
    assert next(frames, None) is None, "closed, not made to the end"
    assert list(tmp_path.iterdir()) == []


def test_frames_are_made_while_others_are_encoded_and_few_wait(
    tmp_path: Path, flat_frames: FlatFrames, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[float] = []
    add = MovieEncoder.add
    threads = set()

    def slow(self: MovieEncoder, image: Any) -> None:
        time.sleep(0.002)
        add(self, image)
        encoded.append(time.perf_counter())
        threads.add(threading.get_ident())

    monkeypatch.setattr(MovieEncoder, "add", slow)
    ahead = []

    def watched() -> Iterator[Frames]:
        for number, chunk in enumerate(flat_frames(100)):
            ahead.append(5 * number - len(encoded))
            yield chunk

    reports: list[tuple[str, int, int]] = []
    save_video(_video(watched(), 100), tmp_path / "out.mp4", progress=lambda *report: reports.append(report))
    assert threads
    assert threading.get_ident() not in threads
    assert max(ahead) > 0, "a chunk is asked for before the one before is encoded"
    assert max(ahead) <= 3 * 5, "no more than three chunks wait or are at work"
    assert [stage for stage, _, _ in reports] == ["encode"] * len(reports)
    assert [done for _, done, _ in reports] == sorted(done for _, done, _ in reports)
    assert reports[-1] == ("encode", 100, 100)


def test_check_output_refuses(tmp_path: Path, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "mkdir -p" in refused(check_output, tmp_path / "nowhere" / "out.mp4")
    assert "is a folder" in refused(check_output, tmp_path)
    text = refused(check_output, tmp_path / "out.wmv")
    assert all(suffix in text for suffix in SUFFIXES)
    assert "suffix" in refused(check_output, tmp_path / "out")
    (tmp_path / "old.mp4").write_bytes(b"old")
    assert "--overwrite" in refused(check_output, tmp_path / "old.mp4")
    assert check_output(tmp_path / "old.mp4", overwrite=True) == tmp_path / "old.mp4"
    assert "is a file, not a folder" in refused(check_output, tmp_path / "old.mp4" / "out.mp4")
    assert "too long" in refused(check_output, tmp_path / ("x" * 300 + ".mp4"))
    assert check_output(tmp_path / "NEW.MP4") == tmp_path / "NEW.MP4"

    def read_only(*_: Any, **__: Any) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("talkinghead.media.files.os.open", read_only)
    assert "cannot be written to (Read-only file system)" in refused(check_output, tmp_path / "new.mp4")
    monkeypatch.undo()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["old.mp4"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_check_output_refuses_a_protected_folder(tmp_path: Path, refused: Callable[..., str]) -> None:
    tmp_path.chmod(0o500)
    assert "cannot be written to" in refused(check_output, tmp_path / "out.mp4")
    tmp_path.chmod(0o700)


def test_existing_file_is_kept_without_overwrite(tmp_path: Path, flat_frames: FlatFrames) -> None:
    path = tmp_path / "out.mp4"
    path.write_bytes(b"old")
    with pytest.raises(InputError, match="already exists"):
        save_video(_video(flat_frames(5), 5), path)

    def meanwhile() -> Iterator[Frames]:
        yield from flat_frames(5)
        (tmp_path / "new.mp4").write_bytes(b"of another")

    with pytest.raises(InputError, match="appeared"):
        save_video(_video(meanwhile(), 5), tmp_path / "new.mp4")
    assert sorted((p.name, p.read_bytes()) for p in tmp_path.iterdir()) == [
        ("new.mp4", b"of another"),
        ("out.mp4", b"old"),
    ]


def test_long_names_work(tmp_path: Path, flat_frames: FlatFrames) -> None:
    path = tmp_path / ("n" * 250 + ".mp4")
    save_video(_video(flat_frames(3), 3), path)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask, "as any other new file"
