"""What a method is: a motion generator, a renderer, and how each is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from talkinghead.training.stage import Stage
from talkinghead.types import Frames, Motion, Portrait, Speech


class MotionGenerator(Protocol):
    """Speech and a face -> how the face moves."""

    def generate(self, speech: Speech, portrait: Portrait, *, seed: int = 0) -> Motion:
        """The motion for the whole of ``speech`` at the generator's own rate; the same seed gives the same."""
        ...


class Renderer(Protocol):
    """Motion and a face -> pictures.

    One that leaves the background of the portrait to the bit, and does not move the portrait's own pixels, says so by
    ``holds_background = True``. One that can show what it looks at has ``shows``: name -> (motion, portrait) -> what
    shows it as one picture.
    """

    def render(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        """One picture per row of ``motion``, in chunks: memory does not grow with length."""
        ...


class PerKind:
    """One renderer for photos and another for drawings; each is made when it is first needed.

    Args:
        photo: makes the one.
        drawing: makes the other.
    """

    def __init__(self, photo: Callable[[], Renderer], drawing: Callable[[], Renderer]) -> None:
        self._photo, self._drawing = cache(photo), cache(drawing)

    def of(self, portrait: Portrait) -> Renderer:
        """The renderer of such portraits."""
        return self._drawing() if portrait.drawing else self._photo()

    def render(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        """See ``Renderer``."""
        return self.of(portrait).render(motion, portrait)


@dataclass(frozen=True)
class Paper:
    """Where a method was published."""

    title: str
    authors: str
    venue: str
    year: int
    url: str


@dataclass(frozen=True)
class Method:
    """A published system under the common vocabulary.

    Attributes:
        name: of its folder.
        paper: where it was published.
        summary: one line: what it takes and what it adds.
        configs: sizes by name: "paper" as published, "small" as shipped, "tiny" for tests.
        build: config -> generator and renderer with random weights; opens no file.
        load: config name -> generator and renderer with the shipped weights.
        stages: trainings in order.
        renderers: name, of which no other method has the same -> (config name -> renderer with the shipped weights).
        renderer_for_photos: name of the renderer, of this method or another, that ``load`` gives photos.
        renderer_for_drawings: the same for drawings.
    """

    name: str
    paper: Paper
    summary: str
    configs: Mapping[str, Any]
    build: Callable[[Any], tuple[MotionGenerator, Renderer]]
    load: Callable[[str], tuple[MotionGenerator, Renderer]]
    stages: Mapping[str, Stage]
    renderers: Mapping[str, Callable[[str], Renderer]] = field(default_factory=dict)
    renderer_for_photos: str = "warp"
    renderer_for_drawings: str = "warp"
