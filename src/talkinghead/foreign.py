"""Files from elsewhere: type, size and memory are checked at the border, and every failure becomes one sentence.

Each reader is told by ``kind`` what the file should be and by ``remedy`` what to do if it is not. Both end up in the
``InputError`` that the user sees, whatever is wrong with the file.
"""

from __future__ import annotations

import json
import math
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from talkinghead.cancellation import WorkCancelledError
from talkinghead.errors import InputError

Arrays = dict[str, npt.NDArray[Any]]
Shape = tuple[int | None, ...]

LARGEST_TEXT = 64 * 2**20  # bytes
LARGEST_ARRAYS = 2 * 2**30  # bytes of all arrays of a file, unpacked; 10 hours of motion in double precision
_FORMAT: Any = np.lib.format  # which has no annotations
_MOST_DIGITS = 20  # of whole numbers of 64 bits
_LONGEST_REASON = 120


@contextmanager
def refuse_damage(path: str | os.PathLike[str], *, kind: str, remedy: str) -> Iterator[None]:
    """Turn any failure to read a file into an ``InputError``: a damaged file can make a decoder fail in any way.

    Args:
        path: the file, for the sentence.
        kind: what it should be, such as "a motion file".
        remedy: what to do, ending in a full stop.

    Raises:
        InputError: something else than an ``InputError`` or a cancellation was raised.
    """
    try:
        yield
    except (InputError, WorkCancelledError):
        raise
    except Exception as error:
        raise InputError(f"{path} is damaged or not {kind} ({_reason(error)}): {remedy}") from error


def read_content(path: Path, *, kind: str, remedy: str, largest: int = LARGEST_TEXT) -> bytes:
    """The bytes of a file of at most ``largest`` bytes.

    Raises:
        InputError: it cannot be read, or is larger.
    """
    with refuse_damage(path, kind=kind, remedy=remedy):
        with path.open("rb") as file:
            content = file.read(largest + 1)
        if len(content) > largest:
            raise ValueError(f"it has more than {largest / 1e6:g} MB")
        return content


def read_json(path: Path, *, kind: str, remedy: str, largest: int = LARGEST_TEXT) -> Any:
    """The parsed content of a JSON file in UTF-8, with or without a byte order mark.

    Raises:
        InputError: it cannot be read, is larger than ``largest`` bytes, or ``parse_json`` refuses it.
    """
    content = read_content(path, kind=kind, remedy=remedy, largest=largest)
    with refuse_damage(path, kind=kind, remedy=remedy):
        return parse_json(content.decode("utf-8-sig"))


def parse_json(text: str | bytes, *, make_object: Callable[[list[tuple[str, Any]]], Any] = dict) -> Any:
    """The content of a JSON text, whose numbers are finite and fit 64 bits.

    Args:
        text: in UTF-8 where it is bytes.
        make_object: makes an object of its pairs of name and value.

    Raises:
        ValueError: the text is not JSON, is nested too deeply, or has other numbers.
    """
    try:
        return json.loads(
            text,
            object_pairs_hook=make_object,
            parse_int=_whole_number,
            parse_float=_number,
            parse_constant=_refuse_constant,
        )
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def read_arrays(
    path: Path,
    *,
    kind: str,
    remedy: str,
    shapes: Mapping[str, Shape] | None = None,
    largest: int | None = LARGEST_ARRAYS,
) -> Arrays:
    """The arrays of an ``npz`` file, in the machine's byte order.

    Before any data are read, the headers must name numbers or texts, and shapes that belong together and fill the
    file exactly; so that memory is bounded by what the file may hold, not by what it claims.

    Args:
        path: the file.
        kind: what it should be, for the error.
        remedy: what to do, for the error.
        shapes: the arrays to read and their shapes, in which None stands for one length that they share; arrays with
            other names are skipped. None: all arrays.
        largest: how many bytes they may have together; None: any number.

    Returns:
        The arrays by name; some of ``shapes`` may be missing.

    Raises:
        InputError: the file cannot be read, or is not such a file.
    """
    with refuse_damage(path, kind=kind, remedy=remedy), zipfile.ZipFile(path) as archive:
        members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
        members = {name: member for name, member in members.items() if shapes is None or name in shapes}
        if largest is not None and sum(member.file_size for member in members.values()) > largest:
            raise ValueError(f"it unpacks to more than {largest / 2**30:g} GiB")
        length: int | None = None
        for name, member in members.items():
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError(f"{name} is compressed in a way that NumPy does not use")
            if member.flag_bits & 1:
                raise ValueError("it is encrypted")
            with archive.open(member) as file:
                found = _check_header(file, name, member.file_size)
            if shapes is not None:
                length = _check_shape(found, shapes[name], length, name)
        return {name: _read_array(archive, member) for name, member in members.items()}


def _check_header(file: IO[bytes], name: str, size: int) -> tuple[int, ...]:
    """The shape that an array's header names; raises ``ValueError`` unless its data are what the file holds."""
    read = {(1, 0): _FORMAT.read_array_header_1_0, (2, 0): _FORMAT.read_array_header_2_0}[_FORMAT.read_magic(file)]
    shape, _, dtype = read(file)
    if dtype.kind not in "biufcSU" or min(shape, default=0) < 0:
        raise ValueError(f"{name} holds neither numbers nor text")
    if math.prod(shape) * dtype.itemsize != size - file.tell():
        raise ValueError(f"{name} is not as long as it says")
    return tuple(shape)


def _check_shape(found: tuple[int, ...], wanted: Shape, length: int | None, name: str) -> int | None:
    """The common length, once it is sure that a shape is the one wanted."""
    if None in wanted and length is None and len(found) == len(wanted):
        length = found[wanted.index(None)]
    if found != tuple(length if side is None else side for side in wanted):
        text = ", ".join("T" if side is None else str(side) for side in wanted)
        raise ValueError(
            f"{name} must have shape ({text}), got {found}" + ("" if length is None else f", T = {length}")
        )
    return length


def _read_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> npt.NDArray[Any]:
    with archive.open(member) as file:
        array: npt.NDArray[Any] = _FORMAT.read_array(file, allow_pickle=False)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _whole_number(digits: str) -> int:
    if len(digits) > _MOST_DIGITS or not -(2**63) <= int(digits) < 2**64:
        raise ValueError(f"a number of {len(digits)} digits is too large")
    return int(digits)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:20]} is too large")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")


def _reason(error: Exception) -> str:
    """Why a file could not be read, in a few words."""
    if isinstance(error, MemoryError):
        return "it asks for more memory than there is"
    if isinstance(error, UnicodeDecodeError):
        return "it is not text in UTF-8"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, KeyError) or not str(error).strip():
        return type(error).__name__
    reason = " ".join(str(error).split()).rstrip(".:")
    return reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}…"
