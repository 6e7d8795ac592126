"""Multipart forms, read piece by piece: files go to disk as they come, up to a limit, under names of our own."""

from __future__ import annotations

import errno
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from talkinghead.web.forms import Form, FormField
from talkinghead.web.sentences import RefusedError, display_name, safe_suffix

_MOST_PARTS = 200
_LONGEST_HEADER = 4_000  # bytes of one part's headers
_BYTES_PER_CHARACTER = 4
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

_LEAST_FREE = 300_000_000  # bytes

DISK_FULL = "the disk of the server is full: try again later."
RETRY_S = 30
"""After how many seconds to try again."""


@dataclass(frozen=True)
class Upload:
    """A file that a client sent.

    Attributes:
        file: its name in the task's folder.
        name: what the client calls it.
    """

    file: str
    name: str


@dataclass
class ReadForm:
    """A form that was read.

    Attributes:
        values: texts by field; those left empty are missing.
        files: files by field.
    """

    values: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[Upload]] = field(default_factory=dict)

    def as_request(self) -> dict[str, Any]:
        """Plain JSON for ``TaskRecord.request``."""
        files = {name: [vars(upload) for upload in uploads] for name, uploads in self.files.items()}
        return {"values": self.values, "files": files}


async def read_form(
    content_type: str, pieces: AsyncIterator[bytes], form: Form, folder: Path, *, largest: int
) -> ReadForm:
    """Read a multipart form.

    Args:
        content_type: of the request.
        pieces: the body.
        form: the fields that it may have.
        folder: where its files go.
        largest: bytes of the whole body.

    Raises:
        RefusedError: it is no such form (400, 415), has other fields (400), is too large (413), or finds no room (507).
    """
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise RefusedError(415, "the request is no form: send it as multipart/form-data.")
    reader = _Reader(form, folder)
    try:
        parser = MultipartParser(boundary, reader.callbacks())
        taken = 0
        async for piece in pieces:
            taken += len(piece)
            if taken > largest:
                raise RefusedError(413, too_large(largest))
            parser.write(piece)
        parser.finalize()
    except FormParserError as error:
        raise RefusedError(400, "the form is damaged: send it as multipart/form-data, whole.") from error
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise RefusedError(507, DISK_FULL) from error
        raise
    finally:
        reader.close()
    if not reader.ended:
        raise RefusedError(400, "the form breaks off: send it whole.")
    return reader.result


def check_disk(folder: Path, size: int = 0) -> None:
    """Raise ``RefusedError`` (507) where there is no room for so many bytes, and some for the work."""
    if shutil.disk_usage(folder).free < _LEAST_FREE + size:
        raise RefusedError(507, DISK_FULL, retry=RETRY_S)


def too_large(largest: int) -> str:
    """The sentence about a request that is too large."""
    return f"the request is larger than {largest / 1e6:g} MB: send smaller files."


class _Reader:
    """Takes the parser's events."""

    def __init__(self, form: Form, folder: Path) -> None:
        self.result, self.ended = ReadForm(), False
        self._form, self._folder = form, folder
        self._parts = 0
        self._header, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}
        self._field: FormField | None = None
        self._text = b""
        self._file: IO[bytes] | None = None

    def callbacks(self) -> Mapping[str, Any]:
        """For the parser."""
        return {
            "on_part_begin": self._begin_part,
            "on_header_field": self._add_header,
            "on_header_value": self._add_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._open_part,
            "on_part_data": self._add_data,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def close(self) -> None:
        """Close what is open."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise RefusedError(400, f"the form has more than {_MOST_PARTS} parts: send fewer.")
        self._headers, self._field, self._text = {}, None, b""

    def _add_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._check_header()

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._check_header()

    def _check_header(self) -> None:
        if len(self._header) + len(self._value) > _LONGEST_HEADER or len(self._headers) > 20:
            raise RefusedError(400, "the form is damaged: a part of it has endless headers.")

    def _end_header(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header = self._value = b""

    def _open_part(self) -> None:
        from python_multipart.multipart import parse_options_header

        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = options.get(b"name", b"").decode("utf-8", errors="replace")
        self._field = self._form.get(name)
        if self._field is None:
            from talkinghead.production.values import describe_unknown

            raise RefusedError(400, f"the form cannot be used, {describe_unknown(name, list(self._form))}.")
        if b"filename" in options:
            self._open_file(self._field, options[b"filename"].decode("utf-8", errors="replace"))
        elif not self._field.text:
            raise RefusedError(400, f"{name} must be a file: send it with a file name.")

    def _open_file(self, field: FormField, given: str) -> None:
        if not field.file:
            raise RefusedError(400, f"{field.name} must be text: send it without a file name.")
        if not given:  # browsers send empty parts for files that were not chosen
            return
        uploads = self.result.files.setdefault(field.name, [])
        if uploads and not field.several:
            raise RefusedError(400, f"{field.name} is given twice: send one.")
        number = f"-{len(uploads) + 1}" if field.several else ""
        upload = Upload(f"{field.name}{number}{safe_suffix(given)}", display_name(given))
        self._file = (self._folder / upload.file).open("xb")
        uploads.append(upload)

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(data[start:end])
            return
        assert self._field is not None
        self._text += data[start:end]
        if len(self._text) > _BYTES_PER_CHARACTER * self._field.longest:
            raise RefusedError(400, f"{self._field.name} has more than {self._field.longest} characters: shorten it.")

    def _end_part(self) -> None:
        assert self._field is not None
        if self._file is not None:
            self.close()
            return
        name = self._field.name
        try:
            text = self._text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise RefusedError(400, f"{name} is not text in UTF-8: send it so.") from error
        if not text:
            return
        if name in self.result.values:
            raise RefusedError(400, f"{name} is given twice: send one.")
        if len(text) > self._field.longest:
            raise RefusedError(400, f"{name} has more than {self._field.longest} characters: shorten it.")
        self.result.values[name] = text

    def _end(self) -> None:
        self.ended = True
