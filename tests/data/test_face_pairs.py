"""Packs of heads: who is in which group, which frames are kept, what is cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drawn import drawn_face
from talkinghead.data import face_pairs, tracks
from talkinghead.data.corpus import Corpus
from talkinghead.data.face_pairs import (
    MARGIN,
    MATTE,
    MIRRORED,
    STORED,
    FacePictures,
    choose_frames,
    pack_pictures,
    prepare_pictures,
    read_pictures,
)
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take
from talkinghead.errors import InputError
from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.store import NOTHING_KEPT, Store
from talkinghead.tracking.track import make_track
from talkinghead.types import FaceTrack, FloatArray, Frames, ImageArray


def track(count: int = 20) -> FaceTrack:
    """The mean face; its mouth opens to row 15 and closes again, it blinks in row 4."""
    mesh = np.repeat((canonical_face()[0] * 20 + (45, 40, 0))[None], count, axis=0)
    opening = np.interp(np.arange(count), [0, 10, 15, 19], [0.0, 2.0, 9.0, 1.0])
    mesh[:, [14, 87, 317, 178, 402], 1] += opening[:, None]
    for upper, lower in ((159, 145), (386, 374), (158, 153), (385, 380), (160, 144), (387, 373)):
        mesh[4, upper] = mesh[4, lower]
    return make_track(mesh, np.ones(count, bool), 25.0, smooth=False)


def test_few_frames_are_calm_open_and_blinking() -> None:
    rows = choose_frames(track(), few=True)
    assert len(rows) == len(set(rows.tolist())) == 4
    assert rows[0] in (0, 1)
    assert rows[1] == 15
    assert 4 in rows
    assert 10 < rows[2] < 18


def test_many_frames_are_every_fourth() -> None:
    rows = choose_frames(track(), few=False)
    assert set(range(0, 20, 4)) <= set(rows.tolist())
    assert len(rows) <= 6


def test_the_mirror_takes_each_landmark_to_its_partner() -> None:
    np.testing.assert_array_equal(MIRRORED[MIRRORED], np.arange(68))
    shape = canonical_face()[0][MESH_OF_68]
    np.testing.assert_allclose((shape * (-1, 1, 1))[MIRRORED], shape, atol=1e-5)


def test_chosen_frames_are_read_in_one_pass_and_the_purple_line_is_covered(monkeypatch: pytest.MonkeyPatch) -> None:
    class Reader:
        """Frames whose number is their colour, under a line of another."""

        def __init__(self, path: Path) -> None:
            self.path = path

        def chunks(self) -> object:
            """Two."""
            images = np.repeat(np.arange(20, dtype=np.uint8), 80 * 90 * 3).reshape(20, 80, 90, 3).copy()
            images[:, :2] = 255
            yield Frames(images[:11], 25.0)
            yield Frames(images[11:], 25.0)

    monkeypatch.setattr(tracks, "VideoReader", Reader)
    monkeypatch.setattr(face_pairs, "read_takes", lambda recordings, *_, **__: [Take(recordings[0], track())])
    many = [Recording(f"{number}", "GRID-s1", Path("x.mp4"), "GRID") for number in range(30)]
    for recordings, few in ((many, True), (many[:2], False)):
        take, rows, images, points = next(iter(read_pictures(recordings, NOTHING_KEPT)))
        assert rows.tolist() == choose_frames(track(), few=few).tolist()
        assert images[:, STORED // 2, STORED // 2, 0].tolist() == rows.tolist()
        size = np.linalg.norm(points[:, 45] - points[:, 36], axis=-1)
        np.testing.assert_allclose(size, STORED / MARGIN / 3.7, rtol=0.05)
    assert all(not (image == 255).any() for image in face_pairs._frames(take, rows))


def test_long_videos_give_so_many_pictures_and_no_more() -> None:
    assert 500 < len(choose_frames(track(9000), few=False)) <= 651


def packed() -> tuple[FacePictures, ImageArray, FloatArray]:
    image = drawn_face(STORED).image
    images, points = np.stack([image, image[:, ::-1]]), np.random.default_rng(0).uniform(0, STORED, (2, 68, 2))
    one, two = (Take(Recording(name, who, Path("x"), "lab"), track()) for name, who in (("one", "a"), ("two", "b")))
    found = [(one, np.array([3, 5]), images, points), (two, np.array([0]), images[:1], points[:1])]
    return pack_pictures(found), images, points


def test_packs_hold_what_was_read() -> None:
    pictures, images, points = packed()
    assert len(pictures) == 3
    assert pictures.clips.tolist() == [0, 0, 1]
    assert pictures.of_clip(0).tolist() == [0, 1]
    assert pictures.names.tolist() == ["one", "two"]
    assert pictures.speakers.tolist() == ["a", "b"]
    np.testing.assert_allclose(pictures.times, [3 / 25, 5 / 25, 0])
    np.testing.assert_allclose(pictures.landmarks[1], points[1], atol=1e-4)
    assert np.abs(pictures.picture(1).astype(int) - images[1]).mean() < 2
    assert pictures.mattes.shape == (3, MATTE, MATTE)
    assert pictures.mattes[0, 35, 40] > 200
    assert pictures.mattes[0, 4, 4] < 50


def test_recordings_without_a_face_make_no_pack() -> None:
    with pytest.raises(InputError, match="no recording shows a face"):
        pack_pictures([])


def test_packs_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, store, video = packed()[0], Store(tmp_path / "store"), tmp_path / "x.mp4"
    video.write_bytes(b"one")
    recordings = [Recording("x", "A", video, "lab")]
    monkeypatch.setattr(face_pairs, "pack_pictures", lambda found: made)
    prepare_pictures(recordings, store)
    monkeypatch.setattr(face_pairs, "pack_pictures", lambda found: pytest.fail("is kept"))
    kept = prepare_pictures(recordings, store)
    for name, value in vars(made).items():
        np.testing.assert_array_equal(getattr(kept, name), value)
    video.write_bytes(b"another")
    monkeypatch.setattr(face_pairs, "pack_pictures", lambda found: packed()[0])
    assert len(prepare_pictures(recordings, store)) == 3


@pytest.mark.corpus
def test_a_clip_of_the_corpus_is_cut_around_the_head(corpus: Path, tmp_path: Path) -> None:
    pictures = prepare_pictures(Corpus.open(corpus).recordings("val")[:1], Store(tmp_path))
    assert 2 <= len(pictures) <= 20
    middle = pictures.landmarks.mean(axis=1)
    assert (np.abs(middle - STORED / 2) < 0.15 * STORED).all()
    eyes = np.linalg.norm(pictures.landmarks[:, 45] - pictures.landmarks[:, 36], axis=-1)
    assert ((eyes > 0.18 * STORED) & (eyes < 0.26 * STORED)).all()
