"""One video against the real one, whole."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from evaluation.videos import moving_face, speech_of, write
from talkinghead.errors import InputError
from talkinghead.evaluation import networks
from talkinghead.evaluation.measures import MEASURES
from talkinghead.evaluation.pair import NEEDS_REFERENCE, evaluate_pair
from talkinghead.metrics.syncnet import CONFIGS, SyncNet

COUNT = 40
SILENT = {"blink-duration", "inter-blink-interval"}  # the drawn face does not blink


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the videos."""
    return tmp_path_factory.mktemp("pair")


@pytest.fixture(scope="module")
def real(folder: Path) -> Path:
    """The moving face with speech and a silence."""
    return write(folder / "real.mp4", moving_face(COUNT, size=128), speech=speech_of(COUNT, quiet=(0.6, 1.0)))


@pytest.fixture(scope="module")
def cache(folder: Path) -> Path:
    """What the tracker saw, kept between the tests."""
    return folder / "cache"


@pytest.fixture(autouse=True)
def small_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    """A SyncNet that has learned nothing but is there."""
    torch.manual_seed(0)
    network = SyncNet(CONFIGS["tiny"]).eval()
    monkeypatch.setattr(networks, "load_syncnet", lambda: network)


def test_a_video_against_itself_and_every_measure_is_a_value_or_has_a_reason(real: Path, cache: Path) -> None:
    told: list[str] = []
    scores = evaluate_pair(real, real, cache=cache, progress=lambda stage, done, total: told.append(stage))
    assert set(scores.values).isdisjoint(scores.missing)
    assert {*scores.values, *scores.missing} == set(MEASURES)
    assert [name for name in MEASURES if name in scores.values] == list(scores.values)
    assert all(np.isfinite(value) for value in scores.values.values())
    assert all(why.endswith(".") for why in scores.missing.values())
    assert list(dict.fromkeys(told)) == ["model", "track", "compare"]
    for name in ("d-ll", "d-l", "d-rot", "d-pos", "lmd", "lag", "fmd"):
        assert scores.values[name] == pytest.approx(0, abs=1e-6), name
    assert scores.values["ssim"] == pytest.approx(1)
    assert scores.values["found"] == 1
    assert json.loads(json.dumps({**asdict(scores), "features": None}, allow_nan=False))["fps"] == 25
    assert {len(curve) for curve in scores.curves.values()} == {COUNT}


def test_encoded_again_it_is_nearly_the_same_and_shifted_it_is_not(real: Path, folder: Path, cache: Path) -> None:
    again = write(folder / "again.mp4", moving_face(COUNT, size=128), speech=speech_of(COUNT))
    shifted = write(folder / "shifted.mp4", np.roll(moving_face(COUNT, size=128), 5, axis=0), speech=speech_of(COUNT))
    names = ["d-l", "d-pos", "lmd", "ssim", "psnr"]
    near = evaluate_pair(again, real, measures=names, cache=cache).values
    far = evaluate_pair(shifted, real, measures=names, cache=cache).values
    assert list(near) == ["lmd", "d-l", "d-pos", "ssim", "psnr"]
    assert near["d-l"] < 0.01 < far["d-l"]
    assert near["d-pos"] < 0.01 < far["d-pos"]
    assert far["ssim"] < near["ssim"]
    assert far["psnr"] < near["psnr"] - 5


