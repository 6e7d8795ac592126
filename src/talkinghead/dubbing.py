"""Dubbing: somebody's video says new words, and everything but lips, jaw and cheeks stays."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from talkinghead.errors import InputError, announce
from talkinghead.face.pose import OUTER_EYE_CORNERS
from talkinghead.media.coded_video import open_coded
from talkinghead.media.looped import LoopedVideo
from talkinghead.media.mixed import MixedSound
from talkinghead.media.sound import ArraySound, read_speech
from talkinghead.media.speech_parts import cut_speech
from talkinghead.media.spool import return_freed_memory
from talkinghead.media.video import VideoReader
from talkinghead.methods.base import Renderer
from talkinghead.motion.editing import retarget
from talkinghead.motion.mouth_rest import estimate_rest
from talkinghead.motion.tracked import head_of_portrait
from talkinghead.pipeline import TalkingHead
from talkinghead.rendering.interior import load_filler
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.mouth_scenes import redraw_mouths
from talkinghead.rendering.painted_face import DrawnHead, draw_heads
from talkinghead.speech.recording import read_recording
from talkinghead.tracking.appearance import Appearance, find_appearance
from talkinghead.tracking.portrait import portrait_from_reference
from talkinghead.tracking.reference_frames import gather_references
from talkinghead.types import (
    CodedFrames,
    FloatArray,
    Frames,
    Motion,
    Portrait,
    Progress,
    Sound,
    Speech,
    Video,
    no_progress,
    num_frames,
)
from talkinghead.version import __version__

LENGTHS = ("longest", "speech", "video")
RENDERER = "mouth-warp"
SYNTHETIC = "lips, jaw and cheeks; all else is the recording's"


@dataclass(frozen=True)
class Dubbing:
    """A video with a new speech, ready to be drawn.

    Attributes:
        appearance: the video, and where the person is in it.
        portrait: the person.
        motion: the new lips with the head and the blinks of the video, one row per frame of the result.
        rest: (R, 68, 3) the face at rest in each row of the appearance.
        speech: the sound track, as long as the result.
        facts: for the provenance record.
        renderer: draws the heads whose lower faces are laid over the frames; None: the frames' own mouths are warped.
    """

    appearance: Appearance
    portrait: Portrait
    motion: Motion
    rest: FloatArray
    speech: Speech
    facts: dict[str, str]
    renderer: Renderer | None = None

    def video(self, *, progress: Progress = no_progress) -> Video:
        """The result; its frames are made as they are read.

        Args:
            progress: hook; the stage is "render", counted in frames.
        """

        source = open_coded(self.appearance.video)

        def frames() -> Iterator[Frames | CodedFrames]:
            done = 0
            filler = FlatFiller() if self.portrait.drawing else load_filler()
            video = replace(_loop(self.appearance, len(self.motion)), video=source)
            for chunk in redraw_mouths(self.appearance, video, self.motion, self.rest, filler, self._heads()):
                done += len(chunk)
                progress("render", done, len(self.motion))
                yield chunk

        tags = getattr(source, "tags", None)
        return Video(frames(), self.speech, self.motion.fps, len(self.motion), self.facts, tags)

    def _heads(self) -> Iterator[DrawnHead] | None:
        if self.renderer is None:
            return None
        portrait = gather_references(self.portrait, int(getattr(self.renderer, "references", 1)))
        return draw_heads(self.renderer.render, retarget(self.motion, portrait.landmarks), portrait)


def dub(
    head: TalkingHead,
    video: str | os.PathLike[str],
    speech: Speech | str | os.PathLike[str],
    *,
    length: str = "longest",
    mix: float | None = None,
    face: int | None = None,
    own_renderer: bool = False,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Video:
    """The video of a file with the lips of another speech; all that does not move with lips and jaw stays as it is.

    Args:
        head: makes the motion of the lips.
        video: the file.
        speech: the speech, or an audio or video file.
        length: of the result: "longest", that of "speech", or of "video".
        mix: dB, at which the video's own sound stays under the speech; None: it does not.
        face: which face of several, 1 being the leftmost of the first frame with faces; None: the largest.
        own_renderer: see ``prepare_dub``.
        seed: of random choices.
        progress: hook (stage, done, total); the stages are "track", "motion" and "render".

    Raises:
        InputError: a file cannot be read, or no frame shows a face.
    """
    reader = VideoReader(video, quick=True)
    words = speech if isinstance(speech, Speech) else read_recording(speech)
    appearance = find_appearance(reader, face=face, name=str(video), progress=progress)
    under = None if mix is None else read_own_sound(Path(video))
    prepared = prepare_dub(
        head,
        appearance,
        words,
        length=length,
        under=under,
        gain_db=mix or 0.0,
        own_renderer=own_renderer,
        seed=seed,
        progress=progress,
    )
    return prepared.video(progress=progress)


def prepare_dub(
    head: TalkingHead,
    appearance: Appearance,
    speech: Speech,
    *,
    length: str = "longest",
    under: Sound | None = None,
    gain_db: float = 0.0,
    drawing: bool | None = None,
    own_renderer: bool = False,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Dubbing:
    """All that is needed to draw a video with another speech.

    Args:
        head: makes the motion of the lips.
        appearance: the video.
        speech: what is said.
        length: one of ``LENGTHS``.
        under: the sound that stays under the speech, or None.
        gain_db: of that sound.
        drawing: whether the face is drawn; None: look.
        own_renderer: whether the lower face is drawn by the renderer of ``head``; else the video's own is warped.
        seed: of random choices.
        progress: hook; the stage is "motion".

    Raises:
        InputError: the method needs another video, or the mouth is covered all the time.
    """
    video = appearance.video
    said, own = num_frames(speech.duration, video.fps), video.num_frames
    count = {"speech": said, "video": own, "longest": max(said, own)}[length]
    try:
        portrait = portrait_from_reference(appearance.reference(), drawing=drawing)
    except InputError as error:
        raise InputError("the mouth is covered wherever the person is seen: give a video that shows it.") from error
    fitted = _fit_speech(speech, count, video.fps)
    lips = head.motion(fitted, portrait, fps=video.fps, seed=seed, head=0.0, blink=0.0, progress=progress)
    sound = _sound_track(speech, under, 10 ** (gain_db / 20), count / video.fps, cut=count < said)
    renderer = head.renderer_names[portrait.drawing] if own_renderer else RENDERER
    return_freed_memory()
    facts = {"method": head.method, "renderer": renderer, "version": __version__, "synthetic_parts": SYNTHETIC}
    return Dubbing(
        appearance,
        portrait,
        _with_own_head(lips, appearance, portrait),
        estimate_rest(
            appearance.landmarks, appearance.track.rotation, appearance.span_rows(), video.fps, appearance.shown
        ),
        replace(fitted, sound=sound),
        facts,
        head.renderer_for(portrait) if own_renderer else None,
    )


def read_own_sound(path: Path) -> Sound | None:
    """The sound of a video file; None, which is announced, where it has none."""
    try:
        speech = read_speech(path)
    except InputError as error:
        announce(f"nothing is mixed under the speech: {error}")
        return None
    return speech.sound or ArraySound(speech.samples[None], speech.sample_rate)


def _fit_speech(speech: Speech, count: int, fps: float) -> Speech:
    """The speech with silence after it, or cut, so that it gives so many frames."""
    if num_frames(speech.duration, fps) == count:
        return speech
    return cut_speech(speech, [(0.0, count / fps)])


def _sound_track(speech: Speech, under: Sound | None, gain: float, seconds: float, *, cut: bool) -> Sound:
    """The sound of the result (s); without another one under it, it is the speech's own, and may end before."""
    over = speech.sound or ArraySound(speech.samples[None], speech.sample_rate)
    if cut:
        announce(f"the last {speech.duration - seconds:.1f} s of the speech are cut off: --length longest keeps them.")
    if under is None and not cut:
        return over
    samples = round(max(seconds, 0.0 if cut else speech.duration) * over.sample_rate)
    return MixedSound(over, under, gain, samples)


def _with_own_head(lips: Motion, appearance: Appearance, portrait: Portrait) -> Motion:
    """The motion of the lips with the head and the blinks of the video; where no face is seen, they hold."""
    looped = _loop(appearance, len(lips))
    rows = appearance.rows()
    known = np.flatnonzero(rows >= 0)
    nearest = rows[known[np.searchsorted((known[1:] + known[:-1]) / 2, looped.sources(0, len(lips)))]]
    track = appearance.track
    corners = portrait.pose.head_from_camera(portrait.mesh[OUTER_EYE_CORNERS])
    rotation, translation, scale = (part[nearest] for part in head_of_portrait(track, portrait.pose, corners))
    blink = track.blink[nearest]
    return replace(lips, rotation=rotation, translation=translation, scale=scale, blink=blink, gaze=None)


def _loop(appearance: Appearance, count: int) -> LoopedVideo:
    """The video as long as wanted; it goes on back and forth in its last shot."""
    start, stop = appearance.spans[-1]
    turn = start if stop == appearance.video.num_frames else 0
    return LoopedVideo(appearance.video, count, turn)
