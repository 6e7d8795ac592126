"""TensorFlow Lite files: their operators, and the tensors that are constant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tflite

Array = npt.NDArray[Any]

_OPTIONS = {
    "CONV_2D": tflite.Conv2DOptions,
    "DEPTHWISE_CONV_2D": tflite.DepthwiseConv2DOptions,
    "ADD": tflite.AddOptions,
    "MAX_POOL_2D": tflite.Pool2DOptions,
    "AVERAGE_POOL_2D": tflite.Pool2DOptions,
}
_OPERATORS = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}


class TfliteFile:
    """One TensorFlow Lite file: its operators, and the tensors that are constant."""

    def __init__(self, path: Path) -> None:
        self._model = tflite.Model.GetRootAsModel(path.read_bytes(), 0)
        self._graph = self._model.Subgraphs(0)
        self.inputs: list[int] = self._graph.InputsAsNumpy().tolist()
        self.outputs: list[int] = self._graph.OutputsAsNumpy().tolist()

    def operators(self) -> list[tuple[str, Any]]:
        """The name and the operator, in the order in which they run."""
        found = []
        for number in range(self._graph.OperatorsLength()):
            operator = self._graph.Operators(number)
            code = self._model.OperatorCodes(operator.OpcodeIndex())
            name = code.CustomCode() or _OPERATORS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
            found.append((name.decode() if isinstance(name, bytes) else name, operator))
        return found

    def shape(self, number: int) -> list[int]:
        """The shape of a tensor."""
        tensor = self._graph.Tensors(number)
        return [] if tensor.ShapeIsNone() else tensor.ShapeAsNumpy().tolist()

    def constant(self, number: int) -> Array | None:
        """The values of a tensor that is constant, sparse ones densified; else None."""
        tensor = self._graph.Tensors(number)
        data = self._model.Buffers(tensor.Buffer())
        if not data.DataLength():
            return None
        kinds = {tflite.TensorType.FLOAT16: np.float16, tflite.TensorType.FLOAT32: np.float32}
        values = data.DataAsNumpy().view(kinds.get(tensor.Type(), np.int32))
        shape = self.shape(number)
        return values.reshape(shape) if tensor.Sparsity() is None else _densify(values, tensor.Sparsity(), shape)


def _densify(values: Array, sparsity: Any, shape: Sequence[int]) -> Array:
    """Values of a sparse tensor whose last dimension lists where they stand in each row (CSR), as a dense tensor."""
    last = sparsity.DimMetadata(sparsity.DimMetadataLength() - 1)
    order = sparsity.TraversalOrderAsNumpy().tolist()
    if order != list(range(len(shape))) or last.Format() != tflite.DimensionType.SPARSE_CSR:
        raise ValueError("a sparse tensor is stored in another way than rows of positions")
    segments, indices = (
        _numbers(kind, table)
        for kind, table in (
            (last.ArraySegmentsType(), last.ArraySegments()),
            (last.ArrayIndicesType(), last.ArrayIndices()),
        )
    )
    dense = np.zeros((int(np.prod(shape[:-1])), shape[-1]), values.dtype)
    rows = np.repeat(np.arange(len(dense)), np.diff(segments))
    dense[rows, indices] = values[: len(indices)]
    return dense.reshape(shape)


def _numbers(kind: int, table: Any) -> Array:
    names = {1: tflite.Int32Vector, 2: tflite.Uint16Vector, 3: tflite.Uint8Vector}
    vector = names[kind]()
    vector.Init(table.Bytes, table.Pos)
    return np.asarray(vector.ValuesAsNumpy(), np.int64)


def options_of(name: str, operator: Any) -> Any:
    """The options of a convolution, pool or addition; None for other operators."""
    if name not in _OPTIONS:
        return None
    table, options = operator.BuiltinOptions(), _OPTIONS[name]()
    options.Init(table.Bytes, table.Pos)
    return options
