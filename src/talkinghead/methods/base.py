"""What a method is: a motion generator, a renderer, and how each is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from talkinghead.types import Frames, Motion, Portrait, Speech

if TYPE_CHECKING:  # listing the methods need not wait for torch
    from torch import Tensor, nn

Batch: TypeAlias = "dict[str, Tensor]"


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
class Stage:
    """One training of one network of a method.

    Attributes:
        what: one line for ``talkinghead methods``.
        network: config -> what this stage trains, with random weights.
        losses: (network, batch, config) -> named losses; they are summed.
        example: (config, seed) -> a small batch of made-up data, for tests and rehearsals.
        train: (corpus folder, output folder, config name, options) -> trained weights and card in the output folder.
        starts: whether the training may begin with weights of before (option ``start``).
    """

    what: str
    network: Callable[[Any], nn.Module]
    losses: Callable[[nn.Module, Batch, Any], dict[str, Tensor]]
    example: Callable[[Any, int], Batch]
    train: Callable[[Path, Path, str, Mapping[str, Any]], None]
    starts: bool = False


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
