"""Whether two pictures show the same person: CSIM, the cosine similarity of face embeddings.

Both embedders align faces by the mesh landmarks that are known anyway, without their own landmark models.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from talkinghead.errors import InputError
from talkinghead.face.pose import fit_similarity
from talkinghead.types import NUM_MESH, FloatArray, ImageArray

# Positions, in px of its input, at which a network expects five points.
_DLIB_SIZE, _ARCFACE_SIZE = 150, 112
# Outer and inner corner of the eye on the right, of the eye on the left, base of the nose; 0.25 is dlib's padding.
_DLIB_POINTS = [(263,), (362,), (33,), (133,), (2,)]
_DLIB_PLACES = (
    np.array([(0.85957, 0.21350), (0.64606, 0.22897), (0.12058, 0.21373), (0.33409, 0.22906), (0.49011, 0.62780)])
    + 0.25
) * (_DLIB_SIZE / 1.5)
# Middles of the eyes, by their corners so that glances do not count, tip of the nose, corners of the mouth.
_ARCFACE_POINTS = [(33, 133), (362, 263), (4,), (61,), (291,)]
_ARCFACE_PLACES = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]
)


class FaceEmbedder(Protocol):
    """A face recognition network."""

    name: str

    def __call__(self, images: ImageArray, landmarks: FloatArray) -> FloatArray:
        """(n, d) embeddings of length 1 for images (n, H, W, 3) RGB with mesh landmarks (n, 478, 3) px."""
        ...


def cosine_similarity(a: FloatArray, b: FloatArray) -> FloatArray:
    """(n,) CSIM: the cosine between embeddings (n, d) and (n, d), row by row, in [-1, 1].

    Raises:
        ValueError: the two differ in shape, or one has no length.

    Source: Chen et al. 2020, section 4 (evaluation metrics), after Zakharov et al. 2019.
    """
    if a.shape != b.shape or a.ndim != 2:
        raise ValueError(f"need two of one shape (n, d), got {a.shape} and {b.shape}")
    return np.asarray((_unit(a) * _unit(b)).sum(axis=1))


class DlibEmbedder:
    """dlib's residual network, 128 numbers (extra ``identity``).

    Its cosines lie close to 1. Measured on 60 clips of 23 speakers, 4 frames each: two clips of one person 0.965 to
    0.998 (median 0.990), two people 0.738 to 0.937 (median 0.848).

    Raises:
        InputError: dlib or the package of its model is not installed.

    Source: King 2017, ``dlib_face_recognition_resnet_model_v1``; the places of the five points are dlib's.
    """

    def __init__(self) -> None:
        path = _dlib_model()
        try:
            dlib = importlib.import_module("dlib")
        except ImportError:
            path = None
        if path is None:
            raise InputError("identity by dlib needs two packages: pip install 'talkinghead[identity]'.")
        self.name = "dlib ResNet v1"
        self._network = dlib.face_recognition_model_v1(str(path))

    def __call__(self, images: ImageArray, landmarks: FloatArray) -> FloatArray:
        """(n, 128) embeddings of length 1; arguments as in ``FaceEmbedder``."""
        chips = align_faces(images, landmarks, _DLIB_POINTS, _DLIB_PLACES, size=_DLIB_SIZE)
        rows = [np.array(self._network.compute_face_descriptor(chip)) for chip in chips]
        return _unit(np.array(rows).reshape(len(chips), 128))


class ArcFaceEmbedder:
    """A recognition model of InsightFace, such as ``w600k_r50.onnx``, by onnxruntime.

    The licence of the weights allows research only, so users must get them themselves.

    Args:
        path: the ONNX file; its input is (n, 3, 112, 112) RGB, (x - 127.5) / 127.5.

    Raises:
        InputError: onnxruntime is not installed, or the file is missing or not such a model.

    Source: Deng et al. 2019; the places of the five points are InsightFace's.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise InputError(f"{path}: no such model; give the path of InsightFace's w600k_r50.onnx.")
        self.name = f"ArcFace ({path.name})"
        self._session = _onnx_session(path)
        self._input = self._session.get_inputs()[0].name
        shape = self._session.get_inputs()[0].shape
        if len(shape) != 4 or list(shape[1:]) != [3, _ARCFACE_SIZE, _ARCFACE_SIZE]:
            raise InputError(f"{path} takes {shape}, not faces (n, 3, 112, 112): give InsightFace's w600k_r50.onnx.")

    def __call__(self, images: ImageArray, landmarks: FloatArray) -> FloatArray:
        """(n, d) embeddings of length 1; arguments as in ``FaceEmbedder``."""
        faces = align_faces(images, landmarks, _ARCFACE_POINTS, _ARCFACE_PLACES, size=_ARCFACE_SIZE)
        batch = (faces.transpose(0, 3, 1, 2).astype(np.float32) - 127.5) / 127.5
        # One at a time: some of the models in use were exported for a single face.
        rows = [self._session.run(None, {self._input: face[None]})[0][0] for face in batch]
        return _unit(np.array(rows)) if rows else np.zeros((0, 512), np.float32)


