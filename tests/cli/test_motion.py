"""The command that shows, plots and changes saved motions."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli.command import Run, images
from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.face.rest import lip_gap
from talkinghead.motion.controls import shape_field
from talkinghead.motion.editing import add_blink, scale_head, scale_lips
from talkinghead.motion.files import load_motion, save_motion
from talkinghead.types import Motion

Refused = Callable[..., str]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A motion file of two seconds: the mouth opens, the head nods, the eyes blink twice."""
    time = np.arange(50) / 25
    rest = canonical_face()[0][MESH_OF_68]
    landmarks = rest + 0.05 * (1 - np.cos(6 * time))[:, None, None] * shape_field("open")
    rotation = np.radians(5) * np.sin(np.outer(3 * time, [1, 0, 0]))
    motion = Motion(25.0, landmarks.astype(np.float32), rotation, 0.1 * rotation, np.zeros(50), rest)
    path = tmp_path_factory.mktemp("saved") / "m.npz"
    save_motion(add_blink(add_blink(motion, 0.6), 1.4), path)
    return path


def test_summary(run: Run, saved: Path) -> None:
    outcome = run("motion", saved)
    assert (outcome.code, outcome.stderr) == (0, "")
    said = dict(line.strip().split("  ", 1) for line in outcome.stdout.splitlines() if line.strip())
    time = np.arange(50) / 25
    opening = lip_gap(canonical_face()[0][MESH_OF_68]) + 0.05 * (1 - np.cos(6 * time))
    low, high = np.percentile(opening, (5, 95))
    nod = np.ptp(np.percentile(5 * np.sin(3 * time), (5, 95)))
    assert {name: text.strip() for name, text in said.items()} == {
        "duration": "2.00 s",
        "frames": "50 at 25 fps",
        "opening, 5-95 %": f"{low:.3f} to {high:.3f} eye distances",
        "head range": f"{nod:.1f} degrees (pitch {nod:.1f}, yaw 0.0, roll 0.0)",
        "blinks": "1.00 per second (2)",
    }


def test_edits_are_written_and_told(run: Run, saved: Path, out: Path) -> None:
    path = out.with_name("m2.npz")
    outcome = run("motion", saved, "--scale-lips", "1.5", "--scale-head", "0.5", "--freeze-blink", "-o", path)
    assert (outcome.code, outcome.stdout) == (0, f"{path}\n")
    assert "blinks 1.00 per second (2) -> 0.00 per second (0)" in outcome.stderr
    changed, given = load_motion(path), load_motion(saved)
    np.testing.assert_array_equal(changed.landmarks, scale_lips(given, 1.5).landmarks)
    np.testing.assert_array_equal(changed.rotation, scale_head(given, 0.5).rotation)
    assert not changed.blink.any()
    again = run("motion", saved, "--freeze-blink", "-o", path, "--overwrite")
    assert again.code == 0
    np.testing.assert_array_equal(load_motion(path).landmarks, given.landmarks)


def test_all_options_reach_the_motion(run: Run, saved: Path, out: Path) -> None:
    path = out.with_name("m2.npz")
    options = {
        "--scale-expression": "0.5",
        "--rotate-pitch": "-2",
        "--rotate-yaw": "10",
        "--rotate-roll": "3",
        "--move-x": "0.1",
        "--move-y": "-0.2",
        "--freeze-head": "0s",
        "--blink-at": "1s",
        "--smooth-head": "0.4",
        "--delay": "0.08",
        "--keyframe": "40f:pitch=5",
        "--ease": "0.1",
        "--cut": "4f:1.8s",
    }
    outcome = run("motion", saved, *[word for option in options.items() for word in option], "-o", path)
    assert outcome.code == 0, outcome.stderr
    changed, given = load_motion(path), load_motion(saved)
    assert len(changed) == 41
    np.testing.assert_allclose(changed.landmarks[:30], given.landmarks[2:32], atol=1e-6)
    np.testing.assert_allclose(np.degrees(changed.rotation[0]), [-2, 10, 3], atol=1e-6)
    np.testing.assert_allclose(np.degrees(changed.rotation[36]), [3, 10, 3], atol=1e-6)
    np.testing.assert_allclose(changed.translation[:, :2], np.tile([0.1, -0.2], (41, 1)), atol=1e-9)
    assert changed.blink[21] == pytest.approx(1.0)


