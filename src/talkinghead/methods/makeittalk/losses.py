"""Losses of the content branch, and the terms that branches share."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.face.landmarks import FACIAL_PARTS, INNER_LIPS, JAW, LIPS
from talkinghead.face.rest import LOWER_INNER, UPPER_INNER
from talkinghead.methods.makeittalk.config import MakeItTalkConfig
from talkinghead.types import NUM_LANDMARKS

MEETING = 0.003
"""Eye distances between inner lips that meet. On p b m the smoothed tracks of GRID s1 train have a least value of
-0.005 and a middle value of 0.009 (medians); lips drawn with 0.004 look closed, with 0.012 a line shows between them.
"""


def laplacian_matrix() -> Tensor:
    """(68, 68) matrix L; L @ p are the graph Laplacian coordinates of p: each point less the mean of its neighbours.

    Neighbours are the previous and next points along the curve of a facial part; eyes and lips are closed curves.

    Source: Zhou et al. 2020, equation 9 and figure 5.
    """
    matrix = torch.eye(NUM_LANDMARKS)
    for part, closed in FACIAL_PARTS:
        points = list(range(part.start, part.stop))
        for k, point in enumerate(points):
            around = [k - 1, k + 1]
            neighbours = [points[j % len(points)] for j in around if closed or 0 <= j < len(points)]
            matrix[point, neighbours] = -1.0 / len(neighbours)
    return matrix


def landmark_loss(predicted: Tensor, reference: Tensor, *, limit: float | None = None) -> Tensor:
    """First term of equation 8: squared distances of (B, N, 3), summed over landmarks, mean over the batch.

    Args:
        predicted: (B, N, 3) landmarks.
        reference: (B, N, 3) landmarks.
        limit: distance along an axis beyond which a landmark counts in proportion instead (Huber 1964), so that a mouth
            that the tracker has lost does not outweigh all others; None: there is none, as published.
    """
    if limit is None:
        return (predicted - reference).square().sum(dim=(1, 2)).mean()
    return 2 * F.huber_loss(predicted, reference, reduction="none", delta=limit).sum(dim=(1, 2)).mean()


def laplacian_loss(predicted: Tensor, reference: Tensor) -> Tensor:
    """The same between graph Laplacian coordinates (second term of equation 8). Inputs (B, 68, 3)."""
    matrix = laplacian_matrix().to(predicted)
    return landmark_loss(matrix @ predicted, matrix @ reference)


def content_losses(
    network: nn.Module,
    batch: Mapping[str, Tensor],
    config: MakeItTalkConfig,
    *,
    lips: float = 0.0,
    contact: float = 0.0,
    velocity: float = 0.0,
    limit: float | None = None,
) -> dict[str, Tensor]:
    """Equation 8: landmarks, and their graph Laplacian coordinates with weight 1.

    Args:
        network: a ``SpeechContentAnimation``.
        batch: ``windows`` (B, window, F), ``static`` and ``target`` (B, 68, 3), ``contact`` (B,) as for
            ``contact_loss``.
        config: sizes.
        lips: weight of two terms that the paper does not have: the landmarks of the inner lips once more, and the area
            between them, as in D-A.
        contact: weight of ``contact_loss``, which the paper does not have either: it names these sounds as its weakness
            (section 6).
        velocity: weight of a term that the paper does not have, for batches whose second half holds the frames that
            follow those of the first: by how much jaw and lips move from one to the other.
        limit: see ``landmark_loss``.
    """
    predicted = network(batch["windows"], batch["static"]).float()
    named = {
        "landmark_loss": landmark_loss(predicted, batch["target"], limit=limit),
        "laplacian_loss": laplacian_loss(predicted, batch["target"]),
    }
    if lips:
        inner, wanted = predicted[:, INNER_LIPS], batch["target"][:, INNER_LIPS]
        named["lips_loss"] = lips * landmark_loss(inner, wanted, limit=limit)
        named["area_loss"] = lips * (polygon_area(inner) - polygon_area(wanted)).abs().mean()
    if contact:
        named["contact_loss"] = contact * contact_loss(predicted, batch["static"], batch["contact"])
    if velocity:
        moved, wanted = (_steps(part) for part in (predicted, batch["target"]))
        named["velocity_loss"] = velocity * landmark_loss(moved, wanted, limit=limit)
    return named


def _steps(landmarks: Tensor) -> Tensor:
    """(B / 2, 37, 3) how jaw and lips move from the first half of (B, 68, 3) to the second."""
    early, late = landmarks.chunk(2)
    moved = late - early
    return torch.cat([moved[:, JAW], moved[:, LIPS]], dim=1)


def contact_loss(predicted: Tensor, static: Tensor, contact: Tensor) -> Tensor:
    """The distance of lips from the contact that a sound requires, in eye distances, mean over the batch.

    Args:
        predicted: (B, 68, 3) landmarks in the head frame.
        static: (B, 68, 3) the same face with its lips closed.
        contact: (B,) required contact: 1, the lips meet (p b m); 2, the lower lip rises to the upper teeth (f v), as
            high as when the lips are closed; 0, none.
    """
    upper, lower = predicted[:, UPPER_INNER, 1], predicted[:, LOWER_INNER, 1]
    apart = F.relu(lower - upper - MEETING).mean(dim=1)
    below = F.relu(lower - static[:, LOWER_INNER, 1]).mean(dim=1)
    return (apart * (contact == 1) + below * (contact == 2)).mean()


def polygon_area(outline: Tensor) -> Tensor:
    """(B,) signed area of outlines (B, N, 2 or 3) in x and y, by the shoelace formula."""
    x, y = outline[..., 0], outline[..., 1]
    return (x * y.roll(-1, dims=1) - x.roll(-1, dims=1) * y).sum(dim=1) / 2


def content_example(config: MakeItTalkConfig, seed: int) -> dict[str, Tensor]:
    """Eight synthetic windows."""
    generator = torch.Generator().manual_seed(seed)
    content = config.content
    static = torch.randn(8, 68, 3, generator=generator)
    return {
        "windows": torch.rand(8, content.window, content.num_features, generator=generator),
        "static": static,
        "target": static + 0.1 * torch.randn(8, 68, 3, generator=generator),
        "contact": torch.tensor([0, 1, 2, 0] * 2),
    }
