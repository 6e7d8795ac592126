"""Training of the image-to-image translation network on pairs of pictures of the open recordings."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from talkinghead.data.corpus import describe
from talkinghead.data.face_pairs import prepare_pictures, validation_pairs
from talkinghead.data.pairs import PairBatches
from talkinghead.methods.makeittalk.translation import as_inputs
from talkinghead.methods.makeittalk.translation_losses import translation_adversaries, translation_losses
from talkinghead.rendering.sketch import sketches
from talkinghead.training.fit import Schedule
from talkinghead.training.perceptual import perceptual_distance
from talkinghead.training.stage import Training
from talkinghead.training.validation import PictureValidation

_VALIDATION = 24  # pairs of each group


def add_sketches(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """A batch of ``data.pairs`` with its landmarks drawn as ``sketch`` and ``source_sketch`` (B, S, S, 3) uint8."""
    size = batch["source"].shape[1]
    drawn = [torch.from_numpy(sketches(batch[f"{name}_landmarks"].numpy(), size=size)) for name in ("target", "source")]
    return {**batch, "sketch": drawn[0], "source_sketch": drawn[1]}


def train_translation(training: Training) -> None:
    """Train the translation network; each validation leaves ``sheet.png`` in the output folder.

    Source: Zhou et al. 2020, section 4.4, trains with a batch of 16 and a learning rate of 1e-4; our defaults are for
        the slim networks of "small", which train for an hour.
    """
    config, sizes, corpus = training.config, training.config.translation, training.corpus
    splits = {name: corpus.recordings(name) for name in ("train", "val", "unseen")}
    packs = {name: prepare_pictures(found, training.store) for name, found in splits.items() if found}
    batch = partial(PairBatches, size=sizes.size, complete=add_sketches)
    learned = batch(packs.pop("train"), batch=training.options.batch)
    groups = {name: batch(pack).pairs(validation_pairs(pack, _VALIDATION)) for name, pack in packs.items()}
    distance = perceptual_distance(training.options.vgg)
    validation = PictureValidation(
        groups,
        lambda network, part: network(*as_inputs(part, sizes)).picture,
        training.out,
        shown=("source", "sketch"),
    )
    torch.manual_seed(0)
    network = translation_adversaries(sizes).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    scores = training.fit(
        network,
        partial(translation_losses, config=config, distance=distance),
        learned,
        validate=validation,
        schedule=Schedule(training.options.learning_rate, clip=5.0),
    )
    card = {
        "network": "portrait and drawn landmarks -> picture (image-to-image translation)",
        "config": sizes,
        **describe(splits["train"], unseen=corpus.unseen),
        "scores": {"splits": ", ".join(groups), **scores, "the portrait as it is": validation.unchanged},
    }
    training.save(network.generator, "translation", card)
