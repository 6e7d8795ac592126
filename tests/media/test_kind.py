"""Picture or video, by content."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from talkinghead.media import sniff


def test_content_counts_not_the_suffix(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    video = make_video(tmp_path / "film.mp4", np.zeros((3, 32, 32, 3), np.uint8))
    assert sniff(video) == "video"
    assert sniff(video.rename(tmp_path / "film.png")) == "video"
    Image.new("RGB", (20, 20)).save(tmp_path / "picture.mp4", format="PNG")
    assert sniff(tmp_path / "picture.mp4") == "image"


def test_video_containers(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    for suffix, codec in (("mov", "libx264"), ("mkv", "libx264"), ("avi", "mpeg4"), ("mpg", "mpeg1video")):
        path = make_video(tmp_path / f"film.{suffix}", np.zeros((3, 32, 32, 3), np.uint8), codec=codec)
        assert sniff(path) == "video", suffix


def test_animations_are_images(tmp_path: Path) -> None:
    for suffix in ("gif", "webp"):
        path = tmp_path / f"moving.{suffix}"
        Image.new("L", (20, 20), 0).save(
            path, save_all=True, append_images=[Image.new("L", (20, 20), 255)], duration=40
        )
        assert sniff(path) == "image"


def test_pictures_that_will_be_refused_are_still_images(tmp_path: Path) -> None:
    (tmp_path / "phone.heic").write_bytes(struct.pack(">I", 24) + b"ftypheic" + bytes(100))
    assert sniff(tmp_path / "phone.heic") == "image"


def test_refuses(tmp_path: Path, refused: Callable[..., str], make_wav: Callable[..., Path]) -> None:
    assert "not a picture or video" in refused(sniff, make_wav(tmp_path / "sound.wav", np.zeros(100, np.int16)))
    (tmp_path / "text.mp4").write_text("once upon a time\n" * 100)
    assert "not a picture or video" in refused(sniff, tmp_path / "text.mp4")
    (tmp_path / "noise").write_bytes(np.random.default_rng(0).bytes(50_000))
    assert "not a picture or video" in refused(sniff, tmp_path / "noise")
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\nfilm.mp4\n#EXT-X-ENDLIST\n")
    assert "not a picture or video" in refused(sniff, tmp_path / "list.m3u8")
    assert "does not exist" in refused(sniff, tmp_path / "missing.png")
    (tmp_path / "empty").touch()
    assert "is empty" in refused(sniff, tmp_path / "empty")


def test_says_that_the_index_is_missing(
    tmp_path: Path, refused: Callable[..., str], make_video: Callable[..., Path]
) -> None:
    path = make_video(tmp_path / "film.mp4", np.random.default_rng(0).integers(0, 255, (9, 64, 64, 3)).astype(np.uint8))
    path.write_bytes(path.read_bytes()[:2000])
    assert "cut off" in refused(sniff, path)
