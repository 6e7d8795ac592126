"""Names that clients give their files do not get as far as Gradio."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from talkinghead.web.page.nameless import NamelessUpload
from talkinghead.web.sentences import RefusedError

KIND = b"multipart/form-data; boundary=xyz"
CONTENT = bytes(range(256)) * 3 + b'\r\nfilename="inside.png"\r\n--xy\r\n\r\n'


def form_of(header: bytes, content: bytes = CONTENT) -> bytes:
    part = b'Content-Disposition: form-data; name="files"' + header + b"\r\nContent-Type: image/png"
    other = b'--xyz\r\nContent-Disposition: form-data; name="text"\r\n\r\n; filename="said"\r\n'
    return other + b"--xyz\r\n" + part + b"\r\n\r\n" + content + b"\r\n--xyz--\r\n"


def received(form: bytes, piece: int) -> bytes:
    """What comes through of a form that arrives in pieces of so many bytes."""
    messages = [
        {"type": "http.request", "body": form[k : k + piece], "more_body": k + piece < len(form)}
        for k in range(0, len(form), piece)
    ]

    async def receive() -> Any:
        return messages.pop(0)

    async def run() -> bytes:
        upload, found = NamelessUpload(receive, KIND), b""
        while messages:
            found += (await upload())["body"]
        return found

    return asyncio.run(run())


@pytest.mark.parametrize("piece", [1, 2, 7, 64, 10_000])
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b'; filename="Anna.PNG"', b'; filename="upload.png"'),
        (b'; filename="../../etc/pass\\"wd"', b'; filename="upload"'),
        (b"; filename=\"a.png\"; filename*=UTF-8''%2e%2e%2fb.png", b'; filename="upload.png"'),
        (b"; filename=bare.wav", b'; filename="upload.wav"'),
        (b'; FileName="x.toolongending"', b'; filename="upload"'),
        (b"", b""),
    ],
)
def test_only_names_change(header: bytes, expected: bytes, piece: int) -> None:
    assert received(form_of(header), piece) == form_of(expected)


def test_an_empty_file_has_no_name_either() -> None:
    assert received(form_of(b'; filename="a.png"', b""), 5) == form_of(b'; filename="upload.png"', b"")


@pytest.mark.parametrize("kind", [b"", b"multipart/form-data", b"application/json"])
def test_a_form_without_borders_is_refused(kind: bytes) -> None:
    with pytest.raises(RefusedError):
        NamelessUpload(None, kind)  # type: ignore[arg-type]


def test_a_header_that_does_not_end_is_refused() -> None:
    with pytest.raises(RefusedError):
        received(b"--xyz\r\n" + b"x" * 50_000, 1000)
