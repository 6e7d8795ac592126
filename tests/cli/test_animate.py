"""The main job through the real command, end to end on a drawn face."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli.command import Run, images, run_apart
from drawn import DrawnFace, drawn_face, speech_like, write_wav
from talkinghead.face.landmarks import JAW, LIPS
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import lip_gap
from talkinghead.media import VideoReader, read_provenance, read_speech
from talkinghead.motion.files import load_motion
from talkinghead.tracking import read_portrait
from talkinghead.tracking.track import track_faces
from talkinghead.types import FloatArray, ImageArray, Motion

SECONDS, QUIET = 2.98, (1.2, 2.2)


@dataclass(frozen=True)
class Talk:
    """A whole run of the command in a process of its own."""

    drawn: DrawnFace
    picture: ImageArray
    samples: np.ndarray
    path: Path
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Talk:
    """The drawn face in a picture of odd sides says something with a pause in it."""
    folder = tmp_path_factory.mktemp("talk")
    drawn = drawn_face(255)
    picture = np.pad(drawn.image, ((0, 0), (10, 6), (0, 0)), mode="edge")
    Image.fromarray(picture).save(folder / "face.png")
    samples = speech_like(SECONDS, quiet=QUIET)
    write_wav(folder / "speech.wav", samples)
    out = folder / "out.mp4"
    done = run_apart("animate", folder / "face.png", folder / "speech.wav", "-o", out)
    assert done.code == 0, done.stderr
    return Talk(drawn, picture, samples, out, done.stdout, done.stderr)


def test_stdout_is_the_path_and_stderr_one_line_about_the_video(talk: Talk) -> None:
    assert talk.stdout == f"{talk.path}\n"
    assert talk.stderr.count("\n") == 1
    for part in ("2.96 s", "272 x 256 px", "25 fps", "MB", "real-time factor"):
        assert part in talk.stderr
    assert sorted(p.name for p in talk.path.parent.iterdir()) == ["face.png", "out.mp4", "speech.wav"]


def test_size_is_the_picture_s_made_even_and_length_that_of_the_sound(talk: Talk) -> None:
    reader = VideoReader(talk.path)
    assert reader.size == (272, 256)
    assert reader.fps == 25
    assert len(images(talk.path)) == round(SECONDS * 25) == 74


def test_sound_is_the_given_one_from_the_first_sample_to_the_last(talk: Talk) -> None:
    written = read_speech(talk.path).samples
    assert len(written) == len(talk.samples)
    spectrum = np.fft.rfft(written, 2**17) * np.conj(np.fft.rfft(talk.samples, 2**17))
    assert np.argmax(np.fft.irfft(spectrum)) == 0
    assert np.corrcoef(written, talk.samples)[0, 1] > 0.98


def test_provenance_says_synthetic_and_by_which_method(talk: Talk) -> None:
    record = read_provenance(talk.path)
    assert record is not None
    assert record["synthetic"] is True
    assert (record["method"], record["renderer"]) == ("makeittalk", "warp")


def gaps(path: Path) -> FloatArray:
    """(T,) how far the inner lips are apart, as the tracker sees it in the video, in outer eye corners' distances."""
    return np.asarray(lip_gap(head_landmarks(track_faces(VideoReader(path).chunks(), smooth=False))))


def test_the_mouth_opens_in_speech_and_rests_closed_in_the_pause(talk: Talk) -> None:
    seen = gaps(talk.path)
    pause = seen[round((QUIET[0] + 0.3) * 25) : round((QUIET[1] - 0.2) * 25)]
    speaking = np.concatenate([seen[: round(QUIET[0] * 25)], seen[round((QUIET[1] + 0.1) * 25) :]])
    assert np.percentile(speaking, 90) > 0.06
    assert np.std(speaking) > 5 * np.std(pause)
    assert np.max(pause) < 0.03


def test_the_border_stays_as_in_the_picture(talk: Talk) -> None:
    frames = images(talk.path)[:, :255, :271].astype(int)
    difference = np.abs(frames - talk.picture)
    rim = np.zeros(talk.picture.shape[:2], bool)
    rim[:6] = rim[-6:] = rim[:, :6] = rim[:, -6:] = True
    rim[-40:, -40:] = False  # the visible mark
    assert difference[:, rim].mean() < 1.5
    assert np.percentile(difference[:, rim], 99.9) < 10


def test_the_head_moves(talk: Talk) -> None:
    track = track_faces(VideoReader(talk.path).chunks())
    assert 0.005 < np.abs(track.rotation - track.rotation[0]).max() < 0.2


