"""Quality as viewers would rate it, by VMAF: both videos are rewritten without loss on the common clock."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.video.stream import VideoStream

from talkinghead.errors import InputError
from talkinghead.evaluation.clock import Pair
from talkinghead.evaluation.measures import Scores
from talkinghead.evaluation.pictures import FrameBatch
from talkinghead.metrics.vmaf import vmaf
from talkinghead.types import ImageArray


class Viewing:
    """VMAF of two videos that may differ in size, length and rate.

    VMAF compares files, picture by picture. The last column or row of an odd side is left out.
    """

    def __init__(self, pair: Pair) -> None:
        self._folder = tempfile.TemporaryDirectory()
        width, height = pair.output.size
        size = (width - width % 2, height - height % 2)
        self._files = [_Lossless(Path(self._folder.name) / name, size) for name in ("output.mkv", "reference.mkv")]

    def add(self, batch: FrameBatch) -> None:
        """Look at the next frames."""
        assert batch.reference is not None
        for file, images in zip(self._files, (batch.images, batch.reference)):
            file.add(images)

    def finish(self, scores: Scores) -> None:
        """Enter what was found."""
        with self._folder:
            for file in self._files:
                file.close()
            try:
                scores.values["vmaf"] = vmaf(*(file.path for file in self._files))
            except InputError as error:
                scores.missing["vmaf"] = str(error)


class _Lossless:
    """A lossless video file, except that the resolution of its colours is halved."""

    def __init__(self, path: Path, size: tuple[int, int]) -> None:
        self.path = path
        self._size = size
        self._container: OutputContainer = av.open(str(path), "w")
        # The rate does not matter: VMAF pairs pictures by number.
        self._stream: VideoStream = self._container.add_stream("libx264", rate=Fraction(25))
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = {"qp": "0", "preset": "ultrafast"}

    def add(self, images: ImageArray) -> None:
        """Write (n, H, W, 3) pictures."""
        width, height = self._size
        for image in images[:, :height, :width]:
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finish the file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
