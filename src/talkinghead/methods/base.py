"""What a method is: a motion generator, a renderer, and how each is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
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
    """Motion and a face -> pictures."""

    def render(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        """One picture per row of ``motion``, in chunks: memory does not grow with length."""
        ...


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
    """

    what: str
    network: Callable[[Any], nn.Module]
    losses: Callable[[nn.Module, Batch, Any], dict[str, Tensor]]
    example: Callable[[Any, int], Batch]
    train: Callable[[Path, Path, str, Mapping[str, Any]], None]


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
    """

    name: str
    paper: Paper
    summary: str
    configs: Mapping[str, Any]
    build: Callable[[Any], tuple[MotionGenerator, Renderer]]
    load: Callable[[str], tuple[MotionGenerator, Renderer]]
    stages: Mapping[str, Stage]