def test_no_visible_mark_leaves_the_corner_alone(run: Run, face: Path, speech: Path, out: Path) -> None:
    corner = np.s_[-20:, -30:]
    picture = np.asarray(Image.open(face)).astype(int)[corner]
    marked, plain = out.with_name("marked.mp4"), out.with_name("plain.mp4")
    assert run("animate", face, speech, "-o", marked, "--fps", 5).code == 0
    assert run("animate", face, speech, "-o", plain, "--fps", 5, "--no-visible-mark").code == 0
    assert np.abs(images(marked)[0][corner] - picture).max() > 40
    assert np.abs(images(plain)[0][corner] - picture).max() < 12
    record = read_provenance(plain)
    assert record is not None
    assert record["synthetic"] is True


def test_a_saved_motion_rendered_again_gives_the_same_frames(run: Run, face: Path, speech: Path, out: Path) -> None:
    motion, again = out.with_name("motion.npz"), out.with_name("again.mp4")
    options = ("--fps", 12.5, "--seed", 5, "--head", 2, "--blink", 1.2)
    assert run("animate", face, speech, "-o", out, "--motion-out", motion, *options).code == 0
    outcome = run("animate", face, speech, "-o", again, "--motion", motion)
    assert outcome.code == 0
    assert "note" not in outcome.stderr
    np.testing.assert_array_equal(images(out), images(again))


def test_attention_is_shown_beside_the_video(run: Run, face: Path, speech: Path, out: Path) -> None:
    options = ("--renderer", "attention", "--show", "attention", "--fps", 5)
    assert run("animate", face, speech, "-o", out, *options).code == 0
    shown = out.with_name("out-attention.png")
    assert sorted(out.parent.iterdir()) == sorted([out, shown])
    head, *maps = np.split(np.asarray(Image.open(shown)), 7, axis=1)
    assert head.shape == (256, 256, 3)
    assert all(picture.std() > 1 for picture in maps)
    outcome = run("animate", face, speech, "-o", out.with_name("out.webm"), *options)
    assert outcome.code == 2
    assert f"{shown} already exists" in outcome.stderr


def motion_of(run: Run, face: Path, speech: Path, folder: Path, *options: object) -> Motion:
    """The motion that the command makes with these options."""
    path = folder / "motion.npz"
    outcome = run("animate", face, speech, "-o", folder / "m.mp4", "--motion-out", path, "--overwrite", *options)
    assert outcome.code == 0, outcome.stderr
    return load_motion(path)


