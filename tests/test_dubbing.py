"""A video that says something else: what stays, how long it gets, and frames without the face."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from drawn import drawn_face, speech_like, write_wav
from talkinghead.dubbing import Dubbing, dub, prepare_dub
from talkinghead.errors import InputError
from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.face.pose import OUTER_EYE_CORNERS
from talkinghead.face.rest import lip_gap
from talkinghead.media import ArrayVideo, VideoReader, read_speech, save_video, speech_from_array
from talkinghead.pipeline import TalkingHead
from talkinghead.rendering.rig import build_rig
from talkinghead.tracking import track_faces
from talkinghead.tracking.appearance import Appearance, find_appearance
from talkinghead.types import Frames, ImageArray, Speech, Video

FPS, COUNT, SIZE = 10.0, 16, 160


def head_that_sways(count: int = COUNT, most: float = 3.0) -> ImageArray:
    """(T, SIZE, SIZE, 3) the drawn face, with grain, up to so many px to each side."""
    face = drawn_face(SIZE, grain=4).image
    shifts = most * np.sin(np.arange(count) / 3)
    affines = [np.array([[1.0, 0, shift], [0, 1.0, 0]]) for shift in shifts]
    return np.stack([cv2.warpAffine(face, affine, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE) for affine in affines])


@pytest.fixture(scope="module")
def video() -> ArrayVideo:
    """A face in all frames but the 6 in the middle of the second shot, which show none."""
    return ArrayVideo(Frames(head_that_sways(), FPS))


@pytest.fixture(scope="module")
def appearance(video: ArrayVideo) -> Appearance:
    return find_appearance(video)


@pytest.fixture(scope="module")
def speech() -> Speech:
    return speech_from_array(speech_like(COUNT / FPS), 16_000)


@pytest.fixture(scope="module")
def dubbing(talking_head: TalkingHead, appearance: Appearance, speech: Speech) -> Dubbing:
    return prepare_dub(talking_head, appearance, speech)


def images_of(video: Video) -> ImageArray:
    return np.concatenate([chunk.images for chunk in video.frames])


def test_all_but_the_lower_face_stays_to_the_bit(dubbing: Dubbing, video: ArrayVideo) -> None:
    made = dubbing.video()
    images = images_of(made)
    assert images.shape == video.frames.images.shape
    assert made.num_frames == COUNT
    changed = np.abs(images.astype(int) - video.frames.images).max(axis=3)
    assert changed.max() > 40
    for frame, mesh in zip(changed, dubbing.appearance.track.landmarks):
        width = np.ptp(mesh[:, 0])
        low, high = mesh[:, :2].min(axis=0) - 0.25 * width, mesh[:, :2].max(axis=0) + 0.25 * width
        rows, columns = np.nonzero(frame)
        if not len(rows):
            continue
        assert rows.min() > mesh[[145, 374], 1].max()  # lower lids
        assert (columns.min(), columns.max()) >= (low[0], 0)
        assert columns.max() < high[0]
        assert rows.max() < high[1]


def test_the_lips_are_the_new_ones(dubbing: Dubbing) -> None:
    images = images_of(dubbing.video())
    seen = lip_gap(_landmarks(images))
    wanted = lip_gap(np.asarray(dubbing.motion.landmarks, float))
    assert np.ptp(wanted) > 0.04
    assert np.corrcoef(seen, wanted)[0, 1] > 0.8


def _landmarks(images: ImageArray) -> np.ndarray:
    track = track_faces([Frames(images, FPS)], smooth=False)
    return track.landmarks[:, MESH_OF_68] / track.scale[:, None, None]


def test_a_renderer_of_heads_draws_the_lower_face_alone(
    talking_head: TalkingHead, appearance: Appearance, speech: Speech, video: ArrayVideo
) -> None:
    dubbing = prepare_dub(talking_head, appearance, speech, own_renderer=True)
    made = dubbing.video()
    assert made.facts["renderer"] == talking_head.renderer_names[dubbing.portrait.drawing]
    images = images_of(made)
    changed = np.abs(images.astype(int) - video.frames.images).max(axis=3)
    for frame, mesh in zip(changed, appearance.track.landmarks):
        assert np.nonzero(frame)[0].min() > mesh[[145, 374], 1].max()  # lower lids
    wanted = lip_gap(np.asarray(dubbing.motion.landmarks, float))
    assert np.corrcoef(lip_gap(_landmarks(images)), wanted)[0, 1] > 0.8


def test_head_and_blinks_of_the_motion_are_the_videos(dubbing: Dubbing) -> None:
    sway = dubbing.motion.translation[:, 0] * dubbing.appearance.scale[0]
    assert np.corrcoef(sway, np.sin(np.arange(COUNT) / 3))[0, 1] > 0.95
    np.testing.assert_allclose(np.ptp(sway), 6, atol=2)


def test_the_motion_lies_on_the_head_of_the_video(dubbing: Dubbing) -> None:
    motion, portrait, track = dubbing.motion, dubbing.portrait, dubbing.appearance.track
    eyes = OUTER_EYE_CORNERS
    placed = build_rig(portrait).place(motion)[1][:, eyes, :2]
    assert np.abs(placed.mean(axis=1) - track.landmarks[:, eyes, :2].mean(axis=1)).max() < 0.6
    assert motion.scale is not None


@pytest.mark.parametrize("pace", [0, 3])
def test_a_title_across_the_chin_stays_as_it_is(talking_head: TalkingHead, speech: Speech, pace: int) -> None:
    """It stands still, or its letters run by so many px per frame."""
    images = head_that_sways(COUNT, 8.0)
    chin = find_appearance(ArrayVideo(Frames(images[:4], FPS))).track.landmarks[:, [17, 152], 1].mean()
    title = np.s_[:, round(chin) - 4 : round(chin) + 5, 20:-20]
    images[title] = (20, 40, 120)
    letters = np.random.default_rng(0).uniform(size=images.shape[2]) < 0.3
    for number, image in enumerate(images[title]):
        image[2:7, np.roll(letters, -pace * number)[20:-20]] = 245
    found = find_appearance(ArrayVideo(Frames(images, FPS)))
    dubbing = prepare_dub(talking_head, found, speech)
    without = replace(dubbing, appearance=replace(found, stills=()))
    changed, kept = (
        np.abs(images_of(each.video())[title].astype(int) - images[title]).max(axis=3) > 8
        for each in (without, dubbing)
    )
    assert changed.mean() > 0.1
    assert kept.mean() < 0.1 * changed.mean()


@pytest.mark.parametrize(
    ("seconds", "length", "frames"),
    [(0.8, "longest", 16), (0.8, "speech", 8), (0.8, "video", 16), (3.05, "longest", 30), (3.05, "video", 16)],
)
def test_the_result_is_as_long_as_asked_for(
    talking_head: TalkingHead, appearance: Appearance, seconds: float, length: str, frames: int
) -> None:
    said = speech_from_array(speech_like(seconds), 16_000)
    dubbing = prepare_dub(talking_head, appearance, said, length=length)
    made = dubbing.video()
    assert made.num_frames == len(dubbing.motion) == frames
    assert sum(map(len, made.frames)) == frames
    sound = made.speech.sound if made.speech is not None else None
    assert sound is not None
    samples = sum(piece.shape[1] for piece in sound.chunks())
    expected = frames / FPS if length == "video" and seconds > COUNT / FPS else seconds
    assert samples == round(expected * sound.sample_rate)


def test_a_longer_speech_plays_the_video_back_and_forth(talking_head: TalkingHead, appearance: Appearance) -> None:
    said = speech_from_array(speech_like(2.5), 16_000)
    images = images_of(prepare_dub(talking_head, appearance, said).video())
    own = appearance.video.frame(COUNT - 3)
    np.testing.assert_array_equal(images[COUNT + 1, : SIZE // 3], own[: SIZE // 3])


def test_lips_rest_after_a_shorter_speech(talking_head: TalkingHead, video: ArrayVideo, appearance: Appearance) -> None:
    said = speech_from_array(np.zeros(3200, np.float32), 16_000)
    dubbing = prepare_dub(talking_head, appearance, said)
    motion = dubbing.motion
    assert len(motion) == COUNT
    np.testing.assert_allclose(motion.landmarks[1:, 48:], motion.landmarks[:-1, 48:], atol=1e-3)


def test_frames_without_the_face_pass_through(talking_head: TalkingHead, speech: Speech) -> None:
    images = head_that_sways()
    images[6:12] = 120
    video = ArrayVideo(Frames(images, FPS))
    found = find_appearance(video)
    assert found.rows()[6:12].tolist() == [-1] * 6
    made = images_of(prepare_dub(talking_head, found, speech).video())
    np.testing.assert_array_equal(made[6:12], images[6:12])
    assert (made[:6] != images[:6]).any()
    assert (made[12:] != images[12:]).any()


def test_a_face_in_a_few_frames_is_dubbed_which_is_said(caplog: pytest.LogCaptureFixture) -> None:
    images = np.full((COUNT * 3, SIZE, SIZE, 3), 120, np.uint8)
    images[20:24] = head_that_sways(4)
    found = find_appearance(ArrayVideo(Frames(images, FPS)))
    assert found.spans == ((20, 24),)
    assert "only a few frames show the person" in caplog.text


def test_no_face_at_all_is_refused() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (4, 64, 64, 3)).astype(np.uint8)
    with pytest.raises(InputError, match="no face was found in any frame"):
        find_appearance(ArrayVideo(Frames(noise, FPS)))


def test_a_file_is_dubbed_with_its_own_sound_beneath(tmp_path: Path, talking_head: TalkingHead) -> None:
    clip, wav = tmp_path / "clip.mp4", write_wav(tmp_path / "new.wav", speech_like(1.6, seed=1))
    own = speech_from_array(speech_like(1.6), 16_000)
    save_video(Video(iter([Frames(head_that_sways(), FPS)]), own, FPS, COUNT), clip, visible_mark=False)
    made = dub(talking_head, clip, wav, mix=-20.0)
    save_video(made, tmp_path / "out.mp4")
    reader = VideoReader(tmp_path / "out.mp4")
    assert (reader.num_frames, reader.fps, reader.size) == (COUNT, FPS, (SIZE, SIZE))
    mixed, new, old = (read_speech(path).samples for path in (tmp_path / "out.mp4", wav, clip))
    count = min(map(len, (mixed, new, old)))
    both = np.linalg.lstsq(np.stack([new[:count], old[:count]], axis=1), mixed[:count], rcond=None)[0]
    np.testing.assert_allclose(both, [1.0, 0.1], atol=0.04)
