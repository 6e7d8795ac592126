"""``talkinghead landmarks``: the 68 landmarks of a face, found or placed by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from talkinghead.cli.console import tell
from talkinghead.errors import InputError
from talkinghead.production.checks import check_distinct, check_face

if TYPE_CHECKING:
    from talkinghead.types import ImageArray

EXAMPLES = """
[bold]Examples[/bold]

talkinghead landmarks face.png -o points.json

talkinghead landmarks imp.png --edit

talkinghead animate imp.png hello.wav -o o.mp4 --landmarks imp.landmarks.json
"""

_LARGEST_PORT = 65535


def landmarks(
    face: Annotated[Path, typer.Argument(metavar="FACE", show_default=False, help="A picture of a face.")],
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="POINTS.json",
            show_default="FACE.landmarks.json",
            help="The file to write; with --edit, an existing file is edited further.",
        ),
    ] = None,
    edit: Annotated[
        bool, typer.Option("--edit", help="Open a page in the browser on which the points can be dragged.")
    ] = False,
    which_face: Annotated[
        int | None,
        typer.Option(
            "--face", metavar="N", show_default="the largest", help="Which face of several: 1 is the leftmost."
        ),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address of the page (--edit).")
    ] = False,
    port: Annotated[
        int, typer.Option(metavar="N", show_default="any that is free", help="Where to serve the page (--edit).")
    ] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it exists.")] = False,
) -> None:
    """Write the 68 landmarks of a face, for animate --landmarks.

    They are detected; with --edit they can also be placed by hand, even on drawings in which no face is found. The
    page is served only on this machine and needs no network.
    """
    out = face.with_name(f"{face.stem}.landmarks.json") if out is None else out
    image = _picture(face, out, edit=edit, which_face=which_face, port=port, overwrite=overwrite)
    if edit:
        _edit(face, image, out, which_face=which_face, port=port, open_browser=not no_browser, overwrite=overwrite)
    else:
        from talkinghead.tracking.placed import save_placed
        from talkinghead.web.placing_start import find_landmarks

        save_placed(find_landmarks(str(face), image, which_face), out, overwrite=overwrite)
    typer.echo(out)


def _picture(face: Path, out: Path, *, edit: bool, which_face: int | None, port: int, overwrite: bool) -> ImageArray:
    """The picture, after all checks that are possible before the work begins."""
    from talkinghead.media import read_image, sniff
    from talkinghead.media.files import check_writable

    check_face(which_face)
    if not 0 <= port <= _LARGEST_PORT:
        raise InputError(f"--port {port} is out of range: choose a number up to {_LARGEST_PORT}, or leave it out.")
    if out.suffix.lower() != ".json":
        raise InputError(f"{out} does not end in .json: landmarks are written as JSON.")
    check_writable(out, overwrite or edit)
    check_distinct({"OUT": out}, {"FACE": face})
    if sniff(face) == "video":
        raise InputError(f"{face} is a video: save one frame of it as PNG.")
    return read_image(face)


def _edit(
    face: Path,
    image: ImageArray,
    out: Path,
    *,
    which_face: int | None,
    port: int,
    open_browser: bool,
    overwrite: bool,
) -> None:
    from talkinghead.tracking.placed import parse_placed, read_placed, save_placed
    from talkinghead.web.placing import PlacingServer
    from talkinghead.web.placing_start import begin_landmarks, encode_png, page_state, size_of

    existed = out.exists()
    earlier = read_placed(out, size_of(image)) if existed and not overwrite else None
    automatic = begin_landmarks(str(face), image, which_face)

    def save(content: object) -> None:
        save_placed(parse_placed(content, size_of(image), name="the page"), out, overwrite=existed)

    state = page_state(face.name, earlier or automatic, automatic)
    server = PlacingServer(encode_png(image), state, save, port=port)
    tell(f"the points can be placed at {server.address} until they are saved; Ctrl-C leaves without saving")
    if open_browser:
        import webbrowser

        webbrowser.open(server.address)
    if not server.wait():
        raise KeyboardInterrupt
