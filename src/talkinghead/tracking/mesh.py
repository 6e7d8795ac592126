"""The face mesh of MediaPipe, quiet and in pixels. The only file that imports mediapipe."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from talkinghead.types import NUM_MESH, FloatArray, ImageArray

# A graph opens its models in threads of its own after the constructor has returned, and logs while it does: one picture
# sent through it keeps that inside the silence.
_BLANK = np.zeros((64, 64, 3), np.uint8)


@contextlib.contextmanager
def _silence_stderr() -> Iterator[None]:
    """Drop what is written to file descriptor 2.

    MediaPipe's C++ threads log to it directly whatever the log level asked for, so Python's redirection does not reach
    them.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)


def _solutions() -> Any:
    with _silence_stderr():
        from mediapipe.python import solutions
    return solutions


class FaceMesh:
    """478 landmarks per face, with irises.

    Args:
        video: follow a face from picture to picture (fast); otherwise each picture stands for itself.
        max_faces: most faces to find in a picture.
        confidence: least detection confidence in [0, 1].
    """

    def __init__(self, *, video: bool = False, max_faces: int = 1, confidence: float = 0.5) -> None:
        with _silence_stderr():
            self._graph = _solutions().face_mesh.FaceMesh(
                static_image_mode=not video,
                max_num_faces=max_faces,
                refine_landmarks=True,
                min_detection_confidence=confidence,
                min_tracking_confidence=0.5,
            )
            self._graph.process(_BLANK)
        self._met_a_face = False

    def __call__(self, image: ImageArray) -> FloatArray:
        """Landmarks (faces, 478, 3) in px of ``image`` (H, W, 3), maybe none; z is relative depth in the same unit."""
        with contextlib.nullcontext() if self._met_a_face else _silence_stderr():
            result = self._graph.process(np.ascontiguousarray(image))
        faces = result.multi_face_landmarks or []
        if not faces:
            return np.zeros((0, NUM_MESH, 3))
        self._met_a_face = True
        points = np.array([[(p.x, p.y, p.z) for p in face.landmark] for face in faces])
        height, width = image.shape[:2]
        return np.asarray(points * (float(width), float(height), float(width)))

    def close(self) -> None:
        """Free the graph."""
        self._graph.close()

    def __enter__(self) -> FaceMesh:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class FaceDetector:
    """Boxes of faces, also small ones (MediaPipe's full-range detector).

    Args:
        confidence: least detection confidence in [0, 1].
    """

    def __init__(self, *, confidence: float = 0.4) -> None:
        with _silence_stderr():
            self._graph = _solutions().face_detection.FaceDetection(
                model_selection=1, min_detection_confidence=confidence
            )
            self._graph.process(_BLANK)

    def __call__(self, image: ImageArray) -> FloatArray:
        """Boxes (faces, 4) in px as left, top, right, bottom, the surest first."""
        boxes = [d.location_data.relative_bounding_box for d in self._detections(image)]
        if not boxes:
            return np.zeros((0, 4))
        height, width = image.shape[:2]
        edges = np.array([(b.xmin, b.ymin, b.xmin + b.width, b.ymin + b.height) for b in boxes])
        return np.asarray(edges * (float(width), float(height), float(width), float(height)))

    def surest(self, image: ImageArray) -> float:
        """How sure it is of its surest face in ``image`` (H, W, 3), in [0, 1]; 0 where it sees none."""
        return max((float(d.score[0]) for d in self._detections(image)), default=0.0)

    def _detections(self, image: ImageArray) -> list[Any]:
        return self._graph.process(np.ascontiguousarray(image)).detections or []

    def close(self) -> None:
        """Free the graph."""
        self._graph.close()

    def __enter__(self) -> FaceDetector:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class PersonSegmenter:
    """Person against background (MediaPipe's selfie segmentation)."""

    def __init__(self) -> None:
        with _silence_stderr():
            self._graph = _solutions().selfie_segmentation.SelfieSegmentation(model_selection=0)
            self._graph.process(_BLANK)

    def __call__(self, image: ImageArray) -> FloatArray:
        """(H, W) float32 in [0, 1] for an image (H, W, 3)."""
        return np.asarray(self._graph.process(np.ascontiguousarray(image)).segmentation_mask, np.float32)

    def close(self) -> None:
        """Free the graph."""
        self._graph.close()

    def __enter__(self) -> PersonSegmenter:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