def test_a_person_corrects_a_frame(run: Run, saved: Path, out: Path) -> None:
    frame, path = out.with_name("frame.json"), out.with_name("m2.npz")
    assert run("motion", saved, "--frame", "1.2s", "-o", frame).stdout == f"{frame}\n"
    points = json.loads(frame.read_text())
    assert json.loads(run("motion", saved, "--frame", "30f").stdout) == points
    points["54"][0] += 0.1
    frame.write_text(json.dumps({"54": points["54"]}))
    assert run("motion", saved, "--correct", f"1.2s:{frame}", "-o", path).code == 0
    moved = load_motion(path).landmarks - load_motion(saved).landmarks
    assert moved[30, 54, 0] == pytest.approx(0.1, abs=1e-4)
    assert 0.02 < moved[27, 54, 0] < 0.08
    np.testing.assert_array_equal(moved[np.abs(np.arange(50) - 30) > 7], 0)


@pytest.mark.parametrize("name", ["plot.png", "plot.svg"])
def test_plot(run: Run, saved: Path, out: Path, name: str) -> None:
    path = out.with_name(name)
    outcome = run("motion", saved, "--plot", path, "--keyframe", "1s:smile=0.5", "--cut", "0.4s:")
    assert (outcome.code, outcome.stdout) == (0, f"{path}\n")
    if name.endswith("png"):
        assert Image.open(path).size[0] > 800
    else:
        assert "before" in path.read_text()


def test_stdout_holds_the_frame_alone(run: Run, saved: Path, out: Path) -> None:
    outcome = run("motion", saved, "--frame", "1s", "--plot", out.with_name("plot.svg"))
    assert len(json.loads(outcome.stdout)) == 68
    assert out.with_name("plot.svg").exists()


def test_weights_do_not_outlive_the_landmarks_they_read(run: Run, saved: Path, out: Path) -> None:
    with_weights, path = out.with_name("weights.npz"), out.with_name("m2.npz")
    save_motion(replace(load_motion(saved), expression=np.ones((50, 51))), with_weights)
    assert run("motion", with_weights, "--scale-lips", "0", "-o", path).code == 0
    assert load_motion(path).expression is None
    assert run("motion", with_weights, "--scale-head", "0", "-o", path, "--overwrite").code == 0
    assert load_motion(path).expression is not None


def test_arkit_of_the_edited_motion(run: Run, saved: Path, out: Path) -> None:
    with_weights, path, table = (out.with_name(name) for name in ("weights.npz", "m2.npz", "m.csv"))
    weights = np.random.default_rng(0).uniform(size=(50, 51))
    save_motion(replace(load_motion(saved), expression=weights), with_weights)
    other = table.with_suffix(".json")
    outcome = run("motion", with_weights, "--cut", "1s:", "--freeze-blink", "--arkit", table, "--arkit", other)
    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, f"{table}\n{other}\n", "")
    rows = list(csv.DictReader(table.open()))
    assert len(rows) == 25
    assert [float(row["JawOpen"]) for row in rows] == pytest.approx(weights[25:, EXPRESSION_NAMES.index("jawOpen")])
    assert {float(row["EyeBlinkLeft"]) for row in rows} == {0.0}
    assert json.loads(other.read_text())["numFrames"] == 25
    both = run("motion", with_weights, "--scale-head", "0", "-o", path, "--arkit", table, "--overwrite")
    assert (both.code, both.stdout) == (0, f"{table}\n{path}\n")


def test_an_edited_motion_is_rendered(run: Run, saved: Path, face: Path, speech: Path, out: Path) -> None:
    path, other = out.with_name("m2.npz"), out.with_name("plain.mp4")
    assert run("motion", saved, "--keyframe", "0.48s:open=0.2", "-o", path).code == 0
    assert run("animate", face, speech, "-o", out, "--motion", path).code == 0
    assert run("animate", face, speech, "-o", other, "--motion", saved).code == 0
    change = np.abs(images(out).astype(int) - images(other)).mean(axis=(1, 2, 3))
    assert change[12] > 2 * change[22:].max()  # which is what encoding leaves


