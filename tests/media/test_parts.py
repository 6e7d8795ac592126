"""Part files: those of killed runs go, those of runs that live stay, and a stop tells what is there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from talkinghead.cancellation import note_written_files
from talkinghead.media import files
from talkinghead.media.files import write_beside, write_together
from talkinghead.media.parts import create_part, remove_part

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks and signals as POSIX has them")

HOLD = "import sys; from pathlib import Path; from talkinghead.media.parts import create_part; "
HOLD += "create_part(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"


def hold_part(path: Path) -> subprocess.Popen[str]:
    """Start a process that holds a part file for ``path``, and wait until it does."""
    command = [sys.executable, "-c", HOLD, str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_parts_of_killed_runs_go_and_those_of_others_stay(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    process = hold_part(tmp_path / "o.mp4")
    (part,) = tmp_path.iterdir()
    with write_beside(tmp_path / "first.txt") as written:
        written.write_text("1")
    assert part.exists()
    assert not caplog.records
    process.kill()
    process.communicate()
    assert part.exists()
    with write_beside(tmp_path / "second.txt") as written:
        written.write_text("2")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.txt", "second.txt"]
    assert [record.getMessage() for record in caplog.records] == [
        f"what a killed run left in {tmp_path} is deleted: {part.name}."
    ]


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    names = [".o.part.mp4", ".o.0123456.part.mp4", "o.01234567.part.mp4", ".o.01234567.older.mp4", ".hidden"]
    for name in names:
        (tmp_path / name).write_text("mine")
    (tmp_path / ".folder.01234567.part").mkdir()
    (tmp_path / ".link.01234567.part").symlink_to(tmp_path / ".hidden")
    with write_beside(tmp_path / "o.mp4"):
        pass
    assert {path.name for path in tmp_path.iterdir()} >= {*names, ".folder.01234567.part", ".link.01234567.part"}


def test_own_parts_stay_while_others_are_written(tmp_path: Path) -> None:
    with write_together((tmp_path / "a", tmp_path / "b")) as (first, second):
        with write_beside(tmp_path / "c") as third:
            assert len({first, second, third}) == 3
        assert first.exists()
        with write_beside(first, overwrite=True) as same:
            assert same == first
            same.write_text("in place")
    assert (tmp_path / "a").read_text() == "in place"


def test_a_part_taken_away_before_it_was_locked_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from talkinghead.media import parts

    lock, seen = parts._lock, []

    def steal_first(descriptor: int) -> bool | None:
        seen.append(next(tmp_path.iterdir()))
        if len(seen) == 1:
            seen[0].unlink()
        return lock(descriptor)

    monkeypatch.setattr(parts, "_lock", steal_first)
    part = create_part(tmp_path / "o.mp4")
    assert part.exists()
    assert part != seen[0]
    remove_part(part)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_between_two_names_waits_until_both_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    keep_older = files._keep_older

    def interrupted(path: Path) -> Path | None:
        os.kill(os.getpid(), number)
        return keep_older(path)

    monkeypatch.setattr(files, "_keep_older", interrupted)
    before = signal.signal(number, stop)
    paths = (tmp_path / "o.mp4", tmp_path / "m.npz")
    try:
        with note_written_files() as written:
            with pytest.raises(KeyboardInterrupt), write_together(paths):
                pass
            assert written.paths() == list(paths)
    finally:
        signal.signal(number, before)
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_what_was_taken_back_is_not_counted_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> Path | None:
        if path.name == "m.npz":
            raise OSError(5, "Input/output error")
        return None

    monkeypatch.setattr(files, "_keep_older", fail)
    with note_written_files() as written:
        with pytest.raises(OSError, match="Input/output"), write_together((tmp_path / "o.mp4", tmp_path / "m.npz")):
            pass
        assert written.paths() == []
    assert not list(tmp_path.iterdir())
