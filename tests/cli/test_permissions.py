"""Files and folders that may not be read or written, tried by a user who is not root."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from cli.command import Outcome
from drawn import drawn_face, speech_like, write_wav
from talkinghead.media import save_image

NOBODY = 65534
USER = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs"]

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0 or shutil.which("setpriv") is None,
    reason="only root may become another user",
)


_RUN = """
import json, sys
from cli.command import run_here
print(json.dumps([vars(run_here(*arguments)) for arguments in json.loads(sys.argv[1])]))
"""


def run_as_nobody(*commands: Sequence[object], cwd: Path) -> list[Outcome]:
    """Run commands one after another, in one process of a user without rights."""
    given = json.dumps([[str(argument) for argument in command] for command in commands])
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
    places = {"HOME": str(cwd), "TMPDIR": str(cwd), "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*USER, sys.executable, "-c", _RUN, given],
        capture_output=True,
        text=True,
        timeout=240,
        cwd=cwd,
        env=os.environ | places,
    )
    assert done.returncode == 0, done.stderr
    return [Outcome(**made) for made in json.loads(done.stdout)]


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder of nobody's, with a face and a speech that everybody may read; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chown(folder, NOBODY, NOBODY)
        save_image(drawn_face(256).image, folder / "face.png")
        write_wav(folder / "short.wav", speech_like(0.6))
        probe = subprocess.run([*USER, sys.executable, "-c", "import talkinghead"], capture_output=True, cwd=folder)
        if probe.returncode != 0:
            pytest.skip(f"another user cannot run Python here: {probe.stderr[-200:]!r}")
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
    made = run_as_nobody(
        ("animate", home / "secret.png", home / "short.wav", *end),
        ("animate", home / "face.png", home / "secret.wav", *end),
        ("animate", locked / "face.png", home / "short.wav", *end),
        ("animate", home / "face.png", home / "short.wav", *end, "--motion", locked / "m.npz"),
        cwd=home,
    )
    said = (("secret.png", "may not"), ("secret.wav", "may not"), ("locked/face.png",), ("locked/m.npz",))
    for outcome, names in zip(made, said, strict=True):
        refused(outcome, *names)
    assert sorted(path.name for path in home.iterdir() if path.suffix == ".mp4") == []


def test_folders_that_may_not_be_written(home: Path) -> None:
    others, unsearched = home / "others", home / "unsearched"
    for folder, mode in ((others, 0o755), (unsearched, 0o600)):
        folder.mkdir()
        folder.chmod(mode)
    given = ("animate", home / "face.png", home / "short.wav")
    *animated, evaluated = run_as_nobody(
        *[(*given, "-o", folder / "o.mp4") for folder in (others, unsearched)],
        *[(*given, "-o", home / "o.mp4", "--motion-out", folder / "m.npz") for folder in (others, unsearched)],
        ("evaluate", home / "face.png", home / "face.png", "-o", others / "out"),
        cwd=home,
    )
    for outcome, folder in zip(animated, 2 * (others, unsearched), strict=True):
        refused(outcome, folder.name)
    assert not any([*others.iterdir(), *unsearched.iterdir()])
    assert evaluated.code == 2
    assert "Traceback" not in evaluated.stderr
    assert not (home / "o.mp4").exists()


def test_what_another_user_left_is_let_be(home: Path) -> None:
    left = home / ".o.01234567.part.mp4"
    left.write_bytes(b"root's")
    left.chmod(0o600)
    home.chmod(0o1777)
    os.chown(home, 0, 0)
    command = ("animate", home / "face.png", home / "short.wav", "-o", home / "o.mp4", "--fps", 5)
    (outcome,) = run_as_nobody(command, cwd=home)
    assert outcome.code == 0, outcome.stderr
    assert (home / "o.mp4").stat().st_uid == NOBODY
    assert left.read_bytes() == b"root's"
    assert str(home / "o.mp4") in outcome.stdout
