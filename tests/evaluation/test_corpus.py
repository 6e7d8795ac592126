"""Which clips are evaluated, and which the baselines may look at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from talkinghead.errors import InputError
from talkinghead.evaluation.corpus import SECONDS, donors, examples, other_speakers, same_speaker

_MANIFEST = """file,tier,dataset,licence,speaker
anna_1.mp4,open,GRID,CC BY,anna
anna_2.mp4,open,GRID,CC BY,anna
ben_1.mp4,research,HDTF,none,ben
s1_1.mp4,open,GRID,CC BY,GRID-s1
"""


def write_grid(root: Path) -> Path:
    """A GRID folder without videos."""
    root.mkdir(parents=True)
    splits = {"train": ["a.mp4", "b"], "val": [], "test": ["c"]}
    (root / "splits.json").write_text(json.dumps(splits), encoding="utf-8")
    return root


def write_clips(root: Path, text: str = _MANIFEST) -> Path:
    """A folder with a manifest, without videos."""
    root.mkdir(parents=True)
    (root / "manifest.csv").write_text(text, encoding="utf-8")
    return root


def names(clips: object) -> list[str]:
    """Their names."""
    assert isinstance(clips, tuple)
    return [clip.name for clip in clips]


def test_a_grid_folder(tmp_path: Path) -> None:
    root = write_grid(tmp_path / "grid")
    (clip,) = examples(root, "test")
    assert (clip.name, clip.speaker, clip.split) == ("c", "GRID-s1", "test")
    assert clip.video == root / "video" / "c.mp4"
    assert (clip.seconds, clip.calmest) == (None, False)
    assert names(examples(root, "train")) == ["a", "b"]


def test_a_folder_with_a_manifest(tmp_path: Path) -> None:
    root = write_clips(tmp_path / "people")
    assert names(examples(root, "all")) == ["anna_1", "anna_2", "ben_1", "s1_1"]
    assert names(examples(root, "research")) == names(examples(root, "HDTF")) == ["ben_1"]
    first = examples(root, "open")[0]
    assert (first.speaker, first.video, first.seconds, first.calmest) == ("anna", root / "anna_1.mp4", SECONDS, True)


def test_baselines_never_look_at_the_clip_itself(tmp_path: Path) -> None:
    root = write_clips(tmp_path / "people")
    first = examples(root, "all")[0]
    assert names(same_speaker(first, donors(root))) == ["anna_2"]
    assert names(other_speakers(first, donors(root))) == ["ben_1", "s1_1"]
    train = write_grid(tmp_path / "grid")
    assert names(same_speaker(examples(train, "train")[0], donors(train))) == ["b"]


def test_grid_borrows_other_speakers_from_the_folder_beside_it(tmp_path: Path) -> None:
    root = write_grid(tmp_path / "grid")
    (clip,) = examples(root, "test")
    assert other_speakers(clip, donors(root)) == ()
    write_clips(tmp_path / "clips")
    # Only the open ones, and never the same man.
    assert names(other_speakers(clip, donors(root))) == ["anna_1", "anna_2"]
    assert names(same_speaker(clip, donors(root))) == ["a", "b"]


def test_what_is_no_corpus_is_told_what_one_is(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not a corpus; name a GRID folder .* or a folder of clips with a manifest"):
        examples(tmp_path, "test")


@pytest.mark.parametrize("make", [write_grid, write_clips])
def test_an_unknown_split_is_told_the_known(tmp_path: Path, make: object) -> None:
    assert callable(make)
    with pytest.raises(InputError, match=r"no split 'dev'; choose one of (train, val, test|all, open, research, GRID)"):
        examples(make(tmp_path / "corpus"), "dev")


def test_an_empty_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'val' has no clip"):
        examples(write_grid(tmp_path / "grid"), "val")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("file,tier,dataset\nx.mp4,open,GRID\n", "has no speaker"),
        ("file,tier,dataset,speaker\nx.mp4,,GRID,anna\n", "has no tier"),
        ("file,tier,dataset,speaker\nx.mp4,open,GRID,a\nx.avi,open,GRID,b\n", "x is there twice"),
    ],
)
def test_a_manifest_with_faults_is_named(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(InputError, match=rf"manifest\.csv: .*{why}"):
        examples(write_clips(tmp_path / "people", text), "all")


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "[1]", '{"test": 3}'])
def test_a_damaged_table_of_splits_is_named(tmp_path: Path, text: str) -> None:
    root = write_grid(tmp_path / "grid")
    (root / "splits.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"splits\.json(: not| is damaged or not) a table of splits"):
        examples(root, "test")


@pytest.mark.corpus
def test_the_real_corpora(corpus: Path) -> None:
    grid = corpus / "grid_s1"
    assert len(examples(grid, "test")) == 49
    clip = examples(grid, "test")[0]
    assert clip.video.exists()
    assert len(same_speaker(clip, donors(grid))) == 842
    assert len(other_speakers(clip, donors(grid))) == 38
    assert len(examples(corpus / "clips", "all")) == 75
