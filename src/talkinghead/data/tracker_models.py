"""The tracker's networks, read from the files that Google publishes with MediaPipe.

``python -m talkinghead.data.tracker_models MODULES OUT`` makes ``tracking/weights`` again. ``MODULES`` is the folder
``mediapipe/modules`` of the wheel of MediaPipe 0.10.21; nothing in it is run. The extra ``train`` has ``tflite``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from flatbuffers import flexbuffers

from talkinghead.data.tflite_files import Array, TfliteFile, options_of
from talkinghead.tracking.layers import LayerGraph, LayerGraphConfig
from talkinghead.weights import SUFFIX, save_weights

SOURCES = {
    "face_detector_near": ("face_detection/face_detection_short_range.tflite", "faces within 2 m (BlazeFace)"),
    "face_detector_far": (
        "face_detection/face_detection_full_range_sparse.tflite",
        "faces within 5 m, also small ones",
    ),
    "face_mesh": (
        "face_landmark/face_landmark_with_attention.tflite",
        "478 landmarks of a face (Attention Mesh, Grishchenko et al. 2020)",
    ),
    "person": ("selfie_segmentation/selfie_segmentation.tflite", "person against background (selfie segmentation)"),
}
"""Name of the weights -> the file that they come from, and what the network reads."""

_SAME, _RELU = 0, 1  # of the schema: padding as TensorFlow's "same"; fused activation
_POOLS = ("MAX_POOL_2D", "AVERAGE_POOL_2D")
_PLAIN = {"RELU": "relu", "HARD_SWISH": "hard_swish", "LOGISTIC": "sigmoid", "MUL": "multiply"}


class _Reader:
    """Turns operators into lines of a ``LayerGraph`` and its weights."""

    def __init__(self, path: Path) -> None:
        self._file = TfliteFile(path)
        self._constants: dict[int, Array] = {}
        self._same: dict[int, int] = {}  # a tensor -> the earlier one that it is but a view of
        self._padded: dict[int, tuple[int, list[int]]] = {}  # -> the tensor without its border, and the border
        self._scale: dict[int, float] = {}  # -> by what the tensor of which it is a view is multiplied
        self._lines: list[str] = []
        self._weights: dict[str, torch.Tensor] = {}
        for name, operator in self._file.operators():
            inputs, output = operator.InputsAsNumpy().tolist(), operator.OutputsAsNumpy().tolist()[0]
            self._add(name, operator, inputs, output)
        self.config = LayerGraphConfig(
            size=self._file.shape(self._file.inputs[0])[1],
            layers=tuple(self._lines),
            outputs=tuple(str(self._source(number)) for number in self._file.outputs),
        )

    def network(self) -> LayerGraph:
        """The network with its weights."""
        network = LayerGraph(self.config)
        network.load_state_dict(self._weights)
        return network

    def _source(self, number: int) -> int:
        return self._same.get(number, number)

    def _constant(self, number: int) -> Array | None:
        known = self._constants.get(number)
        return self._file.constant(number) if known is None else known

    def _require_constant(self, number: int) -> Array:
        constant = self._constant(number)
        if constant is None:
            raise ValueError(f"tensor {number} is not constant")
        return constant

    def _line(self, output: int, kind: str, inputs: Sequence[int], **settings: object) -> None:
        words = [f"{output} = {kind}", *(str(self._source(number)) for number in inputs)]
        self._lines.append(" ".join(words + [f"{key}={_text(value)}" for key, value in settings.items()]))

    def _weight(self, output: int, **tensors: Array) -> None:
        for name, values in tensors.items():
            self._weights[f"layers.{output}.{name}"] = torch.from_numpy(np.ascontiguousarray(values, np.float32))

    def _add(self, name: str, operator: Any, inputs: list[int], output: int) -> None:
        options = options_of(name, operator)
        if name in ("DEQUANTIZE", "DENSIFY"):
            self._constants[output] = self._require_constant(inputs[0])
        elif name in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            self._add_convolution(name, options, inputs, output)
        elif name == "Convolution2DTransposeBias":
            weight, bias = (self._require_constant(number) for number in inputs[1:])
            self._weight(output, weight=weight.transpose(3, 0, 1, 2), bias=bias)
            self._line(output, "upsample", inputs[:1], channels=[weight.shape[3], 1])
        elif name == "PRELU":
            slopes = self._require_constant(inputs[1])
            self._weight(output, slope=slopes.reshape(-1))
            self._line(output, "prelu", inputs[:1], channels=slopes.size)
        elif name == "PAD":
            self._add_padding(inputs, output)
        elif name == "ADD":
            # What is padded with empty channels comes last: it is added to the first channels of the other one. What
            # was made last comes first: it is seldom needed again, and its memory then serves for the sum.
            order = sorted(inputs, key=lambda number: (number in self._padded, -number))
            self._line(output, "add", order)
        elif name in _POOLS:
            self._add_pool(name, options, inputs[0], output)
        elif name == "RESIZE_BILINEAR":
            self._line(output, "resize", inputs[:1], size=self._file.shape(output)[1])
        elif name == "DEPTH_TO_SPACE":
            self._line(output, "depth_to_space", inputs)
        elif name == "RESHAPE" or name == "STRIDED_SLICE":
            self._add_view(inputs[0], output)
        elif name == "CONCATENATION":
            self._line(output, "join", inputs)
        elif name == "MUL" and self._constant(inputs[1]) is not None:
            factor = self._require_constant(inputs[1])
            # The last of a factor of a matrix (4, 4) that is no row of zeros and ones scales what it shifts by.
            self._same[output], self._scale[output] = self._source(inputs[0]), float(factor.reshape(-1)[:4][-1])
        elif name in _PLAIN:
            self._line(output, _PLAIN[name], inputs)
        elif name == "Landmarks2TransformMatrix":
            found = flexbuffers.Loads(bytes(operator.CustomOptionsAsNumpy()))
            axis = (found["left_rotation_idx"], found["right_rotation_idx"])
            side, scale, points = found["output_width"], found["scale_x"], found["subset_idxs"]
            zoom = self._scale[inputs[0]]
            self._line(output, "place", inputs, axis=axis, side=side, reach=scale, zoom=zoom, points=points)
        elif name == "TransformTensorBilinear":
            self._line(output, "cut_out", inputs, side=self._file.shape(output)[1])
        elif name == "TransformLandmarks":
            self._line(output, "put_back", inputs, scale=self._scale[inputs[1]])
        else:
            raise ValueError(f"no layer does what {name} does")
        if options is not None and hasattr(options, "FusedActivationFunction") and options.FusedActivationFunction():
            if options.FusedActivationFunction() != _RELU:
                raise ValueError(f"no layer does what {name} does with its activation")
            self._lines[-1] += " activation=relu"

    def _add_convolution(self, name: str, options: Any, inputs: list[int], output: int) -> None:
        weight, bias = (self._require_constant(number) for number in inputs[1:])
        stride, depthwise = options.StrideH(), name == "DEPTHWISE_CONV_2D"
        side = weight.shape[1]
        source, border = self._padded.get(inputs[0], (inputs[0], [0, 0]))
        if options.Padding() == _SAME:
            border = _same_border(self._file.shape(source)[1], side, stride)
        # A border that is wider after the picture than before it: the squares get a row and a column of zeros instead.
        weight = np.pad(weight, ((0, 0), (border[1] - border[0], 0), (border[1] - border[0], 0), (0, 0)))
        if depthwise:
            channels, weight = [weight.shape[3]], weight.transpose(3, 0, 1, 2)
        else:
            channels, weight = [weight.shape[3], weight.shape[0]], weight.transpose(0, 3, 1, 2)
        if side == stride == 1 and not depthwise:
            self._weight(output, weight=weight[:, :, 0, 0], bias=bias)
            self._line(output, "pointwise", [source], channels=channels)
        else:
            self._weight(output, weight=weight, bias=bias)
            settings = {"channels": channels, "side": weight.shape[2], "stride": stride, "border": border[1]}
            self._line(output, "conv", [source], **settings)

    def _add_padding(self, inputs: list[int], output: int) -> None:
        amounts = self._require_constant(inputs[1])
        _, rows, columns, channels = amounts.tolist()
        if channels == [0, 0] and rows == columns:
            self._padded[output] = (inputs[0], rows)
        elif rows == columns == [0, 0] and channels[0] == 0:
            self._padded[output] = (inputs[0], rows)
            self._same[output] = self._source(inputs[0])
        else:
            raise ValueError(f"no layer pads by {amounts.tolist()}")

    def _add_pool(self, name: str, options: Any, number: int, output: int) -> None:
        side, whole = options.FilterHeight(), self._file.shape(number)[1]
        if name == "AVERAGE_POOL_2D" and side == whole:
            self._line(output, "mean", [number])
        elif name == "MAX_POOL_2D" and options.StrideH() == side == 2 and whole % 2 == 0:
            self._line(output, "max_pool", [number])
        else:
            raise ValueError(f"no layer does what {name} of {side} px does")

    def _add_view(self, number: int, output: int) -> None:
        shape = self._file.shape(output)
        if len(shape) == 3 and shape[1] > 1:
            self._line(output, "rows", [number], width=shape[2])
        else:
            self._same[output] = self._source(number)


def _same_border(extent: int, side: int, stride: int) -> list[int]:
    """How many zeros TensorFlow's "same" padding puts before and after a row."""
    total = max((-(-extent // stride) - 1) * stride + side - extent, 0)
    return [total // 2, total - total // 2]


def _text(value: object) -> str:
    return ",".join(str(part) for part in value) if isinstance(value, (list, tuple)) else str(value)


def read_network(path: Path) -> LayerGraph:
    """The network of a ``.tflite`` file with float weights.

    Raises:
        ValueError: the file has an operator for which there is no layer.
    """
    return _Reader(path).network()


def main(modules: Path, out: Path) -> None:
    """Write the weights and cards of all networks of the tracker."""
    for name, (source, what) in SOURCES.items():
        network = read_network(modules / source)
        card: Mapping[str, object] = {
            "network": what,
            "config": asdict(network.config),
            "origin": f"mediapipe 0.10.21 (https://github.com/google-ai-edge/mediapipe), {source}, Google",
            "licence": "Apache-2.0",
            "data": "as the model cards of MediaPipe state; not trained by this project",
            "changes": "stored as safetensors; layers without weights of their own are joined; values are the same",
            "command": "python -m talkinghead.data.tracker_models MODULES OUT",
        }
        save_weights(network, out / f"{name}{SUFFIX}", card=card)
        print(name, sum(p.numel() for p in network.parameters()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
