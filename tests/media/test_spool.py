"""Long sound in temporary files: the same samples, no memory, nothing left behind."""

from __future__ import annotations

import errno
import gc
import os
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from talkinghead.errors import InputError
from talkinghead.media import spool as module
from talkinghead.media.spool import Spool, forget_pages, return_freed_memory, spool_rows, spool_samples


def whole(spool: Spool) -> np.ndarray:
    """(channels, N) all that a spool holds."""
    return np.concatenate(list(spool.sound().chunks()), axis=1)


def test_sixteen_bits_pass_untouched_in_every_channel() -> None:
    samples = np.random.default_rng(0).integers(-32_768, 32_768, (3, 150_001)) / np.float32(32_768)
    spool = Spool(22_050, channels=3)
    for start in range(0, 150_001, 40_000):
        spool.append(samples[:, start : start + 40_000])
    np.testing.assert_array_equal(whole(spool), samples)
    sound = spool.sound()
    assert (sound.sample_rate, sound.channels, sound.num_samples) == (22_050, 3, 150_001)
    assert next(sound.chunks()).dtype == np.float32


def test_what_is_finer_is_rounded_and_what_is_louder_clipped() -> None:
    spool = Spool(8_000)
    spool.append(np.array([[0.6 / 32_768, -0.4 / 32_768, 1.0, -1.0, 1.7, -5.0]], np.float32))
    expected = np.array([1, 0, 32_767, -32_768, 32_767, -32_768]) / 32_768
    np.testing.assert_array_equal(whole(spool)[0], expected)


def test_reading_again_while_reading_and_while_more_comes() -> None:
    spool = Spool(8_000)
    ramp = np.arange(200_000, dtype=np.float32)[None] % 30_000 / 32_768
    spool.append(ramp)
    sound = spool.sound()
    first = sound.chunks()
    begun = [next(first)]
    np.testing.assert_array_equal(np.concatenate(list(sound.chunks()), axis=1), ramp)
    spool.append(ramp[:, :10])
    np.testing.assert_array_equal(np.concatenate([*begun, *first], axis=1), ramp)
    assert (sound.num_samples, spool.sound().num_samples) == (200_000, 200_010)


def test_threads_read_side_by_side() -> None:
    spool = Spool(8_000)
    ramp = np.arange(400_000, dtype=np.float32)[None] % 30_000 / 32_768
    spool.append(ramp)
    sound = spool.sound()
    equal: list[bool] = []

    def read() -> None:
        equal.append(np.array_equal(np.concatenate(list(sound.chunks()), axis=1), ramp))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert equal == [True] * 4


def test_an_empty_spool_has_no_chunks() -> None:
    assert list(Spool(8_000).sound().chunks()) == []


@pytest.mark.parametrize("shape", [(100,), (2, 100), (100, 1)])
def test_another_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(1, n\)"):
        Spool(8_000).append(np.zeros(shape, np.float32))


def test_samples_are_joined_in_memory_or_in_a_file() -> None:
    pieces = [np.arange(n, dtype=np.float32) for n in (5, 0, 7, 3)]
    short = spool_samples(iter(pieces))
    long = spool_samples(iter(pieces), in_memory=11)
    np.testing.assert_array_equal(short, np.concatenate(pieces))
    np.testing.assert_array_equal(long, short)
    assert not isinstance(short, np.memmap)
    assert isinstance(long, np.memmap)
    assert short.dtype == long.dtype == np.float32
    assert not long.flags.writeable
    assert len(spool_samples([])) == 0


def test_memory_does_not_grow_with_the_length() -> None:
    def pieces() -> Iterator[np.ndarray]:
        for _ in range(200):
            yield np.ones(48_000, np.float32)

    tracemalloc.start()
    samples, spool = spool_samples(pieces()), Spool(16_000)
    for piece in pieces():
        spool.append(piece[None])
    loudest = max(chunk.max() for chunk in spool.sound().chunks())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(samples), spool.num_samples) == (9_600_000, 9_600_000)
    assert loudest == pytest.approx(1, abs=1e-4)
    assert peak < 10e6  # as an array: 38 MB


def open_files() -> int:
    """How many files this process has open."""
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="there is no /proc here")
def test_files_go_with_their_values() -> None:
    gc.collect()
    before = open_files()
    spool = Spool(8_000)
    spool.append(np.ones((1, 10), np.float32))
    sound, samples = spool.sound(), spool_samples([np.ones(10, np.float32)], in_memory=0)
    middle = samples[2:5]
    del spool, samples
    assert open_files() > before
    assert next(sound.chunks()).shape == (1, 10)
    assert middle.sum() == 3
    del sound, middle
    gc.collect()
    assert open_files() == before


def test_nothing_is_left_behind_even_by_a_process_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, numpy as np; from talkinghead.media.spool import Spool, forget_pages, spool_rows, spool_samples\n"
        "spool = Spool(8_000); spool.append(np.ones((1, 9), np.float32))\n"
        "samples = spool_samples([np.ones(9, np.float32)], in_memory=0)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], env={**os.environ, "TMPDIR": str(tmp_path)})
    assert done.returncode == -9
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("number", "why"), [(errno.ENOSPC, "is full"), (errno.EACCES, "Permission denied")])
def test_no_room(monkeypatch: pytest.MonkeyPatch, number: int, why: str) -> None:
    def full(**kwargs: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(module.tempfile, "TemporaryFile", full)
    with pytest.raises(InputError, match=f"{why}.*TMPDIR"):
        Spool(8_000)
    with pytest.raises(InputError, match=f"{why}.*TMPDIR"):
        spool_samples([np.ones(9, np.float32)], in_memory=0)


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="the system does not tell what is in memory")
def test_pages_that_were_read_are_forgotten_and_read_again() -> None:
    made = np.random.default_rng(0).standard_normal((3000, 478, 3)).astype(np.float32)
    rows = spool_rows(iter(np.array_split(made, 3)), (478, 3))
    part = np.asarray(rows[500:2500])
    before = _resident(rows)
    np.testing.assert_array_equal(part, made[500:2500])
    assert _resident(rows) > before
    forget_pages(part, made)
    assert _resident(rows) <= before
    np.testing.assert_array_equal(rows, made)


@pytest.mark.skipif(module._find_trim() is None, reason="the C library returns memory by itself, or not at all")
def test_what_was_freed_between_things_in_use_is_returned() -> None:
    held = [bytearray(b"x" * 100_000) for _ in range(1000)]
    kept = held[::20]
    del held
    before = _anonymous()
    return_freed_memory()
    assert _anonymous() < before - 40_000
    assert all(len(each) == 100_000 for each in kept)


def _anonymous() -> int:
    """KiB that this process holds itself."""
    told = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in told if line.startswith("RssAnon:"))


def _resident(rows: np.ndarray) -> int:
    """KiB of a mapped array that are in memory, of all that the process maps at its address."""
    start = f"{rows.ctypes.data:x}-"
    told = Path("/proc/self/smaps").read_text(encoding="ascii").splitlines()
    first = next(number for number, line in enumerate(told) if line.startswith(start))
    return next(int(line.split()[1]) for line in told[first:] if line.startswith("Rss:"))
