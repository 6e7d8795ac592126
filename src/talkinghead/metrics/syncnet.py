"""The SyncNet that ships: "SyncNet, compact (talkinghead)".

Two towers turn 0.2 s of the lower face and 0.2 s of sound into vectors that lie close together if they belong together.
It takes the sound itself, not the phones that the generators here use: a measure must not share the features of what it
measures.

Source: Chung and Zisserman 2016, "Out of time: automated lip sync in the wild", section 2, for the windows (5 frames at
25 per second; the same 0.2 s of sound at 100 Hz) and the two towers. Ours are far smaller, process each frame before
comparing frames, take a log-mel spectrogram instead of cepstra, and end in unit vectors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import scipy
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.metrics.sync import FPS, WINDOW, at_25_fps
from talkinghead.speech.features import log_mel, loudness_gain, resample
from talkinghead.types import NUM_MESH, FloatArray, ImageArray, Speech
from talkinghead.weights import load_network

HEIGHT, WIDTH = 48, 64
"""Of a crop, in px."""

MEL_RATE = 100.0
"""Mel frames per second: four per frame of video."""

WEIGHTS = Path(__file__).with_name("weights") / "syncnet.safetensors"
"""The SyncNet that ships; its card tells from whom it has learned."""

_MELS_PER_FRAME = round(MEL_RATE / FPS)
_LEFT_EYE, _RIGHT_EYE, _NOSE_BASE = 33, 263, (2, 98, 327)
# eye distances from the base of the nose down to the crop's centre: the lips of a slightly open mouth
_BELOW_NOSE = 0.32
_REACH = 1.05  # eye distances: height of the crop, from above the tip of the nose to below the chin
_STEADY = 2.0  # frames: deviation of the Gaussian that smooths the crop's position, not its content
_PIECE = 250  # frames embedded together, so that memory does not grow with the clip


@dataclass(frozen=True)
class SyncNetConfig:
    """Sizes of the network.

    Attributes:
        num_mels: mel bands.
        width: channels of the first layers; the others are multiples.
        embedding: length of the vectors.
    """

    num_mels: int = 40
    width: int = 32
    embedding: int = 256


CONFIGS = {"small": SyncNetConfig(), "tiny": SyncNetConfig(num_mels=16, width=4, embedding=16)}


def _layer(
    before: int, after: int, kernel: tuple[int, int], *, stride: tuple[int, int] = (1, 1), padding: tuple[int, int]
) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, kernel, stride=stride, padding=padding, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU(inplace=True))


def _with_neighbours(frames: Tensor) -> Tensor:
    """(B, T - 2, 3 C, H, W): each frame of (B, T, C, H, W) between the one before it and the one after it."""
    return torch.cat([frames[:, :-2], frames[:, 1:-1], frames[:, 2:]], dim=2)


class _PictureEncoder(nn.Module):
    """Frames (B, T, 48, 64) in [0, 1] -> (B, T - 4, embedding); each output sees five frames."""

    def __init__(self, width: int, embedding: int) -> None:
        super().__init__()
        three, two, one = (3, 3), (2, 2), (1, 1)
        self.look = nn.Sequential(
            _layer(3, width, (5, 5), stride=two, padding=two),
            _layer(width, 2 * width, three, stride=two, padding=one),
            _layer(2 * width, 3 * width, three, padding=one),
            _layer(3 * width, 4 * width, three, stride=two, padding=one),
            _layer(4 * width, 4 * width, three, padding=one),
        )
        self.compare = nn.Sequential(
            _layer(12 * width, 6 * width, one, padding=(0, 0)),
            _layer(6 * width, 8 * width, three, stride=two, padding=one),
        )
        self.say = nn.Sequential(nn.Flatten(), nn.Dropout(0.2), nn.Linear(8 * width * 12, embedding))

    def forward(self, frames: Tensor) -> Tensor:
        batch, count = frames.shape[:2]
        mean = frames.mean(dim=(2, 3), keepdim=True)
        deviation = frames.std(dim=(2, 3), keepdim=True)
        even = _with_neighbours(((frames - mean) / (deviation + 0.02))[:, :, None])
        seen = self.look(even.flatten(0, 1).contiguous(memory_format=torch.channels_last))
        moved = _with_neighbours(seen.view(batch, count - 2, *seen.shape[1:])).flatten(0, 1)
        said: Tensor = self.say(self.compare(moved.contiguous(memory_format=torch.channels_last)))
        return said.view(batch, count - 4, -1)


class _AudioEncoder(nn.Module):
    """Log-mel (B, 4 T, num_mels) in [0, 1] -> (B, T - 4, embedding); each output sees twenty frames, 0.2 s."""

    def __init__(self, num_mels: int, width: int, embedding: int) -> None:
        super().__init__()
        bands = -(-num_mels // 8)
        self.hear = nn.Sequential(
            _layer(1, 2 * width, (4, 5), stride=(2, 2), padding=(0, 2)),
            _layer(2 * width, 3 * width, (3, 3), padding=(0, 1)),
            _layer(3 * width, 5 * width, (3, 3), stride=(2, 2), padding=(0, 1)),
            _layer(5 * width, 8 * width, (3, 3), stride=(1, 2), padding=(0, 1)),
        )
        self.say = nn.Sequential(nn.Dropout(0.2), nn.Conv2d(8 * width, embedding, (1, bands)))

    def forward(self, mel: Tensor) -> Tensor:
        features = self.hear((mel - 0.5)[:, None].contiguous(memory_format=torch.channels_last))
        said: Tensor = self.say(features)[..., 0]
        return said.mT


class SyncNet(nn.Module):
    """Crops and log-mel -> unit vectors, one per window of 0.2 s.

    It is a ``metrics.sync.SyncEmbedder``.
    """

    name = "SyncNet, compact (talkinghead)"

    def __init__(self, config: SyncNetConfig) -> None:
        super().__init__()
        self.config = config
        self.sight = _PictureEncoder(config.width, config.embedding)
        self.hearing = _AudioEncoder(config.num_mels, config.width, config.embedding)
        self.sharpness = nn.Parameter(torch.tensor(2.5))  # log of the factor that training multiplies cosines by

    def forward(self, crops: Tensor, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Both sides of the same stretches of video.

        Args:
            crops: (B, T, 48, 64) grey in [0, 1].
            mel: (B, 4 T, num_mels) in [0, 1].

        Returns:
            of the crops and of the sound: (B, T - 4, embedding) unit vectors each; row t covers frames t to t + 4.
        """
        return F.normalize(self.sight(crops).float(), dim=-1), F.normalize(self.hearing(mel).float(), dim=-1)

    def places(self, landmarks: FloatArray) -> FloatArray:
        """See ``mouth_places``."""
        return mouth_places(landmarks)

    def crop(self, images: ImageArray, places: FloatArray) -> ImageArray:
        """See ``crop_mouths``."""
        return crop_mouths(images, places)

    def embed_video(self, crops: ImageArray, fps: float = FPS) -> FloatArray:
        """Unit vectors of the pictures.

        Args:
            crops: (T, 48, 64) uint8.
            fps: of the crops; at other rates than 25 the nearest frames are taken.

        Returns:
            (T' - 4, embedding) float32 for T' frames at 25 per second; none for fewer than five.
        """
        chosen = crops[at_25_fps(len(crops), fps)]

        def embed(first: int, last: int) -> Tensor:
            frames = torch.from_numpy(chosen[first:last]).to(self.sharpness.device).float() / 255
            seen: Tensor = self.sight(frames[None])[0]
            return seen

        return self._in_pieces(len(chosen), embed)

    def embed_audio(self, speech: Speech, count: int) -> FloatArray:
        """Unit vectors of the sound.

        Args:
            speech: at any sample rate.
            count: frames of 25 per second that go with it; where the sound ends before them it is silent.

        Returns:
            (count - 4, embedding) float32; none for fewer than five frames.
        """
        mel = sync_features(resample(speech.samples, speech.sample_rate), count, num_mels=self.config.num_mels)

        def embed(first: int, last: int) -> Tensor:
            rows = torch.from_numpy(mel[_MELS_PER_FRAME * first : _MELS_PER_FRAME * last])
            vectors: Tensor = self.hearing(rows[None].to(self.sharpness.device))[0]
            return vectors

        return self._in_pieces(count, embed)

    @torch.inference_mode()
    def _in_pieces(self, count: int, embed: Callable[[int, int], Tensor]) -> FloatArray:
        was_training = self.training
        self.eval()
        pieces = [np.zeros((0, self.config.embedding), np.float32)]
        for first in range(0, count - WINDOW + 1, _PIECE):
            vectors = F.normalize(embed(first, min(first + _PIECE + WINDOW - 1, count)).float(), dim=-1)
            pieces.append(vectors.cpu().numpy())
        self.train(was_training)
        return np.concatenate(pieces)


