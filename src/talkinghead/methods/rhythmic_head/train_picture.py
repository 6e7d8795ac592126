"""Training of the composition network on sets of references of the open recordings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import torch

from talkinghead.data.corpus import describe
from talkinghead.methods.rhythmic_head.composition import picture_adversaries
from talkinghead.methods.rhythmic_head.picture_losses import generate, picture_losses
from talkinghead.methods.rhythmic_head.reference_sets import COUNTS, choose_recordings, prepare_sets
from talkinghead.methods.rhythmic_head.set_batches import SetBatches
from talkinghead.training.fit import Schedule
from talkinghead.training.perceptual import perceptual_distance
from talkinghead.training.stage import Training
from talkinghead.training.validation import PictureValidation
from talkinghead.weights import load_weights

_VALIDATION = 16  # examples of each group
_BETAS = (0.5, 0.999)
_MERIT = (1, 8)  # references of the groups that count


def train_composition(training: Training) -> None:
    """Train the composition network; each validation leaves ``sheet.png`` in the output folder.

    Source: Chen et al. 2020, section 5: Adam with a rate of 2e-4 and betas of 0.5 and 0.999, K = 1, 8, 32, days on 8
        GPUs. Where we differ: minutes on two cores, so a slim network that blends and corrects what mesh and rig make,
        and a larger rate, constant and then falling to zero.
    """
    config, corpus, store = training.config, training.corpus, training.store
    sizes = config.composition
    recordings = {name: choose_recordings(corpus.recordings(name)) for name in ("train", "unseen")}
    learned = SetBatches(prepare_sets(recordings["train"], sizes, store), size=training.options.batch, config=sizes)
    held = SetBatches(prepare_sets(recordings["unseen"], sizes, store), size=1, config=sizes)
    groups = {
        f"unseen {count}": held.plain(numbers) for count in COUNTS if (numbers := held.numbers(count)[:_VALIDATION])
    }
    validation = PictureValidation(groups, generate, training.out, shown=("source", "matched"))
    torch.manual_seed(0)
    network = picture_adversaries(sizes).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if training.start is not None:
        load_weights(network.generator, training.start)
    schedule = partial(Schedule, betas=_BETAS, shape="decay")
    scores = training.fit(
        network,
        partial(picture_losses, config=config, distance=perceptual_distance(None)),
        learned,
        validate=validation,
        schedule=schedule(training.options.learning_rate, clip=5.0),
        discriminator_schedule=schedule(training.options.learning_rate / 4, clip=5.0),
        merit=_merit if sizes.residual else None,
    )
    card = {
        "network": "hybrid embedding and non-linear composition (Chen et al. 2020, sections 4.2 and 4.3)",
        "config": sizes,
        **describe(recordings["train"], unseen=corpus.unseen),
        "scores": {"splits": ", ".join(groups), **scores, "the warped picture as it is": validation.unchanged},
    }
    training.save(network.generator, "composition", card)


def _merit(scores: Mapping[str, float]) -> float:
    return sum(scores.get(f"unseen {count} SSIM", 0.0) for count in _MERIT)
