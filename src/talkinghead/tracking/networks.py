"""The tracker's four networks: pictures of their size in, what they read out; without state, for any number of threads.

Source: BlazeFace (Bazarevsky et al. 2019), Attention Mesh (Grishchenko et al. 2020) and the model cards that Google
publishes with MediaPipe, whose weights these are (``data/tracker_models.py`` reads them).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from talkinghead.cancellation import await_result
from talkinghead.precision import choose_device
from talkinghead.threads import take_one_thread
from talkinghead.tracking.layers import LayerGraph, LayerGraphConfig, Place
from talkinghead.types import NUM_MESH, FloatArray, ImageArray, IndexArray
from talkinghead.weights import SUFFIX, load_network

Cut = Callable[[slice], ImageArray]
"""Rows -> pictures as a network takes them."""

_WEIGHTS = Path(__file__).parent / "weights"
NETWORKS = ("face_detector_near", "face_detector_far", "face_mesh", "person")
"""Names of their weights."""

_PIECE = 16  # pictures that a thread takes at once
_GPU_PIECE = 64
_MOST_THREADS = 4
_KEPT_BYTES = 30 * 2**20
_NUM_IRIS = 5
_RIM = 16  # points of an eye's part that lie on its rim: they come first


def weights_of(name: str) -> Path:
    """The file with the weights of one of ``NETWORKS``."""
    return _WEIGHTS / f"{name}{SUFFIX}"


@cache
def load(name: str) -> LayerGraph:
    """One of ``NETWORKS``, read once."""
    # Memory that is given back to the system and taken again with every layer costs more time than the layers: once a
    # block of this size was freed, the C library keeps what is smaller.
    torch.empty(_KEPT_BYTES, dtype=torch.uint8).fill_(0)
    network = load_network(LayerGraph, LayerGraphConfig, weights_of(name))
    return network.eval().requires_grad_(False).to(choose_device())


@cache
def _coarse_mesh() -> LayerGraph:
    """The face mesh without the second look at lips, eyes and irises."""
    network = load("face_mesh")
    outputs = network.config.outputs
    return network.part((outputs[0], outputs[-1])).eval().requires_grad_(False)


def side_of(name: str) -> int:
    """Height and width of the pictures that a network takes."""
    return load(name).config.size


def read_detections(name: str, count: int, cut: Cut) -> tuple[FloatArray, FloatArray]:
    """What a detector sees.

    Args:
        name: the detector's.
        count: N.
        cut: rows -> the pictures (rows, side, side, 3) uint8 with these numbers; called in several threads at once.

    Returns:
        boxes (N, A, 16), for each of A anchors centre, width and height, and six points, in px from the anchor;
        scores (N, A) in [0, 1].
    """
    boxes, scores = run_network(load(name), count, cut, low=-1.0)
    return boxes, _sigmoid(scores[..., 0])


@cache
def _mesh_with_features(layer: str) -> LayerGraph:
    """The face mesh that also gives what one of its layers makes."""
    network = load("face_mesh")
    return network.part((*network.config.outputs, layer)).eval().requires_grad_(False)


def read_meshes(count: int, cut: Cut, *, refine: bool = True) -> tuple[FloatArray, FloatArray]:
    """The landmarks of faces that fill two thirds of their pictures.

    Args:
        count: N.
        cut: rows -> the pictures (rows, 192, 192, 3) uint8 with these numbers; called in several threads at once.
        refine: look again at lips and eyes, and at the irises; without, it takes half as long.

    Returns:
        landmarks (N, 478, 3) px of the pictures, or (N, 468, 3) without irises, z being relative depth;
        presence (N,), how surely there is a face.
    """
    if not refine:
        face, flag = run_network(_coarse_mesh(), count, cut)
        return face.reshape(count, -1, 3), _sigmoid(flag.reshape(count))
    return _join_parts(run_network(load("face_mesh"), count, cut))


def read_meshes_and_features(count: int, cut: Cut, layer: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The same as ``read_meshes`` with ``refine``, and the features (N, F) that a layer of the face mesh makes."""
    *made, features = run_network(_mesh_with_features(layer), count, cut)
    return *_join_parts(made), features.reshape(count, -1)


def _join_parts(made: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Landmarks (N, 478, 3) and presence (N,) of the outputs of the whole face mesh."""
    face, lips, left_eye, right_eye, left_iris, right_iris, flag = made
    count = len(flag)
    landmarks = np.empty((count, NUM_MESH, 3))
    coarse = face.reshape(count, -1, 3)
    number = coarse.shape[1]
    landmarks[:, :number] = coarse
    for points, part in zip(_parts(), (lips, left_eye, right_eye)):
        landmarks[:, points, :2] = part
    for points, iris in zip(_parts()[1:], (left_iris, right_iris)):
        landmarks[:, number : number + _NUM_IRIS, :2] = iris
        landmarks[:, number : number + _NUM_IRIS, 2] = coarse[:, points[:_RIM], 2].mean(axis=1, keepdims=True)
        number += _NUM_IRIS
    return landmarks, _sigmoid(flag.reshape(count))


def read_people(count: int, cut: Cut) -> FloatArray:
    """(N, 256, 256) float32 in [0, 1], how surely each pixel belongs to a person.

    Args:
        count: N.
        cut: rows -> the pictures (rows, 256, 256, 3) uint8 with these numbers; called in several threads at once.
    """
    return np.asarray(run_network(load("person"), count, cut)[0][:, 0], np.float32)


def _sigmoid(values: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + np.exp(-values.clip(-100, 100))))


@cache
def _parts() -> list[IndexArray]:
    """The points of the mesh that are read once more, of the lips and of each eye."""
    return [layer.points.cpu().numpy() for layer in load("face_mesh").layers.values() if isinstance(layer, Place)]


def run_network(network: LayerGraph, count: int, cut: Cut, low: float = 0.0) -> list[FloatArray]:
    """The outputs of a network for so many pictures, which it sees as values from ``low`` to 1."""

    device = next(chain(network.parameters(), network.buffers())).device

    def outputs(rows: slice) -> list[Tensor]:
        with torch.inference_mode():
            images = torch.from_numpy(cut(rows)).to(device).permute(0, 3, 1, 2).float()
            made: list[Tensor] = network(images.mul_((1 - low) / 255).add_(low))
            return [part.cpu() for part in made]

    workers, pieces = divide_work(count, device)
    if workers == 1:
        results = [outputs(piece) for piece in pieces]
    else:
        results = [await_result(future) for future in [_helpers(workers).submit(outputs, piece) for piece in pieces]]
    return [torch.cat(parts).double().numpy() for parts in zip(*results)]


def divide_work(count: int, device: torch.device) -> tuple[int, list[slice]]:
    """How many threads take pieces of so many pictures, and the pieces; a GPU is fed by one thread."""
    workers = min(torch.get_num_threads(), _MOST_THREADS) if device.type == "cpu" else 1
    size = min(_PIECE, -(-count // workers)) if device.type == "cpu" else _GPU_PIECE
    return workers, [slice(start, min(start + size, count)) for start in range(0, count, size)]


@cache
def _helpers(workers: int) -> ThreadPoolExecutor:
    """Threads that each take a piece: threads that share layers as small as these mostly wait for each other."""
    return ThreadPoolExecutor(workers, "tracker", initializer=take_one_thread)
