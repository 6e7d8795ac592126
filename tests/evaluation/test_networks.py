"""What networks tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from evaluation.videos import moving_face, speech_of, write
from talkinghead.errors import InputError
from talkinghead.evaluation import networks
from talkinghead.evaluation.clock import Pair, on_common_clock
from talkinghead.evaluation.evidence import read_evidence
from talkinghead.evaluation.measures import MEASURES, Scores
from talkinghead.evaluation.networks import Networks, load_networks, network_collectors
from talkinghead.evaluation.pictures import walk
from talkinghead.metrics.sync import sync_score
from talkinghead.metrics.syncnet import CONFIGS, SyncNet
from talkinghead.types import FloatArray, ImageArray, no_progress

COUNT = 30


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The moving face with speech, against itself."""
    path = tmp_path_factory.mktemp("networks") / "face.mp4"
    seen = read_evidence(write(path, moving_face(COUNT, size=128), speech=speech_of(COUNT)))
    return on_common_clock(seen, seen)


@pytest.fixture(scope="module")
def syncnet() -> SyncNet:
    """A small SyncNet that has learned nothing."""
    torch.manual_seed(0)
    return SyncNet(CONFIGS["tiny"]).eval()


class Colours:
    """In place of a face recogniser: the mean colour."""

    name = "colours"

    def __init__(self) -> None:
        self.seen = 0

    def __call__(self, images: ImageArray, landmarks: FloatArray) -> FloatArray:
        """(n, 3)."""
        assert landmarks.shape == (len(images), 478, 3)
        self.seen += len(images)
        return images.mean(axis=(1, 2))


def scores_of(pair: Pair, given: Networks, *names: str) -> Scores:
    """What the networks' collectors find."""
    scores = Scores()
    collectors = network_collectors(pair, names, given)
    walk(pair, collectors, no_progress)
    for collector in collectors:
        collector.finish(scores)
    return scores


def test_mouths_embedded_on_the_way_are_those_embedded_at_once(
    pair: Pair, syncnet: SyncNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "_PIECE", 8)
    images = np.concatenate(list(pair.output.chunks()))
    crops = syncnet.crop(images, syncnet.places(pair.output.track.landmarks))
    expected = syncnet.embed_video(crops)
    speech = pair.output.evidence.speech
    assert speech is not None
    score = sync_score(expected, syncnet.embed_audio(speech, COUNT))
    found = scores_of(pair, Networks(sync=syncnet), *networks.SYNC, "fmd")
    np.testing.assert_allclose(found.features["mouth"], expected, atol=1e-4)
    np.testing.assert_allclose(found.features["mouth"], found.features["reference mouth"], atol=1e-4)
    assert found.values["fmd"] == pytest.approx(0, abs=1e-6)
    assert found.values["sync-offset"] == score.offset
    assert found.values["sync-confidence"] == pytest.approx(score.confidence, abs=1e-4)
    assert found.values["sync-distance"] == pytest.approx(score.distance, abs=1e-4)
    assert any(syncnet.name in note for note in found.notes)


def test_mouths_are_judged_at_25_frames_per_second(pair: Pair, syncnet: SyncNet, tmp_path: Path) -> None:
    fast = read_evidence(write(tmp_path / "fast.mp4", np.repeat(moving_face(12, size=128), 2, axis=0), fps=50))
    found = scores_of(on_common_clock(fast, fast), Networks(sync=syncnet), "fmd")
    assert len(found.features["mouth"]) == 12 - 4


def test_without_sound_only_the_mouth_is_looked_at(pair: Pair, syncnet: SyncNet) -> None:
    mute = replace(pair.output, evidence=replace(pair.output.evidence, speech=None, silent_because="it is mute."))
    found = scores_of(replace(pair, output=mute), Networks(sync=syncnet), *networks.SYNC, "fmd")
    assert found.missing == dict.fromkeys(networks.SYNC, "it is mute.")
    assert set(found.values) == {"fmd"}


def test_four_frames_are_too_few_for_a_window(syncnet: SyncNet, tmp_path: Path) -> None:
    seen = read_evidence(write(tmp_path / "short.mp4", moving_face(4, size=128), speech=speech_of(4)))
    found = scores_of(on_common_clock(seen, seen), Networks(sync=syncnet), *networks.SYNC, "fmd")
    assert set(found.missing) == {*networks.SYNC, "fmd"}
    assert "0.2 s" in found.missing["fmd"]


def test_faces_are_compared_in_a_few_frames(pair: Pair) -> None:
    embedder = Colours()
    found = scores_of(pair, Networks(faces=embedder), "csim")
    assert found.values["csim"] == pytest.approx(1)
    assert embedder.seen == 2 * 8
    assert any("colours" in note for note in found.notes)


def test_inception_features_are_kept_for_many_videos(pair: Pair) -> None:
    def network(images: torch.Tensor) -> torch.Tensor:
        return images.float().mean(dim=(2, 3))

    found = scores_of(pair, Networks(inception=network), "fid")
    assert found.features["inception"].shape == (16, 3)
    assert found.values["fid"] == pytest.approx(0, abs=1e-6)


def test_nobody_is_asked_for_what_is_not_wanted(pair: Pair, syncnet: SyncNet) -> None:
    everybody = Networks(syncnet, Colours(), lambda images: images, True)
    assert network_collectors(pair, ["d-ll", "ssim"], everybody) == []
    alone = on_common_clock(pair.output.evidence, None)
    assert len(network_collectors(alone, tuple(MEASURES), everybody)) == 1
    assert len(network_collectors(pair, tuple(MEASURES), everybody)) == 4


def test_who_is_not_there_is_missed_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*arguments: object) -> None:
        raise InputError("it is not installed: install it.")

    for name in ("load_syncnet", "_embedder", "_inception", "find_ffmpeg"):
        monkeypatch.setattr(networks, name, absent)
    found = load_networks(tuple(MEASURES))
    assert found.missing == dict.fromkeys(
        [*networks.SYNC, "fmd", "csim", "fid", "vmaf"], "it is not installed: install it."
    )
    assert (found.sync, found.faces, found.inception, found.viewer) == (None, None, None, False)
    assert load_networks(["d-ll"]).missing == {}


def test_weights_that_are_named_must_be_good(tmp_path: Path) -> None:
    broken = tmp_path / "syncnet.model"
    broken.write_bytes(b"not weights")
    with pytest.raises(InputError, match=str(broken)):
        load_networks(["sync-offset"], sync_weights=broken)
    assert load_networks(["d-ll"], sync_weights=broken).missing == {}
