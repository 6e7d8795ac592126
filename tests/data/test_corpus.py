"""The table of recordings: who is in which split, how one person's videos are split, what is no corpus."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from talkinghead.data.corpus import UNSEEN_BY_SYNCNET, UNSEEN_FACES, Corpus
from talkinghead.data.recording import MAIN_SPEAKER, OPEN, Recording, read_align
from talkinghead.errors import InputError
from talkinghead.media import save_image, save_video
from talkinghead.types import Frames, Interval, Video

_MANIFEST = """file,tier,dataset,licence,speaker,seconds,text
a.mp4,open,GRID,CC BY,GRID-s4,2.98,bin blue
b.mp4,open,GRID,CC BY,GRID-s5,2.98,
c.mp4,research,HDTF,none,ben,9.0,
d.mp4,open,address,PD,Ronald Reagan,26.0,
MimicTalk__May_5s.mp4,research,address,OGL,Theresa May,5.0,
"""


def write_grid(root: Path, text: str | None = None) -> Path:
    """A GRID folder of three clips without videos."""
    (root / "align").mkdir(parents=True)
    for code in ("bbaf2n", "bbaf3s", "lgiz8p"):
        (root / "align" / f"{code}.align").write_text("0 23750 sil\n23750 29500 bin\n29500 74500 sp\n")
    splits = {"train": ["bbaf2n.mp4", "bbaf3s"], "val": ["lgiz8p"], "test": []}
    (root / "splits.json").write_text(json.dumps(splits) if text is None else text)
    return root


def write_clips(root: Path, text: str = _MANIFEST) -> Path:
    """A folder with a manifest, without videos."""
    root.mkdir(parents=True)
    (root / "manifest.csv").write_text(text, encoding="utf-8")
    return root


def write_both(root: Path) -> Path:
    """The shared folder in miniature."""
    write_grid(root / "grid_s1")
    write_clips(root / "clips")
    return root


def names(recordings: tuple[Recording, ...]) -> list[str]:
    """Their names."""
    return [recording.name for recording in recordings]


def write_video(path: Path, count: int) -> Path:
    """A grey video at 25 frames per second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = Frames(np.full((count, 32, 32, 3), 90, np.uint8), 25.0)
    save_video(Video(iter([frames]), None, 25.0, count), path)
    return path


def test_read_align(tmp_path: Path) -> None:
    path = tmp_path / "bbaf2n.align"
    path.write_text("0 23750 sil\n23750 29500 bin\n\n29500 34000 blue\n53000 74500 sil\n")
    assert read_align(path) == (
        Interval("sil", 0.0, 0.95),
        Interval("bin", 0.95, 1.18),
        Interval("blue", 1.18, 1.36),
        Interval("sil", 2.12, 2.98),
    )


@pytest.mark.parametrize("text", ["0 23750\n", "zero one sil\n", "23750 0 sil\n", "0 1 2 sil\n"])
def test_a_damaged_alignment_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.align"
    path.write_text(text)
    with pytest.raises(InputError, match=r"bad\.align: not a readable alignment"):
        read_align(path)


def test_who_is_in_which_split(tmp_path: Path) -> None:
    corpus = Corpus.open(write_both(tmp_path))
    assert {split: names(corpus.recordings(split)) for split in corpus.splits} == {
        "train": ["bbaf2n", "bbaf3s", "b", "d"],
        "val": ["lgiz8p"],
        "test": [],
        "unseen": ["a"],
        "research": ["c", "MimicTalk__May_5s"],
    }
    assert len(corpus.recordings()) == 8
    assert names(corpus.recordings("research", in_step=True)) == ["c"]
    assert names(corpus.recordings(in_step=False)) == ["MimicTalk__May_5s"]
    assert names(corpus.recordings("train", speakers={MAIN_SPEAKER})) == ["bbaf2n", "bbaf3s"]
    assert {recording.split for recording in corpus.recordings("unseen")} == {"unseen"}


def test_other_speakers_are_held_out(tmp_path: Path) -> None:
    corpus = Corpus.open(write_both(tmp_path)).hold_out(["GRID-s5", "ben"])
    assert names(corpus.recordings("unseen")) == ["b"]
    assert names(corpus.recordings("train")) == ["bbaf2n", "bbaf3s", "a", "d"]
    assert names(corpus.recordings("research")) == ["c", "MimicTalk__May_5s"]


def test_what_a_recording_knows(tmp_path: Path) -> None:
    first, *_, last = Corpus.open(write_both(tmp_path)).recordings()
    assert first.video == tmp_path / "grid_s1" / "video" / "bbaf2n.mp4"
    assert (first.speaker, first.dataset, first.tier) == ("GRID-s1", "GRID", "open")
    assert first.words()[1] == Interval("bin", 0.95, 1.18)
    assert first.transcript() == "bin"
    assert (last.speaker, last.tier, last.licence, last.seconds) == ("Theresa May", "research", "OGL", 5.0)
    assert last.words() == ()
    assert last.transcript() is None
    assert Corpus.open(tmp_path / "clips").recordings("unseen")[0].transcript() == "bin blue"


