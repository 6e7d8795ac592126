"""Training of rendering-to-video for a person.

Source: Zhang et al. 2021, section 5.1: Adam with 1e-4, batches of 1, 50 epochs with a learning rate that falls in the
    last 30. Where we differ: batches of 4, a few hundred steps, as the network begins with the person's own pixels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from talkinghead.data.corpus import describe
from talkinghead.data.face_pairs import choose_frames
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take, read_takes
from talkinghead.errors import InputError
from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.methods.facial.config import RenderToVideoConfig
from talkinghead.methods.facial.scenes import FaceScene
from talkinghead.methods.facial.video import video_adversaries
from talkinghead.methods.facial.video_losses import generate, video_losses
from talkinghead.motion.tracked import motion_of_track
from talkinghead.rendering.interior import load_filler
from talkinghead.rendering.mesh_render import Skin
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.skin import fit_skin
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.store import Store
from talkinghead.tracking.portrait import best_frame
from talkinghead.training.fit import Schedule
from talkinghead.training.perceptual import perceptual_distance
from talkinghead.training.stage import Training
from talkinghead.training.validation import PictureValidation
from talkinghead.types import Frames, ImageArray, IndexArray, Motion, Portrait

_SKIN_FRAMES = 12  # from which texture and light are fitted
_MANY = 20  # clips of one person, of each of which a few pictures are enough
_VALIDATION = 24  # frames


@dataclass(frozen=True)
class Shots:
    """Frames of a recording, and what is needed to render their faces.

    Attributes:
        scene: of the recording's calmest frame.
        motion: of the whole recording, from that frame on.
        rows: (n,) of the motion.
        own: (n, S, S, 3) uint8 that frame, warped by the motion.
        target: (n, S, S, 3) uint8 the real frames.
        landmarks: (n, 68, 2) px of them.
    """

    scene: FaceScene
    motion: Motion
    rows: IndexArray
    own: ImageArray
    target: ImageArray
    landmarks: np.ndarray[tuple[int, ...], np.dtype[np.float32]]

    def window(self, place: int, config: RenderToVideoConfig) -> ImageArray:
        """(window, S, S, 4) uint8 rendered faces about a frame."""
        rows = self.rows[place] + np.arange(-config.before, config.after + 1)
        return self.scene.maps(self.motion[rows.clip(0, len(self.motion) - 1)])


def read_shots(
    recordings: Sequence[Recording], config: RenderToVideoConfig, store: Store, *, skin: Skin | None = None
) -> list[Shots]:
    """The frames of recordings from which the network learns; without a skin, one is fitted to them."""
    few = max(Counter(recording.speaker for recording in recordings).values()) > _MANY
    takes = list(read_takes(recordings, store, smooth=False))
    if not takes:
        raise InputError("no recording shows a face: give other recordings.")
    skin = skin or _fit_skin(takes)
    return [_read_shots(take, config, skin, few=few) for take in takes]


def _read_shots(take: Take, config: RenderToVideoConfig, skin: Skin, *, few: bool) -> Shots:
    best = best_frame(take.track)
    rows = choose_frames(take.track, few=few)
    still, *pictures = take.frames([best, *rows])
    portrait = Portrait(Frames(still[None], take.track.fps), take.track[best : best + 1])
    scene = FaceScene(portrait, size=config.size, skin=skin)
    motion = motion_of_track(take.track, best)
    warp = WarpRenderer(load_filler(), FlatFiller())
    crop = scene.head.crop
    warped = [crop.extract(image) for chunk in warp.render(motion[rows], portrait) for image in chunk.images]
    landmarks = crop.points(take.track.landmarks[rows][:, MESH_OF_68, :2]).astype(np.float32)
    target = np.stack([crop.extract(picture) for picture in pictures])
    return Shots(scene, motion, rows, np.stack(warped), target, landmarks)


def _fit_skin(takes: Sequence[Take]) -> Skin:
    """The skin of a person, from frames spread over their recordings."""
    each = max(1, _SKIN_FRAMES // len(takes))
    pictures, meshes = [], []
    for take in takes[:: max(1, len(takes) // _SKIN_FRAMES)]:
        found = np.flatnonzero(take.track.found)
        rows = found[np.linspace(0, len(found) - 1, each).round().astype(int)]
        pictures += take.frames(rows)
        meshes += list(take.track.landmarks[rows])
    return fit_skin(pictures, meshes)


class ShotBatches:
    """Random frames with their rendered windows.

    Args:
        shots: the training data.
        size: frames in a batch.
        config: sizes.
    """

    def __init__(self, shots: Sequence[Shots], *, size: int, config: RenderToVideoConfig) -> None:
        self._shots, self._size, self._config = shots, size, config
        self.places = [(k, place) for k, own in enumerate(shots) for place in range(len(own.rows))]

    def __call__(self, step: int) -> dict[str, Tensor]:
        """The batch of a step for ``video_losses``."""
        chosen = np.random.default_rng(step).integers(len(self.places), size=self._size)
        return self.batch([self.places[number] for number in chosen])

    def batch(self, places: Sequence[tuple[int, int]]) -> dict[str, Tensor]:
        """A batch of given frames, with ``source`` and ``target_landmarks`` for validation."""
        shots = [(self._shots[k], place) for k, place in places]
        own = torch.from_numpy(np.stack([one.own[place] for one, place in shots]))
        return {
            "maps": torch.from_numpy(np.stack([one.window(place, self._config) for one, place in shots])),
            "own": own,
            "source": own,
            "target": torch.from_numpy(np.stack([one.target[place] for one, place in shots])),
            "target_landmarks": torch.from_numpy(np.stack([one.landmarks[place] for one, place in shots])),
        }


def train_video(training: Training) -> None:
    """Train the renderer of a person; each validation leaves ``sheet.png`` in the output folder.

    The initial network, which shows the person's warped picture, is kept unless training improves it on recordings held
    back.
    """
    corpus, config, store = training.corpus, training.config, training.store
    splits = {name: found for name in ("train", "val") if (found := corpus.recordings(name))}
    shots = {"train": read_shots(splits["train"], config.video, store)}
    skin = shots["train"][0].scene.skin
    if "val" in splits:
        shots["val"] = read_shots(splits["val"], config.video, store, skin=skin)
    batches = ShotBatches(shots.pop("train"), size=training.options.batch, config=config.video)
    groups = {}
    for name, kept in shots.items():
        held = ShotBatches(kept, size=1, config=config.video)
        every = max(1, len(held.places) // _VALIDATION)
        groups[name] = held.batch(held.places[::every][:_VALIDATION])
    validation = PictureValidation(groups, generate, training.out)
    torch.manual_seed(0)
    network = video_adversaries(config.video).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    network.generator.wear(skin)
    scores = training.fit(
        network,
        partial(video_losses, config=config, distance=perceptual_distance(None)),
        batches,
        validate=validation,
        schedule=Schedule(training.options.learning_rate, shape="decay"),
        merit=_merit if "val" in groups else None,
    )
    card = {
        "network": "rendering-to-video of one person (Zhang et al. 2021, section 3.4)",
        "config": config.video,
        **describe(splits["train"]),
        "scores": {"splits": ", ".join(groups), **scores, "the warped picture as it is": validation.unchanged},
    }
    training.save(network.generator, "video", card)


def _merit(scores: Mapping[str, float]) -> float:
    return scores["val PSNR_dB"]
