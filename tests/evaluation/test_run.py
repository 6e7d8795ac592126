"""A whole evaluation of a corpus of drawn faces: what comes out, what is kept, and what fails alone."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import talkinghead
from drawn import drawn_face, speech_like
from talkinghead.errors import InputError, announce
from talkinghead.evaluation import jobs as jobs_module
from talkinghead.evaluation import run as run_module
from talkinghead.evaluation.corpus import Example
from talkinghead.evaluation.digests import file_digest, package_digest
from talkinghead.evaluation.jobs import Task, prepare
from talkinghead.evaluation.measures import Scores
from talkinghead.evaluation.networks import Networks
from talkinghead.evaluation.result import Outcome, best_baseline, costs_of, result_of
from talkinghead.evaluation.run import REPORT, RESULT, evaluate_corpus
from talkinghead.evaluation.systems import BASELINES, ENERGY, MEAN, RANDOM, REAL, SAME, STILL
from talkinghead.media import VideoReader, read_provenance, read_speech, save_video
from talkinghead.types import Frames, ImageArray, Speech, Video

MEASURES = ("d-ll", "aperture-correlation", "d-rot", "ssim", "found")


def write_clip(path: Path, images: ImageArray, seed: int) -> None:
    """A video with made-up speech."""
    path.parent.mkdir(parents=True, exist_ok=True)
    speech = Speech(speech_like(len(images) / 25, seed=seed), 16_000)
    save_video(Video(iter([Frames(images, 25.0)]), speech, 25.0, len(images)), path, visible_mark=False, overwrite=True)


def nodding(step: float) -> ImageArray:
    """Twenty frames of the drawn face that moves sideways."""
    return np.stack([drawn_face(160, at=0.5 + step * np.sin(t / 3), grain=4).image for t in range(20)])


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GRID folder: a clip to learn from, one to be evaluated, and one that shows nobody."""
    root = tmp_path_factory.mktemp("corpus") / "grid"
    for number, (name, step) in enumerate({"aaaa": 0.01, "bbbb": 0.015}.items()):
        write_clip(root / "video" / f"{name}.mp4", nodding(step), number)
    noise = np.random.default_rng(0).integers(0, 255, (20, 160, 160, 3)).astype(np.uint8)
    write_clip(root / "video" / "cccc.mp4", noise, 2)
    shutil.copy(root / "video" / "cccc.mp4", root / "video" / "dddd.mp4")
    splits = {"train": ["aaaa"], "test": ["bbbb", "cccc"], "nobody": ["dddd"]}
    (root / "splits.json").write_text(json.dumps(splits), encoding="utf-8")
    return root


class Recorder:
    """A progress hook that takes note."""

    def __init__(self, *, stops_at: int | None = None) -> None:
        self.calls: list[tuple[str, int, int]] = []
        self._stops_at = stops_at

    def __call__(self, stage: str, done: int, total: int) -> None:
        """The hook."""
        self.calls.append((stage, done, total))
        if stage == "evaluate" and done == self._stops_at:
            raise KeyboardInterrupt

    def of(self, stage: str) -> list[tuple[int, int]]:
        """(done, total) of one stage."""
        return [(done, total) for name, done, total in self.calls if name == stage]


@pytest.fixture(scope="module")
def evaluated(grid: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], Recorder]:
    """The folder of results, the result, and what the hook received; stopped once on the way and gone on with."""
    out, arguments = tmp_path_factory.mktemp("out") / "results", {"split": "test", "measures": MEASURES, "jobs": 1}
    with pytest.raises(KeyboardInterrupt):
        evaluate_corpus("makeittalk", grid, out=out, progress=Recorder(stops_at=3), **arguments)
    assert not (out / RESULT).exists()
    recorder = Recorder()
    return out, evaluate_corpus("makeittalk", grid, out=out, progress=recorder, **arguments), recorder


