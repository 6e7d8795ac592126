"""What a method is: a motion generator, a renderer, and how each is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from talkinghead.errors import InputError
from talkinghead.training.stage import Stage
from talkinghead.types import Frames, Motion, Portrait, Speech

if TYPE_CHECKING:  # listing the methods need not wait for torch
    from talkinghead.data.recording import Recording
    from talkinghead.store import Store
    from talkinghead.weights import Weights

Needs: TypeAlias = Literal["picture", "frames", "video"]
UsesReference: TypeAlias = bool | Literal["if there"]


class MotionGenerator(Protocol):
    """Speech and a face -> how the face moves."""

    def generate(self, speech: Speech, portrait: Portrait, *, seed: int = 0) -> Motion:
        """The motion for the whole of ``speech`` at the generator's own rate; the same seed gives the same."""
        ...


class Renderer(Protocol):
    """Motion and a face -> pictures.

    A renderer that leaves background pixels bit-identical, and does not move the portrait's own pixels, has
    ``holds_background = True``. One that can show its inner workings has ``shows``: name -> (motion, portrait) -> one
    picture. One that draws from several pictures of a portrait has ``references``: how many, unless told otherwise.
    """

    def render(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        """One picture per row of ``motion``, in chunks, so that memory does not grow with length."""
        ...


class PerKind:
    """One renderer for photos and another for drawings, each made when first needed.

    Args:
        photo: makes the renderer for photos.
        drawing: makes the renderer for drawings.
    """

    def __init__(self, photo: Callable[[], Renderer], drawing: Callable[[], Renderer]) -> None:
        self._photo, self._drawing = cache(photo), cache(drawing)

    def of(self, portrait: Portrait) -> Renderer:
        """The renderer for a portrait of this kind."""
        return self._drawing() if portrait.drawing else self._photo()

    @property
    def references(self) -> int:
        """How many pictures of a portrait the renderer for photos draws from, unless told otherwise."""
        return int(getattr(self._photo(), "references", 1))

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
        summary: one line: its input and its contribution.
        configs: sizes by name: "paper" as published, "small" as shipped, "tiny" for tests.
        build: config -> generator and renderer with random weights; opens no file.
        generator: weights -> generator.
        renderers: name, unique among all methods -> (weights -> renderer).
        renderer_for: names of the renderers, of this method or others, that it uses by default for a "photo" and a
            "drawing" of anybody.
        person_renderer: the renderer that it uses for photos of a person to whom it was adapted, and the name of its
            file of weights; None: the same as for anybody.
        stages: trainings in order.
        prepare: computes what the trainings of size "small" keep of one recording in a store, and whether it is one to
            learn from (its sound then has versions); None: they keep nothing but tracks.
        variants: configurations that are not sizes: ablations, and those trained on other data. They can be trained and
            loaded from where they were written; none of them ships.
        needs: the face input that it requires: one picture, several frames, or a whole reference video.
        least_s: the least length of that video (s).
        uses_reference: whether its generator makes use of the reference video wherever there is one; "if there": of a
            person's, unless the video is gone.
        emotional: whether its generator shows the emotions of a speech.
        weights: the folder of shipped weights; those of a size other than "small" lie in a subfolder of that name.
    """

    name: str
    paper: Paper
    summary: str
    configs: Mapping[str, Any]
    build: Callable[[Any], tuple[MotionGenerator, Renderer]]
    generator: Callable[[Weights], MotionGenerator]
    renderers: Mapping[str, Callable[[Weights], Renderer]] = field(default_factory=dict)
    renderer_for: Mapping[str, str] = field(default_factory=lambda: {"photo": "warp", "drawing": "warp"})
    person_renderer: tuple[str, str] | None = None
    stages: Mapping[str, Stage] = field(default_factory=dict)
    prepare: Callable[[Recording, Store, bool], None] | None = None
    variants: Mapping[str, Any] = field(default_factory=dict)
    needs: Needs = "picture"
    least_s: float = 0.0
    uses_reference: UsesReference = False
    emotional: bool = False
    weights: Path | None = None

    def sizes(self) -> tuple[str, ...]:
        """Names of the sizes that can be loaded."""
        return tuple(name for name in self.configs if name == "small" or self._shipped(name) is not None)

    def find_weights(self, config: str = "small", *, first: tuple[Path, ...] = ()) -> Weights:
        """The places where its weights are searched; a size that shares networks with "small" ships only its own.

        Args:
            config: the wanted size; if its weights do not ship, ``first`` must have them.
            first: folders to search first: of a person, or of a training's output.

        Raises:
            InputError: no weights of that size ship, and there is no folder to search first.
        """
        from talkinghead.weights import Weights

        if config != "small" and config not in self.sizes() and not first:
            there = " and ".join(map(repr, self.sizes())) or "no size"
            raise InputError(
                f"{self.name} ships weights for {there}, not for {config!r}: train them, or leave the size out."
            )
        shipped = dict.fromkeys(folder for name in (config, "small") if (folder := self._shipped(name)) is not None)
        return Weights((*first, *shipped))

    def default_renderers(self, first: tuple[Path, ...] = ()) -> tuple[str, str]:
        """Names of the renderers for photos and for drawings.

        Args:
            first: folders with weights of a person, or of a training.
        """
        photo, drawing = self.renderer_for["photo"], self.renderer_for["drawing"]
        if self.person_renderer is not None:
            name, stem = self.person_renderer
            photo = name if any((folder / f"{stem}.safetensors").is_file() for folder in first) else photo
        return photo, drawing

    def check(self, portrait: Portrait) -> None:
        """Raise ``InputError`` if the portrait lacks what the method needs."""
        if self.needs == "picture":
            return
        reference = portrait.reference
        if self.needs == "frames" and reference is None and len(portrait.frames) > 1:
            return
        what = {"frames": "a few seconds of video", "video": "a reference video"}[self.needs]
        if self.least_s:
            what += f" of at least {self.least_s:g} s"
        if reference is None:
            raise InputError(f"{self.name} needs {what} and there is only a picture: give a video, or another method.")
        if reference.duration < self.least_s:
            raise InputError(
                f"{self.name} needs {what} and there are only {reference.duration:.1f} s: "
                "give a longer one, or another method."
            )

    def _shipped(self, config: str) -> Path | None:
        """The folder with the shipped weights of a size or variant, or None."""
        if self.weights is None:
            return None
        folder = self.weights if config == "small" else self.weights / config
        return folder if folder.is_dir() else None
