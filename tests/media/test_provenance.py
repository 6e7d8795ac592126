"""Every output says that it is synthetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from talkinghead.media import SUFFIXES, read_provenance, save_video
from talkinghead.media.mark import VisibleMark
from talkinghead.types import Frames, Video

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_record_survives_in_every_container(
    tmp_path: Path, flat_frames: Callable[..., Iterator[Frames]], suffix: str
) -> None:
    facts = {"method": "makeittalk", "voice": "Zoë, “quoted”", "long": "x" * 600, "synthetic": "no"}
    path = save_video(Video(flat_frames(3), None, 25, 3, facts), tmp_path / f"out{suffix}", visible_mark=False)
    record = read_provenance(path)
    assert record is not None
    assert record["synthetic"] is True, "no fact can deny it"
    assert record["generator"].startswith("talkinghead")
    assert record["digital_source_type"] == SOURCE_TYPE
    assert (record["method"], record["voice"], record["long"]) == ("makeittalk", "Zoë, “quoted”", "x" * 600)
    if suffix == ".gif":
        with Image.open(path) as picture:
            assert picture.n_frames == 3, "the comment does not break the file"
    else:
        with av.open(str(path)) as container:
            assert container.metadata["title"] == "Synthetic talking head"
            if suffix != ".mov":  # which has no such tag
                tags = {name.lower(): text for name, text in container.metadata.items()}
                assert SOURCE_TYPE in tags["description"]


def test_files_of_others_have_no_record(
    tmp_path: Path, make_video: Callable[..., Path], refused: Callable[..., str]
) -> None:
    assert read_provenance(make_video(tmp_path / "film.mp4", np.zeros((3, 32, 32, 3), np.uint8))) is None
    Image.new("P", (20, 20)).save(tmp_path / "plain.gif")
    assert read_provenance(tmp_path / "plain.gif") is None
    Image.new("P", (20, 20)).save(tmp_path / "comment.gif", comment=b"hello")
    assert read_provenance(tmp_path / "comment.gif") is None
    (tmp_path / "cut.gif").write_bytes(b"GIF89a\0")
    assert read_provenance(tmp_path / "cut.gif") is None
    assert "does not exist" in refused(read_provenance, tmp_path / "missing.mp4")
    (tmp_path / "text.mp4").write_text("once upon a time\n" * 100)
    assert "is not a sound or video file" in refused(read_provenance, tmp_path / "text.mp4")


@pytest.mark.parametrize(("width", "height"), [(512, 512), (1920, 1080), (360, 640), (64, 64), (256, 300)])
@pytest.mark.parametrize("ground", [0, 128, 255])
def test_mark_is_small_in_the_corner_and_legible(width: int, height: int, ground: int) -> None:
    image = np.full((height, width, 3), ground, np.uint8)
    VisibleMark(width, height).draw(image)
    rows, columns = np.nonzero((image != ground).any(axis=2))
    short = min(width, height)
    tall = max(10, round(0.035 * short))
    assert rows.max() < height - 1
    assert columns.max() < width - 1
    assert height - rows.min() <= 2 * tall
    assert width - columns.min() <= 4 * tall
    assert len(rows) < 0.05 * width * height
    inside = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(int)
    assert inside.max() - inside.min() > 100, "light letters on a dark ground, whatever is below"


def test_tiny_frames_have_no_mark() -> None:
    image = np.full((32, 200, 3), 90, np.uint8)
    VisibleMark(200, 32).draw(image)
    assert (image == 90).all()
