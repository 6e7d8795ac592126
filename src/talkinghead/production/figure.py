"""The figure to show: a face, found or placed by hand, its mouth shapes, and a background."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from talkinghead.errors import InputError, announce
from talkinghead.production.checks import check_face, check_references, parse_kind
from talkinghead.production.dub_checks import check_video, is_painted

if TYPE_CHECKING:
    from talkinghead.person import Person
    from talkinghead.pipeline import TalkingHead
    from talkinghead.production.job import Job
    from talkinghead.tracking.placed import Placed
    from talkinghead.types import FloatArray, ImageArray, Portrait


@dataclass(frozen=True)
class Figure:
    """Whom to animate, and the background.

    Attributes:
        face: a picture or video, or the folder of a person.
        which_face: number of the face, from the left; None: the largest.
        references: of how many frames of a video the renderer draws; None: as many as it usually does.
        landmarks: a file of landmarks placed by hand, or None.
        background: a picture, or a colour as #rrggbb; None: as in the picture.
        drawing: whether the face is drawn; None: detect it.
        who: a picture of the person to dub, or the folder of that person, or None.
        dubbed: whether the face is a video to dub.
        painted: whether a renderer of heads paints its mouths.
    """

    face: Path
    which_face: int | None = None
    references: int | None = None
    landmarks: Path | None = None
    background: str | None = None
    drawing: bool | None = None
    who: Path | None = None
    dubbed: bool = False
    painted: bool = False

    def __post_init__(self) -> None:
        """Raises ``InputError`` for values that contradict each other."""
        check_face(self.which_face)
        check_references(self.references)
        if self.landmarks is not None and self.which_face is not None:
            raise InputError("--face and --landmarks are both given: the landmarks say which face; leave out --face.")
        if self.who is not None and self.which_face is not None:
            raise InputError("--face and --who are both given: choose one of them.")
        if self.background is not None and self.background.startswith("#"):
            _colour(self.background)

    @classmethod
    def of_job(cls, job: Job) -> Figure:
        """The figure of a job.

        Raises:
            InputError: its values are out of range or contradict each other.
        """
        return cls(
            Path(job.face),
            which_face=job.which_face,
            references=job.references,
            landmarks=None if job.landmarks is None else Path(job.landmarks),
            background=job.background,
            drawing=parse_kind(job.kind),
            who=None if job.who is None else Path(job.who),
            dubbed=job.task == "dub",
            painted=is_painted(job),
        )

    def files(self) -> dict[str, Path | None]:
        """The files to read, by their names on the command line."""
        picture = self.background is not None and not self.background.startswith("#")
        return {
            "VIDEO" if self.dubbed else "FACE": self.face,
            "--who": self.who,
            "--landmarks": self.landmarks,
            "--background": Path(self.background) if picture and self.background is not None else None,
        }

    def check(self) -> None:
        """Raise ``InputError`` for faults of the files that can be found before the work begins."""
        from talkinghead.media import read_image, sniff

        if self.dubbed:
            check_video(self.face, painted=self.painted)
            if self.who is not None:
                self._check_who(self.who)
            return
        kind = "person" if self._open_person() else sniff(self.face)
        background = self.files()["--background"]
        if background is not None:
            read_image(background)
        if self.landmarks is not None:
            if kind != "image":
                raise InputError(f"--landmarks goes with a picture and {self.face} is a {kind}: save one frame as PNG.")
            self._read_landmarks(read_image(self.face), self.landmarks)

    def _check_who(self, path: Path) -> None:
        from talkinghead.media import read_image
        from talkinghead.person import open_person

        if path.is_dir():
            open_person(path)
        else:
            read_image(path)

    def load(self, head: TalkingHead) -> tuple[TalkingHead, Portrait]:
        """The portrait, and a ``TalkingHead`` that renders it with the requested mouth shapes and background.

        Raises:
            InputError: a file cannot be read, no face is found, or the figure cannot be separated from its background.
        """
        portrait = self._portrait(head)
        renderer = head.renderer_for(portrait)
        if self.landmarks is not None:
            from talkinghead.rendering.mouth_shapes import WithMouthShapes

            placed = self._read_landmarks(portrait.frames.images[portrait.best], self.landmarks)
            if placed.closed is not None or placed.open is not None:
                renderer = WithMouthShapes(renderer.render, placed.closed, placed.open)
        if self.background is not None:
            from talkinghead.rendering.backdrop import OverBackground, place_over

            held = getattr(head.renderer_for(portrait), "holds_background", False)
            portrait, alpha = self._separate_background(portrait)
            background = _scale_to_cover(self.background, portrait.frames.size)
            if held:
                portrait = place_over(portrait, alpha, background)
            else:
                renderer = OverBackground(renderer.render, alpha, background)
        return head.with_renderer(renderer), portrait

    def _read_landmarks(self, image: ImageArray, path: Path) -> Placed:
        from talkinghead.tracking.placed import read_placed

        return read_placed(path, (image.shape[1], image.shape[0]))

    def _open_person(self) -> Person | None:
        """The person if the face is a person's folder; None for a file.

        Raises:
            InputError: the folder is not a person, or is damaged.
        """
        if not self.face.is_dir():
            return None
        from talkinghead.person import is_person, open_person

        if not is_person(self.face):
            raise InputError(
                f"{self.face} is a folder without person.json: give a file inside it, or the folder of a person, which "
                "talkinghead adapt makes."
            )
        if self.which_face is not None:
            raise InputError(f"--face is chosen when a person is made: leave it out for {self.face}.")
        return open_person(self.face)

    def _portrait(self, head: TalkingHead) -> Portrait:
        from talkinghead.media import read_image

        if self.landmarks is None:
            try:
                return head.read_portrait(
                    self.face, which_face=self.which_face, drawing=self.drawing, references=self.references
                )
            except InputError as error:
                raise _with_remedy(error) from error
        from talkinghead.tracking.placed import portrait_from_placed

        image = read_image(self.face)
        return portrait_from_placed(image, self._read_landmarks(image, self.landmarks), drawing=self.drawing)

    def _separate_background(self, portrait: Portrait) -> tuple[Portrait, FloatArray]:
        import numpy as np

        from talkinghead.media import VideoReader, read_image, sniff
        from talkinghead.media.images import read_layers
        from talkinghead.rendering.backdrop import figure_of

        colours, alpha = portrait.picture, None
        why = "has no transparency"
        if self.face.is_file():
            if sniff(self.face) != "image":
                colours, alpha = VideoReader(self.face).layers_of(portrait.picture) or (colours, None)
            elif np.array_equal(read_image(self.face), colours):
                colours, alpha = read_layers(self.face)
            else:
                why = "is animated, and of frames after the first the transparency is not read"
        opacity = None if alpha is None else (alpha / 255.0).astype(np.float32)
        found = figure_of(portrait, colours, opacity)
        if found is None:
            raise InputError(
                f"{self.face} shows nobody who can be separated from the background: give a picture or "
                "video with transparency, such as PNG, WebM or ProRes 4444."
            )
        if opacity is None:
            announce(f"{self.face} {why}: the person was cut out by segmentation.")
        return found


def _with_remedy(error: InputError) -> InputError:
    message = str(error)
    if "no face was found: give a picture" not in message:
        return error
    return InputError(f"{message.rstrip('.')}, or place it by hand with talkinghead landmarks --edit.")


def _colour(text: str) -> tuple[int, int, int]:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise InputError(f"--background {text} is not a colour: write #rrggbb, such as #00b140, or name a picture.")
    red, green, blue = bytes.fromhex(text[1:])
    return red, green, blue


def _scale_to_cover(background: str, size: tuple[int, int]) -> ImageArray:
    """(H, W, 3) a colour, or the middle of a picture scaled to cover ``size``, which is (width, height) px."""
    import numpy as np
    from PIL import Image, ImageOps

    from talkinghead.media import read_image

    if background.startswith("#"):
        return np.full((size[1], size[0], 3), _colour(background), np.uint8)
    return np.array(ImageOps.fit(Image.fromarray(read_image(background)), size, Image.Resampling.LANCZOS))
