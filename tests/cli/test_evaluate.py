"""``talkinghead evaluate``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cli.command import Run
from drawn import drawn_face
from evaluation.videos import moving_face, speech_of, write
from talkinghead.evaluation import run as evaluation_run
from talkinghead.evaluation.measures import GROUPS, MEASURES

Refused = Callable[..., str]
METRICS = "d-ll,ssim,blinks-per-second"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short video of the moving face with speech."""
    path = tmp_path_factory.mktemp("evaluate") / "real.mp4"
    return write(path, moving_face(8, size=128), speech=speech_of(8))


def test_help_has_examples_that_fit_a_line(run: Run) -> None:
    text = run("evaluate", "--help").stdout
    examples = re.findall(r"^ talkinghead evaluate\b.*$", text, re.MULTILINE)
    assert len(examples) >= 4
    assert all(len(example.rstrip()) < 80 for example in examples)


@pytest.mark.parametrize("arguments", [["--list"], ["--metrics", "list"]])
def test_the_list_shows_every_measure(run: Run, arguments: list[str]) -> None:
    outcome = run("evaluate", *arguments)
    assert outcome.code == 0
    flat = " ".join(outcome.stdout.split())
    for name, measure in MEASURES.items():
        assert f" {name} " in flat
        assert measure.unit.split(" ")[0] in flat
    for group in GROUPS:
        assert group in flat


def test_a_table_of_what_was_asked_for(run: Run, real: Path) -> None:
    outcome = run("evaluate", real, "--reference", real, "--metrics", METRICS)
    assert outcome.code == 0, outcome
    rows = {row.split()[0]: row.split()[1:] for row in outcome.stdout.splitlines() if row.strip()}
    assert float(rows["d-ll"][0]) == pytest.approx(0, abs=1e-9)
    assert rows["d-ll"][1:] == ["of", "lip", "width", "lower"]
    assert rows["ssim"] == ["1", "higher"]
    assert rows["blinks-per-second"] == ["0", "0", "per", "second", "as", "the", "real"]
    assert "not measured" not in outcome.stdout


def test_json_alone_on_stdout(run: Run, real: Path) -> None:
    outcome = run("evaluate", real, "--reference", real, "--metrics", METRICS, "--json", "-")
    record = json.loads(outcome.stdout)
    assert record["format"] == 1
    assert list(record["values"]) == ["d-ll", "ssim", "blinks-per-second"]
    assert record["real values"] == {"blinks-per-second": 0.0}
    assert (record["output"], record["reference"]) == (str(real), str(real))
    assert len(record["curves"]["reference aperture"]) == 8


def test_json_in_a_file_beside_the_table(run: Run, real: Path, out: Path) -> None:
    path = out.with_name("scores.json")
    outcome = run("evaluate", real, "--metrics", "found", "--json", path)
    assert "found" in outcome.stdout
    assert json.loads(path.read_text())["values"] == {"found": 1.0}
    path.write_text("mine")
    assert run("evaluate", real, "--metrics", "found", "--json", path).code == 2
    assert path.read_text() == "mine"
    run("evaluate", real, "--metrics", "found", "--json", path, "--overwrite")
    assert json.loads(path.read_text())["reference"] is None


def test_what_could_not_be_measured_is_said_with_the_reason(run: Run, real: Path) -> None:
    outcome = run("evaluate", real)
    assert outcome.code == 0, outcome
    said = [line for line in outcome.stdout.splitlines() if line.startswith("not measured: ")]
    compared = next(line for line in said if "needs a real video" in line)
    for name, measure in MEASURES.items():
        assert (f" {name}," in compared or f" {name}:" in compared) == measure.needs_reference
        assert name in outcome.stdout


@pytest.mark.parametrize(
    ("arguments", "names", "remedy"),
    [
        ([], "there is nothing to evaluate", "--method and --corpus"),
        (["missing.mp4"], "missing.mp4", "check the name"),
        (["REAL", "--reference", "missing.mp4"], "missing.mp4", "check the name"),
        (["REAL", "--sync-weights", "missing.model"], "missing.model", "check the name"),
        (["REAL", "--metrics", "sim"], "'sim'", "did you mean ssim"),
        (["REAL", "--metrics", ","], "no measure", "--list"),
        (["REAL", "--metrics", "found,d-ll"], "d-ll", "needs a real video"),
        (["REAL", "--json", "REAL", "--overwrite"], "--json", "choose another name"),
        (["REAL", "--json", "no such folder/a.json"], "no such folder", "mkdir -p"),
        (["REAL", "--corpus", "."], "OUT", "leave out one of them"),
        (["--reference", "REAL", "--method", "makeittalk", "--corpus", "."], "--reference", "leave out one of them"),
        (["REAL", "--limit", "3"], "--limit", "leave out one of them"),
        (["--reference", "REAL"], "there is nothing to evaluate", "give OUT"),
        (["--method", "makeittalk"], "--method", "give both"),
        (["--corpus", "."], "--corpus", "give both"),
        (["--jobs", "2"], "--jobs", "give both"),
        (["--method", "makeittalk", "--corpus", ".", "--limit", "0"], "--limit 0", "from 1 up"),
        (["--method", "makeittalk", "--corpus", ".", "--jobs", "0"], "--jobs 0", "from 1 up"),
        (["--method", "magic", "--corpus", "."], "'magic'", "makeittalk"),
        (["--method", "makeittalk", "--corpus", ".", "--renderer", "magic"], "'magic'", "warp"),
        (["--renderer", "warp"], "--renderer", "give both"),
        (["--method", "makeittalk", "--corpus", "no such corpus"], "no such corpus", ""),
    ],
)
def test_what_is_refused(refused: Refused, real: Path, arguments: list[str], names: str, remedy: str) -> None:
    refused("evaluate", *(str(real) if part == "REAL" else part for part in arguments), names=names, remedy=remedy)


