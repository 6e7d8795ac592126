"""Frames into an animated GIF with the best 256 colours of the whole clip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.container import OutputContainer
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from talkinghead.media.provenance import add_gif_comment
from talkinghead.types import ImageArray


class GifEncoder:
    """Writes an animated GIF in constant memory.

    The palette is known only after the last frame; until then the frames wait in a lossless file beside the output.
    """

    def __init__(self, path: Path, *, size: tuple[int, int], fps: Fraction, tags: Mapping[str, str]) -> None:
        """Open the waiting file.

        Args:
            path: where to write; replaced if it exists.
            size: (width, height) in px.
            fps: frames per second.
            tags: only ``comment`` is written, because GIF has no place for others.
        """
        self._path, self._waiting_path = path, path.with_name(path.name + ".waiting")
        self._size, self._fps, self._comment = size, fps, tags["comment"]
        self._count = 0
        self._colours = Graph()
        self._colours.link_nodes(
            self._source(self._colours, size, "rgb24"), self._colours.add("palettegen"), self._colours.add("buffersink")
        ).configure()
        self._waiting = av.open(str(self._waiting_path.absolute()), "w", format="matroska")
        self._open: list[OutputContainer] = [self._waiting]
        lossless = {"qp": "0", "preset": "ultrafast"}
        self._video = self._stream(self._waiting, "libx264rgb", "rgb24", lossless)

    def add(self, image: ImageArray) -> None:
        """Keep one (H, W, 3) uint8 frame, and count its colours."""
        frame = self._stamp(VideoFrame.from_ndarray(image, format="rgb24"), self._count)
        self._colours.vpush(frame)
        self._waiting.mux(self._video.encode(frame))
        self._count += 1

    def finish(self) -> None:
        """Find the palette, and write the frames in it."""
        self._waiting.mux(self._video.encode(None))
        self._waiting.close()
        self._colours.vpush(None)
        palette = self._colours.vpull()
        with av.open(str(self._path.absolute()), "w", format="gif") as output:
            self._open.append(output)
            stream = self._stream(output, "gif", "pal8", {})
            for index, frame in enumerate(self._in_palette(palette)):
                output.mux(stream.encode(self._stamp(frame, index)))
            output.mux(stream.encode(None))
        add_gif_comment(self._path, self._comment)
        self._waiting_path.unlink()

    def abort(self) -> None:
        """Close the file and delete it."""
        for container in self._open:
            with suppress(av.FFmpegError):
                container.close()
        self._path.unlink(missing_ok=True)
        self._waiting_path.unlink(missing_ok=True)

    def _in_palette(self, palette: VideoFrame) -> Iterator[VideoFrame]:
        graph = Graph()
        frames, colours = self._source(graph, self._size, "rgb24"), self._source(graph, (16, 16), palette.format.name)
        # Only the changed part of each frame is dithered anew, so that a still background does not flicker.
        apply, sink = graph.add("paletteuse", "diff_mode=rectangle"), graph.add("buffersink")
        frames.link_to(apply, 0, 0)
        colours.link_to(apply, 0, 1)
        apply.link_to(sink)
        graph.configure()
        colours.push(self._stamp(palette, 0))
        colours.push(None)
        with av.open(str(self._waiting_path.absolute())) as waiting:
            for index, frame in enumerate(waiting.decode(video=0)):
                frames.push(self._stamp(frame.reformat(format="rgb24"), index))
                yield from _pull_frames(sink)
        frames.push(None)
        yield from _pull_frames(sink)

    def _source(self, graph: Graph, size: tuple[int, int], pixels: str) -> FilterContext:
        width, height = size
        kind = VideoFormat(pixels, width, height)
        return graph.add_buffer(width=width, height=height, format=kind, time_base=1 / self._fps)

    def _stream(self, container: OutputContainer, codec: str, pixels: str, options: dict[str, str]) -> VideoStream:
        stream = container.add_stream(codec, rate=self._fps, options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = self._size
        stream.pix_fmt = pixels
        stream.codec_context.time_base = 1 / self._fps
        return stream

    def _stamp(self, frame: VideoFrame, index: int) -> VideoFrame:
        frame.pts, frame.time_base = index, 1 / self._fps
        return frame


def _pull_frames(sink: FilterContext) -> Iterator[VideoFrame]:
    """The frames that a filter has ready."""
    while True:
        try:
            yield cast(VideoFrame, sink.pull())
        except (av.error.BlockingIOError, av.error.EOFError):
            return
