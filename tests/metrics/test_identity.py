"""CSIM: cosines in closed form, alignment, and the two embedders where they are installed."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from talkinghead.errors import InputError
from talkinghead.metrics.identity import (
    ArcFaceEmbedder,
    DlibEmbedder,
    align_faces,
    best_embedder,
    cosine_similarity,
)
from talkinghead.types import FloatArray, ImageArray, Portrait

PLACES = np.array([(20.0, 20.0), (44.0, 20.0), (32.0, 46.0)])
POINTS = [(33,), (263,), (0, 17)]


def turned(image: ImageArray, landmarks: FloatArray, degrees: float, scale: float) -> tuple[ImageArray, FloatArray]:
    """A picture and its landmarks (478, 3), turned and scaled about their middle."""
    middle = landmarks[:, :2].mean(axis=0)
    matrix = cv2.getRotationMatrix2D(tuple(middle), degrees, scale)
    moved = landmarks.copy()
    moved[:, :2] = landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    return cv2.warpAffine(image, matrix, image.shape[1::-1], borderMode=cv2.BORDER_REFLECT), moved


def test_cosines() -> None:
    a = np.array([[3.0, 4.0], [1.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    b = np.array([[6.0, 8.0], [0.0, 5.0], [-2.0, 0.0], [1.0, 0.0]])
    assert cosine_similarity(a, b) == pytest.approx([1.0, 0.0, -1.0, np.sqrt(0.5)])
    assert cosine_similarity(b, a) == pytest.approx(cosine_similarity(a, b))
    assert cosine_similarity(7 * a, b) == pytest.approx(cosine_similarity(a, b))


def test_cosines_of_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="of one shape"):
        cosine_similarity(np.ones((2, 3)), np.ones((3, 3)))
    with pytest.raises(ValueError, match="of one shape"):
        cosine_similarity(np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match="no length"):
        cosine_similarity(np.zeros((1, 3)), np.ones((1, 3)))


def test_points_come_to_their_places() -> None:
    middle, size = np.array([100.0, 90.0]), 240
    landmarks = np.zeros((1, 478, 3))
    image = np.zeros((1, size, size, 3), np.uint8)
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])  # a quarter turn and twice the size
    for point, place in zip(((33,), (263,), (0, 17)), PLACES):
        landmarks[0, list(point), :2] = middle + 2 * turn @ (place - 32)
        x, y = (middle + 2 * turn @ (place - 32)).astype(int)
        cv2.circle(image[0], (int(x), int(y)), 4, (255, 255, 255), -1)
    face = align_faces(image, landmarks, POINTS, PLACES, size=64)[0, ..., 0]
    _, _, _, centres = cv2.connectedComponentsWithStats((face > 100).astype(np.uint8))
    assert np.sort(centres[1:], axis=0) == pytest.approx(np.sort(PLACES, axis=0), abs=1.0)


def test_the_same_face_turned_and_scaled_is_aligned_alike(smiling: Portrait) -> None:
    image, landmarks = smiling.frames.images[0], smiling.track.landmarks[0]
    straight = align_faces(image[None], landmarks[None], POINTS, PLACES, size=64)[0].astype(float)
    for degrees, scale in ((25.0, 1.0), (-15.0, 0.8), (0.0, 1.4)):
        other, moved = turned(image, landmarks, degrees, scale)
        face = align_faces(other[None], moved[None], POINTS, PLACES, size=64)[0]
        assert np.abs(face - straight).mean() < 6


def test_a_large_face_is_shrunk_without_skipping_pixels() -> None:
    checks = (np.indices((600, 600)).sum(axis=0) % 2 * 255).astype(np.uint8)
    image = np.repeat(checks[None, ..., None], 3, axis=3)
    landmarks = np.zeros((1, 478, 3))
    for point, place in zip(POINTS, PLACES):
        landmarks[0, list(point), :2] = 8 * place
    face = align_faces(image, landmarks, POINTS, PLACES, size=64)[0]
    assert np.abs(face[4:60, 4:60].astype(int) - 127).max() < 3


def test_alignment_of_other_shapes_is_refused() -> None:
    with pytest.raises(ValueError, match="need images"):
        align_faces(np.zeros((2, 8, 8, 3), np.uint8), np.zeros((1, 478, 3)), POINTS, PLACES, size=64)


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(InputError, match="pip install 'talkinghead"):
        best_embedder()
    with pytest.raises(InputError, match=r"none\.onnx: no such model"):
        ArcFaceEmbedder(tmp_path / "none.onnx")
    model = tmp_path / "model.onnx"
    model.write_bytes(b"not a model")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(InputError, match="pip install onnxruntime"):
        ArcFaceEmbedder(model)


@pytest.fixture(scope="module")
def dlib_embedder() -> DlibEmbedder:
    """dlib's network; a test that asks for it is skipped where it is not installed."""
    pytest.importorskip("dlib", reason="needs the extra identity")
    return DlibEmbedder()


