"""The front door as Python code meets it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import talkinghead
from drawn import drawn_face, speech_like, write_wav
from talkinghead.errors import InputError
from talkinghead.media import read_provenance, save_video
from talkinghead.methods import get_method
from talkinghead.methods.base import Needs, PerKind
from talkinghead.methods.makeittalk.motion import MakeItTalkMotion
from talkinghead.pipeline import TalkingHead, fit_motion
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.types import FaceTrack, Frames, ImageArray, Motion, Portrait, Reference, Speech, num_frames


class Nodding:
    """A generator that nods once a second, at 40 frames per second."""

    def generate(self, speech: Speech, portrait: Portrait, *, seed: int = 0) -> Motion:
        """A nod whose size is the seed's."""
        time = np.arange(num_frames(speech.duration, 40)) / 40
        rest = np.zeros((68, 3))
        rest[36, 0], rest[45, 0] = -0.5, 0.5
        rotation = np.stack([0.1 * (1 + seed) * np.sin(2 * np.pi * time), 0 * time, 0 * time], axis=1)
        landmarks = np.repeat(rest[None], len(time), axis=0)
        return Motion(40, landmarks, rotation, np.zeros((len(time), 3)), np.full(len(time), 0.3), rest)


class Grey:
    """A renderer whose grey is the pitch; counts the chunks it made."""

    def __init__(self) -> None:
        self.made = 0

    def render(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        """Chunks of seven frames."""
        for start in range(0, len(motion), 7):
            self.made += 1
            pitch = motion.rotation[start : start + 7, 0]
            images = np.broadcast_to(
                (128 + 100 * pitch).astype(np.uint8)[:, None, None, None],
                (len(pitch), *portrait.frames.images.shape[1:]),
            )
            yield Frames(images, motion.fps)


SPEECH = Speech(speech_like(1.5), 16_000)


@pytest.mark.parametrize(("seconds", "fps"), [(0.02, 25), (0.5, 25), (1.01, 29.97), (3.3, 12.5), (0.7, 60)])
def test_frames_are_duration_times_fps(drawn_portrait: Portrait, seconds: float, fps: float) -> None:
    speech = Speech(speech_like(seconds), 16_000)
    video = TalkingHead(Nodding(), Grey())(speech, drawn_portrait, fps=fps)
    assert video.num_frames == num_frames(speech.duration, fps)
    assert sum(len(chunk) for chunk in video.frames) == video.num_frames
    assert video.fps == fps
    assert video.speech is speech


def test_frames_are_made_while_they_are_taken(drawn_portrait: Portrait) -> None:
    grey = Grey()
    video = TalkingHead(Nodding(), grey)(SPEECH, drawn_portrait)
    assert grey.made == 0
    next(video.frames)
    assert grey.made == 1


def test_one_hook_hears_of_every_stage(tmp_path: Path) -> None:
    Image.fromarray(drawn_face(256).image).save(tmp_path / "face.png")
    write_wav(tmp_path / "speech.wav", speech_like(0.8))
    calls: list[tuple[str, int, int]] = []

    def hook(stage: str, done: int, total: int) -> None:
        calls.append((stage, done, total))

    video = TalkingHead(Nodding(), Grey())(tmp_path / "speech.wav", str(tmp_path / "face.png"), progress=hook)
    save_video(video, tmp_path / "out.mp4", progress=hook)
    stages = list(dict.fromkeys(stage for stage, _, _ in calls))
    assert stages == ["speech", "portrait", "motion", "render", "encode"]
    for stage in stages:
        counts = [(done, total) for name, done, total in calls if name == stage]
        assert counts == sorted(counts)
        assert counts[-1][0] == counts[-1][1]
    assert calls[-1] == ("encode", 20, 20)


def test_the_method_is_written_down(drawn_portrait: Portrait, tmp_path: Path) -> None:
    head = TalkingHead(Nodding(), Grey(), method="nodding", renderer_names=("photographic", "flat"))
    video = head(SPEECH, replace(drawn_portrait, drawing=True), fps=5)
    record = read_provenance(save_video(video, tmp_path / "out.mp4"))
    assert record is not None
    assert (record["method"], record["version"]) == ("nodding", talkinghead.__version__)
    assert record["renderer"] == "flat"
    assert head(SPEECH, replace(drawn_portrait, drawing=False), fps=5).facts["renderer"] == "photographic"


def test_seed_head_and_blink_reach_the_motion(drawn_portrait: Portrait) -> None:
    head = TalkingHead(Nodding(), Grey())
    plain = head.motion(SPEECH, drawn_portrait)
    assert plain.fps == 25
    np.testing.assert_allclose(head.motion(SPEECH, drawn_portrait, seed=1).rotation, 2 * plain.rotation)
    np.testing.assert_allclose(head.motion(SPEECH, drawn_portrait, head=0.5).rotation, 0.5 * plain.rotation)
    np.testing.assert_allclose(plain.blink, 0.3)
    assert np.all(head.motion(SPEECH, drawn_portrait, blink=0).blink == 0)
    assert head.motion(SPEECH, drawn_portrait, blink=1.5).blink.max() > 0.9


def test_fit_motion_keeps_the_pace_and_takes_the_length(drawn_portrait: Portrait) -> None:
    motion = Nodding().generate(SPEECH, drawn_portrait)
    shorter, longer = Speech(speech_like(0.5), 16_000), Speech(speech_like(3.0), 16_000)
    cut, held = fit_motion(motion, shorter, fps=40), fit_motion(motion, longer, fps=40)
    np.testing.assert_array_equal(cut.rotation, motion.rotation[:20])
    np.testing.assert_array_equal(held.rotation[:60], motion.rotation)
    np.testing.assert_array_equal(held.rotation[60:], np.repeat(motion.rotation[-1:], 60, axis=0))


@pytest.mark.parametrize("fps", [0.0, 1e-300, 1e9, np.nan])
def test_absurd_rates_are_refused(drawn_portrait: Portrait, fps: float) -> None:
    with pytest.raises(InputError, match=r"has .* frames per second, and 0.1 to 1000 are possible: choose another fps"):
        TalkingHead(Nodding(), Grey())(SPEECH, drawn_portrait, fps=fps)


def test_a_motion_made_for_one_face_moves_another(talking_head: TalkingHead, drawn_portrait: Portrait) -> None:
    motion = Nodding().generate(SPEECH, drawn_portrait)
    seen: list[Motion] = []

    class Noting(Grey):
        def render(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
            seen.append(motion)
            return super().render(motion, portrait)

    next(TalkingHead(Nodding(), Noting()).video(motion, drawn_portrait).frames)
    own = talking_head.motion(SPEECH, drawn_portrait)
    np.testing.assert_allclose(seen[0].rest, own.rest)
    np.testing.assert_array_equal(seen[0].rotation, motion.rotation)


def test_the_same_seed_gives_the_same_pixels(talking_head: TalkingHead, drawn_portrait: Portrait) -> None:
    speech = Speech(speech_like(0.6), 16_000)

    def pixels(seed: int) -> np.ndarray:
        return np.concatenate([c.images for c in talking_head(speech, drawn_portrait, seed=seed).frames])

    first = pixels(0)
    np.testing.assert_array_equal(first, pixels(0))
    assert not np.array_equal(first, pixels(1))


def test_an_unknown_method_lists_the_known() -> None:
    with pytest.raises(InputError, match="makeittalk"):
        TalkingHead.from_pretrained("magic")


def test_a_renderer_is_chosen_by_name(drawn_portrait: Portrait) -> None:
    head = TalkingHead.from_pretrained("makeittalk", renderer="warp")
    assert isinstance(head.renderer, WarpRenderer)
    assert head.renderer_names == ("warp", "warp")
    with pytest.raises(InputError, match="no renderer 'magic'"):
        TalkingHead.from_pretrained(renderer="magic")


def test_a_renderer_of_another_method() -> None:
    talking_head = TalkingHead.from_pretrained("attentional_landmarks", renderer="warp")
    assert isinstance(talking_head.renderer, WarpRenderer)
    with pytest.raises(InputError, match="ships weights for 'small', not for 'paper'"):
        TalkingHead.from_pretrained("attentional_landmarks", config="paper")


def test_the_renderer_of_a_portrait_may_depend_on_its_kind(drawn_portrait: Portrait) -> None:
    photo, drawing = Grey(), Grey()
    head = TalkingHead(Nodding(), PerKind(lambda: photo, lambda: drawing))
    assert head.renderer_for(replace(drawn_portrait, drawing=False)) is photo
    assert head.renderer_for(replace(drawn_portrait, drawing=True)) is drawing
    assert TalkingHead(Nodding(), photo).renderer_for(drawn_portrait) is photo


def test_what_a_renderer_looks_at_is_shown_of_the_face_at_hand(
    talking_head: TalkingHead, drawn_portrait: Portrait
) -> None:
    seen: list[Motion] = []
    picture = drawn_portrait.frames.images[0]

    class Looking(Grey):
        def _gaze(self, motion: Motion, portrait: Portrait) -> ImageArray:
            seen.append(motion)
            return portrait.frames.images[0]

        @property
        def shows(self) -> dict[str, Callable[[Motion, Portrait], ImageArray]]:
            """One thing."""
            return {"gaze": self._gaze}

    looking = TalkingHead(Nodding(), Looking())
    motion = Nodding().generate(SPEECH, drawn_portrait)
    np.testing.assert_array_equal(looking.view("gaze", drawn_portrait)(motion), picture)
    np.testing.assert_allclose(seen[0].rest, talking_head.motion(SPEECH, drawn_portrait).rest)
    with pytest.raises(InputError, match="has no 'attention' to show: choose one of gaze"):
        looking.view("attention", drawn_portrait)


def test_a_size_without_weights_is_refused() -> None:
    with pytest.raises(InputError, match="'small'"):
        TalkingHead.from_pretrained("makeittalk", config="paper")


@dataclass(frozen=True)
class Filmed:
    """A reference video that nobody reads."""

    fps: float = 25.0
    size: tuple[int, int] = (4, 4)
    num_frames: int = 50

    def chunks(self) -> Iterator[Frames]:
        """None."""
        return iter(())

    def frame(self, index: int) -> ImageArray:
        """None."""
        raise IndexError(index)


def with_reference(portrait: Portrait) -> Portrait:
    rows = np.zeros(50, int)
    track = portrait.track
    parts = (getattr(track, name)[rows] for name in ("landmarks", "rotation", "translation", "scale", "blink", "found"))
    return replace(portrait, reference=Reference(Filmed(), FaceTrack(*parts, 25.0)))


@pytest.mark.parametrize("needs", ["frames", "video"])
def test_what_a_method_needs_is_checked_once(drawn_portrait: Portrait, needs: Needs) -> None:
    demanding = replace(get_method("makeittalk"), needs=needs, least_s=2.0)
    head = TalkingHead(Nodding(), Grey(), check=demanding.check)
    with pytest.raises(InputError, match=r"makeittalk needs .*video of at least 2 s and there is only a picture: give"):
        head(SPEECH, drawn_portrait)
    filmed = with_reference(drawn_portrait)
    assert len(head.motion(SPEECH, filmed)) > 0
    patient = TalkingHead(Nodding(), Grey(), check=replace(demanding, least_s=60.0).check)
    with pytest.raises(InputError, match=r"needs .*of at least 60 s and there are only 2\.0 s: give a longer one"):
        patient.with_renderer(Grey()).motion(SPEECH, filmed)


def test_a_persons_weights_come_before_those_that_ship(tmp_path: Path) -> None:
    method = get_method("makeittalk")
    assert method.weights is not None
    for file in method.weights.glob("content.*"):
        shutil.copy(file, tmp_path)
    card = json.loads((tmp_path / "content.json").read_text())
    card["config"]["lead"] = 0
    (tmp_path / "content.json").write_text(json.dumps(card))
    own, shipped = (TalkingHead.from_pretrained(weights=folders).generator for folders in ((tmp_path,), ()))
    assert isinstance(own, MakeItTalkMotion)
    assert isinstance(shipped, MakeItTalkMotion)
    assert own.network is not None
    assert shipped.network is not None
    assert (own.network.config.lead, shipped.network.config.lead) == (0, 9)
