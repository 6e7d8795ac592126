"""The GRID corpus: what its files say, and what is said of files that are not as they should be."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from talkinghead.data import grid
from talkinghead.data.grid import Clip, grid_clips, track_clip, tracks
from talkinghead.errors import InputError
from talkinghead.face.landmarks import canonical_face
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import lip_gap


def write_corpus(root: Path) -> Path:
    """A corpus of three clips without videos."""
    (root / "align").mkdir(parents=True)
    for code in ("bbaf2n", "bbaf3s", "lgiz8p"):
        (root / "align" / f"{code}.align").write_text("0 23750 sil\n23750 29500 bin\n29500 74500 sil\n")
    splits = {"train": ["bbaf2n.mp4", "bbaf3s"], "val": ["lgiz8p"], "test": []}
    (root / "splits.json").write_text(json.dumps(splits))
    return root


def remember(cache: Path, code: str, found: list[bool]) -> None:
    """Put into the cache what the tracker would have seen."""
    landmarks = np.repeat(canonical_face()[0][None] * 60 + 100, len(found), axis=0).astype(np.float32)
    landmarks[~np.array(found)] = np.nan
    cache.mkdir(exist_ok=True)
    np.save(cache / f"{code}.npy", landmarks)


def test_the_clips_of_a_split(tmp_path: Path) -> None:
    root = write_corpus(tmp_path)
    clips = grid_clips(root, "train")
    assert [clip.code for clip in clips] == ["bbaf2n", "bbaf3s"]
    assert clips[0].video == root / "video" / "bbaf2n.mp4"
    assert [word.label for word in clips[0].words] == ["sil", "bin", "sil"]
    assert grid_clips(root, "test") == ()


def test_a_folder_that_is_no_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not the GRID corpus \(no splits\.json\); name the folder"):
        grid_clips(tmp_path, "train")


def test_an_unknown_split_is_named_with_the_known(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no split 'dev'; choose one of train, val, test"):
        grid_clips(write_corpus(tmp_path), "dev")


def test_a_missing_alignment_is_named(tmp_path: Path) -> None:
    root = write_corpus(tmp_path)
    (root / "align" / "lgiz8p.align").unlink()
    with pytest.raises(InputError, match=r"lgiz8p\.align"):
        grid_clips(root, "val")


def test_tracks_come_from_the_cache_where_they_are(tmp_path: Path) -> None:
    clip = Clip("bbaf2n", tmp_path / "nowhere.mp4", ())
    remember(tmp_path / "cache", "bbaf2n", [True, True, False, True])
    landmarks, found, fps = track_clip(clip, tmp_path / "cache")
    assert landmarks.dtype == np.float64
    assert found.tolist() == [True, True, False, True]
    assert fps == 25.0
    np.testing.assert_allclose(landmarks[0], canonical_face()[0] * 60 + 100, rtol=1e-6)


def test_what_is_tracked_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Path] = []

    class Reader:
        def __init__(self, path: Path) -> None:
            calls.append(path)

        def chunks(self) -> None:
            return None

    seen = np.random.default_rng(0).standard_normal((3, 478, 3))
    monkeypatch.setattr(grid, "VideoReader", Reader)
    monkeypatch.setattr(grid, "read_mesh", lambda chunks: (seen, np.ones(3, bool), 25.0))
    clip, cache = Clip("bbaf2n", tmp_path / "bbaf2n.mp4", ()), tmp_path / "a" / "b"
    first = track_clip(clip, cache)
    again = track_clip(clip, cache)
    assert calls == [clip.video]
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_allclose(first[0], seen, rtol=1e-6)
    assert [entry.name for entry in cache.iterdir()] == ["bbaf2n.npy"]


def test_clips_without_a_face_are_left_out_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = tmp_path / "cache"
    remember(cache, "good", [True] * 19 + [False])
    remember(cache, "bad", [True] * 17 + [False] * 3)
    clips = tuple(Clip(code, tmp_path / f"{code}.mp4", ()) for code in ("bad", "good"))
    kept = list(tracks(clips, cache))
    assert [clip.code for clip, _ in kept] == ["good"]
    assert len(kept[0][1]) == 20
    messages = [record.getMessage() for record in caplog.records if record.name == "talkinghead"]
    assert messages == [f"{tmp_path / 'bad.mp4'}: only 85% of the frames show a face; the clip is left out."]


@pytest.mark.corpus
def test_a_real_clip(corpus: Path, tmp_path: Path) -> None:
    clips = grid_clips(corpus / "grid_s1", "train")
    assert len(clips) == 842
    assert len(grid_clips(corpus / "grid_s1", "val")) == 50
    assert len(grid_clips(corpus / "grid_s1", "test")) == 49
    clip = clips[0]
    assert (clip.code, [w.label for w in clip.words]) == (
        "bbaf2n",
        ["sil", "bin", "blue", "at", "f", "two", "now", "sil"],
    )
    assert clip.speech().duration == pytest.approx(2.98, abs=0.05)
    ((_, track),) = tracks((clip,), tmp_path)
    assert len(track) == 75
    assert track.found.all()
    assert track.fps == 25.0
    gap = lip_gap(head_landmarks(track))
    frames = {word.label: slice(round(word.start * 25), round(word.end * 25)) for word in clip.words}
    # Lips are together for the b of "bin" and of "blue", wide apart in "now", together when all is said.
    for word in ("bin", "blue"):
        start = frames[word].start
        assert gap[start - 3 : start + 2].min() < 0.01
    assert gap[frames["now"]].max() > 0.08
    assert np.abs(gap[60:]).max() < 0.01