def test_dlib_knows_a_face_again(dlib_embedder: DlibEmbedder, smiling: Portrait, calm: Portrait) -> None:
    image, landmarks = smiling.frames.images[0], smiling.track.landmarks[0]
    other, moved = turned(image, landmarks, 15.0, 0.8)
    embeddings = dlib_embedder(np.stack([image, other]), np.stack([landmarks, moved]))
    assert embeddings.shape == (2, 128)
    assert np.linalg.norm(embeddings, axis=1) == pytest.approx([1, 1])
    other = dlib_embedder(calm.frames.images, calm.track.landmarks)
    same = cosine_similarity(embeddings[:1], embeddings[1:])[0]
    assert same > 0.97
    assert cosine_similarity(embeddings[:1], other)[0] < 0.94
    assert dlib_embedder(np.zeros((0, 64, 64, 3), np.uint8), np.zeros((0, 478, 3))).shape == (0, 128)


@pytest.mark.corpus
def test_dlib_tells_speakers_apart(dlib_embedder: DlibEmbedder, corpus: Path) -> None:
    from talkinghead.media.video import VideoReader
    from talkinghead.tracking import track_faces

    def of(path: Path) -> FloatArray:
        frames = next(VideoReader(path).chunks(2))
        return dlib_embedder(frames.images[:1], track_faces([frames]).landmarks[:1])

    names = [*sorted((corpus / "grid_s1" / "video").glob("*.mp4"))[:2]]
    names += [corpus / "clips" / "rizkiarm-LipNet__grid_s2_swwp2s.mp4", corpus / "clips" / "V-Express__AOC.mp4"]
    one, again, *others = (of(path) for path in names)
    assert cosine_similarity(one, again)[0] > 0.96
    assert max(cosine_similarity(one, other)[0] for other in others) < 0.94


def write_onnx(path: Path, *, size: int = 112) -> Path:
    """A model with the interface of InsightFace's: the mean of each colour over each half of the picture."""
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node(
            "AveragePool", ["input.1"], ["pooled"], kernel_shape=[size, size // 2], strides=[1, size // 2]
        ),
        helper.make_node("Flatten", ["pooled"], ["683"]),
    ]
    given = helper.make_tensor_value_info("input.1", kind, ["None", 3, size, size])
    made = helper.make_tensor_value_info("683", kind, ["None", 6])
    graph = helper.make_graph(nodes, "faces", [given], [made])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
    onnx.save(model, str(path))
    return path


def test_arcface_gets_rgb_in_its_range(tmp_path: Path, smiling: Portrait) -> None:
    pytest.importorskip("onnxruntime")
    embedder = ArcFaceEmbedder(write_onnx(tmp_path / "model.onnx"))
    assert embedder.name == "ArcFace (model.onnx)"
    colours = np.empty((2, 512, 512, 3), np.uint8)
    colours[:] = (255, 127, 0)
    landmarks = np.repeat(smiling.track.landmarks, 2, axis=0)
    rows = embedder(colours, landmarks)
    expected = np.repeat([1.0, (127 - 127.5) / 127.5, -1.0], 2)
    assert rows == pytest.approx(np.tile(expected / np.linalg.norm(expected), (2, 1)), abs=1e-4)


def test_arcface_refuses_what_it_cannot_use(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    with pytest.raises(InputError, match="not faces"):
        ArcFaceEmbedder(write_onnx(tmp_path / "other.onnx", size=64))
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    with pytest.raises(InputError, match="cannot be read as an ONNX model"):
        ArcFaceEmbedder(broken)


def test_arcface_comes_first_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    folder = tmp_path / ".insightface" / "models" / "buffalo_l"
    folder.mkdir(parents=True)
    write_onnx(folder / "w600k_r50.onnx")
    assert best_embedder().name == "ArcFace (w600k_r50.onnx)"
