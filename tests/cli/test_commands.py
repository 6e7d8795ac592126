"""The commands around the main one, and the program as a whole."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import talkinghead
from cli.command import Run, images, run_apart
from talkinghead.cli import doctor, methods
from talkinghead.cli.demo import TEXT, demo_picture
from talkinghead.media import read_provenance
from talkinghead.methods import get_method, method_names
from talkinghead.speech.say import say
from talkinghead.speech.synthesis import espeak_library
from talkinghead.types import num_frames

Refused = Callable[..., str]


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["animate", "--help"], []])
def test_nothing_heavy_is_imported_to_answer_a_question(arguments: list[str]) -> None:
    program = (
        "import sys; sys.argv[0] = 'talkinghead'\n"
        "from talkinghead.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as stop: assert not stop.code\n"
        "heavy = {'torch', 'cv2', 'numpy', 'av', 'numba', 'skimage'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout


def test_only_torch_takes_long_to_import() -> None:
    """Parts of scipy, numba, and what trains and evaluates wait until they are needed."""
    program = (
        "import sys, talkinghead.production, talkinghead.pipeline, talkinghead.methods\n"
        "late = {'scipy.signal', 'scipy.stats', 'scipy.ndimage', 'scipy.optimize', 'scipy.interpolate', 'numba',\n"
        "        'lightning_fabric', 'talkinghead.training.fit', 'talkinghead.evaluation', 'talkinghead.data.tracks'}\n"
        "assert not late & set(sys.modules), late & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_version() -> None:
    outcome = run_apart("--version")
    assert (outcome.code, outcome.stdout) == (0, f"talkinghead {talkinghead.__version__}\n")


@pytest.mark.parametrize(
    "command", ["animate", "batch", "demo", "voices", "align", "train", "evaluate", "motion", "landmarks", "prepare"]
)
def test_help_has_examples_that_fit_a_line(run: Run, command: str) -> None:
    text = run(command, "--help").stdout
    examples = re.findall(rf"^ talkinghead {command}\b.*$", text, re.MULTILINE)
    assert examples
    assert all(len(example.rstrip()) < 80 for example in examples)


def test_a_fault_of_ours_is_not_dressed_up(run: Run, face: Path, speech: Path, out: Path, monkeypatch: Any) -> None:
    def fault(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr("talkinghead.production.producer.run_job", fault)
    with pytest.raises(RuntimeError, match="a fault"):
        run("animate", face, speech, "-o", out)


def test_a_package_that_cannot_be_loaded_points_to_the_doctor(
    run: Run, face: Path, speech: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(*args: object, **kwargs: object) -> None:
        raise ImportError("libGL.so.1: cannot open shared object file", name="cv2")

    monkeypatch.setattr("talkinghead.production.producer.run_job", lacking)
    outcome = run("animate", face, speech, "-o", out)
    assert outcome.code == 1
    assert "libGL.so.1" in outcome.stderr
    assert "talkinghead doctor" in outcome.stderr


def test_demo_makes_a_video_in_the_current_folder(run: Run, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("espeakng_loader")
    monkeypatch.chdir(out.parent)
    text = "Good morning."
    outcome = run("demo", "--text", text)
    assert (outcome.code, outcome.stdout) == (0, "demo.mp4\n")
    path = out.with_name("demo.mp4")
    frames = images(path)
    assert frames.shape[1:] == demo_picture().shape == (640, 640, 3)
    assert abs(len(frames) - num_frames(say(text, voice="en-us+f3").duration, 25)) <= 1
    assert read_provenance(path)
    again = run("demo")
    assert again.code == 2
    assert "demo.mp4 already exists" in again.stderr
    assert "--overwrite" in again.stderr


def test_demo_without_the_synthesiser(refused: Refused, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    espeak_library._load.cache_clear()
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    refused("demo", "-o", out, "--text", TEXT, names="espeak-ng", remedy="pip install 'talkinghead[tts]'")


def test_methods_lists_every_method_with_its_paper_and_weights(run: Run) -> None:
    outcome = run("methods")
    assert outcome.code == 0
    told = " ".join(outcome.stdout.replace("│", " ").split())  # long titles are broken into lines
    for name in method_names():
        method = get_method(name)
        for part in (
            name,
            method.paper.title,
            str(method.paper.year),
            *method.sizes(),
            *method.stages,
            *method.renderers,
        ):
            assert part in told
    assert "default for one picture: warp" in told
    assert "for a person it was adapted to: attention" in told
    assert "MiB" in outcome.stdout


def test_methods_says_where_no_weights_ship() -> None:
    assert methods._list_weights(replace(get_method("makeittalk"), weights=None)) == "none"


def test_doctor_finds_everything_well(run: Run) -> None:
    outcome = run("doctor")
    lines = outcome.stdout.splitlines()
    assert outcome.code == 0, outcome.stdout
    assert all(line.startswith("ok    ") for line in lines)
    for part in ("python", "torch", "av", "numpy", "opencv", "libx264", "aac", "libvpx-vp9", "libopus"):
        assert any(part in line for line in lines)
    assert re.search(r"two-second render: .* real-time factor \d+\.\d\d", outcome.stdout)


def test_doctor_goes_on_after_a_failure_and_says_the_remedy(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    really_import = importlib.import_module

    def lacking(name: str, *args: Any) -> Any:
        if name == "cv2":
            raise ImportError("libGL.so.1: cannot open shared object file: No such file or directory")
        if name == "numba":
            raise ModuleNotFoundError("No module named 'numba'", name="numba")
        return really_import(name, *args)

    def fault() -> str:
        raise RuntimeError("no face\nwas found")

    all_checks = doctor.checks
    quick = {"face tracking": fault, "two-second render": lambda: "fine"}
    monkeypatch.setattr(doctor, "checks", lambda: [replace(c, look=quick.get(c.name, c.look)) for c in all_checks()])
    monkeypatch.setattr(importlib, "import_module", lacking)
    outcome = run("doctor")
    assert outcome.code == 1
    lines = outcome.stdout.splitlines()
    failing = [index for index, line in enumerate(lines) if line.startswith("FAIL  ")]
    assert [lines[index].split(":")[0].removeprefix("FAIL  ") for index in failing] == [
        "opencv",
        "numba",
        "face tracking",
    ]
    remedies = [lines[index + 1].strip() for index in failing]
    assert remedies[0].startswith("remedy: pip install --force-reinstall --no-deps opencv-python-headless")
    assert remedies[1].startswith("remedy: pip install numba")
    assert remedies[2].startswith("remedy: pip install --force-reinstall talkinghead")
    assert lines[-1] == "ok    two-second render: fine"