def best_embedder() -> FaceEmbedder:
    """ArcFace if InsightFace's model (``~/.insightface/models``) and onnxruntime are installed, else dlib.

    Raises:
        InputError: neither is installed.
    """
    models = sorted(Path.home().glob(".insightface/models/*/w600k_r50.onnx"))
    if models and importlib.util.find_spec("onnxruntime") is not None:
        return ArcFaceEmbedder(models[0])
    return DlibEmbedder()


def align_faces(
    images: ImageArray, landmarks: FloatArray, points: Sequence[Sequence[int]], places: FloatArray, *, size: int
) -> ImageArray:
    """(n, size, size, 3) uint8 faces turned, scaled and shifted so that five points lie near their places.

    Args:
        images: (n, H, W, 3) uint8.
        landmarks: (n, 478, 2 or 3) px.
        points: for each place, the mesh points whose mean belongs there.
        places: (len(points), 2) px.
        size: side of the result in px.

    Raises:
        ValueError: shapes that do not go together.
    """
    if images.ndim != 4 or images.shape[-1] != 3 or landmarks.shape[:2] != (len(images), NUM_MESH):
        raise ValueError(f"need images (n, H, W, 3) and landmarks (n, 478, 3), got {images.shape}, {landmarks.shape}")
    found = np.stack([landmarks[:, list(point), :2].mean(axis=1) for point in points], axis=1)
    faces = [_align(image, five, places, size) for image, five in zip(images, found)]
    return np.array(faces, np.uint8).reshape(len(images), size, size, 3)


def _align(image: ImageArray, points: FloatArray, places: FloatArray, size: int) -> ImageArray:
    matrix, shift, scale = fit_similarity(np.pad(points, ((0, 0), (0, 1))), np.pad(places, ((0, 0), (0, 1)))[None])
    shrink = max(1, int(1 / scale[0]))
    if shrink > 1:  # bilinear sampling alone would skip pixels of large faces
        image = cv2.resize(image, (image.shape[1] // shrink, image.shape[0] // shrink), interpolation=cv2.INTER_AREA)
    affine = np.hstack([scale[0] * shrink * matrix[0, :2, :2], shift[0, :2, None]])
    return np.asarray(cv2.warpAffine(image, affine, (size, size), flags=cv2.INTER_LINEAR))


def _unit(rows: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    if not (lengths > 0).all():
        raise ValueError("an embedding has no length")
    return np.asarray(rows / lengths)


def _dlib_model() -> Path | None:
    """The file in ``face_recognition_models``, found without importing it: that needs an old setuptools."""
    spec = importlib.util.find_spec("face_recognition_models")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "models" / "dlib_face_recognition_resnet_model_v1.dat"
        if path.is_file():
            return path
    return None


def _onnx_session(path: Path) -> Any:
    try:
        onnxruntime = importlib.import_module("onnxruntime")
    except ImportError:
        raise InputError("identity by ArcFace needs a package: pip install onnxruntime.") from None
    try:
        return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    except Exception as error:  # its classes are not public
        raise InputError(f"{path} cannot be read as an ONNX model ({error}): get InsightFace's file again.") from None
