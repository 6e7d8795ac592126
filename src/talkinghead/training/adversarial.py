"""Adversarial training: which side learns from which loss, and the losses themselves.

A module that is trained adversarially has its discriminator as ``discriminator``; everything else is the generator.
Only the discriminator minimises named losses that begin with "discriminator", and only the generator all others.
``backward`` ensures this, so losses need neither detach nor freeze anything, and one pass of the discriminator over a
generated batch serves both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Literal, NamedTuple, TypeAlias, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Kind: TypeAlias = Literal["least squares", "cross entropy", "hinge"]
G = TypeVar("G", bound=nn.Module)
D = TypeVar("D", bound="nn.Module | None")

GENERATOR, DISCRIMINATOR = "generator", "discriminator"


class Verdict(NamedTuple):
    """The output of a discriminator.

    Attributes:
        logits: of any shape; the larger, the more real.
        features: outputs of its layers, for ``feature_matching_loss``.
        weight: of each logit, in a shape that broadcasts to theirs; None: all weigh the same.
    """

    logits: Tensor
    features: tuple[Tensor, ...] = ()
    weight: Tensor | None = None


class Adversaries(nn.Module, Generic[G, D]):
    """A generator and the discriminator that it is trained against.

    Args:
        generator: the network to train; calls are passed to it.
        discriminator: None: the generator is trained without one.
    """

    generator: G
    discriminator: D

    def __init__(self, generator: G, discriminator: D) -> None:
        super().__init__()
        self.generator, self.discriminator = generator, discriminator

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """The generator's output."""
        return self.generator(*inputs, **named)


def sides_of(network: nn.Module) -> dict[str, list[nn.Parameter]]:
    """The trainable parameters of the generator and, if there is one, of the discriminator."""
    discriminator = getattr(network, DISCRIMINATOR, None)
    others = [] if discriminator is None else [value for value in discriminator.parameters() if value.requires_grad]
    known = {id(value) for value in others}
    own = [value for value in network.parameters() if value.requires_grad and id(value) not in known]
    return {GENERATOR: own, DISCRIMINATOR: others} if others else {GENERATOR: own}


def backward(
    named: Mapping[str, Tensor],
    sides: Mapping[str, Sequence[nn.Parameter]],
    *,
    run: Callable[..., None] = Tensor.backward,
) -> None:
    """Give each side the gradient of its own losses, and none of the other's.

    Args:
        named: losses; see the module.
        sides: from ``sides_of``.
        run: called with a loss, ``inputs`` and ``retain_graph`` to run the backward pass.

    Raises:
        ValueError: a side has no loss.
    """
    # The discriminator first: only its part of the graph must be kept for the generator, which then frees everything.
    for side in sorted(sides, key=lambda name: name != DISCRIMINATOR):
        own = [value for name, value in named.items() if name.startswith(DISCRIMINATOR) is (side == DISCRIMINATOR)]
        if not own:
            raise ValueError(f"there is no loss for the {side} among {', '.join(named)}")
        run(torch.stack(own).sum(), inputs=list(sides[side]), retain_graph=side == DISCRIMINATOR)


def adversarial_losses(
    on_made: Sequence[Verdict],
    on_real: Sequence[Verdict],
    *,
    kind: Kind = "least squares",
    weight: float = 1.0,
    features: float = 0.0,
) -> dict[str, Tensor]:
    """The losses of both sides by name.

    Args:
        on_made: verdicts on the generator's output, one for each scale, whose losses are summed.
        on_real: verdicts on real data.
        kind: of the loss.
        weight: of the generator's adversarial term.
        features: weight of feature matching; 0: no feature matching.
    """
    named = {"adversarial_loss": weight * generator_loss(on_made, kind=kind)}
    if features:
        named["feature_loss"] = features * feature_matching_loss(on_made, on_real)
    return {**named, "discriminator_loss": discriminator_loss(on_made, on_real, kind=kind)}


def generator_loss(on_made: Sequence[Verdict], *, kind: Kind = "least squares") -> Tensor:
    """The generator's adversarial loss, (), summed over verdicts.

    Source: Mao et al. 2017 (LSGAN), equation 9, without the halves; Goodfellow et al. 2014, section 3, the form that
        does not saturate; Miyato et al. 2018, equation 17, for the hinge.
    """
    if kind != "hinge":
        return classification_loss(on_made, real=True, kind=kind)
    return torch.stack([_mean(-verdict.logits.float(), verdict.weight) for verdict in on_made]).sum()


def discriminator_loss(
    on_made: Sequence[Verdict], on_real: Sequence[Verdict], *, kind: Kind = "least squares"
) -> Tensor:
    """The discriminator's loss on generated and real data, (), summed over verdicts."""
    made = classification_loss(on_made, real=False, kind=kind)
    return made + classification_loss(on_real, real=True, kind=kind)


def classification_loss(verdicts: Sequence[Verdict], *, real: bool, kind: Kind = "least squares") -> Tensor:
    """The discriminator's loss on data that is all real or all generated, (), summed over verdicts.

    Source: Mao et al. 2017, equation 9, without the halves; Goodfellow et al. 2014, equation 1; Miyato et al. 2018,
        equation 16, for the hinge.
    """
    return torch.stack(
        [_mean(_cost(verdict.logits, real=real, kind=kind), verdict.weight) for verdict in verdicts]
    ).sum()


def feature_matching_loss(on_made: Sequence[Verdict], on_real: Sequence[Verdict]) -> Tensor:
    """Mean absolute difference of the discriminator's features, (), mean over layers, summed over verdicts.

    Source: Wang et al. 2018 (pix2pixHD), equation 4; there the layers are summed with weights that amount to this mean.
    """
    losses = [
        torch.stack([(a.float() - b.float()).abs().mean() for a, b in zip(made.features, real.features)]).mean()
        for made, real in zip(on_made, on_real)
    ]
    return torch.stack(losses).sum()


def _cost(logits: Tensor, *, real: bool, kind: Kind) -> Tensor:
    """The discriminator's loss of each logit, on real or generated data."""
    logits = logits.float()
    if kind == "least squares":
        return (logits - float(real)).square()
    signed = logits if real else -logits
    return F.relu(1 - signed) if kind == "hinge" else F.softplus(-signed)


def _mean(values: Tensor, weight: Tensor | None) -> Tensor:
    if weight is None:
        return values.mean()
    weight = weight.to(values.dtype).expand_as(values)
    return (values * weight).sum() / weight.sum().clamp_min(1e-6)
