"""Packs of heads: who is in which group, which frames are kept, what is cut."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from drawn import drawn_face
from talkinghead.data import face_pairs, tracks
from talkinghead.data.corpus import UNSEEN_FACES, Recording
from talkinghead.data.face_pairs import (
    GROUPS,
    MARGIN,
    MATTE,
    MIRRORED,
    STORED,
    choose_frames,
    face_recordings,
    load_pictures,
    prepare_pictures,
    read_pictures,
    save_pictures,
)
from talkinghead.data.tracks import Take
from talkinghead.errors import InputError
from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.tracking.track import make_track
from talkinghead.types import FaceTrack, FloatArray, Frames, ImageArray


def write_corpus(root: Path) -> Path:
    """A corpus without videos."""
    (root / "grid_s1" / "align").mkdir(parents=True)
    (root / "clips").mkdir()
    codes = {"train": ["bbaf2n"], "val": ["bbaf3s"], "test": ["lgiz8p"]}
    for (code,) in codes.values():
        (root / "grid_s1" / "align" / f"{code}.align").write_text("0 74500 sil\n")
    (root / "grid_s1" / "splits.json").write_text(json.dumps(codes))
    rows = [
        ("a.mp4", "open", UNSEEN_FACES[0]),
        ("b.mp4", "open", "GRID-s5"),
        ("c.mp4", "research", "vox2-a"),
        ("d.mp4", "open", "Ronald Reagan"),
        ("e.mp4", "open", UNSEEN_FACES[1]),
        ("f.mp4", "research", UNSEEN_FACES[1]),
    ]
    table = "file,tier,speaker,dataset\n" + "\n".join(",".join([*row, "lab"]) for row in rows) + "\n"
    (root / "clips" / "manifest.csv").write_text(table, encoding="utf-8")
    return root


class Square:
    """The middle of a picture at twice its size."""

    def extract(self, image: ImageArray) -> ImageArray:
        """Its colours."""
        return np.ascontiguousarray(np.full((STORED, STORED, 3), image[20, 20]))

    def points(self, points: FloatArray) -> FloatArray:
        """Its points."""
        return 2 * points


def place(landmarks: FloatArray, size: tuple[int, int]) -> Square:
    assert landmarks.shape == (68, 2)
    assert size == (90, 80)
    return Square()


def track(count: int = 20) -> FaceTrack:
    """The mean face; its mouth opens to row 15 and closes again, it blinks in row 4."""
    mesh = np.repeat((canonical_face()[0] * 20 + (45, 40, 0))[None], count, axis=0)
    opening = np.interp(np.arange(count), [0, 10, 15, 19], [0.0, 2.0, 9.0, 1.0])
    mesh[:, [14, 87, 317, 178, 402], 1] += opening[:, None]
    for upper, lower in ((159, 145), (386, 374), (158, 153), (385, 380), (160, 144), (387, 373)):
        mesh[4, upper] = mesh[4, lower]
    return make_track(mesh, np.ones(count, bool), 25.0, smooth=False)


def test_who_is_in_which_group(tmp_path: Path) -> None:
    root = write_corpus(tmp_path)
    names = {group: [recording.name for recording in face_recordings(root, group)] for group in GROUPS}
    assert names == {"train": ["bbaf2n", "b", "d"], "known": ["bbaf3s"], "strangers": ["a", "e"]}


def test_groups_and_folders_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no group"):
        face_recordings(tmp_path, "everyone")
    with pytest.raises(InputError, match="not a corpus"):
        face_recordings(tmp_path, "train")


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
    monkeypatch.setattr(face_pairs, "read_takes", lambda recordings, store, smooth: [Take(recordings[0], track())])
    recording = Recording("x", "GRID-s1", Path("x.mp4"), "GRID")
    ((_, images, points),) = read_pictures([recording], Path("cache"), place=place)
    rows = choose_frames(track(), few=True)
    assert images[:, 0, 0, 0].tolist() == rows.tolist()
    np.testing.assert_allclose(points, 2 * track().landmarks[rows][:, MESH_OF_68, :2])
    assert all(not (image == 255).any() for image in face_pairs._frames(Take(recording, track()), rows))


def test_packs_come_back_as_they_went(tmp_path: Path) -> None:
    image = drawn_face(STORED).image
    images, points = np.stack([image, image[:, ::-1]]), np.random.default_rng(0).uniform(0, STORED, (2, 68, 2))
    path = tmp_path / "heads" / "train.npz"
    people = [Recording(name, speaker, Path("x"), "lab") for name, speaker in (("one", "a"), ("two", "b"))]
    save_pictures([(people[0], images, points), (people[1], images[:1], points[:1])], path)
    pictures = load_pictures(path)
    assert len(pictures) == 3
    assert pictures.clips.tolist() == [0, 0, 1]
    assert pictures.of_clip(0).tolist() == [0, 1]
    assert pictures.names.tolist() == ["one", "two"]
    assert pictures.speakers.tolist() == ["a", "b"]
    np.testing.assert_allclose(pictures.landmarks[1], points[1], atol=1e-4)
    assert np.abs(pictures.picture(1).astype(int) - images[1]).mean() < 2
    assert pictures.mattes.shape == (3, MATTE, MATTE)
    assert pictures.mattes[0, 35, 40] > 200
    assert pictures.mattes[0, 4, 4] < 50


def test_empty_and_broken_packs(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one"):
        save_pictures([], tmp_path / "train.npz")
    (tmp_path / "train.npz").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"train\.npz"):
        load_pictures(tmp_path / "train.npz")


@pytest.mark.corpus
def test_a_clip_of_the_corpus_is_cut_around_the_head(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from talkinghead.rendering.crop import Crop

    def wide(landmarks: FloatArray, size: tuple[int, int]) -> Crop:
        return Crop.of(landmarks, size).widen(MARGIN, STORED)

    first = face_recordings(corpus, "known")[:1]
    monkeypatch.setattr(face_pairs, "face_recordings", lambda folder, group: first)
    pictures = prepare_pictures(
        corpus, "known", tmp_path, place=lambda points, size: Crop.of(points, size).widen(MARGIN, STORED)
    )
    assert 2 <= len(pictures) <= 4
    middle = pictures.landmarks.mean(axis=1)
    assert (np.abs(middle - STORED / 2) < 0.15 * STORED).all()
    eyes = np.linalg.norm(pictures.landmarks[:, 45] - pictures.landmarks[:, 36], axis=-1)
    assert ((eyes > 0.18 * STORED) & (eyes < 0.26 * STORED)).all()
    assert (tmp_path / "heads" / "known.npz").exists()
