"""The network that tells a face's mesh from its picture, and what it learns from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from talkinghead.face.model import load_face_model
from talkinghead.methods.rhythmic_head.config import CONFIGS
from talkinghead.methods.rhythmic_head.train_unprojection import FaceBatches, Faces, mean_faces, score_meshes
from talkinghead.methods.rhythmic_head.unprojection import (
    SURFACE,
    UnprojectionNetwork,
    mesh_distances,
    rotation_of_axes,
    unprojection_example,
)
from talkinghead.rendering.levels import as_colours

TINY = CONFIGS["tiny"]
FACE = load_face_model().mean[:SURFACE]


def faces(count: int = 4) -> Faces:
    """Synthetic faces of two people, each a dot in the picture where the nose's tip is."""
    meshes = np.stack([FACE * 50 + (96 + 3 * number, 100, 0) for number in range(count)]).astype(np.float32)
    pictures = np.zeros((count, 192, 192, 3), np.uint8)
    for picture, (x, y, _) in zip(pictures, meshes[:, 4], strict=True):
        picture[round(float(y)) - 4 : round(float(y)) + 5, round(float(x)) - 4 : round(float(x)) + 5] = 255
    return Faces(pictures, meshes, np.array(["a", "a", "a", "b"][:count], np.str_))


def test_axes_make_rotations() -> None:
    matrices = rotation_of_axes(torch.randn(5, 6))
    torch.testing.assert_close(matrices @ matrices.mT, torch.eye(3).expand(5, 3, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(torch.linalg.det(matrices), torch.ones(5))


def test_at_first_it_tells_about_the_mean_face() -> None:
    torch.manual_seed(0)
    network = UnprojectionNetwork(TINY.unprojection)
    mesh = network(as_colours(unprojection_example(TINY, 0)["picture"])).mesh[0].detach()
    assert mesh.shape == (SURFACE, 3)
    assert (mesh[263, 0] - mesh[33, 0]).abs() > 0.3
    assert mesh[152, 1] > mesh[10, 1]  # the chin lies below the forehead


def test_distances_are_in_eye_distances() -> None:
    mesh = torch.from_numpy(np.stack([FACE, 3 * FACE])).float()
    eyes = float(np.linalg.norm(FACE[263] - FACE[33]))
    torch.testing.assert_close(
        mesh_distances(mesh + torch.tensor([0.1, 0, 0]), mesh)[0].mean(), torch.tensor(0.1 / eyes)
    )
    assert mesh_distances(mesh, mesh).max() == 0


def test_meshes_move_with_their_pictures_also_in_a_mirror() -> None:
    batches = FaceBatches(faces(), size=64, batch=8)
    batch = batches(3)
    torch.testing.assert_close(batch["mesh"], batches(3)["mesh"])
    checked = 0
    for picture, mesh in zip(batch["picture"].numpy(), batch["mesh"].numpy(), strict=True):
        x, y = (mesh[4, :2] * 32 + 31.5).round().astype(int)
        around = picture[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2].astype(int)
        checked += bool(around.mean() > picture.mean() + 20)
        assert mesh[33, 0] < mesh[263, 0]  # the left eye stays on the left
    assert checked >= 6  # a patch may hide one


def test_scores_of_exact_meshes_are_zero() -> None:
    batches = FaceBatches(faces(), size=64, batch=1)
    plain = batches.plain([0, 1, 2, 3])
    scores = mean_faces(plain, plain["mesh"][0])
    assert scores["the mean face in the right pose"] < 0.1
    assert scores["the mean mesh of training"] > 1
    torch.manual_seed(0)
    network = UnprojectionNetwork(replace(TINY.unprojection, size=64)).eval()
    assert score_meshes(network, {"all": plain})["all mesh_%"] > 1
