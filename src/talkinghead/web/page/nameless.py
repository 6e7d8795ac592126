"""Uploads without their names: Gradio would keep a client's file under the name that the client gave it."""

from __future__ import annotations

import re

from talkinghead.web.guard import Message, Receive
from talkinghead.web.sentences import RefusedError

_NAME = re.compile(rb';\s*filename\*?\s*=\s*("(?:[^"\\\r\n]|\\.)*"|[^;\r\n]*)', re.IGNORECASE)
_ENDING = re.compile(rb"\.([A-Za-z0-9]{1,8})\"?$")
_BOUNDARY = re.compile(rb'boundary="?([^";,]{1,200})"?', re.IGNORECASE)
_LONGEST_HEADER = 16_384  # bytes


class NamelessUpload:
    """Receives a form in which every file is called "upload", with the ending of its own name.

    Args:
        receive: the form as it comes.
        content_type: of the request.

    Raises:
        RefusedError: it is not said where the parts of the form end.
    """

    def __init__(self, receive: Receive, content_type: bytes) -> None:
        found = _BOUNDARY.search(content_type)
        if found is None:
            raise RefusedError(400, "what was sent is not a form with files.")
        self._receive, self._border = receive, b"\r\n--" + found[1].strip()
        # As if the first part were preceded by another; the two bytes too many are not handed on.
        self._rest, self._extra, self._in_header = b"\r\n", 2, False

    async def __call__(self) -> Message:
        """The next message; raises ``RefusedError`` for a header that does not end."""
        message = await self._receive()
        if message["type"] != "http.request":
            return message
        more = bool(message.get("more_body", False))
        body = self._rename(self._rest + message.get("body", b""), more)
        kept = body[self._extra :]
        self._extra -= len(body) - len(kept)
        return {**message, "body": kept}

    def _rename(self, data: bytes, more: bool) -> bytes:
        """What can be handed on of all that is known; the rest is kept for the next message."""
        done = []
        while True:
            mark = b"\r\n\r\n" if self._in_header else self._border
            place = data.find(mark)
            if place < 0:
                break
            piece, data = data[: place + len(mark)], data[place + len(mark) :]
            done.append(_without_name(piece) if self._in_header else piece)
            self._in_header = not self._in_header
        if self._in_header and more and len(data) > _LONGEST_HEADER:
            raise RefusedError(400, "what was sent is not a form with files.")
        # The beginning of a border or of a header's end may be the last that has come.
        kept = len(data) if self._in_header else min(len(data), len(self._border) - 1)
        kept = kept if more else 0
        self._rest = data[len(data) - kept :]
        return b"".join([*done, data[: len(data) - kept]])


def _without_name(header: bytes) -> bytes:
    """The header of a part, its file called "upload"."""
    names = _NAME.findall(header)
    if not names:
        return header
    ending = _ENDING.search(names[0].strip())
    name = b"upload" + (b"." + ending[1].lower() if ending else b"")
    first = _NAME.search(header)
    assert first is not None
    return header[: first.start()] + b'; filename="' + name + b'"' + _NAME.sub(b"", header[first.end() :])