def test_all_systems_are_scored(evaluated: tuple[Path, dict[str, Any], Recorder]) -> None:
    _, result, _ = evaluated
    assert list(result["systems"]) == ["makeittalk", *BASELINES]
    assert (result["method"], result["corpus"], result["split"], result["format"]) == ("makeittalk", "grid", "test", 1)
    for name, system in result["systems"].items():
        assert system["kind"] == ("method" if name == "makeittalk" else "baseline")
        if name != RANDOM:
            assert set(system["clips"]) == {"bbbb"}
            assert set(system["summary"]) == set(MEASURES)
            assert set(system["clips"]["bbbb"]["values"]) == set(MEASURES)
            assert system["summary"]["ssim"]["n"] == 1
            assert system["summary"]["found"]["mean"] == 1.0


def test_the_real_video_is_the_ceiling(evaluated: tuple[Path, dict[str, Any], Recorder]) -> None:
    systems = evaluated[1]["systems"]
    ssim = {name: system["summary"]["ssim"]["mean"] for name, system in systems.items() if system["summary"]}
    assert max(ssim, key=ssim.__getitem__) == REAL
    assert ssim[REAL] > 0.9
    assert systems[REAL]["summary"]["d-rot"]["mean"] < systems[STILL]["summary"]["d-rot"]["mean"]
    assert evaluated[1]["comparisons"][REAL]["ssim"]["verdict"] == "worse"


def test_what_other_people_would_be_needed_for_says_so(evaluated: tuple[Path, dict[str, Any], Recorder]) -> None:
    system = evaluated[1]["systems"][RANDOM]
    assert system["clips"] == system["summary"] == {}
    assert system["lacking"] == {"it copies a clip of another speaker, and the corpus has none.": 1}


def test_a_clip_that_fails_is_told_and_costs_itself(evaluated: tuple[Path, dict[str, Any], Recorder]) -> None:
    failures = evaluated[1]["failures"]
    assert [failure["clip"] for failure in failures] == ["cccc"] * 7
    assert {failure["system"] for failure in failures} == {"makeittalk", *BASELINES}
    assert all("cccc.mp4" in failure["why"] and "leave the clip out" in failure["why"] for failure in failures)


def test_what_was_done_before_the_stop_is_not_done_again(evaluated: tuple[Path, dict[str, Any], Recorder]) -> None:
    counts = evaluated[2].of("evaluate")
    assert counts[0] == (3, 6)
    assert counts[-1] == (6, 6)


def test_the_files(evaluated: tuple[Path, dict[str, Any], Recorder]) -> None:
    out, result, _ = evaluated
    assert json.loads((out / RESULT).read_text(encoding="utf-8")) == result
    assert "makeittalk on grid, test" in (out / REPORT).read_text(encoding="utf-8")
    videos = {path.parent.name: path for path in out.glob("videos/*/*.mp4")}
    assert set(videos) == {"makeittalk", REAL, STILL, MEAN, SAME, ENERGY}
    assert sum(1 for _ in out.rglob("*.part*")) == 0
    for name, path in videos.items():
        assert VideoReader(path).fps == 25.0
        record = read_provenance(path)
        assert record is not None
        assert record["system"] == name


def test_the_protocol_says_how(evaluated: tuple[Path, dict[str, Any], Recorder]) -> None:
    protocol = evaluated[1]["protocol"]
    assert (protocol["clips"], protocol["speakers"], protocol["measures"]) == (2, 1, list(MEASURES))
    assert protocol["package sha256"] == package_digest()
    assert {"python", "torch", "av"} <= set(protocol["versions"])
    assert len(protocol["weights"]["methods/makeittalk/weights/content.safetensors"]) == 64
    rooms = {name.split("/weights/")[0] for name in protocol["weights"]}
    assert rooms == {"methods/makeittalk", "metrics", "rendering", "speech"}
    assert str(Path.home()) not in json.dumps(protocol)


