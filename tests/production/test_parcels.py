"""A job that travels: its inputs are there, its outputs come back, and messages name the giver's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from talkinghead.errors import InputError
from talkinghead.production import Failure, Job, Made, parcels
from talkinghead.production.messages import Advance, End, Note
from talkinghead.production.parcels import CarriedBack, FileMark, Parcel, files_to_read, pack_end, receive, unpack


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job with the folder of a person, sound, and two outputs."""
    (tmp_path / "anna" / "weights").mkdir(parents=True)
    for name in ("anna/person.json", "anna/weights/x.bin", "speech.wav"):
        (tmp_path / name).write_text(f"content of {name}")
    (tmp_path / "out").mkdir()
    return Job(
        str(tmp_path / "anna"),
        str(tmp_path / "out" / "v.mp4"),
        speech=str(tmp_path / "speech.wav"),
        motion_out=str(tmp_path / "out" / "v.npz"),
        background="#00ff00",
        voice="en-us",
    )


def test_files_and_folders_travel_and_come_back(job: Job, tmp_path: Path) -> None:
    files = files_to_read(job)
    assert [path.relative_to(tmp_path).as_posix() for path in files] == [
        "speech.wav" if name == "speech.wav" else name
        for name in ("anna/person.json", "anna/weights/x.bin", "speech.wav")
    ]
    parcel = Parcel(job, {str(path): path.read_bytes() for path in files}, sends_back=True)
    with unpack(parcel) as (there, folder):
        assert folder is not None
        assert tmp_path not in Path(there.face).parents
        assert (Path(there.face) / "weights" / "x.bin").read_text() == "content of anna/weights/x.bin"
        assert there.speech is not None
        assert Path(there.speech).read_text() == "content of speech.wav"
        assert (there.background, there.voice) == ("#00ff00", "en-us")
        Path(there.out).write_text("video")
        assert there.motion_out is not None
        Path(there.motion_out).write_text("motion")
        made = Made({"video": Path(there.out), "motion": Path(there.motion_out)}, 1.0, (2, 2), 25.0, 0.1)
        end = pack_end(End(3, result=made), parcel, folder)
        failed = pack_end(End(3, failure=Failure(f"{there.speech} is silent: give another.")), parcel, folder)
        note = pack_end(Note(3, f"{there.out} is odd."), parcel, folder)
        assert pack_end(Advance(3, "render", 1, 2), parcel, folder) == Advance(3, "render", 1, 2)
    assert not folder.exists()
    assert isinstance(failed, End)
    assert failed.failure == Failure(f"{job.speech} is silent: give another.")
    assert note == Note(3, f"{job.out} is odd.")
    assert isinstance(end, End)
    assert isinstance(end.result, CarriedBack)
    received = receive(end, job)
    assert received.result.paths == {"video": Path(job.out), "motion": Path(str(job.motion_out))}
    assert Path(job.out).read_text() == "video"
    with pytest.raises(InputError, match="appeared while it was being made"):
        receive(end, job)


def test_where_all_is_seen_nothing_travels(job: Job) -> None:
    parcel = Parcel(job, {}, sends_back=False)
    with unpack(parcel) as (there, folder):
        assert (there, folder) == (job, None)
        end = End(1, result=Made({"video": Path(job.out)}, 1.0, (2, 2), 25.0, 0.1))
        assert pack_end(end, parcel, folder) is end
        assert receive(end, job) is end


def test_a_file_is_known_by_size_and_time(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(str(job.speech))
    mark = FileMark.of(path)
    assert mark.is_here()
    path.write_text("other content, and longer")
    assert not mark.is_here()
    path.unlink()
    assert not mark.is_here()
    monkeypatch.setattr(parcels, "LARGEST_CARRIED", 10)
    with pytest.raises(InputError, match="put it into a folder that all see"):
        parcels.refuse_too_large(Path(job.face) / "person.json")