def test_only_what_is_asked_for_is_made(real: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def looked(*arguments: object) -> None:
        raise AssertionError("pictures were looked at")

    monkeypatch.setattr("talkinghead.evaluation.clock.View.chunks", looked)
    scores = evaluate_pair(real, real, measures=["d-ll", "found"], cache=cache)
    assert (list(scores.values), scores.missing) == (["d-ll", "found"], {})


def test_without_a_reference(real: Path, cache: Path) -> None:
    scores = evaluate_pair(real, None, cache=cache)
    compared = {name for name, why in scores.missing.items() if why == NEEDS_REFERENCE}
    assert compared == {name for name, measure in MEASURES.items() if measure.needs_reference}
    said = {"closures", "closures-control", "contacts"}  # which of them were heard decides
    assert set(scores.missing) - compared <= {*SILENT, *said, "background-drift"}
    assert scores.reference == {}


def test_strictly_what_cannot_be_made_is_an_error(real: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="d-ll cannot be measured: it needs a real video"):
        evaluate_pair(real, None, measures=["found", "d-ll"], strict=True, cache=cache)
    with pytest.raises(InputError, match="blink-duration cannot be measured: no blink was found"):
        evaluate_pair(real, None, measures=["blink-duration"], strict=True, cache=cache)

    def absent() -> None:
        raise InputError("it is not installed: install it.")

    monkeypatch.setattr(networks, "_embedder", absent)
    missing = evaluate_pair(real, real, measures=["csim", "found"], cache=cache).missing
    assert missing == {"csim": "it is not installed: install it."}
    with pytest.raises(InputError, match="csim cannot be measured: it is not installed"):
        evaluate_pair(Path("not looked at.mp4"), real, measures=["csim"], strict=True)


def test_a_face_that_is_gone_for_a_while(real: Path, folder: Path, cache: Path) -> None:
    images = moving_face(COUNT, size=128)
    images[10:30] = 120
    hidden = write(folder / "hidden.mp4", images)
    scores = evaluate_pair(hidden, real, measures=["found", "d-l", "ssim", "silence-motion"], cache=cache)
    assert scores.values["found"] == pytest.approx(0.5, abs=0.1)
    assert scores.values["d-l"] < 0.02
    assert scores.values["ssim"] < 0.9
    assert str(hidden) in scores.missing["silence-motion"]
    assert any("% of the frames" in note for note in scores.notes)


def test_faces_that_never_meet_are_refused(folder: Path, cache: Path) -> None:
    first, second = moving_face(COUNT, size=128), moving_face(COUNT, size=128)
    first[COUNT // 2 :], second[: COUNT // 2] = 120, 120
    paths = write(folder / "first.mp4", first), write(folder / "second.mp4", second)
    with pytest.raises(InputError, match="never show a face at the same time"):
        evaluate_pair(*paths, measures=["d-l"], cache=cache)


def test_one_frame(folder: Path) -> None:
    one = write(folder / "one.mp4", moving_face(1, size=128), speech=speech_of(1))
    scores = evaluate_pair(one, one)
    assert {*scores.values, *scores.missing} == set(MEASURES)
    assert scores.values["ssim"] == pytest.approx(1)
    assert scores.values["d-ll"] == pytest.approx(0, abs=1e-9)
    assert {"d-vl", "d-v", "lag", "flicker", "sync-offset", "fmd", "head-spectrum"} <= set(scores.missing)


def test_another_rate_size_and_length_are_told(real: Path, folder: Path, cache: Path) -> None:
    images = moving_face(2 * COUNT - 20, size=160)[::2].repeat(2, axis=0)[: 2 * COUNT - 20]
    other = write(folder / "other.mp4", images, fps=50)
    scores = evaluate_pair(other, real, measures=["ssim", "d-l"], cache=cache)
    assert len(scores.notes) == 3
    assert scores.fps == 25
    assert len(scores.curves["pitch"]) == COUNT - 10


def test_unknown_measures_and_missing_files_are_refused(real: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean ssim"):
        evaluate_pair(real, real, measures=["sim"])
    with pytest.raises(InputError, match="does not exist"):
        evaluate_pair(tmp_path / "none.mp4", real)


@pytest.mark.corpus
def test_a_real_clip_encoded_again(corpus: Path, tmp_path: Path) -> None:
    from talkinghead.data.corpus import Corpus
    from talkinghead.media import VideoReader

    clip = Corpus.open(corpus / "grid_s1").recordings("val")[0]
    images = np.concatenate([chunk.images for chunk in VideoReader(clip.video).chunks()])
    again = write(tmp_path / "again.mp4", images, speech=clip.speech())
    values = evaluate_pair(again, clip.video, measures=["d-ll", "lmd", "ssim", "psnr", "lag", "d-rot"]).values
    assert values["d-ll"] < 0.01
    assert values["lmd"] < 0.4
    assert values["ssim"] > 0.95
    assert values["psnr"] > 35
    assert values["lag"] == 0
    assert values["d-rot"] < 0.5
