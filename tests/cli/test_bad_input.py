"""Whatever is given: a video, or one sentence that names the input and the remedy, exit code 2 and nothing written."""

from __future__ import annotations

import errno
import os
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cli.command import Run, images
from drawn import drawn_face, speech_like, write_wav
from talkinghead.face.landmarks import JAW, LIPS
from talkinghead.media import encoders, read_speech, save_video
from talkinghead.media import files as media_files
from talkinghead.motion.files import load_motion
from talkinghead.types import Frames, Speech, Video

Refused = Callable[..., str]


@pytest.mark.parametrize("which", ["FACE", "SPEECH"])
def test_no_such_file(refused: Refused, face: Path, speech: Path, out: Path, which: str) -> None:
    missing = out.with_name("missing.wav")
    given = (missing, speech) if which == "FACE" else (face, missing)
    refused("animate", *given, "-o", out, names=missing, remedy="check the name")


@pytest.mark.parametrize("which", ["FACE", "SPEECH"])
@pytest.mark.parametrize(
    ("content", "remedy"),
    [(b"", "export or download it again"), (b"not a picture, not a sound\n" * 50, "give|convert")],
)
def test_empty_and_foreign_files(
    refused: Refused, face: Path, speech: Path, out: Path, which: str, content: bytes, remedy: str
) -> None:
    bad = out.with_name("bad.bin")
    bad.write_bytes(content)
    given = (bad, speech) if which == "FACE" else (face, bad)
    refused("animate", *given, "-o", out, names=bad, remedy=remedy.split("|")[which == "SPEECH" and "|" in remedy])


def test_a_folder(refused: Refused, face: Path, speech: Path, out: Path) -> None:
    refused("animate", out.parent, speech, "-o", out, names=out.parent, remedy="give a file inside it")


def test_a_picture_without_a_face(refused: Refused, speech: Path, out: Path) -> None:
    picture = out.with_name("meadow.png")
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).resize((256, 256)).save(picture)
    refused("animate", picture, speech, "-o", out, names=picture, remedy="one is clearly visible")


def test_a_picture_with_fewer_faces_than_asked(refused: Refused, face: Path, speech: Path, out: Path) -> None:
    refused("animate", face, speech, "-o", out, "--face", 3, names="--face 3", remedy="choose 1 to 1")