def test_the_second_call_makes_nothing(
    evaluated: tuple[Path, dict[str, Any], Recorder], grid: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, before, _ = evaluated

    def never(job: object) -> str:
        raise AssertionError(f"{job} was done before")

    monkeypatch.setattr(run_module, "perform", never)
    again = evaluate_corpus("makeittalk", grid, split="test", out=out, measures=MEASURES, jobs=1)
    before["protocol"]["date"] = again["protocol"]["date"]  # it may be past midnight
    assert again == before


@pytest.mark.slow
def test_what_no_longer_holds_is_done_again(
    evaluated: tuple[Path, dict[str, Any], Recorder], grid: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out, corpus = tmp_path / "out", tmp_path / "grid"
    shutil.copytree(evaluated[0], out)
    shutil.copytree(grid, corpus)

    def done_before(**changed: Any) -> int:
        recorder = Recorder()
        given: dict[str, Any] = {"split": "test", "measures": MEASURES, "systems": [STILL, REAL], "jobs": 1, **changed}
        evaluate_corpus("makeittalk", corpus, out=out, progress=recorder, **given)
        return recorder.of("evaluate")[0][0]

    assert done_before() == 2
    (out / "videos" / STILL / "bbbb.mp4").write_bytes(b"another video")
    assert done_before() == 1
    assert not caplog.records
    for suffix, damage in ((".json", b"\xff"), (".json", b"[1]"), (".npz", b"PK")):
        caplog.clear()
        for path in (out / "cache" / "scores").glob(f"*{suffix}"):
            path.write_bytes(damage)
        assert done_before() == 0
        assert ["kept scores" in record.getMessage() for record in caplog.records] == [True, True]
    assert done_before() == 2
    assert done_before(measures=("ssim",)) == 0
    write_clip(corpus / "video" / "bbbb.mp4", nodding(0.005), 1)
    assert done_before() == 0


def test_what_a_tool_is_missing_for_is_measured_once_it_is_there(
    evaluated: tuple[Path, dict[str, Any], Recorder], grid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {"split": "test", "measures": ("ssim", "vmaf"), "systems": [STILL], "jobs": 1}

    def done_before(tool: bool) -> int:
        recorder = Recorder()
        monkeypatch.setattr(
            jobs_module, "load_networks", lambda *_, **__: Networks(missing={} if tool else {"vmaf": "no"})
        )
        jobs_module._absent.cache_clear()
        evaluate_corpus("makeittalk", grid, out=tmp_path / "out", progress=recorder, **given)
        return recorder.of("evaluate")[0][0]

    assert [done_before(tool) for tool in (False, False, True, True)] == [0, 1, 0, 1]
    jobs_module._absent.cache_clear()


@pytest.mark.slow
def test_in_processes_of_their_own_it_is_the_same(
    evaluated: tuple[Path, dict[str, Any], Recorder], grid: Path, tmp_path: Path
) -> None:
    given: dict[str, Any] = {"split": "test", "measures": MEASURES, "systems": [STILL, REAL]}
    result = evaluate_corpus("makeittalk", grid, out=tmp_path / "out", jobs=2, **given)
    for name in (STILL, REAL):
        # Not to the last digit: x264, in several threads, does not always make the same file.
        values = result["systems"][name]["clips"]["bbbb"]["values"]
        assert values == pytest.approx(evaluated[1]["systems"][name]["clips"]["bbbb"]["values"], rel=0.05, abs=0.01)


def test_a_long_clip_is_cut(grid: Path, tmp_path: Path) -> None:
    clip = Example("bbbb", "anna", grid / "video" / "bbbb.mp4", "open", seconds=0.2, calmest=True)
    done = prepare(Task(clip, tmp_path))
    assert done.failed == ""
    assert done.landmarks is not None
    assert (len(done.landmarks), done.fps) == (5, 25.0)
    assert done.video.parent == tmp_path / "clips"
    assert read_speech(done.video).duration == pytest.approx(0.2, abs=0.001)
    assert prepare(Task(replace(clip, seconds=0.5), tmp_path)).video == clip.video  # hardly longer than that


def test_a_damaged_copy_of_a_clip_is_made_again(grid: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clip = Example("bbbb", "anna", grid / "video" / "bbbb.mp4", "open", seconds=0.2, calmest=True)
    video = prepare(Task(clip, tmp_path)).video
    assert not caplog.records
    whole = video.read_bytes()
    for damage in (whole[: len(whole) // 2], b"", b"no video"):
        video.write_bytes(damage)
        caplog.clear()
        assert prepare(Task(clip, tmp_path)).failed == ""
        assert [record.getMessage() for record in caplog.records] == [f"{video} is damaged and is made again."]
        assert read_speech(video).duration == pytest.approx(0.2, abs=0.001)


def test_a_fault_of_ours_costs_one_video_and_is_told(
    grid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(output: Path, reference: Path, **given: Any) -> Scores:
        announce("something is odd.")
        if output.parent.name == STILL:
            raise KeyError("pitch")
        return Scores(values={"ssim": 1.0})

    monkeypatch.setattr(jobs_module, "evaluate_pair", faulty)
    given: dict[str, Any] = {"split": "train", "systems": [STILL, REAL], "measures": ["ssim"], "jobs": 1}
    result = evaluate_corpus("makeittalk", grid, out=tmp_path / "out", **given)
    (failure,) = result["failures"]
    assert (failure["system"], failure["clip"]) == (STILL, "aaaa")
    assert failure["why"] == "a fault of the program (KeyError: 'pitch')"
    assert result["systems"][REAL]["clips"]["aaaa"]["notes"] == ["something is odd."]
    assert result["systems"][STILL]["summary"] == {}


def test_where_this_machine_keeps_things_is_not_told() -> None:
    inside = Path(talkinghead.__file__).parent / "metrics" / "weights"
    (clip,) = made_up([outcome(STILL, "a", missing={"fmd": f"{inside}/x: none; see {Path.home()}/y."})])["systems"][
        STILL
    ]["clips"].values()
    assert clip["missing"] == {"fmd": "talkinghead/metrics/weights/x: none; see ~/y."}


def test_nothing_at_all_is_an_error(grid: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no video could be evaluated; the first failure: .*dddd\.mp4"):
        evaluate_corpus("makeittalk", grid, split="nobody", out=tmp_path, systems=[STILL], jobs=1)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"split": "dev"}, "no split 'dev'"),
        ({"measures": ["ssin"]}, "no measure 'ssin'"),
        ({"systems": ["magic"]}, "no system magic: choose of makeittalk, real video"),
        ({"systems": []}, "no system asked for"),
        ({"limit": 0}, "--limit 0 is out of range"),
        ({"jobs": 0}, "--jobs 0 is out of range"),
    ],
)
def test_bad_wishes_are_named(grid: Path, tmp_path: Path, changed: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        evaluate_corpus("makeittalk", grid, **{"split": "test", "out": tmp_path / "out", **changed})
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("inside", ["", "inside"])
def test_a_folder_that_cannot_be_made_is_named_before_anything_is_done(
    grid: Path, tmp_path: Path, inside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "prepare", None)
    (tmp_path / "file").write_text("precious")
    out = tmp_path / "file" / inside
    with pytest.raises(InputError, match=rf"{out.name} (is a file|cannot be written to \(Not a directory\)).*: "):
        evaluate_corpus("makeittalk", grid, split="test", out=out, measures=MEASURES, jobs=1)


def test_an_unknown_method_lists_the_known(grid: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="makeittalk"):
        evaluate_corpus("magic", grid, split="test", out=tmp_path)


def outcome(system: str, clip: str, speaker: str = "anna", **scores: Any) -> Outcome:
    """What came of a made-up job."""
    return Outcome(Example(clip, speaker, Path(f"{clip}.mp4"), "all"), system, Scores(**scores))


def made_up(outcomes: list[Outcome]) -> dict[str, Any]:
    """A result of them."""
    fps = {entry.example.name: 25.0 for entry in outcomes}
    return result_of(outcomes, method="makeittalk", corpus="people", split="all", protocol={}, fps=fps)


def test_systems_are_compared_clip_by_clip_by_what_is_better() -> None:
    outcomes = []
    for k in range(8):
        real = {"blinks-per-second": 0.3}
        mine = {"d-ll": 0.1 * k + 0.1, "ssim": 0.5 + 0.01 * k, "blinks-per-second": 0.35, "sync-offset": -1.0}
        other = {"d-ll": 0.1 * k + 0.2, "ssim": 0.6 + 0.01 * k, "blinks-per-second": 0.1, "sync-offset": 3.0}
        outcomes += [outcome("makeittalk", f"c{k}", values=mine, reference=real)]
        outcomes += [outcome(STILL, f"c{k}", values=other, reference=real)]
    result = made_up(outcomes)
    against = result["comparisons"][STILL]
    assert against["d-ll"] == {"mean": -0.1, "low": -0.1, "high": -0.1, "n": 8, "verdict": "better"}
    assert (against["ssim"]["mean"], against["ssim"]["verdict"]) == (pytest.approx(0.1), "worse")
    assert (against["blinks-per-second"]["mean"], against["blinks-per-second"]["verdict"]) == (
        pytest.approx(-0.15),
        "better",
    )
    assert against["sync-offset"]["mean"] == pytest.approx(-2.0)
    assert costs_of(result["systems"][STILL], "ssim")["c0"] == -0.6
    assert result["systems"][STILL]["summary"]["d-ll"]["mean"] == pytest.approx(0.55)


def test_the_best_baseline_is_told_by_what_is_better() -> None:
    outcomes = [outcome("makeittalk", "a", values={"ssim": 0.99, "d-ll": 0.0})]
    outcomes += [outcome(REAL, "a", values={"ssim": 0.95, "d-ll": 0.01})]
    outcomes += [outcome(STILL, "a", values={"ssim": 0.7, "d-ll": 0.3}), outcome(MEAN, "a", values={"ssim": 0.6})]
    result = made_up(outcomes)
    assert best_baseline(result, "ssim") == STILL
    assert best_baseline(result, "psnr") is None


def test_mouths_of_all_videos_are_pooled() -> None:
    random = np.random.default_rng(0)
    outcomes = []
    for k in range(3):
        real = random.normal(0, 1, (200, 4))
        features = {"mouth": real + 2.0, "reference mouth": real}
        outcomes.append(outcome(STILL, f"c{k}", values={"fmd": 99.0}, features=features))
    entry = made_up(outcomes)["systems"][STILL]["summary"]["fmd"]
    assert entry["mean"] == pytest.approx(4 * 2.0**2, rel=0.02)  # the squared distance of the means
    assert (entry["low"], entry["high"], entry["n"]) == (None, None, 3)


def test_people_are_told_by_how_they_move() -> None:
    time = np.arange(100) / 25
    outcomes = []
    for k in range(8):
        speaker, rate = ("anna", 0.5) if k % 2 else ("ben", 2.0)
        curves = {}
        for name in ("pitch", "yaw", "roll", "blink"):
            own = np.sin(2 * np.pi * rate * time + k)
            curves |= {f"reference {name}": own.tolist(), name: np.sin(2 * np.pi * 0.5 * time + k).tolist()}
        outcomes.append(outcome(STILL, f"c{k}", speaker, curves=curves))
        curves = {name: own for name, own in curves.items() if name.startswith("reference ")}
        curves |= {name.removeprefix("reference "): own for name, own in curves.items()}
        outcomes.append(outcome(REAL, f"c{k}", speaker, curves=curves))
    systems = made_up(outcomes)["systems"]
    for measure in ("personalisation-head-pose", "personalisation-blinks"):
        assert systems[REAL]["summary"][measure]["mean"] == 1.0
        assert systems[STILL]["summary"][measure]["mean"] == 0.5  # all move like anna


def test_the_digest_is_that_of_the_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    assert file_digest(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file_digest(None) == ""