@pytest.mark.parametrize(
    ("arguments", "names", "remedy"),
    [
        (["--freeze-blink"], "--freeze-blink", "-o M2.npz"),
        (["-o", "{out}.npz"], "nothing to change", "give an edit"),
        (["--freeze-blink", "-o", "{out}.mp4"], "unknown suffix '.mp4'", "choose .npz"),
        (["--frame", "1s", "-o", "{out}.npz"], "unknown suffix '.npz'", "choose .json"),
        (["--plot", "{out}.pdf"], "unknown suffix '.pdf'", "choose .png or .svg"),
        (["--arkit", "{out}.fbx"], "unknown suffix '.fbx'", "choose .csv"),
        (["--arkit", "{out}.csv", "--arkit", "{out}/../out.csv"], "given as", "choose another name"),
        (["--arkit", "{out}/no/m.csv"], "does not exist", "mkdir -p"),
        (["--scale-lips", "-1", "-o", "{out}.npz"], "--scale-lips -1", "choose a number from 0 to 5"),
        (["--scale-head", "nan", "-o", "{out}.npz"], "--scale-head nan", "choose a number from 0 to 5"),
        (["--rotate-yaw", "120", "-o", "{out}.npz"], "--rotate-yaw 120", "from -90 to 90"),
        (["--smooth-head", "0", "-o", "{out}.npz"], "--smooth-head 0", "choose seconds above 0"),
        (["--ease", "1", "-o", "{out}.npz", "--freeze-blink"], "--ease", "give one of them"),
        (["--keyframe", "1s:smiel=1", "-o", "{out}.npz"], "'smiel'", "choose smile"),
        (["--keyframe", "1s:jawopne=1", "-o", "{out}.npz"], "'jawopne'", "choose jawOpen"),
        (["--keyframe", "1s:jawOpen=3", "-o", "{out}.npz"], "jawOpen=3", "from -1 to 1"),
        (["--keyframe", "smile=1", "-o", "{out}.npz"], "'smile=1'", "write TIME:NAME=VALUE"),
        (["--keyframe", "9s:smile=1", "-o", "{out}.npz"], "9 s lies outside", "from 0 to 2 s"),
        (["--blink-at", "soon", "-o", "{out}.npz"], "'soon'", "1200ms"),
        (["--freeze-head", "60f", "-o", "{out}.npz"], "2.4 s lies outside", "from 0 to 2 s"),
        (["--cut", "1s:1s", "-o", "{out}.npz"], "no frame", "choose a start before the end"),
        (["--correct", "1s:no.json", "-o", "{out}.npz"], "no.json does not exist", "check the name"),
        (["--correct", "no.json", "-o", "{out}.npz"], "'no.json'", "write TIME:FILE.json"),
        (["--frame", "3s"], "3 s lies outside", "from 0 to 2 s"),
    ],
)
def test_refused(refused: Refused, saved: Path, out: Path, arguments: list[str], names: str, remedy: str) -> None:
    stem = str(out.with_suffix(""))
    refused("motion", saved, *[word.replace("{out}", stem) for word in arguments], names=names, remedy=remedy)


@pytest.mark.parametrize("fps", [0.0, 1e-300, 1e9, np.nan])
def test_absurd_rates_are_refused(
    refused: Refused, saved: Path, face: Path, speech: Path, out: Path, fps: float
) -> None:
    with np.load(saved) as file:
        np.savez(out.with_name("absurd.npz"), **{**file, "fps": fps})
    absurd = out.with_name("absurd.npz")
    refused("motion", absurd, names=f"absurd.npz has {fps:g} frames per second", remedy="--motion-out")
    refused("motion", absurd, "--arkit", out.with_suffix(".csv"), names=absurd, remedy="0.1 to 1000 are possible")
    refused("animate", face, speech, "-o", out, "--motion", absurd, names=absurd, remedy="0.1 to 1000 are possible")


def test_files_that_are_refused(refused: Refused, saved: Path, out: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"no motion")
    refused("motion", broken, names=broken, remedy="--motion-out")
    refused("motion", tmp_path / "none.npz", names="none.npz", remedy="check the name")
    refused("motion", saved, "--freeze-blink", "-o", saved, names=saved, remedy="choose another name")
    refused("motion", saved, "--freeze-blink", "-o", saved, "--overwrite", names=saved, remedy="choose another name")
    refused("motion", saved, "--freeze-blink", "-o", broken, names="already exists", remedy="--overwrite")
    assert broken.read_bytes() == b"no motion"


def test_help_has_examples_that_fit_a_line(run: Run) -> None:
    text = run("motion", "--help").stdout
    examples = [line for line in text.splitlines() if line.startswith(" talkinghead motion")]
    assert len(examples) == 7
    assert all(len(line.rstrip()) < 80 for line in examples)
