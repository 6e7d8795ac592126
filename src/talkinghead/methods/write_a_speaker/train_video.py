"""Training of the photo-realistic video generator for a person.

Source: Li et al. 2021, appendix: Adam with betas of 0.5 and 0.999, batches of 3, a learning rate of 0.0002 that falls
    to the half within 50 epochs of a video of 5 minutes, a day on a GPU. Where we differ: 1,200 steps of a slim
    network, as it begins with the person's own pixels; a larger rate, constant and then falling to zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from talkinghead.data.corpus import describe
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import read_takes
from talkinghead.data.warped_frames import WarpedFrames, are_many, warp_frames
from talkinghead.errors import InputError
from talkinghead.methods.write_a_speaker.config import SpaceTimeConfig
from talkinghead.methods.write_a_speaker.video import video_adversaries
from talkinghead.methods.write_a_speaker.video_losses import generate, video_losses
from talkinghead.methods.write_a_speaker.volume import draw_images, trace
from talkinghead.store import Store
from talkinghead.training.fit import Schedule
from talkinghead.training.perceptual import perceptual_distance
from talkinghead.training.stage import Training
from talkinghead.training.validation import PictureValidation, picture_merit
from talkinghead.types import FloatArray, ImageArray

_VALIDATION = 24  # frames
_BETAS = (0.5, 0.999)


@dataclass(frozen=True)
class Volumes:
    """Frames of a recording, and what volumes show of it.

    Attributes:
        frames: of the recording.
        path: ``volume.trace`` of all its rows.
    """

    frames: WarpedFrames
    path: FloatArray

    def volume(self, place: int, config: SpaceTimeConfig) -> ImageArray:
        """(window, s, s) uint8 landmark images about a frame."""
        rows = self.frames.rows[place] + np.arange(config.window) - config.window // 2
        return draw_images(self.path[rows.clip(0, len(self.path) - 1)], config)


def read_volumes(recordings: Sequence[Recording], config: SpaceTimeConfig, store: Store) -> list[Volumes]:
    """What the generator learns from: frames of recordings and the landmarks about them.

    Raises:
        InputError: no recording shows a face.
    """
    few, found = are_many(recordings), []
    for take in read_takes(recordings, store, smooth=False):
        frames = warp_frames(take, size=config.size, few=few)
        found.append(Volumes(frames, trace(frames.head, frames.motion, config)))
    if not found:
        raise InputError("no recording shows a face: give other recordings.")
    return found


class VolumeBatches:
    """Random frames with their volumes.

    Args:
        volumes: the training data.
        size: frames in a batch.
        config: sizes.
    """

    def __init__(self, volumes: Sequence[Volumes], *, size: int, config: SpaceTimeConfig) -> None:
        self._volumes, self._size, self._config = volumes, size, config
        self.places = [(k, place) for k, own in enumerate(volumes) for place in range(len(own.frames.rows))]

    def __call__(self, step: int) -> dict[str, Tensor]:
        """The batch of a step for ``video_losses``."""
        chosen = np.random.default_rng(step).integers(len(self.places), size=self._size)
        return self.batch([self.places[number] for number in chosen])

    def batch(self, places: Sequence[tuple[int, int]]) -> dict[str, Tensor]:
        """A batch of given frames, with ``source`` for validation."""
        found = [(self._volumes[k], place) for k, place in places]
        own = torch.from_numpy(np.stack([one.frames.own[place] for one, place in found]))
        return {
            "volume": torch.from_numpy(np.stack([one.volume(place, self._config) for one, place in found])),
            "own": own,
            "source": own,
            "target": torch.from_numpy(np.stack([one.frames.target[place] for one, place in found])),
            "target_landmarks": torch.from_numpy(np.stack([one.frames.landmarks[place] for one, place in found])),
        }


def train_video(training: Training) -> None:
    """Train the renderer of a person; each validation leaves ``sheet.png`` in the output folder.

    The initial network, which shows the person's warped picture, is kept unless training improves it on recordings held
    back.
    """
    corpus, config, store = training.corpus, training.config, training.store
    splits = {name: found for name in ("train", "val") if (found := corpus.recordings(name))}
    groups = {}
    for name, recordings in splits.items():
        batches = VolumeBatches(
            read_volumes(recordings, config.video, store), size=training.options.batch, config=config.video
        )
        every = max(1, len(batches.places) // _VALIDATION)
        groups[name] = batches.batch(batches.places[::every][:_VALIDATION])
        if name == "train":
            learned = batches
    validation = PictureValidation(groups, generate, training.out)
    torch.manual_seed(0)
    network = video_adversaries(config.video).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    scores = training.fit(
        network,
        partial(video_losses, config=config, distance=perceptual_distance(None)),
        learned,
        validate=validation,
        schedule=Schedule(training.options.learning_rate, betas=_BETAS, shape="decay", clip=1.0),
        discriminator_schedule=Schedule(training.options.learning_rate / 2, betas=_BETAS, shape="decay"),
        merit=picture_merit if "val" in groups and config.video.residual else None,
    )
    card = {
        "network": "photo-realistic video generator of one person (Li et al. 2021)",
        "config": config.video,
        **describe(splits["train"]),
        "scores": {"splits": ", ".join(groups), **scores, "the warped picture as it is": validation.unchanged},
    }
    training.save(network.generator, "video", card)