def test_the_seed_decides_the_head_and_nothing_else_is_left_to_chance(
    run: Run, face: Path, speech: Path, out: Path
) -> None:
    first, same, other = (motion_of(run, face, speech, out.parent, "--seed", seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.rotation, same.rotation)
    np.testing.assert_array_equal(first.blink, same.blink)
    np.testing.assert_array_equal(first.landmarks, same.landmarks)
    mouth = np.r_[JAW, LIPS]  # brows go with the head
    np.testing.assert_array_equal(first.landmarks[:, mouth], other.landmarks[:, mouth])
    assert np.abs(first.rotation - other.rotation).max() > 1e-3


def blinks(motion: Motion) -> int:
    """How many there are."""
    return int(np.sum(np.diff((motion.blink > 0.5).astype(int), prepend=0) == 1))


def test_head_and_blinks_are_controlled_apart(run: Run, face: Path, out: Path) -> None:
    speech = write_wav(out.parent / "long.wav", speech_like(4.0))
    natural = motion_of(run, face, speech, out.parent, "--fps", 10)
    still = motion_of(run, face, speech, out.parent, "--fps", 10, "--head", 0)
    lively = motion_of(run, face, speech, out.parent, "--fps", 10, "--head", 2, "--blink", "off")
    fluttering = motion_of(run, face, speech, out.parent, "--fps", 10, "--blink", 1.5)
    assert np.all(still.rotation == 0)
    assert np.all(still.translation == 0)
    np.testing.assert_array_equal(still.blink, natural.blink)
    np.testing.assert_allclose(lively.rotation, 2 * natural.rotation)
    assert np.all(lively.blink == 0)
    assert blinks(fluttering) >= max(3, blinks(natural) + 1)


def test_a_saved_motion_keeps_its_pace_and_takes_the_length_of_the_speech(
    run: Run, face: Path, speech: Path, out: Path
) -> None:
    motion, longer = out.with_name("motion.npz"), write_wav(out.parent / "longer.wav", speech_like(2.0))
    assert run("animate", face, speech, "-o", out, "--motion-out", motion).code == 0
    held = out.with_name("held.npz")
    outcome = run(
        "animate", face, longer, "-o", out.with_name("held.mp4"), "--motion", motion, "--fps", 50, "--motion-out", held
    )
    assert outcome.code == 0
    assert f"note: {motion} lasts 1.0 s and the speech 2.0 s: its last pose is held.\n" in outcome.stderr
    short, long = load_motion(motion), load_motion(held)
    assert (len(short), len(long)) == (25, 100)
    np.testing.assert_allclose(long.landmarks[:49:2], short.landmarks)
    np.testing.assert_array_equal(long.rotation[50:], np.repeat(short.rotation[-1:], 50, axis=0))


def test_a_saved_motion_drives_another_face(run: Run, face: Path, speech: Path, out: Path) -> None:
    motion, other = out.with_name("motion.npz"), out.with_name("other.png")
    assert run("animate", face, speech, "-o", out, "--motion-out", motion, "--head", 0).code == 0
    Image.fromarray(drawn_face(300, at=0.4, grain=4).image).save(other)
    driven = out.with_name("driven.mp4")
    assert run("animate", other, speech, "-o", driven, "--motion", motion).code == 0
    mine, theirs = gaps(out), gaps(driven)
    assert np.corrcoef(mine, theirs)[0, 1] > 0.7  # both as the tracker sees drawn faces, one of them grainy


def test_the_chosen_face_of_two_speaks(run: Run, speech: Path, out: Path) -> None:
    two = np.concatenate([drawn_face(256).image, drawn_face(256).image], axis=1)
    picture = out.with_name("two.png")
    Image.fromarray(two).save(picture)
    for face, half in ((1, np.s_[:, :256]), (2, np.s_[:, 256:])):
        options = ("--face", face, "--no-visible-mark", "--overwrite", "--head", 0, "--blink", "off")
        assert run("animate", picture, speech, "-o", out, *options).code == 0
        moved = np.abs(images(out).astype(int) - two).max(axis=(0, 3)) > 60
        assert moved.any()
        assert moved.sum() == moved[half].sum()


def test_a_video_serves_as_face_and_as_speech(run: Run, talk: Talk, out: Path) -> None:
    outcome = run("animate", talk.path, talk.path, "-o", out, "--fps", 10)
    assert outcome.code == 0, outcome.stderr
    assert VideoReader(out).size == (272, 256)
    assert len(images(out)) == 30
    assert read_portrait(out).frames.size == (272, 256)


@pytest.mark.parametrize("name", ["out.webm", "OUT.MKV", "take 2: \u00e4\u4f60.mov"])
def test_other_suffixes_and_names(run: Run, face: Path, out: Path, name: str) -> None:
    speech = write_wav(out.parent / "short.wav", speech_like(0.4))
    outcome = run("animate", face, speech, "-o", out.with_name(name))
    assert outcome.code == 0
    assert outcome.stdout == f"{out.with_name(name)}\n"
    assert len(images(out.with_name(name))) == 10


def test_a_gif_has_no_sound_and_says_so(run: Run, face: Path, out: Path) -> None:
    speech = write_wav(out.parent / "short.wav", speech_like(0.4))
    path = out.with_suffix(".gif")
    outcome = run("animate", face, speech, "-o", path)
    assert outcome.code == 0
    assert f"note: {path} will have no sound" in outcome.stderr
    with Image.open(path) as picture:
        assert (picture.n_frames, picture.size) == (10, (256, 256))


def test_overwrite_replaces(run: Run, face: Path, speech: Path, out: Path) -> None:
    out.write_text("old")
    assert run("animate", face, speech, "-o", out, "--overwrite", "--fps", 5).code == 0
    assert len(images(out)) == 5


def test_a_face_is_drawn_as_the_kind_that_it_is_said_to_be(run: Run, face: Path, out: Path) -> None:
    speech = write_wav(out.parent / "short.wav", speech_like(0.4))
    made = {}
    for kind in ("auto", "photo", "drawing"):
        given = ("--kind", kind, "--renderer", "warp", "--overwrite")
        assert run("animate", face, speech, "-o", out, *given).code == 0
        made[kind] = images(out)
    drawing = read_portrait(face).drawing
    np.testing.assert_array_equal(made["auto"], made["drawing" if drawing else "photo"])
    assert np.abs(made["photo"].astype(int) - made["drawing"]).max() > 30
