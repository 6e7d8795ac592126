"""The SyncNet with which the field reports LSE-D and LSE-C, from the weights that its authors released.

The weights (``syncnet_v2.model``, 52 MB) are not ours to redistribute: users give the path of their copy. Layer sizes,
windows and units are those of the released weights; ``speech_cepstra`` spells out the MFCC.

Source: Chung and Zisserman 2016, "Out of time: automated lip sync in the wild", section 2 and figure 2; the weights of
2017 take a colour picture of the whole face at 224 px instead of grey mouths at 120 px.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import scipy.fft
import torch
from scipy.signal import medfilt
from torch import Tensor, nn

from talkinghead.errors import InputError
from talkinghead.face.landmarks import FACE_OVAL
from talkinghead.metrics.sync import FPS, WINDOW, at_25_fps
from talkinghead.speech.features import SAMPLE_RATE, resample
from talkinghead.types import NUM_MESH, FloatArray, ImageArray, Speech
from talkinghead.weights import read_state

SIDE = 224
"""px of a face crop."""

# samples: from one MFCC frame to the next, in each, and in each with zeros appended
_STEP, _FRAME, _FOURIER = 160, 400, 512
_FILTERS, _COEFFICIENTS, _LIFTER, _PREEMPHASIS = 26, 13, 22, 0.97
_FULL_SCALE = 32768.0  # the released network takes 16-bit samples unscaled
_MARGIN = 0.4  # of half the face box, added on all sides
_GREY = (110, 110, 110)  # beyond the picture
_MEDIAN = 13  # frames over which the box is smoothed
_PIECE = 20  # windows embedded together


def _flat(*sizes: tuple[int, int, tuple[int, int], tuple[int, int], tuple[int, int]]) -> list[list[nn.Module]]:
    return [
        [nn.Conv2d(a, b, kernel, stride, padding), nn.BatchNorm2d(b), nn.ReLU(inplace=True)]
        for a, b, kernel, stride, padding in sizes
    ]


def _audio_tower() -> nn.Sequential:
    """MFCC (B, 1, 13, 20) -> (B, 512, 1, 1)."""
    one, three, none = (1, 1), (3, 3), (0, 0)
    first, second, third, fourth, fifth, last = _flat(
        (1, 64, three, one, one),
        (64, 192, three, one, one),
        (192, 384, three, one, one),
        (384, 256, three, one, one),
        (256, 256, three, one, one),
        (256, 512, (5, 4), one, none),
    )
    pools = [nn.MaxPool2d(1, 1)], [nn.MaxPool2d(3, (1, 2))], [nn.MaxPool2d(3, 2)]
    layers = [*first, *pools[0], *second, *pools[1], *third, *fourth, *fifth, *pools[2], *last]
    return nn.Sequential(*layers)


def _lip_tower() -> nn.Sequential:
    """Faces (B, 3, 5, 224, 224) -> (B, 512, 1, 1, 1)."""

    def layer(a: int, b: int, kernel: tuple[int, int, int], stride: int = 1, padding: int = 0) -> list[nn.Module]:
        convolution = nn.Conv3d(a, b, kernel, (1, stride, stride), (0, padding, padding))
        return [convolution, nn.BatchNorm3d(b), nn.ReLU(inplace=True)]

    def pool(padding: int = 0) -> nn.Module:
        return nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, padding, padding))

    return nn.Sequential(
        *layer(3, 96, (WINDOW, 7, 7), 2),
        pool(),
        *layer(96, 256, (1, 5, 5), 2, 1),
        pool(1),
        *layer(256, 256, (1, 3, 3), 1, 1),
        *layer(256, 256, (1, 3, 3), 1, 1),
        *layer(256, 256, (1, 3, 3), 1, 1),
        pool(),
        *layer(256, 512, (1, 6, 6)),
    )


def _head() -> nn.Sequential:
    return nn.Sequential(nn.Linear(512, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, 1024))


class ReleasedSyncNet(nn.Module):
    """Faces and MFCC -> 1024 numbers per window of 0.2 s; a ``metrics.sync.SyncEmbedder``.

    Its layers are named as in the released file.
    """

    name = "SyncNet (Chung and Zisserman, released weights)"

    def __init__(self) -> None:
        super().__init__()
        self.netcnnaud, self.netfcaud = _audio_tower(), _head()
        self.netcnnlip, self.netfclip = _lip_tower(), _head()

    def places(self, landmarks: FloatArray) -> FloatArray:
        """See ``face_places``."""
        return face_places(landmarks)

    def crop(self, images: ImageArray, places: FloatArray) -> ImageArray:
        """Crops (n, 224, 224, 3) of pictures (n, H, W, 3) at places (n, 2, 3); grey beyond the picture.

        Raises:
            ValueError: there is not one place for each picture.
        """
        if len(images) != len(places):
            raise ValueError(f"{len(images)} images but {len(places)} places")
        crops = np.empty((len(images), SIDE, SIDE, 3), np.uint8)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        for crop, image, place in zip(crops, images, places):
            crop[:] = cv2.warpAffine(image, place, (SIDE, SIDE), flags=flags, borderValue=_GREY)
        return crops

    def embed_video(self, crops: ImageArray, fps: float = FPS) -> FloatArray:
        """Embeddings of the pictures.

        Args:
            crops: (T, 224, 224, 3) uint8 RGB.
            fps: of the crops; at other rates than 25 the nearest frames are taken.

        Returns:
            (T' - 4, 1024) float32 for T' frames at 25 per second; none for fewer than five.
        """
        chosen = crops[at_25_fps(len(crops), fps)]

        def embed(first: int, last: int) -> Tensor:
            piece = np.ascontiguousarray(chosen[first : last + WINDOW - 1, ..., ::-1])  # the network expects BGR
            frames = torch.from_numpy(piece).float().permute(3, 0, 1, 2)
            windows = torch.stack([frames[:, k : k + WINDOW] for k in range(last - first)])
            seen: Tensor = self.netfclip(self.netcnnlip(windows).flatten(1))
            return seen

        return self._in_pieces(len(chosen), embed)

    def embed_audio(self, speech: Speech, count: int) -> FloatArray:
        """Embeddings of the sound.

        Args:
            speech: at any sample rate.
            count: frames of 25 per second that go with it; where the sound ends before them it is silent.

        Returns:
            (count - 4, 1024) float32; none for fewer than five frames.
        """
        samples = resample(speech.samples, speech.sample_rate)
        wanted = (4 * count - 1) * _STEP + _FRAME
        padded = np.pad(samples[:wanted], (0, max(0, wanted - len(samples))))
        cepstra = torch.from_numpy(speech_cepstra(padded)).float().T

        def embed(first: int, last: int) -> Tensor:
            windows = torch.stack([cepstra[None, :, 4 * k : 4 * (k + WINDOW)] for k in range(first, last)])
            embedding: Tensor = self.netfcaud(self.netcnnaud(windows).flatten(1))
            return embedding

        return self._in_pieces(count, embed)

    @torch.inference_mode()
    def _in_pieces(self, count: int, embed: Callable[[int, int], Tensor]) -> FloatArray:
        self.eval()
        starts = range(0, count - WINDOW + 1, _PIECE)
        pieces = [embed(first, min(first + _PIECE, count - WINDOW + 1)).numpy() for first in starts]
        return np.concatenate([np.zeros((0, 1024), np.float32), *pieces])


def face_places(landmarks: FloatArray) -> FloatArray:
    """The crops of the face as the released network saw them: affine maps from crop to picture.

    Its authors cropped by the box of a face detector (S3FD): an upright square, two fifths larger than the box's longer
    side, with its centre a fifth of that side below the box's, smoothed by a median over 13 frames. Here the box is
    that of the tracked face's outline, which reaches from the top of the forehead to the chin like the detector's,
    within a few hundredths of the face.

    Args:
        landmarks: (T, 478, 3) px, without gaps.

    Returns:
        (T, 2, 3) image from crop.

    Raises:
        ValueError: the landmarks are not (T, 478, 3).
    """
    if landmarks.ndim != 3 or landmarks.shape[1:] != (NUM_MESH, 3):
        raise ValueError(f"need landmarks (T, 478, 3), got {landmarks.shape}")
    outline = landmarks[:, FACE_OVAL, :2]
    low, high = outline.min(axis=1), outline.max(axis=1)
    boxes = np.column_stack([(low + high) / 2, (high - low).max(axis=1) / 2])
    reach = min(_MEDIAN // 2, max(0, len(boxes) - 1))
    padded = np.pad(boxes, ((reach, reach), (0, 0)), mode="edge")
    smooth = np.stack([medfilt(column, 2 * reach + 1) for column in padded.T], axis=1)[reach : reach + len(boxes)]
    half = smooth[:, 2] * (1 + _MARGIN)
    left, top = smooth[:, 0] - half, smooth[:, 1] - smooth[:, 2]
    places = np.zeros((len(boxes), 2, 3))
    places[:, 0, 0] = places[:, 1, 1] = 2 * half / SIDE
    places[:, 0, 2], places[:, 1, 2] = left, top
    return places


@lru_cache(maxsize=1)
def _mel_filters() -> npt.NDArray[np.float64]:
    """(26, 257) triangles between whole Fourier bins, evenly spaced in mel (2595 log10(1 + f / 700)) up to 8 kHz."""
    mels = np.linspace(0.0, 2595 * np.log10(1 + SAMPLE_RATE / 2 / 700), _FILTERS + 2)
    bins = np.floor((_FOURIER + 1) * 700 * (10 ** (mels / 2595) - 1) / SAMPLE_RATE)
    place = np.arange(_FOURIER // 2 + 1)
    low, middle, high = bins[:-2, None], bins[1:-1, None], bins[2:, None]
    rising = np.where((place >= low) & (place < middle), (place - low) / np.maximum(middle - low, 1), 0.0)
    falling = np.where((place >= middle) & (place < high), (high - place) / np.maximum(high - middle, 1), 0.0)
    return np.asarray(rising + falling)


def speech_cepstra(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """MFCC as in the training of the released network.

    Frames of 25 ms every 10 ms, frame ``t`` from sample ``160 t`` on, without a taper; pre-emphasis 0.97; the power
    spectrum of 512 points over 512; 26 mel filters; their logarithms' orthonormal cosine transform, 13 coefficients,
    liftered by a sine of length 22; the first is replaced by the logarithm of the frame's power.

    Args:
        samples: (N,) at 16 kHz in [-1, 1].

    Returns:
        (1 + ceil((N - 400) / 160), 13); the last frame is padded with zeros.

    Source: the definitions of python_speech_features (J. Lyons 2013), whose defaults these are; Davis and Mermelstein
        1980.
    """
    scaled = np.asarray(samples, np.float64) * _FULL_SCALE
    raised = np.append(scaled[:1], scaled[1:] - _PREEMPHASIS * scaled[:-1])
    count = 1 + max(0, -(-(len(raised) - _FRAME) // _STEP))
    padded = np.pad(raised, (0, (count - 1) * _STEP + _FRAME - len(raised)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::_STEP]
    power = np.abs(np.fft.rfft(frames, _FOURIER)) ** 2 / _FOURIER
    least = np.finfo(np.float64).eps
    energy = power.sum(axis=1)
    bands = power @ _mel_filters().T
    bands = np.log(np.where(bands == 0, least, bands))
    cepstra = scipy.fft.dct(bands, type=2, axis=1, norm="ortho")[:, :_COEFFICIENTS]
    cepstra = cepstra * (1 + _LIFTER / 2 * np.sin(np.pi * np.arange(_COEFFICIENTS) / _LIFTER))
    cepstra[:, 0] = np.log(np.where(energy == 0, least, energy))
    return np.asarray(cepstra)


def load_released_syncnet(path: Path) -> ReleasedSyncNet:
    """The network with its authors' weights.

    Args:
        path: ``syncnet_v2.model``.

    Raises:
        InputError: there is no such file, or it holds other weights.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; give the released weights of SyncNet (syncnet_v2.model).")
    found: Any = read_state(path, kind="a file of weights", remedy="give syncnet_v2.model.")
    with torch.device("meta"):  # shapes only, because the numbers are about to be read
        network = ReleasedSyncNet()
    wanted = network.state_dict()
    if not isinstance(found, Mapping) or not all(isinstance(value, Tensor) for value in found.values()):
        raise InputError(f"{path}: holds no table of weights; give syncnet_v2.model.")
    counters = {name for name in wanted if name.endswith("num_batches_tracked")}  # older files lack these
    wrong = sorted((set(wanted) ^ set(found)) - counters)
    wrong = wrong or sorted(name for name in set(wanted) & set(found) if wanted[name].shape != found[name].shape)
    if wrong:
        raise InputError(
            f"{path}: not the released SyncNet, it differs in {', '.join(wrong[:5])}; give syncnet_v2.model."
        )
    weights = {n: found[n].to(v.dtype) if n in found else torch.zeros_like(v, device="cpu") for n, v in wanted.items()}
    network.load_state_dict(weights, assign=True)
    return network.eval()