def png_header(width: int, height: int) -> bytes:
    """A PNG file that claims a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [12_000, 30_000])
def test_a_decompression_bomb(refused: Refused, speech: Path, out: Path, side: int) -> None:
    picture = out.with_name("bomb.png")
    picture.write_bytes(png_header(side, side))
    refused("animate", picture, speech, "-o", out, names=picture, remedy="scale it down")


def test_a_one_pixel_picture(refused: Refused, speech: Path, out: Path) -> None:
    picture = out.with_name("dot.png")
    Image.new("RGB", (1, 1)).save(picture)
    refused("animate", picture, speech, "-o", out, names=picture, remedy="at least 16 x 16 px")


def write_video(path: Path, seconds: float, *, silent: bool = False) -> Path:
    """The drawn face standing still, with speech or without a sound track."""
    count = round(seconds * 25)
    frames = Frames(np.repeat(drawn_face(192, grain=4).image[None], count, axis=0), 25)
    sound = None if silent else Speech(speech_like(seconds), 16_000)
    return save_video(Video(iter([frames]), sound, 25, count), path, visible_mark=False)


def test_a_video_without_sound_as_speech(refused: Refused, face: Path, out: Path) -> None:
    video = write_video(out.with_name("mute.mp4"), 0.2, silent=True)
    refused("animate", face, video, "-o", out, names=video, remedy="give a file with an audio track")


def test_no_samples(refused: Refused, face: Path, out: Path) -> None:
    empty = write_wav(out.with_name("empty.wav"), np.zeros(0, np.int16))
    refused("animate", face, empty, "-o", out, names=empty, remedy="record or export it again")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_no_numbers(refused: Refused, face: Path, out: Path, value: float) -> None:
    samples = speech_like(0.5)
    samples[1000:1010] = value
    broken = write_wav(out.with_name("broken.wav"), samples)
    refused("animate", face, broken, "-o", out, names=broken, remedy="export it again")


def test_silence_works_and_says_so(run: Run, face: Path, out: Path) -> None:
    silence = write_wav(out.with_name("silence.wav"), np.zeros(16_000, np.int16))
    motion = out.with_name("motion.npz")
    outcome = run("animate", face, silence, "-o", out, "--motion-out", motion)
    assert outcome.code == 0
    assert f"note: {silence} is silent: nobody speaks in it.\n" in outcome.stderr
    landmarks = load_motion(motion).landmarks
    assert np.ptp(landmarks, axis=0)[np.r_[JAW, LIPS]].max() < 0.005
    assert np.abs(landmarks[:, 62, 1] - landmarks[:, 66, 1]).max() < 0.02


def test_twenty_milliseconds_make_one_frame(run: Run, face: Path, out: Path) -> None:
    blip = write_wav(out.with_name("blip.wav"), speech_like(0.02))
    assert run("animate", face, blip, "-o", out).code == 0
    assert len(images(out)) == 1


def test_overloud_samples_work_and_are_told(run: Run, face: Path, out: Path) -> None:
    loud = write_wav(out.with_name("loud.wav"), 3 * speech_like(0.5))
    outcome = run("animate", face, loud, "-o", out)
    assert outcome.code == 0
    assert f"note: {loud} is too loud" in outcome.stderr


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (96_000, 2), (48_000, 6)])
def test_rates_and_channels(run: Run, face: Path, out: Path, rate: int, channels: int) -> None:
    samples = np.repeat(speech_like(0.5, rate)[None], channels, axis=0)
    given = write_wav(out.with_name("given.wav"), (samples * 32767).astype(np.int16), rate)
    outcome = run("animate", face, given, "-o", out)
    assert outcome.code == 0
    assert "note" not in outcome.stderr
    assert len(images(out)) == 12
    assert read_speech(out).duration == pytest.approx(0.5, abs=2e-3)


@pytest.mark.parametrize("which", ["FACE", "SPEECH"])
def test_a_truncated_video_works_as_far_as_it_goes(run: Run, face: Path, speech: Path, out: Path, which: str) -> None:
    whole = write_video(out.with_name("whole.mp4"), 4.0)
    cut = out.with_name("cut.mp4")
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    given = (cut, speech) if which == "FACE" else (face, cut)
    outcome = run("animate", *given, "-o", out, "--fps", 10)
    assert outcome.code == 0, outcome.stderr
    assert f"note: {cut} is cut short: the last " in outcome.stderr
    assert len(images(out)) == 10 if which == "FACE" else 10 < len(images(out)) < 40


@pytest.mark.parametrize("which", ["FACE", "SPEECH"])
def test_a_video_cut_off_before_its_index(refused: Refused, face: Path, speech: Path, out: Path, which: str) -> None:
    whole = write_video(out.with_name("whole.mp4"), 0.4).read_bytes()
    size = struct.unpack(">I", whole[:4])[0]
    cut = out.with_name("cut.mp4")
    cut.write_bytes(whole[:size] + struct.pack(">I4s", 5000, b"mdat") + bytes(2000))
    given = (cut, speech) if which == "FACE" else (face, cut)
    refused("animate", *given, "-o", out, names=cut, remedy="record, export or download it again")


def test_the_output_s_folder_is_missing(refused: Refused, face: Path, speech: Path, out: Path) -> None:
    path = out.parent / "no such folder" / "out.mp4"
    refused("animate", face, speech, "-o", path, names=path, remedy="mkdir -p")


@pytest.mark.parametrize("option", ["-o", "--motion-out"])
def test_the_output_s_folder_may_not_be_written_to(
    refused: Refused, face: Path, speech: Path, out: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    locked = out.parent / "locked"
    locked.mkdir()
    really_open = os.open

    def guarded(path: Any, *args: Any, **kwargs: Any) -> int:
        if Path(path).parent == locked:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return really_open(path, *args, **kwargs)

    monkeypatch.setattr(media_files.os, "open", guarded)
    outputs = ("-o", locked / "out.mp4") if option == "-o" else ("-o", out, "--motion-out", locked / "motion.npz")
    refused("animate", face, speech, *outputs, names=locked, remedy="choose another folder")


@pytest.mark.parametrize("name", ["out.mp4", "motion.npz"])
def test_an_output_exists(refused: Refused, face: Path, speech: Path, out: Path, name: str) -> None:
    there = out.with_name(name)
    there.write_text("precious")
    options = ("--motion-out", out.with_name("motion.npz"))
    refused("animate", face, speech, "-o", out, *options, names=there, remedy="--overwrite")
    assert there.read_text() == "precious"


def test_an_output_is_an_input(refused: Refused, face: Path, out: Path) -> None:
    video = write_video(out.with_name("me.mp4"), 0.2)
    before = video.read_bytes()
    refused("animate", face, video, "-o", video, "--overwrite", names=video, remedy="choose another name for OUT")
    assert video.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "names", "remedy"),
    [
        (["--method", "magic"], "'magic'", "makeittalk"),
        (["--renderer", "wrap"], "'wrap'", "did you mean warp"),
        (["--kind", "cartoon"], "--kind cartoon", "auto, photo or drawing"),
        (["--fps", "1e-9"], "--fps 1e-09", "from 0.1 to 240"),
        (["--fps", "0"], "--fps 0", "from 0.1 to 240"),
        (["--fps", "241"], "--fps 241", "from 0.1 to 240"),
        (["--fps", "1e9"], "--fps 1e+09", "from 0.1 to 240"),
        (["--fps", "1e-300"], "--fps 1e-300", "from 0.1 to 240"),
        (["--fps", "nan"], "--fps nan", "from 0.1 to 240"),
        (["--fps", "fast"], "--fps fast", "25, 29.97 or 30000/1001"),
        (["--fps", "29,97"], "--fps 29,97", "write 29.97"),
        (["--fps", "30000/0"], "--fps 30000/0", "25, 29.97 or 30000/1001"),
        (["--fps", "1e400"], "--fps inf", "from 0.1 to 240"),
        (["--head", "-1"], "--head -1", "0 (held still) to 5"),
        (["--head", "nan"], "--head nan", "0 (held still) to 5"),
        (["--head", "5.5"], "--head 5.5", "0 (held still) to 5"),
        (["--blink", "never"], "--blink never", "auto, off or a number"),
        (["--blink", "2"], "--blink 2", "up to 1.5"),
        (["--blink", "nan"], "--blink nan", "up to 1.5"),
        (["--face", "0"], "--face 0", "1 for the leftmost"),
        (["--seed", "-1"], "--seed -1", "from 0 up"),
        (["--motion-out", "motion.txt"], "motion.txt", "choose .npz"),
        (["--colour", "red"], "--colour", "animate --help"),
        (["--config", "huge"], "not for 'huge'", "leave the size out"),
        (["--show", "a/b"], "--show a/b", "choose attention"),
        (["--show", "attention"], "renderer warp has no 'attention'", "choose another renderer"),
    ],
)
def test_unknown_values_of_options(
    refused: Refused, face: Path, speech: Path, out: Path, options: list[str], names: str, remedy: str
) -> None:
    refused("animate", face, speech, "-o", out, *options, names=names, remedy=remedy)


def test_an_unknown_suffix(refused: Refused, face: Path, speech: Path, out: Path) -> None:
    path = out.with_suffix(".avi")
    refused("animate", face, speech, "-o", path, names=path, remedy=".mp4, .m4v, .mov, .mkv, .webm, .gif")


def test_missing_arguments(refused: Refused, face: Path) -> None:
    refused("animate", names="FACE", remedy="animate --help")
    refused("animate", face, names="--out", remedy="animate --help")
    refused("animat", names="animat", remedy="did you mean 'animate'")


def broken_motions(folder: Path) -> dict[str, Path]:
    """Files that are no motion, by what is wrong with them."""
    np.savez(folder / "foreign.npz", coefficients=np.zeros((10, 64)))
    np.savez(folder / "pickled.npz", format=np.array([{}], dtype=object))
    whole = folder / "foreign.npz"
    (folder / "broken.npz").write_bytes(whole.read_bytes()[:200])
    (folder / "text.npz").write_text("0.1 0.2 0.3\n")
    shutil.copy(folder / "text.npz", folder / "empty.npz")
    (folder / "empty.npz").write_bytes(b"")
    return {path.stem: path for path in folder.glob("*.npz")}


@pytest.mark.parametrize("kind", ["foreign", "pickled", "broken", "text", "empty", "missing"])
def test_a_broken_or_foreign_motion_file(refused: Refused, face: Path, speech: Path, out: Path, kind: str) -> None:
    path = broken_motions(out.parent).get(kind, out.with_name("missing.npz"))
    remedy = {"empty": "export or download it again", "missing": "check the name"}.get(kind, "--motion-out")
    refused("animate", face, speech, "-o", out, "--motion", path, names=path, remedy=remedy)


@pytest.mark.parametrize("at", ["frames", "motion"])
def test_a_full_disk(
    refused: Refused, face: Path, speech: Path, out: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if at == "frames":
        monkeypatch.setattr(encoders.MovieEncoder, "add", full)
    else:
        monkeypatch.setattr(np.lib.format, "write_array", full)
    options = ("--motion-out", out.with_name("motion.npz"))
    refused("animate", face, speech, "-o", out, *options, names=out.parent, remedy="free some space")


@pytest.mark.parametrize("which", ["FACE", "SPEECH", "--background", "--text-file"])
@pytest.mark.parametrize("address", ["https://example.org/a.png", "http://example.org", "file:///home/a.wav"])
def test_a_web_address(refused: Refused, face: Path, speech: Path, out: Path, which: str, address: str) -> None:
    given: dict[str, tuple[str | Path, ...]] = {
        "FACE": (address, speech),
        "SPEECH": (face, address),
        "--background": (face, speech, "--background", address),
        "--text-file": (face, "--text-file", address),
    }
    # The path of an option may have lost slashes before anybody could see them: those of //, as on the web, come back.
    names = address.partition("//")[2].lstrip("/") if which == "--text-file" else address
    refused("animate", *given[which], "-o", out, names=f"{names} is an address", remedy="save it as a file")


@pytest.mark.parametrize("command", ["landmarks", "align", "motion"])
def test_a_web_address_for_other_commands(refused: Refused, out: Path, command: str) -> None:
    address = "https://example.org/a.png"
    options = {"align": ("--transcript", "Hello.", "-o", out.with_suffix(".json"))}.get(command, ())
    if command == "landmarks":
        options = ("-o", out.with_suffix(".json"))
    refused(command, address, *options, names=f"{address} is an address", remedy="save it as a file")


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
@pytest.mark.parametrize("which", ["FACE", "SPEECH", "OUT"])
def test_links_that_point_at_each_other(refused: Refused, face: Path, speech: Path, out: Path, which: str) -> None:
    first, second = out.with_name("first.mp4"), out.with_name("second.mp4")
    first.symlink_to(second)
    second.symlink_to(first)
    paths = {"FACE": face, "SPEECH": speech, "OUT": out} | {which: first}
    remedy = "choose another name" if which == "OUT" else "check the name"
    refused("animate", paths["FACE"], paths["SPEECH"], "-o", paths["OUT"], names=first, remedy=remedy)


def test_a_motion_whose_name_is_too_long(refused: Refused, face: Path, speech: Path, out: Path) -> None:
    name = out.with_name("m" * 300 + ".npz")
    refused("animate", face, speech, "-o", out, "--motion", name, names="mmm", remedy="")


def test_control_characters_of_names_are_shown(refused: Refused, speech: Path, out: Path) -> None:
    name = out.with_name("a\x1b[2J\x1b]0;title\x07\nb\u202egnp.png")
    sentence = refused(
        "animate", name, speech, "-o", out, names=r"a\x1b[2J\x1b]0;title\x07\nb\u202egnp.png", remedy="check"
    )
    assert not {"\x1b", "\x07", "\n", "\u202e"} & set(sentence)
