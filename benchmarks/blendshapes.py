"""The scores of an independent network for the shapes of a face: MediaPipe's FaceLandmarker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from talkinghead.errors import InputError
from talkinghead.types import ImageArray


def open_landmarker(model: Path) -> Any:
    """The network of a file ``face_landmarker.task``; it alone needs mediapipe 0.10.21, in an environment of its own.

    Raises:
        InputError: mediapipe is not installed.
    """
    try:
        from mediapipe.tasks.python import BaseOptions, vision
    except ImportError:
        raise InputError("shapes are scored by mediapipe: pip install mediapipe==0.10.21 in an environment.") from None
    options = vision.FaceLandmarkerOptions(BaseOptions(model_asset_path=str(model)), output_face_blendshapes=True)
    return vision.FaceLandmarker.create_from_options(options)


def score_shapes(landmarker: Any, image: ImageArray) -> dict[str, float]:
    """The scores in [0, 1] by the names of the shapes, of a picture (H, W, 3); empty if no face is found."""
    import mediapipe

    found = landmarker.detect(mediapipe.Image(mediapipe.ImageFormat.SRGB, np.ascontiguousarray(image)))
    return {each.category_name: each.score for each in found.face_blendshapes[0]} if found.face_blendshapes else {}