def test_files_that_are_no_video_of_a_face_are_refused(refused: Refused, out: Path) -> None:
    picture, meadow = out.with_name("face.png"), out.with_name("meadow.mp4")
    Image.fromarray(drawn_face(64).image).save(picture)
    write(meadow, np.random.default_rng(0).integers(0, 255, (2, 64, 64, 3), np.uint8))
    refused("evaluate", picture, "--metrics", "found", names=picture, remedy="give a video")
    refused("evaluate", meadow, "--metrics", "found", names=meadow, remedy="clearly visible")


def test_a_split_that_is_not_there_is_refused(refused: Refused, out: Path) -> None:
    (out.parent / "splits.json").write_text('{"test": []}')
    corpus = ["--method", "makeittalk", "--corpus", out.parent]
    refused("evaluate", *corpus, "--split", "best", "-o", out.parent.parent / "work", names="'best'", remedy="test")


class Evaluated:
    """In place of the evaluation of a corpus."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, stop: bool = False) -> None:
        self.asked: dict[str, Any] = {}
        self._stop = stop
        monkeypatch.setattr(evaluation_run, "evaluate_corpus", self)

    def __call__(self, method: str, folder: Path, **options: Any) -> dict[str, Any]:
        """A made-up result."""
        self.asked = {"method": method, "folder": folder, **options}
        if self._stop:
            raise KeyboardInterrupt
        return {
            "format": 1,
            "method": method,
            "systems": {
                method: system("method", 0.0512345, 0.04, 0.06),
                "real video": system("baseline", 0.006, 0.005, 0.007),
                "still picture": system("baseline", 0.08, 0.07, 0.09),
                "mean mouth": system("baseline", 0.07, 0.06, 0.08),
            },
            "comparisons": {"mean mouth": {"d-ll": {"verdict": "better"}}},
            "failures": [{"system": "mean mouth", "clip": "bbaf2n", "why": "it shows no face."}],
        }


def system(kind: str, mean: float, low: float, high: float) -> dict[str, Any]:
    """What a result holds of a system that was measured on one clip."""
    clips = {"bbal6n": {"values": {"d-ll": mean}, "reference": {}}}
    return {"kind": kind, "summary": {"d-ll": {"mean": mean, "low": low, "high": high, "n": 1}}, "clips": clips}


def test_a_method_on_a_corpus(run: Run, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Evaluated(monkeypatch)
    corpus, folder = out.parent, out.parent / "results"
    given = ["--method", "makeittalk", "--corpus", corpus, "--split", "val", "-o", folder, "--limit", 2, "--jobs", 1]
    outcome = run("evaluate", *given, "--metrics", "d-ll", "--renderer", "warp")
    assert outcome.code == 0, outcome
    asked.asked.pop("progress")
    assert asked.asked == {
        "method": "makeittalk",
        "folder": corpus,
        "split": "val",
        "out": folder,
        "limit": 2,
        "jobs": 1,
        "measures": ["d-ll"],
        "renderer": "warp",
        "sync_weights": None,
        "inception_weights": None,
        "ray": None,
    }
    assert "0.05123" in outcome.stdout
    assert "0.04 to 0.06" in outcome.stdout
    assert "0.006" in outcome.stdout
    assert re.search(r"0\.07 +better", outcome.stdout)
    assert "mean mouth" in outcome.stdout
    assert "still picture" not in outcome.stdout
    assert "note: bbaf2n by mean mouth failed: it shows no face." in outcome.stderr
    assert outcome.stdout.splitlines()[-1] == str(folder)
    alone = run("evaluate", "--method", "makeittalk", "--corpus", corpus, "--json", "-")
    assert json.loads(alone.stdout)["systems"]["makeittalk"]["summary"]["d-ll"]["n"] == 1
    assert asked.asked["out"] == Path("evaluation") / f"makeittalk-{corpus.name}-test"


def test_stopped_on_a_corpus_it_says_how_to_go_on(run: Run, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Evaluated(monkeypatch, stop=True)
    outcome = run("evaluate", "--method", "makeittalk", "--corpus", out.parent, "-o", out.parent / "results")
    assert outcome.code == 130
    assert outcome.stderr == (
        f"talkinghead: stopped; the same command resumes with what is in {out.parent / 'results'}\n"
    )
