"""Running the speaker-aware branch on speech of any length, and separating head motion from expression."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy
import torch
from torch import Tensor

from talkinghead.face.landmarks import NOSE
from talkinghead.face.pose import fit_similarity, rotation_from_matrix
from talkinghead.methods.makeittalk.speaker_aware import SpeakerAwareAnimation
from talkinghead.motion.limits import limit_pose
from talkinghead.motion.smoothing import smooth, smoothstep
from talkinghead.types import NUM_LANDMARKS, FloatArray

RIGID = np.r_[NOSE, 36, 39, 42, 45]
"""Nose and corners of the eyes, which speech does not move."""

_NOISE_HZ = (0.3, 0.9)  # cut-offs of the first and the second half of the noises
_BURN_IN_S = 10.0
_AT_ONCE = 8  # windows
_ROWS = 4096  # at once
_CUTOFF_HZ = 4.0  # heads are slower; above it, tracks contain only noise
_RAMP_S = 0.8  # from the portrait's own pose to the full motion


def smooth_noise(count: int, size: int, rate: float, rng: np.random.Generator) -> FloatArray:
    """(count, size) float32 noises of unit variance that change within about a second; a longer one begins with a
    shorter one.

    Half of them vary over about 1 s, half over 0.4 s, as heads sway with phrases and nod with words.
    """
    burn_in = round(_BURN_IN_S * rate)
    noise = rng.standard_normal((burn_in + count, size))
    for columns, cutoff in zip(np.array_split(np.arange(size), 2), _NOISE_HZ):
        sections = scipy.signal.butter(2, cutoff, fs=rate, output="sos")
        impulse = np.zeros(burn_in)
        impulse[0] = 1.0
        deviation = np.sqrt(np.square(scipy.signal.sosfilt(sections, impulse)).sum())
        noise[:, columns] = scipy.signal.sosfilt(sections, noise[:, columns], axis=0) / deviation
    return np.asarray(noise[burn_in:], np.float32)


@torch.inference_mode()
def displacements(
    branch: SpeakerAwareAnimation, features: FloatArray, rest: FloatArray, speaker: FloatArray, noise: FloatArray
) -> Iterator[FloatArray]:
    """Displacements (n, 68, 3) piece by piece, one row per speech frame, in constant memory.

    Windows overlap by half and are cross-faded.

    Args:
        branch: the network.
        features: (T, num_features), may be mapped from a file.
        rest: (68, 3) in the head frame.
        speaker: (256,) embedding of the voice.
        noise: (T, noise_size).
    """
    count, window = len(features), branch.config.window
    hop = window // 2
    starts = range(0, max(count - hop, 1), hop)
    fade = smoothstep((np.arange(hop) + 0.5) / hop)[:, None, None]
    tail: FloatArray | None = None
    for first in range(0, len(starts), _AT_ONCE):
        for made in _windows(branch, features, rest, speaker, noise, starts[first : first + _AT_ONCE]):
            if tail is not None:
                made[: len(tail)] = tail + (made[: len(tail)] - tail) * fade[: len(tail)]
            yield made[:hop]
            tail = made[hop:]
    if tail is not None:
        yield tail


def _windows(
    branch: SpeakerAwareAnimation,
    features: FloatArray,
    rest: FloatArray,
    speaker: FloatArray,
    noise: FloatArray,
    starts: range,
) -> list[FloatArray]:
    """Displacements of the windows that begin at ``starts``; the last one may be shorter."""
    device = branch.mean_speaker.device
    longest = min(branch.config.window, len(features) - starts[0])
    ends = [min(start + longest, len(features)) for start in starts]

    def stack(rows: FloatArray) -> Tensor:
        whole = np.zeros((len(starts), longest, rows.shape[1]), np.float32)
        for number, (start, end) in enumerate(zip(starts, ends)):
            whole[number, : end - start] = rows[start:end]
        return torch.from_numpy(whole).to(device)

    lengths = torch.tensor([end - start for start, end in zip(starts, ends)])
    valid = (torch.arange(longest) < lengths[:, None]).to(device)
    batch = (torch.from_numpy(np.asarray(row, np.float32)).to(device) for row in (speaker, rest))
    voice, static = (row.expand(len(starts), *row.shape) for row in batch)
    made = branch(stack(features), voice, static, stack(noise), valid).float().cpu().numpy()
    return [np.asarray(made[number, :length], np.float64) for number, length in enumerate(lengths)]


def rigid_and_expression(displaced: FloatArray, rest: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The motion of the head, and the displacement of landmarks that remains without it.

    Args:
        displaced: (T, 68, 3) in the frame of the face at rest.
        rest: (68, 3).

    Returns:
        rotation (T, 3) rad, translation (T, 3) in eye distances, expression (T, 68, 3) in the head frame, so that
        ``displaced = (rest + expression) @ R(rotation).T + translation``.
    """
    if displaced.shape[1:] != (NUM_LANDMARKS, 3) or rest.shape != (NUM_LANDMARKS, 3):
        raise ValueError(f"need landmarks (T, 68, 3) and (68, 3), got {displaced.shape} and {rest.shape}")
    matrix, _, _ = fit_similarity(rest[RIGID], displaced[:, RIGID])
    translation = displaced[:, RIGID].mean(axis=1) - matrix @ rest[RIGID].mean(axis=0)
    expression = (displaced - translation[:, None]) @ matrix - rest
    return rotation_from_matrix(matrix), translation, np.asarray(expression)


def head_poses(style: FloatArray, rest: FloatArray, rate: float) -> tuple[FloatArray, FloatArray]:
    """Rotation (T, 3) rad and translation (T, 3) of displacements: smooth, limited, starting from the portrait's pose.

    Args:
        style: (T, 68, 3) displacements, may be mapped from a file.
        rest: (68, 3) the displaced landmarks.
        rate: rows per second.
    """
    pieces = (style[start : start + _ROWS] for start in range(0, len(style), _ROWS))
    pose = np.concatenate([np.concatenate(rigid_and_expression(rest + piece, rest)[:2], axis=1) for piece in pieces])
    pose = smooth(pose, rate, cutoff_hz=_CUTOFF_HZ)
    pose *= smoothstep(np.arange(len(pose)) / rate / _RAMP_S)[:, None]
    return limit_pose(pose[:, :3], pose[:, 3:])
