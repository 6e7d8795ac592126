"""Part files: those of killed runs go, those of runs that live stay, and a stop tells what is there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from talkinghead import parts
from talkinghead.cancellation import note_written_files
from talkinghead.data.packs import pack, save_pack
from talkinghead.errors import InputError
from talkinghead.media.files import check_writable, write_beside, write_together
from talkinghead.parts import create_part, remove_dead_parts, remove_part
from talkinghead.store import Store
from talkinghead.training import fit

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks and signals as POSIX has them")

HOLD = "import sys; from pathlib import Path; from talkinghead.parts import create_part; "
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

    replace = Path.replace

    def interrupted(part: Path, path: Path) -> Path:
        os.kill(os.getpid(), number)
        return replace(part, path)

    monkeypatch.setattr(Path, "replace", interrupted)
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
    replace = Path.replace

    def fail(part: Path, path: Path) -> Path:
        if path.name == "m.npz":
            raise OSError(5, "Input/output error")
        return replace(part, path)

    monkeypatch.setattr(Path, "replace", fail)
    with note_written_files() as written:
        with pytest.raises(OSError, match="Input/output"), write_together((tmp_path / "o.mp4", tmp_path / "m.npz")):
            pass
        assert written.paths() == []
    assert not list(tmp_path.iterdir())


DIE = """
import os, signal, sys
from pathlib import Path
from talkinghead.media.files import write_together
after, folder, other = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
replace, calls = Path.replace, []
def counted(part, path):
    if len(calls) == after:
        os.kill(os.getpid(), signal.SIGKILL)
    calls.append(path)
    return replace(part, path)
Path.replace = counted
with write_together((folder / "o.mp4", other / "m.npz"), overwrite=True) as parts:
    for part in parts:
        part.write_text("new")
"""


def die_after(names: int, folder: Path, other: Path) -> None:
    """Run a process that is killed once so many of its two files have got their names."""
    process = subprocess.run([sys.executable, "-c", DIE, str(names), str(folder), str(other)], check=False)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("names", [0, 1])
def test_what_a_killed_run_had_finished_gets_its_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, names: int, older: bool
) -> None:
    if older:
        for name in ("o.mp4", "m.npz"):
            (tmp_path / name).write_text("old")
    die_after(names, tmp_path, tmp_path)
    assert [(tmp_path / "o.mp4").exists(), (tmp_path / "m.npz").exists()] == [bool(names) or older, older]
    # The next run wants the same names, and is told that they are taken: by both files.
    with pytest.raises(InputError, match="already exists"):
        check_writable(tmp_path / "o.mp4")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"o.mp4": "new", "m.npz": "new"}
    (told,) = [record.getMessage() for record in caplog.records]
    assert told.startswith(f"what a killed run had finished in {tmp_path} got its name: ")
    assert "m.npz" in told


def test_files_in_two_folders_are_finished_in_each(tmp_path: Path) -> None:
    folder, other = tmp_path / "a", tmp_path / "b"
    folder.mkdir()
    other.mkdir()
    die_after(1, folder, other)
    for place in (folder, other):
        check_writable(place / "next")
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*.*"))] == ["a/o.mp4", "b/m.npz"]


def test_a_file_written_since_is_not_replaced(tmp_path: Path) -> None:
    die_after(1, tmp_path, tmp_path)
    (tmp_path / "m.npz").write_text("newer")
    check_writable(tmp_path / "next")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"o.mp4": "new", "m.npz": "newer"}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[" * 100_000,
        '{"moves": 3, "older": []}',
        '{"moves": {".o.01234567.part.mp4": "../../mine"}, "older": ["mine", "../mine"]}',
        '{"moves": {"mine": "yours", "../x": "y"}, "older": []}',
        '{"moves": {".o.01234567.part.mp4": ".bashrc"}, "older": [".hidden"]}',
        '{"moves": {".o.01234567.part.mp4": ["mine"]}, "older": [3]}',
    ],
)
def test_journals_from_elsewhere_do_no_harm(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for path in (folder / "mine", folder / ".hidden", tmp_path / "mine", tmp_path / "x"):
        path.write_text("mine")
    (folder / ".o.01234567.part.mp4").write_text("part")
    (folder / ".o.01234567.journal").write_text(content)
    remove_dead_parts(folder)
    assert sorted(path.name for path in folder.iterdir()) == [".hidden", "mine"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "mine", "x"]
    assert (folder / "mine").read_text() == "mine"


def test_parts_of_caches_and_checkpoints_are_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_SWEPT", set())
    folders = [tmp_path / "store" / "tracks", tmp_path / "packs", tmp_path / "training"]
    lefts = []
    for folder, name in zip(folders, ("a.npz", "heldout.npz", "checkpoint.pt")):
        process = hold_part(folder / name) if folder.mkdir(parents=True) is None else None
        assert process is not None
        (left,) = folder.iterdir()
        lefts.append(left)
        process.kill()
        process.communicate()
    alive = hold_part(folders[0] / "b.npz")
    (other,) = [path for path in folders[0].iterdir() if path not in lefts]
    Store(tmp_path / "store").keep("tracks", "b", {"values": np.zeros(3)})
    save_pack(pack([]), folders[1] / "real.npz")
    fit._write(folders[2] / "checkpoint.pt", {"step": 1})
    assert not any(left.exists() for left in lefts)
    assert other.exists(), "another run's"
    alive.kill()
    alive.communicate()
    assert sorted(path.name for folder in folders for path in folder.iterdir() if path != other) == [
        "b.npz",
        "checkpoint.pt",
        "real.npz",
    ]


def test_windows_keeps_a_second_file_open_beside_each_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows as Microsoft describes it: a file that is open cannot be deleted, unless it was opened for that."""
    unlink = Path.unlink

    def refuse_open(path: Path, missing_ok: bool = False) -> None:
        if any(path.exists() and os.path.samestat(os.fstat(held), path.stat()) for held in parts._LOCKS.values()):
            raise PermissionError(13, "The process cannot access the file because it is being used", path)
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(Path, "unlink", refuse_open)
    part = create_part(tmp_path / "o.mp4")
    lock = part.with_name(part.name + ".lock")
    assert sorted(tmp_path.iterdir()) == [part, lock]
    part.write_text("open files can be neither renamed nor deleted: this one is closed")
    assert not parts._take_over(part), "the run lives"
    # The run is killed, and with it its open file.
    os.close(parts._LOCKS.pop(part))
    (tmp_path / ".named.01234567.part.mp4.lock").touch()
    remove_dead_parts(tmp_path)
    assert not list(tmp_path.iterdir())
    with write_together((tmp_path / "o.mp4", tmp_path / "m.npz")):
        assert len(list(tmp_path.iterdir())) == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.npz", "o.mp4"]