def mouth_places(landmarks: FloatArray) -> FloatArray:
    """Steady crops of the lower face: similarities from crop to picture.

    They follow the eyes and the base of the nose, not the mouth, so that its motion stays in the crop. The distance of
    the eyes includes depth, so that a turned head is not enlarged.

    Args:
        landmarks: (T, 478, 3) px, without gaps.

    Returns:
        (T, 2, 3) image from crop.

    Raises:
        ValueError: the landmarks are not (T, 478, 3).
    """
    if landmarks.ndim != 3 or landmarks.shape[1:] != (NUM_MESH, 3):
        raise ValueError(f"need landmarks (T, 478, 3), got {landmarks.shape}")
    across = landmarks[:, _RIGHT_EYE] - landmarks[:, _LEFT_EYE]
    scale = np.linalg.norm(across, axis=1)
    right = across[:, :2] / np.maximum(np.linalg.norm(across[:, :2], axis=1, keepdims=True), 1e-9)
    rows = np.concatenate([landmarks[:, _NOSE_BASE, :2].mean(axis=1), right, scale[:, None]], axis=1)
    if len(rows) > 1:
        rows = scipy.ndimage.gaussian_filter1d(rows, _STEADY, axis=0, mode="nearest")
    base, right, scale = rows[:, :2], rows[:, 2:4], rows[:, 4]
    right = right / np.maximum(np.linalg.norm(right, axis=1, keepdims=True), 1e-9)
    down = np.stack([-right[:, 1], right[:, 0]], axis=1)
    middle = base + _BELOW_NOSE * scale[:, None] * down
    pixel = (_REACH / HEIGHT * scale)[:, None]
    axes = np.stack([pixel * right, pixel * down], axis=-1)
    return np.concatenate([axes, (middle - axes @ ((WIDTH - 1) / 2, (HEIGHT - 1) / 2))[:, :, None]], axis=-1)


