"""The reader of foreign files: what it refuses, and that it refuses before it reads."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from memory import peak_memory_mb
from talkinghead.errors import InputError
from talkinghead.foreign import parse_json, read_arrays, read_content


def bomb(path: Path, array: Any, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """An archive of an array that takes far more memory than the file."""
    with (
        zipfile.ZipFile(path, "w", compression) as archive,
        archive.open("landmarks.npy", "w", force_zip64=True) as file,
    ):
        np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": array})
        for _ in range(int(np.prod(array, dtype=np.int64)) // 2**20):
            file.write(bytes(2**23))
    return path


def test_arrays_that_unpack_to_too_much_are_not_unpacked(tmp_path: Path) -> None:
    path, before = bomb(tmp_path / "m.npz", (16, 2**20)), peak_memory_mb()
    with pytest.raises(InputError, match=r"m\.npz is damaged or not a pack \(it unpacks to more than 0\.1"):
        read_arrays(path, kind="a pack", remedy="make it again.", largest=2**27 - 1)
    assert peak_memory_mb() - before < 64
    path = bomb(tmp_path / "b.npz", (1, 2**20), zipfile.ZIP_BZIP2)
    with pytest.raises(InputError, match="compressed in a way that NumPy does not use"):
        read_arrays(path, kind="a pack", remedy="make it again.")


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}", "x is not as long as it says"),
        (
            "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999999,)}",
            "x is not as long as it says",
        ),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", "x holds neither numbers nor text"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "x holds neither numbers nor text"),
        ("{'descr': '<U-1', 'fortran_order': False, 'shape': ()}", ""),
        ("{'descr': '<f8', ", ""),
        ("__import__('os').system('true')", ""),
    ],
)
def test_headers_are_checked_before_data(tmp_path: Path, header: str, reason: str) -> None:
    text = header.ljust(117).encode() + b"\n"
    content = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(8)
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", content)
    with pytest.raises(InputError, match=rf"x\.npz is damaged or not a pack \({reason}.*\): make it again\."):
        read_arrays(path, kind="a pack", remedy="make it again.")


def test_shapes_must_belong_together(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, a=np.zeros((3, 2)), b=np.zeros(4), other=np.zeros(7))
    shapes = {"a": (None, 2), "b": (None,)}
    with pytest.raises(InputError, match=r"b must have shape \(T\), got \(4,\), T = 3"):
        read_arrays(path, kind="a pack", remedy="make it again.", shapes=shapes)
    assert set(read_arrays(path, kind="a pack", remedy="make it again.", shapes={"a": (None, 2)})) == {"a"}


def test_large_files_are_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    path.write_bytes(b" " * 1001)
    with pytest.raises(InputError, match=r"large\.json is damaged or not a job \(it has more than 0\.001 MB\): "):
        read_content(path, kind="a job", remedy="make it again.", largest=1000)


@pytest.mark.parametrize(
    "text", ["1e400", "9" * 21, "-9223372036854775809", "NaN", "-Infinity", "[" * 100_000, "{", ""]
)
def test_what_json_must_not_hold(text: str) -> None:
    with pytest.raises(ValueError, match=re.compile(".")):
        parse_json(text)


def test_what_json_may_hold() -> None:
    text = '{"a": [18446744073709551615, -9223372036854775808, 1e308, "x", null, true]}'
    assert parse_json(text) == {"a": [2**64 - 1, -(2**63), 1e308, "x", None, True]}
