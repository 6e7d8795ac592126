"""The main interface: from a face and a speech to a video."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from talkinghead.errors import InputError, announce
from talkinghead.media import sniff
from talkinghead.methods import get_method, get_renderer, method_of_renderer
from talkinghead.methods.base import MotionGenerator, PerKind, Renderer, UsesReference
from talkinghead.motion.editing import retarget, retime, scale_head, with_blink
from talkinghead.motion.files import check_motion_rate
from talkinghead.motion.idle import idle_blinks
from talkinghead.motion.smoothing import resample_rows
from talkinghead.person import Person, is_person, open_person
from talkinghead.speech.activity import voice_activity
from talkinghead.speech.features import resample
from talkinghead.speech.recording import read_recording
from talkinghead.tracking import read_portrait
from talkinghead.tracking.reference_frames import gather_references
from talkinghead.types import (
    FloatArray,
    Frames,
    ImageArray,
    Motion,
    Portrait,
    Progress,
    Speech,
    Video,
    no_progress,
    num_frames,
)
from talkinghead.version import __version__

DEFAULT_METHOD = "makeittalk"
_ACTIVITY_RATE = 100.0  # Hz


class TalkingHead:
    """A motion generator and a renderer, of one method or of two.

    >>> TalkingHead.from_pretrained("makeittalk").method
    'makeittalk'

    Args:
        generator: speech -> motion.
        renderer: motion -> pictures.
        method: name to write into the provenance record.
        renderer_names: the same for the renderers of photos and of drawings.
        check: raises ``InputError`` for a portrait that lacks what the method needs.
        needs_reference: whether portraits are read with their reference video (``methods.base.UsesReference``).
    """

    def __init__(
        self,
        generator: MotionGenerator,
        renderer: Renderer,
        *,
        method: str = "custom",
        renderer_names: tuple[str, str] = ("custom", "custom"),
        check: Callable[[Portrait], None] = lambda portrait: None,
        needs_reference: UsesReference = False,
    ) -> None:
        self.generator, self.renderer = generator, renderer
        self.method, self.renderer_names = method, renderer_names
        self.needs_reference = needs_reference
        self._check = check

    @classmethod
    def from_pretrained(
        cls,
        method: str = DEFAULT_METHOD,
        *,
        config: str = "small",
        renderer: str | None = None,
        person: Person | str | os.PathLike[str] | None = None,
        style: Person | str | os.PathLike[str] | None = None,
        weights: tuple[Path, ...] = (),
    ) -> TalkingHead:
        """A method with trained weights.

        Args:
            method: its name.
            config: name of a shipped size.
            renderer: name of another renderer, of this method or another; None: the method's default.
            person: a person, or their folder, whose adapted weights are used before the shipped ones.
            style: a person, or their folder, as whom the face moves and speaks, whoever is shown.
            weights: folders to search for the method's weights before all others.

        Raises:
            InputError: there is no such method, renderer or person, no weights of that size, or none of the style.
        """
        chosen = get_method(method)
        owner, model = (who if who is None or isinstance(who, Person) else open_person(who) for who in (person, style))
        if owner is not None:
            weights = (*weights, *owner.find_weights(chosen))
        found = chosen.find_weights(config, first=weights)
        styled = found if model is None else chosen.find_weights(config, first=(model.find_style(chosen), *weights))
        names = chosen.default_renderers(weights) if renderer is None else (renderer, renderer)

        def load(name: str) -> Renderer:
            if name in chosen.renderers:
                return chosen.renderers[name](found)
            # A method's own choice is drawn as for anybody: nobody asked for the other method's weights of the person.
            own = () if owner is None or renderer is None else owner.find_weights(method_of_renderer(name))
            return get_renderer(name, first=own)

        drawn_by = load(names[0]) if names[0] == names[1] else PerKind(*(partial(load, name) for name in names))
        return cls(
            chosen.generator(styled),
            drawn_by,
            method=method,
            renderer_names=names,
            check=chosen.check,
            needs_reference=chosen.needs != "picture" or chosen.uses_reference,
        )

    def with_renderer(self, renderer: Renderer) -> TalkingHead:
        """The same with another renderer, such as one that wraps its own."""
        return TalkingHead(
            self.generator,
            renderer,
            method=self.method,
            renderer_names=self.renderer_names,
            check=self._check,
            needs_reference=self.needs_reference,
        )

    def renderer_for(self, portrait: Portrait) -> Renderer:
        """The renderer for a portrait, which may depend on whether it is a photo or a drawing."""
        return self.renderer.of(portrait) if isinstance(self.renderer, PerKind) else self.renderer

    def view(self, name: str, portrait: Portrait) -> Callable[[Motion], ImageArray]:
        """A function that shows the renderer's inner workings for a motion of this portrait: (H, W, 3) uint8.

        Args:
            name: what to show, such as "attention".
            portrait: the face.

        Raises:
            InputError: the portrait's renderer has nothing of that name to show.
        """
        shows: dict[str, Callable[[Motion, Portrait], ImageArray]] = getattr(self.renderer_for(portrait), "shows", {})
        if name not in shows:
            remedy = (
                f"choose one of {', '.join(shows)}" if shows else "choose another renderer, see talkinghead methods"
            )
            raise InputError(f"the renderer {self.renderer_names[portrait.drawing]} has no {name!r} to show: {remedy}.")
        return lambda motion: shows[name](_retarget_to(motion, portrait), portrait)

    def __call__(
        self,
        speech: Speech | str | os.PathLike[str],
        portrait: Portrait | str | os.PathLike[str],
        *,
        fps: float = 25.0,
        seed: int = 0,
        head: float = 1.0,
        blink: float | None = None,
        progress: Progress = no_progress,
    ) -> Video:
        """The video of a face saying something; its frames are made as they are read.

        Args:
            speech: the speech, or an audio or video file.
            portrait: the face, or a picture or video file.
            fps: frames per second.
            seed: of random head motion and blinks.
            head: how much the head moves; 0 holds it still.
            blink: blinks per second; None: a natural rate, 0: none.
            progress: hook (stage, done, total); the stages are "speech" and "portrait" for files, "motion", "render",
                and "encode" if the same hook is given to ``save_video``.
        """
        if not isinstance(speech, Speech):
            progress("speech", 0, 1)
            speech = read_recording(speech)
            progress("speech", 1, 1)
        if not isinstance(portrait, Portrait):
            progress("portrait", 0, 1)
            portrait = self.read_portrait(portrait)
            progress("portrait", 1, 1)
        motion = self.motion(speech, portrait, fps=fps, seed=seed, head=head, blink=blink, progress=progress)
        return self.video(motion, portrait, speech, progress=progress)

    def read_portrait(
        self,
        face: str | os.PathLike[str],
        *,
        which_face: int | None = None,
        drawing: bool | None = None,
        references: int | None = None,
    ) -> Portrait:
        """The portrait from a picture, a video, or the folder of a person, with what the method needs.

        Args:
            face: the file or folder.
            which_face: which face of several, 1 being the leftmost; None: the largest.
            drawing: whether it is a drawing; None: detect it.
            references: of how many frames of a video to draw; None: as many as the renderer usually does.

        Raises:
            InputError: it cannot be read, shows no face, or does not meet the method's needs.
        """
        # Which renderer draws photos is asked for videos alone: it may have to be loaded first.
        filmed = is_person(face) or sniff(face) == "video"
        usual = int(getattr(self.renderer, "references", 1)) if filmed else 1
        if not filmed and references not in (None, 1):
            announce(f"{os.fspath(face)} is one picture: --references is left out.")
        if filmed and usual == 1 and references not in (None, 1):
            announce(f"the renderer {self.renderer_names[0]} draws from one picture: --references is left out.")
        count = usual if references is None or usual == 1 else references
        wanted = self.needs_reference if count == 1 else True
        if is_person(face):
            portrait = open_person(face).portrait(reference=wanted)
        else:
            portrait = read_portrait(face, face=which_face, drawing=drawing, reference=wanted is True)
        return gather_references(portrait, count)

    def motion(
        self,
        speech: Speech,
        portrait: Portrait,
        *,
        fps: float = 25.0,
        seed: int = 0,
        head: float = 1.0,
        blink: float | None = None,
        progress: Progress = no_progress,
    ) -> Motion:
        """The face's motion, exactly ``num_frames(speech.duration, fps)`` rows; arguments as for ``__call__``."""
        self._check(portrait)
        progress("motion", 0, 1)
        generated = self.generator.generate(speech, portrait, seed=seed)
        motion = fit_motion(generated, speech, fps=fps, seed=seed, head=head, blink=blink)
        progress("motion", 1, 1)
        return motion

    def video(
        self, motion: Motion, portrait: Portrait, speech: Speech | None = None, *, progress: Progress = no_progress
    ) -> Video:
        """The video of a given motion, made for this face or for another one.

        Args:
            motion: the motion.
            portrait: the face.
            speech: the sound track, or None.
            progress: hook (stage, done, total).
        """
        motion = _retarget_to(motion, portrait)

        def frames() -> Iterator[Frames]:
            done = 0
            for chunk in self.renderer.render(motion, portrait):
                done += len(chunk)
                progress("render", done, len(motion))
                yield chunk

        facts = {"method": self.method, "renderer": self.renderer_names[portrait.drawing], "version": __version__}
        return Video(frames(), speech, motion.fps, len(motion), facts)