def crop_mouths(images: ImageArray, places: FloatArray) -> ImageArray:
    """Grey crops (n, 48, 64) of pictures (n, H, W, 3) at places (n, 2, 3); the picture's edge is repeated beyond it.

    Raises:
        ValueError: there is not one place for each picture.
    """
    if len(images) != len(places):
        raise ValueError(f"{len(images)} images but {len(places)} places")
    crops = np.empty((len(images), HEIGHT, WIDTH), np.uint8)
    for crop, image, place in zip(crops, images, places):
        crop[:] = cv2.cvtColor(crop_mouth(image, place, (WIDTH, HEIGHT)), cv2.COLOR_RGB2GRAY)
    return crops


def crop_mouth(image: ImageArray, place: FloatArray, size: tuple[int, int]) -> ImageArray:
    """The crop (height, width, 3) of one picture at a size (width, height), smoothed before it is shrunk."""
    step = float(np.hypot(place[0, 0], place[1, 0]))
    if step > 1.0:
        image = cv2.GaussianBlur(image, (0, 0), 0.4 * step)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop = cv2.warpAffine(image, place, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)


def sync_features(samples: npt.NDArray[np.float32], count: int, *, num_mels: int = 40) -> npt.NDArray[np.float32]:
    """The network's input: log-mel (4 * count, num_mels) at 100 Hz of samples (N,) at 16 kHz, at one loudness.

    Mel frame 4 t is centred on the beginning of video frame t; after the end of the sound there are zeros.
    """
    wanted = _MELS_PER_FRAME * count
    level = np.asarray(samples * np.float32(loudness_gain(samples)), np.float32)
    mel = log_mel(level, rate=MEL_RATE, num_mels=num_mels, window=512, low=60.0)[:wanted]
    return np.pad(mel, ((0, wanted - len(mel)), (0, 0)))


@lru_cache(maxsize=1)
def load_syncnet() -> SyncNet:
    """The network that ships, loaded once.

    Raises:
        InputError: its weights are missing or of another architecture.
    """
    return load_network(SyncNet, SyncNetConfig, WEIGHTS).eval()
