"""The mouths of a whole appearance redrawn, shot by shot, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import cast

import numpy as np

from talkinghead.face.rest import closed_mouth
from talkinghead.media.coded_video import CodedVideo
from talkinghead.media.looped import LoopedVideo
from talkinghead.media.spool import forget_pages, return_memory_between
from talkinghead.motion.lips import in_order
from talkinghead.rendering.hidden import fill_hidden
from talkinghead.rendering.mouth import MouthFiller
from talkinghead.rendering.mouth_redraw import MouthRedraw, NewMouth, PosedFace
from talkinghead.rendering.mouth_rig import mouth_window
from talkinghead.rendering.outline import blend
from talkinghead.rendering.painted_face import DrawnHead
from talkinghead.rendering.side_by_side import side_by_side
from talkinghead.tracking.appearance import Appearance
from talkinghead.tracking.shots import read_ahead
from talkinghead.tracking.still_parts import KeptPart, keep_stills
from talkinghead.types import CodedFrames, FloatArray, Frames, IndexArray, Motion, Pose, VideoSource, Window

_PIECE = 8  # frames redrawn together
_LIGHT_S = 0.25  # in which the light on a mouth follows that on the skin


def redraw_mouths(
    appearance: Appearance,
    video: LoopedVideo,
    motion: Motion,
    rest: FloatArray,
    filler: MouthFiller,
    drawn: Iterator[DrawnHead] | None = None,
) -> Iterator[Frames | CodedFrames]:
    """The frames of a video in which the mouth of a person moves otherwise; all other pixels are those of the video.

    Args:
        appearance: where the person is.
        video: the frames to draw, those of the appearance's video, as many as the motion has rows.
        motion: jaw and lips of it count, by how they move away from closed lips.
        rest: (R, 68, 3) the face at rest in each row of the appearance.
        filler: makes the inside of the mouth.
        drawn: for each frame a head whose lower face is laid over it; None: the frames' own mouths are warped.
    """
    yield from side_by_side(_draw, _pieces(appearance, video, motion, rest, filler, drawn))


def _pieces(
    appearance: Appearance,
    video: LoopedVideo,
    motion: Motion,
    rest: FloatArray,
    filler: MouthFiller,
    drawn: Iterator[DrawnHead] | None,
) -> Iterator[_Piece]:
    """The frames, a few of one shot at a time, with what is to be drawn in them."""
    rows, scenes, closed = appearance.rows(), _Scenes(appearance, video.video, filler), closed_mouth(motion.rest)
    done = 0
    for chunk in read_ahead(cast("Iterator[Frames]", video.chunks())):
        sources = video.sources(done, done + len(chunk))
        own = rows[sources]
        spans = scenes.spans(own)
        edges = [0, *(np.flatnonzero(np.diff(spans)) + 1).tolist(), len(chunk)]
        for first, last in pairwise(edges):
            for start in range(first, last, _PIECE):
                part = slice(start, min(start + _PIECE, last))
                change = np.asarray(motion.landmarks[done + part.start : done + part.stop], np.float64) - closed
                mouths = _mouths(appearance, own[part], rest, change)
                heads = None if drawn is None else list(islice(drawn, len(mouths)))
                yield scenes.piece(chunk[part], own[part], sources[part], mouths, int(spans[first]), heads)
        done += len(chunk)
        return_memory_between(done - len(chunk), done)
        appearance.forget_pages()
        forget_pages(rest, motion.landmarks)


def _mouths(appearance: Appearance, rows: IndexArray, rest: FloatArray, change: FloatArray) -> list[NewMouth]:
    """The new mouths of frames with these rows of the appearance, or -1, away from closed lips by (n, 68, 3)."""
    at_rest = np.asarray(rest[rows], np.float64)
    landmarks = in_order(at_rest + change, at_rest)
    shown = np.where(rows < 0, 0.0, appearance.shown[rows])
    return [NewMouth(*parts) for parts in zip(landmarks, at_rest, shown.tolist(), strict=True)]


@dataclass(frozen=True)
class _Task:
    """A mouth to be drawn in a frame.

    Attributes:
        number: of the frame among those of its piece.
        window: what of the frame may change.
        mesh: (478, 3) px of the frame.
        pose: of the head in it.
        mouth: the new one.
        light: (3,) of the frame.
        head: whose lower face is laid over the frame, or None.
        stills: what stands still before the face around then.
    """

    number: int
    window: Window
    mesh: FloatArray
    pose: Pose
    mouth: NewMouth
    light: FloatArray
    head: DrawnHead | None
    stills: list[KeptPart]


@dataclass(frozen=True)
class _Piece:
    """Frames, and the mouths that some of them get."""

    frames: Frames | CodedFrames
    tasks: list[_Task]
    redraw: MouthRedraw | None


def _draw(piece: _Piece) -> Frames | CodedFrames:
    frames, tasks = piece.frames, piece.tasks
    if piece.redraw is None or not tasks:
        return frames
    views = [frames.view(task.number, task.window) for task in tasks]
    kept = [keep_stills(task.stills, view, task.window) for task, view in zip(tasks, views)]
    # Of what stands still nothing is dragged along by the skin beside it.
    under = [view if keep is None else fill_hidden(view, keep) for view, keep in zip(views, kept)]
    faces = [PosedFace(view, task.mesh, task.pose, task.window) for task, view in zip(tasks, under)]
    heads = [task.head for task in tasks if task.head is not None]
    drawn = piece.redraw(faces, [task.mouth for task in tasks], np.stack([task.light for task in tasks]), heads or None)
    for image, view, keep in zip(drawn, views, kept):
        if keep is not None:
            blend(image, view, keep, np.zeros(2, int))
    return frames.with_views(
        {task.number: (task.window, view, image) for task, view, image in zip(tasks, views, drawn)}
    )


class _Scenes:
    """What the mouths of each shot are drawn from, and the light on them; the frames are to come in order."""

    def __init__(self, appearance: Appearance, video: VideoSource | CodedVideo, filler: MouthFiller) -> None:
        self._appearance, self._video, self._filler = appearance, video, filler
        self._ends = np.array([rows.stop for rows in appearance.span_rows()])
        self._span = -1
        self._redraw: MouthRedraw | None = None
        self._light: FloatArray | None = None

    def spans(self, rows: IndexArray) -> IndexArray:
        """(n,) the number of the span that each row belongs to; -1 for none."""
        return np.asarray(np.where(rows < 0, -1, np.searchsorted(self._ends, rows, side="right")))

    def piece(
        self,
        frames: Frames | CodedFrames,
        rows: IndexArray,
        sources: IndexArray,
        mouths: list[NewMouth],
        span: int,
        heads: list[DrawnHead] | None,
    ) -> _Piece:
        """Frames of one span with all that is needed to draw them."""
        tasks = []
        for number, mouth in enumerate(mouths if span >= 0 else []):
            row = int(rows[number])
            mesh = self._mesh(row)
            window = mouth_window(mesh, frames.size)
            if mouth.share == 0 or min(window.size) == 0:
                continue
            if span != self._span:
                self._span, self._redraw, self._light = span, self._prepare(span), None
            assert self._redraw is not None
            light = self._follow_light(self._redraw.measure_light(frames, number, mesh))
            tasks.append(
                _Task(
                    number,
                    window,
                    mesh,
                    self._appearance.pose(row),
                    mouth,
                    light,
                    None if heads is None else heads[number],
                    self._stills_about(int(sources[number])),
                )
            )
        return _Piece(frames, tasks, self._redraw)

    def _mesh(self, row: int) -> FloatArray:
        return np.asarray(self._appearance.track.landmarks[row], np.float64)

    def _stills_about(self, frame: int) -> list[KeptPart]:
        return [part for part in self._appearance.stills if part.may_show(frame, self._video.fps)]

    def _prepare(self, span: int) -> MouthRedraw:
        appearance = self._appearance
        rows = appearance.span_rows()[span]
        shut, opened = appearance.shut_row(rows), appearance.open_row(rows)
        return MouthRedraw(self._read(shut), self._filler, None if opened is None else self._read(opened))

    def _read(self, row: int) -> PosedFace:
        frame = int(np.flatnonzero(self._appearance.rows() == row)[0])
        image = np.array(self._video.frame(frame))
        kept = keep_stills(self._stills_about(frame), image, Window(0, 0, *self._video.size))
        image = image if kept is None else fill_hidden(image, kept)
        return PosedFace(image, self._mesh(row), self._appearance.pose(row))

    def _follow_light(self, light: FloatArray) -> FloatArray:
        share = 1 - np.exp(-1 / (_LIGHT_S * self._appearance.video.fps))
        self._light = light if self._light is None else self._light + share * (light - self._light)
        return self._light
