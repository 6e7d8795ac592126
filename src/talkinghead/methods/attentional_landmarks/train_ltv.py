"""Training of the landmarks-to-video network.

Source: Wang et al. 2020, sections 3.2 and 4.1. Where we differ: the learning rate runs one cycle instead of 1e-4
    throughout; the generic network learns from a dozen people, not from all 33 of GRID.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
from torch import Tensor

from talkinghead.data.corpus import describe
from talkinghead.data.face_pairs import prepare_pictures, validation_pairs
from talkinghead.data.pairs import PairAugmentation, PairBatches
from talkinghead.methods.attentional_landmarks.config import LIP_SPEECH
from talkinghead.methods.attentional_landmarks.ltv_losses import generate, video_adversaries, video_losses
from talkinghead.methods.attentional_landmarks.recordings import choose_recordings, speech_around
from talkinghead.training.fit import Schedule
from talkinghead.training.stage import Training
from talkinghead.training.validation import PictureValidation
from talkinghead.weights import load_weights

_VALIDATION = 24  # pairs of each group
_AUGMENTATION = PairAugmentation(
    main=0.5, other_clip=0.25, zoom=0.11, turn=0.12, shift=0.05, apart=0.0, light=0.5, grey=0.05, background=0.0
)
# For a single person, the network also learns the person's look and light.
_PERSONAL = PairAugmentation(
    main=1.0, other_clip=0.25, zoom=0.11, turn=0.12, shift=0.05, apart=0.0, light=0.0, background=0.0
)


def train_video(training: Training) -> None:
    """Train the renderer on pairs of pictures; each validation leaves ``sheet.png`` in the output folder.

    For a single person, the pretrained network is kept unless training improves it on recordings held back.
    """
    corpus, config, store = training.corpus, training.config, training.store
    splits = {name: choose_recordings(corpus, name, config) for name in ("train", "val", "unseen")}
    packs = {name: prepare_pictures(found, store) for name, found in splits.items() if found}
    learned = packs.pop("train")
    speech = torch.from_numpy(speech_around(learned, splits["train"], LIP_SPEECH, store))
    known = {recording.name: recording.can_be_mended for recording in splits["train"]}
    in_step = torch.tensor([known[name] for name in learned.names.tolist()], dtype=torch.float32)
    in_step = in_step[torch.from_numpy(learned.clips)]

    def add_speech(batch: dict[str, Tensor]) -> dict[str, Tensor]:
        return {**batch, "speech": speech[batch["number"]], "in_step": in_step[batch["number"]]}

    alone = len(np.unique(learned.speakers)) == 1
    batches = PairBatches(
        learned,
        size=config.video.size,
        batch=training.options.batch,
        augmentation=_PERSONAL if alone else _AUGMENTATION,
        complete=add_speech,
    )
    groups = {
        name: PairBatches(pack, size=config.video.size).pairs(validation_pairs(pack, _VALIDATION))
        for name, pack in packs.items()
    }
    validation = PictureValidation(groups, generate, training.out)
    torch.manual_seed(0)
    network = video_adversaries(config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if training.start is not None:
        load_weights(network.generator, training.start)
    scores = training.fit(
        network,
        partial(video_losses, config=config),
        batches,
        validate=validation,
        schedule=Schedule(training.options.learning_rate),
        merit=_merit if corpus.folder is None and "val" in groups else None,
    )
    card = {
        "network": "landmarks to video (Wang et al. 2020, section 3.2)",
        "config": config.video,
        **describe(splits["train"], unseen=corpus.unseen),
        "scores": {"splits": ", ".join(groups), **scores, "the portrait as it is": validation.unchanged},
    }
    training.save(network.generator, "renderer", card)


def _merit(scores: Mapping[str, float]) -> float:
    return scores["val PSNR_dB"]
