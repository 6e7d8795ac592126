"""Files and folders that may not be read or written, tried by a user who is not root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.command import COMMAND, Outcome
from drawn import drawn_face, speech_like, write_wav
from talkinghead.media import save_image

NOBODY = 65534

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0 or shutil.which("setpriv") is None,
    reason="only root may become another user",
)


def run_as_nobody(*arguments: object, cwd: Path) -> Outcome:
    """Run the command as a user without rights."""
    command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs", *COMMAND]
    environment = {**os.environ, "HOME": str(cwd), "TMPDIR": str(cwd), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, timeout=240, cwd=cwd, env=environment
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder of nobody's, with a face and a speech that everybody may read; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chown(folder, NOBODY, NOBODY)
        save_image(drawn_face(256).image, folder / "face.png")
        write_wav(folder / "short.wav", speech_like(0.6))
        probe = run_as_nobody("--version", cwd=folder)
        if probe.code != 0:
            pytest.skip(f"another user cannot run the command here: {probe.stderr[-200:]}")
        yield folder


def refused(outcome: Outcome, *names: str) -> None:
    """It was refused in one sentence, without a traceback."""
    assert outcome.code == 2, outcome.stderr
    lines = [line for line in outcome.stderr.splitlines() if not line.startswith("note: ")]
    assert len(lines) == 1
    assert lines[0].startswith("talkinghead: ")
    assert all(name in lines[0] for name in names), lines[0]


def test_inputs_that_may_not_be_read(home: Path) -> None:
    (home / "secret.png").write_bytes((home / "face.png").read_bytes())
    (home / "secret.wav").write_bytes((home / "short.wav").read_bytes())
    locked = home / "locked"
    locked.mkdir()
    (locked / "face.png").write_bytes((home / "face.png").read_bytes())
    for path in (home / "secret.png", home / "secret.wav", locked):
        path.chmod(0o000)
    end = ("-o", home / "o.mp4")
    refused(run_as_nobody("animate", home / "secret.png", home / "short.wav", *end, cwd=home), "secret.png", "may not")
    refused(run_as_nobody("animate", home / "face.png", home / "secret.wav", *end, cwd=home), "secret.wav", "may not")
    refused(run_as_nobody("animate", locked / "face.png", home / "short.wav", *end, cwd=home), "locked/face.png")
    given = ("animate", home / "face.png", home / "short.wav")
    refused(run_as_nobody(*given, *end, "--motion", locked / "m.npz", cwd=home), "locked/m.npz")
    assert sorted(path.name for path in home.iterdir() if path.suffix == ".mp4") == []


def test_folders_that_may_not_be_written(home: Path) -> None:
    others, unsearched = home / "others", home / "unsearched"
    for folder, mode in ((others, 0o755), (unsearched, 0o600)):
        folder.mkdir()
        folder.chmod(mode)
    given = ("animate", home / "face.png", home / "short.wav")
    for folder in (others, unsearched):
        refused(run_as_nobody(*given, "-o", folder / "o.mp4", cwd=home), folder.name)
        refused(run_as_nobody(*given, "-o", home / "o.mp4", "--motion-out", folder / "m.npz", cwd=home), folder.name)
        assert list(folder.iterdir()) == []
    evaluated = run_as_nobody("evaluate", home / "face.png", home / "face.png", "-o", others / "out", cwd=home)
    assert evaluated.code == 2
    assert "Traceback" not in evaluated.stderr
    assert not (home / "o.mp4").exists()


def test_what_another_user_left_is_let_be(home: Path) -> None:
    left = home / ".o.01234567.part.mp4"
    left.write_bytes(b"root's")
    left.chmod(0o600)
    home.chmod(0o1777)
    os.chown(home, 0, 0)
    outcome = run_as_nobody("animate", home / "face.png", home / "short.wav", "-o", home / "o.mp4", cwd=home)
    assert outcome.code == 0, outcome.stderr
    assert (home / "o.mp4").stat().st_uid == NOBODY
    assert left.read_bytes() == b"root's"
    assert str(home / "o.mp4") in outcome.stdout
