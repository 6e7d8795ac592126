"""Packs of talking mouths: who is in which group, what is cut, what is kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from drawn import speech_like
from kept import keep_track
from talkinghead.data import corpus as table
from talkinghead.data import tracks
from talkinghead.data.corpus import OUT_OF_STEP, UNSEEN_BY_SYNCNET, Recording
from talkinghead.data.mouths import (
    GROUPS,
    Mouth,
    load_mouths,
    prepare_mouths,
    read_mouths,
    recordings,
    save_mouths,
)
from talkinghead.errors import InputError
from talkinghead.face.landmarks import canonical_face
from talkinghead.types import FloatArray, Frames, ImageArray, Speech


def write_corpus(root: Path) -> Path:
    """A corpus without videos: three clips of GRID s1 and six of others."""
    (root / "grid_s1" / "align").mkdir(parents=True)
    (root / "clips").mkdir()
    codes = {"train": ["bbaf2n"], "val": ["bbaf3s"], "test": ["lgiz8p"]}
    for (code,) in codes.values():
        (root / "grid_s1" / "align" / f"{code}.align").write_text("0 74500 sil\n")
    (root / "grid_s1" / "splits.json").write_text(json.dumps(codes))
    rows = [
        ("a.mp4", "open", "GRID-s4"),
        ("b.mp4", "open", "GRID-s5"),
        ("c.mp4", "research", "vox2-a"),
        ("styletalk__Obama_clip1.mp4", "open", "Barack Obama"),
        ("FACEGOOD__zsmeif.mp4", "open", "FACEGOOD-zsmeif"),
        ("d.mp4", "open", "Ronald Reagan"),
    ]
    table = "file,tier,speaker,dataset\n" + "\n".join(",".join([*row, "lab"]) for row in rows) + "\n"
    (root / "clips" / "manifest.csv").write_text(table, encoding="utf-8")
    return root


def made_up(seed: int, count: int = 30, fps: float = 25.0) -> Mouth:
    crops = np.random.default_rng(seed).integers(0, 256, (count, 6, 8)).astype(np.uint8)
    return Mouth(f"clip {seed}", f"speaker {seed}", crops, fps, speech_like(count / fps, seed=seed))


def test_who_is_in_which_group(tmp_path: Path) -> None:
    root = write_corpus(tmp_path)
    names = {group: [recording.name for recording in recordings(root, group)] for group in GROUPS}
    assert names == {
        "train": ["bbaf2n", "a", "d"],
        "val": ["bbaf3s"],
        "test": ["lgiz8p"],
        "strangers": ["b"],
        "research": ["c"],
        "out of step": ["styletalk__Obama_clip1", "FACEGOOD__zsmeif"],
    }
    first, second, _ = recordings(root, "train")
    assert (first.name, first.speaker, first.dataset) == ("bbaf2n", "GRID-s1", "GRID")
    assert (second.name, second.speaker, second.video) == ("a", "GRID-s4", root / "clips" / "a.mp4")


def test_unknown_groups_and_folders(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no group 'dev': choose one of train, val"):
        recordings(tmp_path, "dev")
    with pytest.raises(InputError, match="not a corpus; name the folder"):
        recordings(tmp_path, "research")


@pytest.mark.corpus
def test_nobody_is_learned_from_who_is_judged(corpus: Path) -> None:
    groups = {group: recordings(corpus, group) for group in GROUPS}
    names = [recording.name for found in groups.values() for recording in found]
    assert len(names) == len(set(names)) == 941 + 75
    learned = {recording.speaker for recording in groups["train"]}
    assert not learned & set(UNSEEN_BY_SYNCNET)
    assert {recording.speaker for recording in groups["strangers"]} == set(UNSEEN_BY_SYNCNET)
    assert {recording.name for recording in groups["out of step"]} == set(OUT_OF_STEP)
    assert not learned & {recording.speaker for recording in groups["research"]}
    assert [len(groups[group]) for group in ("train", "val", "test")] == [842 + 30, 50, 49]


def test_a_pack_gives_back_what_was_put_in(tmp_path: Path) -> None:
    held = [made_up(0), made_up(1, 41, 29.97)]
    save_mouths(iter(held), tmp_path / "deep" / "train.npz")
    again = load_mouths(tmp_path / "deep" / "train.npz")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["train.npz"]
    for before, after in zip(held, again, strict=True):
        assert (after.name, after.speaker, after.fps) == (before.name, before.speaker, before.fps)
        np.testing.assert_array_equal(after.crops, before.crops)
        np.testing.assert_allclose(after.samples, before.samples, atol=1 / 32767)
    assert again[0].duration == pytest.approx(1.2)


def test_duration_is_what_has_both(tmp_path: Path) -> None:
    mouth = made_up(0, 50)
    assert mouth.duration == pytest.approx(2.0)
    assert Mouth("", "", mouth.crops, 25.0, mouth.samples[:16_000]).duration == pytest.approx(1.0)


def test_bad_packs(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one recording"):
        save_mouths([], tmp_path / "none.npz")
    with pytest.raises(InputError, match=r"none\.npz: not a pack of mouths"):
        load_mouths(tmp_path / "none.npz")
    np.savez(tmp_path / "other.npz", crops=np.zeros(3))
    with pytest.raises(InputError, match=r"other\.npz: not a pack of mouths .* prepare it again"):
        load_mouths(tmp_path / "other.npz")


class Reader:
    """Stands for a video of 20 frames in two chunks, frame t all of brightness t."""

    fps = 25.0
    opened = 0

    def __init__(self, path: Path) -> None:
        Reader.opened += 1

    def chunks(self) -> list[Frames]:
        """All of it."""
        images = np.arange(20, dtype=np.uint8)[:, None, None, None].repeat(8, 1).repeat(8, 2).repeat(3, 3)
        return [Frames(images[:12], 25.0), Frames(images[12:], 25.0)]


def where(landmarks: FloatArray) -> FloatArray:
    """Places that bear the number of their frame."""
    return np.arange(len(landmarks))[:, None, None] * np.ones((1, 2, 3))


def take(images: ImageArray, places: FloatArray) -> ImageArray:
    """One pixel, checked to belong to its place."""
    assert np.array_equal(images[:, 0, 0, 0], places[:, 0, 0])
    return images[:, :1, :1, 0]


def remember(cache: Path, video: Path, count: int) -> None:
    keep_track(video, np.repeat(canonical_face()[0][None] * 60 + 100, count, axis=0), cache)


def test_mouths_are_cut_chunk_by_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "VideoReader", Reader)
    monkeypatch.setattr(table, "read_speech", lambda path: Speech(speech_like(0.8, 8_000), 8_000))
    remember(tmp_path / "store", tmp_path / "a.mp4", 20)
    steps: list[int] = []
    (mouth,) = read_mouths(
        [Recording("a", "somebody", tmp_path / "a.mp4", "lab")],
        tmp_path / "store",
        places=where,
        cut=take,
        progress=lambda stage, done, total: steps.append(done),
    )
    assert mouth.crops[:, 0, 0].tolist() == list(range(20))
    assert (mouth.name, mouth.speaker, mouth.fps, len(mouth.samples)) == ("a", "somebody", 25.0, 12_800)
    assert steps == [0, 1]


def test_a_group_is_prepared_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "VideoReader", Reader)
    monkeypatch.setattr(table, "read_speech", lambda path: Speech(speech_like(0.8), 16_000))
    root, out = write_corpus(tmp_path / "corpus"), tmp_path / "out"
    for name in ("grid_s1/video/bbaf2n", "clips/a", "clips/d"):
        remember(out / "tracks", root / f"{name}.mp4", 20)
    first = prepare_mouths(root, "train", out, places=where, cut=take)
    opened = Reader.opened
    again = prepare_mouths(root, "train", out, places=where, cut=take)
    assert Reader.opened == opened
    assert [mouth.name for mouth in first] == [mouth.name for mouth in again] == ["bbaf2n", "a", "d"]
    assert (out / "mouths" / "train.npz").exists()
