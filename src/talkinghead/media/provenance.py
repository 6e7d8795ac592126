"""The metadata of every output: that it is synthetic, and how it was made."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, BinaryIO

from talkinghead.errors import InputError
from talkinghead.media.containers import open_container
from talkinghead.media.files import existing_file

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's term for media made by a trained algorithm."""

COMPOSITE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's term for recordings of which parts were made by a trained algorithm."""

_GIF_TRAILER = b"\x3b"
_GIF_COMMENT = b"\x21\xfe"


def provenance(facts: Mapping[str, str]) -> dict[str, Any]:
    """The record of an output: ``facts`` about how it was made and, whatever they say, that it is synthetic.

    Where the facts name ``synthetic_parts``, the rest is a recording, and the record says so.
    """
    try:
        generator = f"talkinghead {version('talkinghead')}"
    except PackageNotFoundError:
        generator = "talkinghead"
    kind = COMPOSITE_TYPE if "synthetic_parts" in facts else SOURCE_TYPE
    return {**facts, "synthetic": True, "generator": generator, "digital_source_type": kind}


def container_tags(facts: Mapping[str, str]) -> dict[str, str]:
    """Metadata for a container: the record as JSON under ``comment``, and a title and a description for humans."""
    record = provenance(facts)
    about = "not a recording"
    if "synthetic_parts" in facts:
        about = f"a recording with synthetic parts ({facts['synthetic_parts']})"
    return {
        "title": "Dubbed video with synthetic lips" if "synthetic_parts" in facts else "Synthetic talking head",
        "description": f"Synthetic video made with {record['generator']}, {about}; {record['digital_source_type']}",
        "comment": json.dumps(record, ensure_ascii=False),
    }


def read_provenance(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """The record in a video or GIF that this package wrote, or None if there is none.

    Raises:
        InputError: the file is missing, empty, or not a video.
    """
    path = existing_file(path)
    with path.open("rb") as file:
        is_gif = file.read(4) == b"GIF8"
    try:
        record = json.loads(_gif_comment(path) if is_gif else _container_comment(path))
    except (ValueError, IndexError) as error:  # not JSON, or a truncated GIF
        if isinstance(error, InputError):
            raise
        return None
    return record if isinstance(record, dict) and "synthetic" in record else None


def add_gif_comment(path: Path, text: str) -> None:
    """Put a comment extension at the end of a GIF file, which FFmpeg cannot write.

    Raises:
        ValueError: the file does not end like a GIF.
    """
    data = text.encode()
    blocks = (data[start : start + 255] for start in range(0, len(data), 255))
    with path.open("rb+") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != _GIF_TRAILER:
            raise ValueError(f"{path} does not end as a GIF file does")
        file.seek(-1, os.SEEK_END)
        file.write(_GIF_COMMENT + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0" + _GIF_TRAILER)


def _container_comment(path: Path) -> str:
    with open_container(path) as container:
        tags = {name.lower(): text for name, text in container.metadata.items()}
    return tags.get("comment", "")


def _gif_comment(path: Path) -> str:
    """The last comment of a GIF file, or an empty text. Pillow would miss what follows the last frame."""
    with path.open("rb") as file:
        packed = file.read(13)[10]
        file.seek(_colour_table_bytes(packed), os.SEEK_CUR)
        found = ""
        while kind := file.read(1):
            if kind == b"\x21":
                label, data = file.read(1), _sub_blocks(file)
                found = data.decode(errors="replace") if label == b"\xfe" else found
            elif kind == b"\x2c":
                file.seek(_colour_table_bytes(file.read(9)[8]) + 1, os.SEEK_CUR)
                _sub_blocks(file)
            else:
                break
    return found


def _colour_table_bytes(packed: int) -> int:
    return 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0


def _sub_blocks(file: BinaryIO) -> bytes:
    data = bytearray()
    while size := file.read(1):
        if size == b"\0":
            break
        data += file.read(size[0])
    return bytes(data)
