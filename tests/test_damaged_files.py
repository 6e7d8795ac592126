"""Hundreds of damaged files of every kind: each is refused in one sentence or used, in bounded memory and time."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from drawn import drawn_face, speech_like, write_wav
from encoded import encode_video
from memory import peak_memory_mb
from mutations import mutate_archive, mutate_bytes, mutate_numbers, mutate_text
from talkinghead.errors import InputError
from talkinghead.media import VideoReader, read_image, read_speech
from talkinghead.metrics.released_syncnet import load_released_syncnet
from talkinghead.motion.editing import retarget
from talkinghead.motion.files import load_motion, save_motion
from talkinghead.production.job_files import load_job
from talkinghead.production.source import read_text
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.speech.alignment.files import Alignment, read_alignment, write_alignment
from talkinghead.tracking.placed import Placed, read_placed, save_placed
from talkinghead.types import Interval, Motion, Portrait, num_frames
from talkinghead.weights import load_weights, read_state

SEEDS = 100  # of each kind of damage
MOST_MEMORY_MB = 500  # above what the process had before
MOST_SECONDS = 10.0  # of the processor, for one file

Use = Callable[[Path], object]


def complaint(path: Path, use: Use) -> str | None:
    """Why a file is refused; None if it can be used."""
    try:
        use(path)
    except InputError as error:
        return str(error)
    return None


def check_all(path: Path, contents: Iterable[bytes], use: Use) -> int:
    """Use each content as the file; returns how many were refused, in one sentence that names the file."""
    refused, before = 0, peak_memory_mb()
    for number, content in enumerate(contents):
        path.write_bytes(content)
        began = time.process_time()
        message = complaint(path, use)
        if message is not None:
            refused += 1
            is_sentence = path.name in message and message.endswith(".") and "\n" not in message
            assert is_sentence, f"damage number {number}: {message}"
        assert time.process_time() - began < MOST_SECONDS, f"damage number {number} of {path.name}"
    assert peak_memory_mb() - before < MOST_MEMORY_MB
    return refused


@pytest.fixture(scope="module")
def motion(drawn_portrait: Portrait) -> Motion:
    """Twelve frames of the drawn face, moving a little, with all that a motion may have."""
    random = np.random.default_rng(0)
    landmarks = drawn_portrait.landmarks + 0.02 * random.standard_normal((12, 68, 3))
    turn = 0.05 * random.standard_normal((12, 3))
    return Motion(
        25.0,
        landmarks.astype(np.float32),
        turn,
        turn,
        random.uniform(size=12),
        drawn_portrait.landmarks,
        random.uniform(size=(12, 51)),
        0.1 * random.standard_normal((12, 2)),
    )


@pytest.fixture(scope="module")
def play(drawn_portrait: Portrait) -> Use:
    """Reads a motion and renders some of it."""
    renderer = WarpRenderer(FlatFiller(), FlatFiller())

    def use(path: Path) -> None:
        loaded = retarget(load_motion(path), drawn_portrait.landmarks)
        assert num_frames(len(loaded) / loaded.fps, loaded.fps) == len(loaded)
        for chunk in renderer.render(loaded[:2], drawn_portrait):
            assert chunk.images.shape[1:] == drawn_portrait.picture.shape

    return use


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("damage", [mutate_bytes, mutate_archive])
def test_motions(tmp_path: Path, motion: Motion, play: Use, damage: Callable[[bytes, int], bytes]) -> None:
    path = tmp_path / "m.npz"
    save_motion(motion, path)
    whole = path.read_bytes()
    assert check_all(path, [whole], play) == 0
    assert check_all(path, (damage(whole, seed) for seed in range(SEEDS)), play) > SEEDS // 2


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_motions_with_odd_numbers(tmp_path: Path, motion: Motion, play: Use) -> None:
    """Values that no face has are refused; whatever passes can be rendered."""
    path = tmp_path / "m.npz"
    save_motion(motion, path)
    with np.load(path) as stored:
        values = dict(stored)

    def contents() -> Iterable[bytes]:
        for seed in range(SEEDS // 2):
            written = io.BytesIO()
            np.savez(written, **mutate_numbers(values, seed))
            yield written.getvalue()

    assert SEEDS // 8 < check_all(path, contents(), play) < SEEDS // 2


def test_landmarks(tmp_path: Path) -> None:
    path, size = tmp_path / "face.landmarks.json", (200, 200)
    points = 100 + 60 * np.random.default_rng(0).uniform(-1, 1, (68, 2))
    save_placed(Placed(size, points, closed=points, open=points + 1), path)
    text = path.read_text()
    assert (
        check_all(path, (mutate_text(text, seed) for seed in range(SEEDS)), lambda path: read_placed(path, size)) > 10
    )


@pytest.mark.parametrize("suffix", [".json", ".TextGrid", ".align"])
def test_alignments(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    words = tuple(
        Interval(word, k * 0.5, k * 0.5 + 0.4) for k, word in enumerate(["one", "two", "three", "four", "five"])
    )
    phones = tuple(
        Interval(phone, k * 0.25, k * 0.25 + 0.25) for k, phone in enumerate(["AH", "B", "IY", "UW", "sil", "T"])
    )
    write_alignment(Alignment(words, phones if suffix != ".align" else None), path, duration=3.0)
    text = path.read_text()
    assert check_all(path, (mutate_text(text, seed) for seed in range(SEEDS)), read_alignment) > 10


def test_jobs(tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    text = json.dumps({"face": "a.png", "speech": "a.wav", "out": "o.mp4", "fps": 25, "seed": 3, "blink": 0.5})
    assert check_all(path, (mutate_text(text, seed) for seed in range(SEEDS)), load_job) > 10


def test_texts(tmp_path: Path) -> None:
    text = 'Hello there, my name is "Peter"; I paid 12.50 for 3 of them -- and <b>you</b>? #Yes! \U0001f600\n' * 5
    path = tmp_path / "a.txt"
    check_all(path, (mutate_text(text, seed) for seed in range(SEEDS)), read_text)
    encoded = [text.encode(), text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode()]
    check_all(path, (mutate_bytes(encoded[seed % 3], seed) for seed in range(SEEDS)), read_text)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "ICO", "JPEG2000"])
def test_pictures(tmp_path: Path, kind: str) -> None:
    written = io.BytesIO()
    Image.fromarray(drawn_face(64, grain=4).image).save(written, format=kind)
    contents = (mutate_bytes(written.getvalue(), seed) for seed in range(SEEDS // 2))
    check_all(tmp_path / "a.picture", contents, read_image)


@pytest.mark.parametrize(
    ("codec", "container"),
    [("pcm_s16le", "wav"), ("flac", "flac"), ("libmp3lame", "mp3"), ("libopus", "ogg"), ("aac", "mp4")],
)
def test_sounds(tmp_path: Path, codec: str, container: str) -> None:
    import av

    wav, path = write_wav(tmp_path / "a.wav", speech_like(0.4)), tmp_path / f"a.{container}"
    if container != "wav":
        with av.open(str(wav)) as source, av.open(str(path), "w", format=container) as output:
            stream = output.add_stream(codec, rate=48_000 if codec == "libopus" else 16_000)
            for frame in source.decode(audio=0):
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
    whole = path.read_bytes()
    check_all(path, (mutate_bytes(whole, seed) for seed in range(SEEDS)), read_speech)


@pytest.mark.parametrize(
    ("codec", "suffix"), [("libx264", ".mp4"), ("libx264", ".mkv"), ("mpeg4", ".avi"), ("libvpx-vp9", ".webm")]
)
def test_videos(tmp_path: Path, codec: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    images = np.repeat(drawn_face(64, grain=4).image[None], 6, axis=0)
    encode_video(path, images, codec=codec, fps=Fraction(25))
    whole = path.read_bytes()

    def use(path: Path) -> None:
        for chunk in VideoReader(path).chunks():
            assert chunk.images.dtype == np.uint8

    check_all(path, (mutate_bytes(whole, seed) for seed in range(SEEDS // 2)), use)


def test_weights(tmp_path: Path) -> None:
    network, path = nn.Linear(6, 4), tmp_path / "net.safetensors"
    save_file({name: value.half() for name, value in network.state_dict().items()}, path)
    whole = path.read_bytes()
    use: Use = lambda path: load_weights(nn.Linear(6, 4), path)  # noqa: E731
    assert check_all(path, (mutate_bytes(whole, seed) for seed in range(2 * SEEDS)), use) > SEEDS


@pytest.mark.parametrize("damage", [mutate_bytes, mutate_archive])
def test_checkpoints(tmp_path: Path, damage: Callable[[bytes, int], bytes]) -> None:
    path = tmp_path / "checkpoint.pt"
    torch.save({"kind": "x", "step": 3, "network": nn.Linear(6, 4).state_dict()}, path)
    whole = path.read_bytes()

    def use(path: Path) -> Any:
        return read_state(path, kind="a checkpoint", remedy="delete it.")

    assert check_all(path, (damage(whole, seed) for seed in range(SEEDS)), use) > SEEDS // 2


DOORS: dict[str, Use] = {
    "m": load_motion,
    "a": read_alignment,
    "l": lambda path: read_placed(path, (192, 192)),
    "c": read_image,
    "b": read_speech,
    "w": load_released_syncnet,
    "y": load_released_syncnet,
}


@pytest.mark.corpus
def test_files_that_did_harm_once(corpus: Path) -> None:
    """Each is refused in one sentence, but a 64-bit WAV file, which can be read."""
    paths = sorted((corpus / "cases" / "hostile").iterdir())
    before = peak_memory_mb()
    used = [path.name for path in paths if complaint(path, DOORS[path.name[0]]) is None]
    assert used == ["b_bits64.wav"]
    assert peak_memory_mb() - before < MOST_MEMORY_MB
