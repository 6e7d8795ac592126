"""Training of rendering-to-video for a person.

Source: Zhang et al. 2021, section 5.1: Adam with 1e-4, batches of 1, 50 epochs with a learning rate that falls in the
    last 30. Where we differ: batches of 4 and a learning rate of 1e-3, as the network begins with the person's own
    pixels (with 4e-4, or in less than 500 steps, it hardly learns anything beyond them); of each frame it sees a window
    of half the size, half of the time about the lips and else mostly about the face, which costs a third and shows lips
    and eyes more often than hair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from talkinghead.data.corpus import describe
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take, read_takes
from talkinghead.data.warped_frames import WarpedFrames, are_many, warp_frames
from talkinghead.errors import InputError
from talkinghead.face.landmarks import LIPS
from talkinghead.methods.facial.config import RenderToVideoConfig
from talkinghead.methods.facial.scenes import eye_maps
from talkinghead.methods.facial.video import video_adversaries
from talkinghead.methods.facial.video_losses import generate, video_losses
from talkinghead.rendering.face_scene import FaceScene
from talkinghead.rendering.mesh_render import Skin
from talkinghead.rendering.skin import fit_skin
from talkinghead.store import Store
from talkinghead.training.adversarial import Adversaries
from talkinghead.training.fit import Schedule
from talkinghead.training.perceptual import perceptual_distance
from talkinghead.training.stage import Training
from talkinghead.training.validation import PictureValidation, picture_merit
from talkinghead.types import ImageArray

_SKIN_FRAMES = 12  # from which texture and light are fitted
_SHARE = "share"
_VALIDATION = 24  # frames
# Of the windows lie about the lips, of the rest about one of the face's landmarks, the others anywhere. Lips are what
# a face that speaks is looked at for, and hardly anything else differs from the person's warped picture.
_ON_LIPS, _ON_FACE = 0.5, 0.75
_JITTER = 0.1  # sides of a window by which it lies off
_SHARES = (0.2, 0.35, 0.6, 1.0)  # of what was learned that may be kept


@dataclass(frozen=True)
class Shots:
    """Frames of a recording, and what is needed to render their faces.

    Attributes:
        scene: of the recording's calmest frame.
        frames: of the recording, and that one, warped.
    """

    scene: FaceScene
    frames: WarpedFrames

    def window(
        self, place: int, config: RenderToVideoConfig, *, corner: tuple[int, int] = (0, 0), side: int | None = None
    ) -> ImageArray:
        """(window, S, S, 4) uint8 rendered faces about a frame; ``corner`` and ``side`` as for ``eye_maps``."""
        motion = self.frames.motion
        rows = self.frames.rows[place] + np.arange(-config.before, config.after + 1)
        return eye_maps(self.scene, motion[rows.clip(0, len(motion) - 1)], corner=corner, side=side)


def read_shots(
    recordings: Sequence[Recording], config: RenderToVideoConfig, store: Store, *, skin: Skin | None = None
) -> list[Shots]:
    """The frames of recordings from which the network learns; without a skin, one is fitted to them."""
    takes = list(read_takes(recordings, store, smooth=False))
    if not takes:
        raise InputError("no recording shows a face: give other recordings.")
    skin = skin or _fit_skin(takes)
    few, shots = are_many(recordings), []
    for take in takes:
        frames = warp_frames(take, size=config.size, few=few)
        shots.append(Shots(FaceScene(frames.portrait, size=config.size, skin=skin), frames))
    return shots


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
    """Random parts of random frames with their rendered windows.

    Args:
        shots: the training data.
        size: frames in a batch.
        config: sizes.
    """

    def __init__(self, shots: Sequence[Shots], *, size: int, config: RenderToVideoConfig) -> None:
        self._shots, self._size, self._config = shots, size, config
        self.places = [(k, place) for k, own in enumerate(shots) for place in range(len(own.frames.rows))]

    def __call__(self, step: int) -> dict[str, Tensor]:
        """The batch of a step for ``video_losses``."""
        rng, side = np.random.default_rng(step), self._config.size // 2
        parts: dict[str, list[ImageArray]] = {"maps": [], "own": [], "target": []}
        for number in rng.integers(len(self.places), size=self._size):
            k, place = self.places[number]
            shots = self._shots[k]
            left, top = self._choose_corner(shots, place, rng, side)
            part = np.s_[top : top + side, left : left + side]
            parts["maps"].append(shots.window(place, self._config, corner=(left, top), side=side))
            parts["own"].append(shots.frames.own[place][part])
            parts["target"].append(shots.frames.target[place][part])
        return {name: torch.from_numpy(np.stack(found)) for name, found in parts.items()}

    def _choose_corner(self, shots: Shots, place: int, rng: np.random.Generator, side: int) -> tuple[int, int]:
        """(left, top) px of a window of a frame."""
        landmarks, size = shots.frames.landmarks[place], self._config.size
        if rng.random() < _ON_LIPS:
            centre = landmarks[LIPS].mean(axis=0)
        elif rng.random() < _ON_FACE:
            centre = landmarks[rng.integers(len(landmarks))]
        else:
            centre = rng.uniform(0, size, 2)
        centre = centre + rng.normal(0.0, _JITTER * side, 2)
        left, top = (centre - side / 2).round().astype(int).clip(0, size - side)
        return int(left), int(top)

    def batch(self, places: Sequence[tuple[int, int]]) -> dict[str, Tensor]:
        """A batch of given whole frames, with ``source`` and ``target_landmarks`` for validation."""
        shots = [(self._shots[k], place) for k, place in places]
        own = torch.from_numpy(np.stack([one.frames.own[place] for one, place in shots]))
        return {
            "maps": torch.from_numpy(np.stack([one.window(place, self._config) for one, place in shots])),
            "own": own,
            "source": own,
            "target": torch.from_numpy(np.stack([one.frames.target[place] for one, place in shots])),
            "target_landmarks": torch.from_numpy(np.stack([one.frames.landmarks[place] for one, place in shots])),
        }


def train_video(training: Training) -> None:
    """Train the renderer of a person; each validation leaves ``sheet.png`` in the output folder.

    A network that learned from few recordings says too much: how large a share of it is kept is chosen on recordings
    held back. The initial network, which shows the person's warped picture, stays unless that improves it.
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
    shared = "val" in groups and config.video.residual
    torch.manual_seed(0)
    network = video_adversaries(config.video).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    network.generator.wear(skin)
    scores = training.fit(
        network,
        partial(video_losses, config=config, distance=perceptual_distance(None)),
        batches,
        validate=partial(_choose_share, validation) if shared else validation,
        schedule=Schedule(training.options.learning_rate, shape="decay"),
        merit=picture_merit if "val" in groups else None,
    )
    if shared:
        network.generator.temper(scores[_SHARE])
        validation(network)  # so that the sheet shows what is kept
    card = {
        "network": "rendering-to-video of one person (Zhang et al. 2021, section 3.4)",
        "config": config.video,
        **describe(splits["train"]),
        "scores": {"splits": ", ".join(groups), **scores, "the warped picture as it is": validation.unchanged},
    }
    training.save(network.generator, "video", card)


def _choose_share(validation: PictureValidation, network: nn.Module) -> dict[str, float]:
    """The scores with the best share of what a network makes, and that share."""
    assert isinstance(network, Adversaries)
    generator, found = network.generator, list[dict[str, float]]()
    kept = {name: value.clone() for name, value in generator.out.state_dict().items()}
    for share in _SHARES:
        generator.temper(share)
        found.append({**validation(network), _SHARE: share})
        generator.out.load_state_dict(kept)
    return max(found, key=picture_merit)