def test_everybody_has_something_to_be_judged_by(tmp_path: Path) -> None:
    rows = [f"e{number}.mp4,open,lab,,Eva,2.0," for number in range(7)]
    write_clips(tmp_path / "clips", _MANIFEST + "\n".join(rows) + "\n")
    write_grid(tmp_path / "grid_s1")
    corpus = Corpus.open(tmp_path, unseen=()).split_everybody()
    train, val = corpus.recordings("train"), corpus.recordings("val")
    assert names(val) == ["lgiz8p", "d", "e2", "e5"]
    assert names(train) == ["bbaf2n", "bbaf3s", "a", "b", "d", "e0", "e1", "e3", "e4", "e6"]
    (kept,) = (recording for recording in train if recording.name == "d")
    assert kept.rows(31) == slice(0, 21)
    assert val[1].rows(31) == slice(21, 31)
    assert val[0].rows(75) == slice(0, 75)
    assert names(corpus.recordings("research")) == ["c", "MimicTalk__May_5s"]


def test_the_end_of_one_video_is_held_back(tmp_path: Path) -> None:
    video = write_video(tmp_path / "anna.mp4", 40)
    corpus = Corpus.of_videos([video], speaker="Anna")
    (train,), (val,) = corpus.recordings("train"), corpus.recordings("val")
    assert (train.rows(40), val.rows(40)) == (slice(0, 36), slice(36, 40))
    assert (train.speaker, train.tier, train.video) == ("Anna", "own", video)
    assert corpus.recordings("unseen") == corpus.recordings("test") == ()


def test_some_of_many_clips_are_held_back(tmp_path: Path) -> None:
    for number in range(12):
        write_video(tmp_path / "clips" / f"{number:02}.mp4", 5)
    (tmp_path / "clips" / "notes.txt").write_text("nothing")
    save_image(np.zeros((32, 32, 3), np.uint8), tmp_path / "clips" / "picture.png")
    corpus = Corpus.of_videos([tmp_path / "clips", write_video(tmp_path / "more" / "00.mp4", 5)])
    assert names(corpus.recordings("val")) == ["09"]
    assert len(corpus.recordings("train")) == 12
    assert names(corpus.recordings("train"))[-1] == "00-"
    assert corpus.recordings("train")[0].rows(5) == slice(0, 5)


def test_videos_that_cannot_serve_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no video of the person"):
        Corpus.of_videos([tmp_path])
    save_image(np.zeros((32, 32, 3), np.uint8), tmp_path / "picture.png")
    with pytest.raises(InputError, match=r"picture\.png is a picture: give a video"):
        Corpus.of_videos([tmp_path / "picture.png"])
    with pytest.raises(InputError, match=r"nowhere\.mp4"):
        Corpus.of_videos([tmp_path / "nowhere.mp4"])


def test_a_folder_that_is_no_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a corpus; name the folder that holds grid_s1 and clips"):
        Corpus.open(tmp_path)
    with pytest.raises(InputError, match=r"no split 'dev'; choose one of train, val, test"):
        Corpus.open(write_both(tmp_path)).recordings("dev")


def test_half_a_corpus_serves_and_that_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_grid(tmp_path / "grid_s1")
    assert len(Corpus.open(tmp_path).recordings()) == 3
    assert [record.getMessage() for record in caplog.records] == [
        f"{tmp_path / 'clips'} is not there: the corpus is used without it."
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "damaged or not a table of splits"),
        ("[]", "not a table of splits"),
        ('{"train": "bbaf2n"}', "not a table of splits"),
        ('{"train": [1]}', "not a table of splits"),
        ('{"train": ["a"], "val": ["a.mp4"]}', "a is there twice"),
    ],
)
def test_broken_splits_are_named(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        Corpus.open(write_grid(tmp_path / "grid", text))


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("x.mp4,open,lab,,,1.0,", "a row has no speaker"),
        ("a.mp4,open,lab,,Eva,1.0,", "a is there twice"),
        ("x.mp4,open,lab,,Eva,long,", "x.mp4 has 'long' seconds"),
    ],
)
def test_broken_manifests_are_named(tmp_path: Path, row: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        Corpus.open(write_clips(tmp_path / "clips", f"{_MANIFEST}{row}\n"))


@pytest.mark.corpus
def test_the_shared_corpus(corpus: Path) -> None:
    table = Corpus.open(corpus)
    found = {split: table.recordings(split) for split in table.splits}
    assert {split: len(recordings) for split, recordings in found.items()} == {
        "train": 842 + 15, "val": 50, "test": 49, "unseen": 23, "research": 37,
    }  # fmt: skip
    assert {recording.speaker for recording in found["unseen"]} == set(UNSEEN_FACES)
    assert {recording.name for recording in table.recordings(in_step=False) if recording.tier == OPEN} == {
        "EDTalk__Obama_20s", "styletalk__Obama_clip1", "FACEGOOD__zsmeif",
    }  # fmt: skip
    held_out = table.hold_out(UNSEEN_BY_SYNCNET)
    assert len(held_out.recordings("unseen")) == len(UNSEEN_BY_SYNCNET)
    assert not {recording.speaker for recording in held_out.recordings("train")} & set(UNSEEN_BY_SYNCNET)
    assert all(recording.video.exists() for recording in table.recordings())
