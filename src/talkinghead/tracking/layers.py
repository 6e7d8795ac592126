"""Networks written as a list of layers, one a line, as the cards of the tracker's weights hold them.

Pictures and features are (N, C, H, W) with the channels of a pixel side by side in memory, points (N, P, 2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Settings = Mapping[str, str]

_FEW_PIXELS = 16  # width of features from which on a product of matrices is no faster than a convolution


@dataclass(frozen=True)
class LayerGraphConfig:
    """A network as a list of layers.

    Attributes:
        size: height and width of its pictures in px.
        layers: each as "NAME = KIND INPUT... SETTING=VALUE...", in the order in which they run. The input named 0 is
            the pictures.
        outputs: names of the layers whose results are wanted.
    """

    size: int
    layers: tuple[str, ...]
    outputs: tuple[str, ...]


class LayerGraph(nn.Module):
    """The network that a configuration describes.

    Raises:
        ValueError: a layer is of a kind that is not known, or takes what no earlier layer makes.
    """

    def __init__(self, config: LayerGraphConfig) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.ModuleDict()
        self._inputs: dict[str, list[str]] = {}
        last_use = {name: len(config.layers) for name in ("0", *config.outputs)}
        for number, line in reversed(list(enumerate(config.layers))):
            for word in line.split()[3:]:
                last_use.setdefault(word, number)
        self._dead: list[list[str]] = [[] for _ in config.layers]
        for number, line in enumerate(config.layers):
            name, _, kind, *words = line.split()
            inputs = [word for word in words if "=" not in word]
            settings = dict(word.split("=") for word in words if "=" in word)
            if kind not in _KINDS or not {"0", *self._inputs}.issuperset(inputs):
                raise ValueError(f"no layer can be built from {line!r}")
            self._dead[number] = [word for word in dict.fromkeys(inputs) if last_use[word] == number]
            if inputs[0] in self._dead[number] and inputs[0] not in inputs[1:]:
                settings["reuse"] = "1"
            self.layers[name] = _KINDS[kind](settings)
            self._inputs[name] = inputs

    def part(self, outputs: tuple[str, ...]) -> LayerGraph:
        """A network of those layers that some outputs need, with copies of their weights."""
        needed = set(outputs)
        for line in reversed(self.config.layers):
            name, _, _, *words = line.split()
            needed |= set(words) if name in needed else set()
        lines = tuple(line for line in self.config.layers if line.split()[0] in needed)
        known = self.state_dict()
        part = LayerGraph(LayerGraphConfig(self.config.size, lines, outputs)).to(next(iter(known.values())).device)
        part.load_state_dict({name: known[name] for name in part.state_dict()})
        return part

    def forward(self, images: Tensor) -> list[Tensor]:
        """The outputs for pictures (N, 3, size, size)."""
        known = {"0": images.contiguous(memory_format=torch.channels_last)}
        for (name, layer), dead in zip(self.layers.items(), self._dead):
            known[name] = layer(*(known[word] for word in self._inputs[name]))
            for word in dead:
                del known[word]
        return [known[name] for name in self.config.outputs]


class Convolution(nn.Module):
    """Convolution of squares of ``side`` px, with zeros around the picture."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        channels = [int(number) for number in settings["channels"].split(",")]
        side, self.stride, self.border = (int(settings[name]) for name in ("side", "stride", "border"))
        self.groups = channels[0] if len(channels) == 1 else 1
        weight = torch.zeros(channels[-1], channels[0] // self.groups, side, side)
        self.weight = nn.Parameter(weight.contiguous(memory_format=torch.channels_last))
        self.bias = nn.Parameter(torch.zeros(channels[-1]))
        self.relu = settings.get("activation") == "relu"

    def forward(self, x: Tensor) -> Tensor:
        """Features (N, C, H, W) -> (N, D, H / stride, W / stride)."""
        y = F.conv2d(x, self.weight, self.bias, self.stride, self.border, 1, self.groups)
        return F.relu(y, inplace=True) if self.relu else y


class Pointwise(nn.Module):
    """Convolution of single pixels."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        channels = [int(number) for number in settings["channels"].split(",")]
        self.weight = nn.Parameter(torch.zeros(channels[1], channels[0]))
        self.bias = nn.Parameter(torch.zeros(channels[1]))
        self.relu = settings.get("activation") == "relu"

    def forward(self, x: Tensor) -> Tensor:
        """Features (N, C, H, W) -> (N, D, H, W)."""
        if x.shape[-1] > _FEW_PIXELS:
            y = F.conv2d(x, self.weight[:, :, None, None], self.bias)
        else:
            y = F.linear(x.permute(0, 2, 3, 1), self.weight, self.bias).permute(0, 3, 1, 2)
        return F.relu(y, inplace=True) if self.relu else y


class PReLU(nn.Module):
    """Negative values times a slope of their channel."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.zeros(int(settings["channels"])))

    def forward(self, x: Tensor) -> Tensor:
        """Features (N, C, H, W) -> the same shape."""
        return F.prelu(x, self.slope)


class Upsample(nn.Module):
    """Each pixel becomes four: transposed convolution of squares of 2 px."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        before, after = (int(number) for number in settings["channels"].split(","))
        self.weight = nn.Parameter(torch.zeros(before, after, 2, 2))
        self.bias = nn.Parameter(torch.zeros(after))

    def forward(self, x: Tensor) -> Tensor:
        """Features (N, C, H, W) -> (N, D, 2 H, 2 W)."""
        return F.conv_transpose2d(x, self.weight, self.bias, stride=2)


class Add(nn.Module):
    """The sum of two features; one with fewer channels is added to the first channels of the other."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.reuse = "reuse" in settings
        self.relu = settings.get("activation") == "relu"

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Features (N, C, H, W) and (N, D, H, W), D at most C -> (N, C, H, W)."""
        total = x if self.reuse else x.clone()
        total[:, : y.shape[1]] += y
        return F.relu(total, inplace=True) if self.relu else total


class MaxPool(nn.Module):
    """The greatest of each square of 2 px."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        """Features (N, C, H, W) -> (N, C, H / 2, W / 2)."""
        # Three to four times as fast as max_pool2d, which also looks up where the greatest ones stand.
        count, channels, height, width = x.shape
        rows = x.permute(0, 2, 3, 1).reshape(count, height // 2, 2, width // 2, 2 * channels)
        greater = torch.maximum(rows[:, :, 0], rows[:, :, 1])
        return torch.maximum(greater[..., :channels], greater[..., channels:]).permute(0, 3, 1, 2)


class Place(nn.Module):
    """Where a part of a face stands: a square around some of its points, upright along the line between two of them.

    Source: Grishchenko et al., Attention Mesh (2020), section 2, after spatial transformers (Jaderberg et al. 2015).
    """

    points: Tensor

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.first, self.second = (int(number) for number in settings["axis"].split(","))
        self.side, self.reach, self.zoom = int(settings["side"]), float(settings["reach"]), float(settings["zoom"])
        points = torch.tensor([int(number) for number in settings["points"].split(",")])
        self.register_buffer("points", points, persistent=False)

    def forward(self, landmarks: Tensor) -> Tensor:
        """Landmarks (N, 468, 3) px of the picture -> features_from_part (N, 2, 3), pixels' corners at whole numbers."""
        flat = landmarks[..., :2] * self.zoom
        along = F.normalize(flat[:, self.second] - flat[:, self.first], dim=-1)
        turn = torch.stack([along, along.flip(-1) * along.new_tensor([-1.0, 1.0])], dim=-1)  # columns: right, down
        upright = flat[:, self.points] @ turn
        low, high = upright.amin(dim=1), upright.amax(dim=1)
        centre = turn @ ((low + high) / 2).unsqueeze(-1)
        axes = turn * ((high - low) * (self.reach / self.side)).unsqueeze(1)
        return torch.cat([axes, centre - axes.sum(dim=-1, keepdim=True) * (self.side / 2)], dim=-1)


class CutOut(nn.Module):
    """The features of a part, read off between pixels; zero beyond the edge."""

    centres: Tensor

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.side = int(settings["side"])
        steps = torch.arange(self.side) + 0.5
        rows, columns = torch.meshgrid(steps, steps, indexing="ij")
        centres = torch.stack([columns, rows, torch.ones_like(rows)], dim=-1).reshape(-1, 3)
        self.register_buffer("centres", centres, persistent=False)

    def forward(self, features: Tensor, features_from_part: Tensor) -> Tensor:
        """Features (N, C, H, H), features_from_part (N, 2, 3) -> (N, C, side, side)."""
        places = self.centres @ features_from_part.transpose(1, 2)
        grid = (places * (2 / features.shape[-1]) - 1).reshape(-1, self.side, self.side, 2)
        part = F.grid_sample(features, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
        return part.contiguous(memory_format=torch.channels_last)


class PutBack(nn.Module):
    """Points of a part as points of the picture."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.scale = float(settings["scale"])

    def forward(self, points: Tensor, features_from_part: Tensor) -> Tensor:
        """Points (N, P, 2), features_from_part (N, 2, 3) -> (N, P, 2) px of the picture."""
        axes, shift = features_from_part[..., :2], features_from_part[..., 2:]
        return points @ axes.transpose(1, 2) + self.scale * shift.transpose(1, 2)


class Plain(nn.Module):
    """A function without weights."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        """What the function makes of its inputs."""
        return self.function(*inputs)


def _rows(x: Tensor, width: int) -> Tensor:
    """(N, C, H, W) -> (N, rows, width): the values of a pixel after one another, the pixels from left to right."""
    return x.permute(0, 2, 3, 1).reshape(len(x), -1, width)


def _depth_to_space(x: Tensor) -> Tensor:
    """(N, 4 C, H, W) -> (N, C, 2 H, 2 W), the channels by row and column within the new square first."""
    count, channels, height, width = x.shape
    parts = x.reshape(count, 2, 2, channels // 4, height, width).permute(0, 3, 4, 1, 5, 2)
    return parts.reshape(count, channels // 4, 2 * height, 2 * width)


def _resize(x: Tensor, size: int) -> Tensor:
    return F.interpolate(x, size=(size, size), mode="bilinear", align_corners=False)


_KINDS: dict[str, Callable[[Settings], nn.Module]] = {
    "conv": Convolution,
    "pointwise": Pointwise,
    "prelu": PReLU,
    "upsample": Upsample,
    "add": Add,
    "max_pool": MaxPool,
    "place": Place,
    "cut_out": CutOut,
    "put_back": PutBack,
    "relu": lambda settings: nn.ReLU(inplace="reuse" in settings),
    "hard_swish": lambda settings: nn.Hardswish(inplace="reuse" in settings),
    "sigmoid": lambda settings: nn.Sigmoid(),
    "multiply": lambda settings: Plain(torch.mul),
    "mean": lambda settings: nn.AdaptiveAvgPool2d(1),
    "resize": lambda settings: Plain(lambda x: _resize(x, int(settings["size"]))),
    "rows": lambda settings: Plain(lambda x: _rows(x, int(settings["width"]))),
    "join": lambda settings: Plain(lambda *inputs: torch.cat(inputs, dim=1)),
    "depth_to_space": lambda settings: Plain(_depth_to_space),
}
"""Kind of a layer -> the layer with these settings."""
