"""VMAF: the real thing where an ffmpeg has it, what is said where none has."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from drawn import drawn_face
from talkinghead.errors import InputError
from talkinghead.metrics.vmaf import find_ffmpeg, vmaf


def video(path: Path, *, count: int = 8, size: int = 160, fps: int = 25, blur: float = 0.0) -> Path:
    """A drawn face that drifts across the picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps), options={"crf": "12"})
        stream.width = stream.height = size
        stream.pix_fmt = "yuv420p"
        for step in range(count):
            image = drawn_face(size, at=0.45 + 0.01 * step, grain=3).image
            image = cv2.GaussianBlur(image, (0, 0), blur) if blur else image
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.fixture
def libvmaf() -> str:
    """The ffmpeg; a test that asks for it is skipped where none has libvmaf."""
    try:
        return find_ffmpeg()
    except InputError as error:
        pytest.skip(str(error))


@pytest.mark.usefixtures("libvmaf")
def test_falls_with_blur_and_knows_no_clock(tmp_path: Path) -> None:
    reference = video(tmp_path / "reference.mp4")
    values = [vmaf(video(tmp_path / f"{blur}.mp4", blur=blur), reference) for blur in (0.6, 2.4)]
    assert values == sorted(values, reverse=True)
    same = vmaf(reference, reference)
    assert 90 < same <= 100
    assert same > values[0] > values[-1] + 10
    assert vmaf(video(tmp_path / "fast.mp4", fps=50), reference) > values[0]  # x264 gives faster videos fewer bits


@pytest.mark.usefixtures("libvmaf")
def test_files_that_differ_are_refused(tmp_path: Path) -> None:
    reference = video(tmp_path / "reference.mp4")
    with pytest.raises(InputError, match=r"128 x 128, 8 pictures.*160 x 160, 8"):
        vmaf(video(tmp_path / "small.mp4", size=128), reference)
    with pytest.raises(InputError, match=r"5 pictures.*bring both"):
        vmaf(video(tmp_path / "short.mp4", count=5), reference)
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    with pytest.raises(InputError, match=r"text\.mp4 cannot be read as a video"):
        vmaf(text, reference)
    with pytest.raises(InputError, match=r"none\.mp4 cannot be read as a video"):
        vmaf(tmp_path / "none.mp4", reference)


def test_without_ffmpeg_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(InputError, match="pip install 'talkinghead") as missing:
        vmaf(tmp_path / "a.mp4", tmp_path / "b.mp4")
    assert "\n" not in str(missing.value)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
@pytest.mark.parametrize(("filters", "found"), [(" .. libvmaf VV->V Calculate", True), (" ... vmafmotion V->V", False)])
def test_an_ffmpeg_without_libvmaf_does_not_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filters: str, found: bool
) -> None:
    binary = tmp_path / "ffmpeg"
    binary.write_text(f"#!/bin/sh\necho '{filters}'\n")
    binary.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin" if found else str(tmp_path))
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    if found:
        assert find_ffmpeg() == str(binary)
    else:
        with pytest.raises(InputError, match="libvmaf"):
            find_ffmpeg()


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_an_ffmpeg_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = video(tmp_path / "reference.mp4", count=2)
    binary = tmp_path / "ffmpeg"
    binary.write_text(
        "#!/bin/sh\ncase \"$*\" in *-filters*) echo ' .. libvmaf VV->V';; *) echo 'no model' >&2; exit 1;; esac\n"
    )
    binary.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"could not compute VMAF \(no model\)"):
        vmaf(reference, reference)