def _retarget_to(motion: Motion, portrait: Portrait) -> Motion:
    """A motion on the face of a portrait."""
    return retarget(motion, portrait.landmarks)


def fit_motion(
    motion: Motion, speech: Speech, *, fps: float = 25.0, seed: int = 0, head: float = 1.0, blink: float | None = None
) -> Motion:
    """A motion, new or saved, at its own pace: cut to the length of a speech, or extended by its last pose, and edited.

    Args:
        motion: at any frame rate.
        speech: determines the length of the result: ``num_frames(speech.duration, fps)`` rows.
        fps: frames per second.
        seed: of new blinks, if ``blink`` requests them.
        head: factor of the head's movement.
        blink: blinks per second; None: those of the motion, 0: none.

    Raises:
        InputError: no motion has such a frame rate.
    """
    check_motion_rate(fps, "the motion asked for", "choose another fps.")
    count = num_frames(speech.duration, fps)
    motion = retime(motion, fps, count)
    if blink is not None:
        activity = _activity(speech, fps, count)
        motion = with_blink(motion, idle_blinks(count, fps, seed=seed, rate=blink, activity=activity))
    return scale_head(motion, head)


def _activity(speech: Speech, fps: float, count: int) -> FloatArray:
    """(count,) probability of speech at each video frame."""
    at_100_hz = voice_activity(resample(speech.samples, speech.sample_rate), _ACTIVITY_RATE)
    return resample_rows(at_100_hz, _ACTIVITY_RATE, fps, count) if len(at_100_hz) else np.zeros(count)
