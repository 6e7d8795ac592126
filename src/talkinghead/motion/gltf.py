"""A motion as a moving head in one binary glTF file (.glb), for Blender, three.js, Unity, Unreal and Godot.

The animation ``motion`` turns and moves the node ``head`` away from its pose in the portrait; below it are
``face``, ``eyeLeft`` and ``eyeRight`` (left and right of the person). The mesh of ``face`` is the portrait's face with
its lips closed, with teeth. Its 51 morph targets have ARKit's names, in ``mesh.extras.targetNames``, where three.js and
Blender look for them; the animation moves their weights, which are those of ``motion.arkit``. Gaze turns the eyes.
Axes are the viewer's: x to the right of the picture, y up, z towards the viewer. The unit is the metre, with 88 mm
between the outer eye corners. Frame ``t`` is at ``t / fps`` seconds.

Source: Khronos Group, glTF 2.0 specification.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from talkinghead.errors import InputError
from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.media.files import check_writable, write_beside
from talkinghead.motion.arkit import VIEWER_AXES, arkit_weights, viewer_pose, viewer_rotation
from talkinghead.motion.head_parts import Part, eyeball, portrait_face
from talkinghead.types import FloatArray, IndexArray, Motion
from talkinghead.version import __version__

if TYPE_CHECKING:
    from pygltflib import GLTF2

GLTF_SUFFIXES = (".glb",)

_METRES = 0.088  # per eye distance
_FLOAT, _SHORT = 5126, 5123  # glTF's component types
_VERTICES, _INDICES = 34962, 34963  # glTF's targets of buffer views
_COLOURS = {  # linear RGB
    "skin": (0.60, 0.41, 0.32),
    "mouth": (0.09, 0.02, 0.02),
    "teeth": (0.80, 0.77, 0.70),
    "eye": (1.0, 1.0, 1.0),
}
_COPYRIGHT = "Face shapes made from ICT-FaceKit, (c) 2020 USC Institute for Creative Technologies, MIT License"


def check_gltf() -> None:
    """Raise ``InputError`` if the package that writes glTF is missing."""
    if find_spec("pygltflib") is None:
        raise InputError(".glb files need pygltflib: pip install 'talkinghead[gltf]'.")


def save_gltf(motion: Motion, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a motion as binary glTF (see above), atomically.

    Args:
        motion: what to write.
        path: where to, .glb.
        overwrite: whether a file in its place may be replaced.

    Raises:
        InputError: pygltflib is missing, the suffix is unknown, the motion has no frames, the file exists, or it cannot
            be written.
    """
    path = Path(path)
    if path.suffix.lower() not in GLTF_SUFFIXES:
        raise InputError(f"{path} has an unknown suffix {path.suffix!r}: choose {' or '.join(GLTF_SUFFIXES)}.")
    check_gltf()
    weights = arkit_weights(motion)
    check_writable(path, overwrite)
    scene = _scene(motion, weights)
    with write_beside(path, overwrite) as part:
        scene.save_binary(part)


def _scene(motion: Motion, weights: FloatArray) -> GLTF2:
    import pygltflib as gltf

    file = gltf.GLTF2(asset=gltf.Asset(generator=f"talkinghead {__version__}", copyright=_COPYRIGHT))
    data = _Data(file)
    looks = [_material(file, name, colour) for name, colour in _COLOURS.items()]
    parts = portrait_face(motion.rest)
    face = gltf.Mesh(
        name="face",
        primitives=[
            data.primitive(part, material) for part, material in zip((parts.skin, parts.cavity, parts.teeth), looks)
        ],
        weights=[0.0] * len(EXPRESSION_NAMES),
        extras={"targetNames": list(EXPRESSION_NAMES)},
    )
    eye = gltf.Mesh(name="eye", primitives=[data.primitive(eyeball(), looks[-1])])
    file.meshes = [face, eye]
    places = [(_METRES * centre * VIEWER_AXES).tolist() for centre in parts.eyes]
    file.nodes = [
        gltf.Node(name="head", children=[1, 2, 3]),
        gltf.Node(name="face", mesh=0),
        gltf.Node(name="eyeRight", mesh=1, translation=places[0]),  # the person's right is on the picture's left
        gltf.Node(name="eyeLeft", mesh=1, translation=places[1]),
    ]
    file.scenes, file.scene = [gltf.Scene(nodes=[0])], 0
    file.animations = [_animation(motion, weights, data)]
    data.close()
    return file


def _animation(motion: Motion, weights: FloatArray, data: _Data) -> Any:
    import pygltflib as gltf

    animation = gltf.Animation(name="motion")
    times = data.add(np.arange(len(motion)) / motion.fps, bounds=True)
    turns, places = viewer_pose(motion)
    tracks = [(0, "rotation", turns), (0, "translation", _METRES * places), (1, "weights", weights.ravel())]
    if motion.gaze is not None:
        looks = viewer_rotation(np.column_stack([motion.gaze[:, ::-1], np.zeros(len(motion))]))
        tracks += [(2, "rotation", looks), (3, "rotation", looks)]
    for node, path, values in tracks:
        animation.samplers.append(gltf.AnimationSampler(input=times, output=data.add(values), interpolation="LINEAR"))
        target = gltf.AnimationChannelTarget(node=node, path=path)
        animation.channels.append(gltf.AnimationChannel(sampler=len(animation.samplers) - 1, target=target))
    return animation


def _material(file: GLTF2, name: str, colour: tuple[float, float, float]) -> int:
    import pygltflib as gltf

    surface = gltf.PbrMetallicRoughness(baseColorFactor=[*colour, 1.0], metallicFactor=0.0, roughnessFactor=0.6)
    file.materials.append(gltf.Material(name=name, pbrMetallicRoughness=surface, doubleSided=True))
    return len(file.materials) - 1


class _Data:
    """Collects the numbers of a file in one buffer."""

    def __init__(self, file: GLTF2) -> None:
        self._file, self._bytes = file, bytearray()

    def add(self, values: FloatArray | IndexArray, *, bounds: bool = False, target: int | None = None) -> int:
        """Add (N,) numbers or (N, k) vectors, whole numbers as unsigned shorts; returns the number of the accessor.

        Args:
            values: what to add.
            bounds: whether the file states their least and greatest values.
            target: glTF's code for their use.
        """
        import pygltflib as gltf

        kind = _SHORT if values.dtype.kind in "iu" else _FLOAT
        packed = np.ascontiguousarray(values, np.uint16 if kind == _SHORT else np.float32)
        self._bytes.extend(b"\0" * (-len(self._bytes) % 4))
        view = gltf.BufferView(buffer=0, byteOffset=len(self._bytes), byteLength=packed.nbytes, target=target)
        self._bytes.extend(packed.tobytes())
        self._file.bufferViews.append(view)
        accessor = gltf.Accessor(
            bufferView=len(self._file.bufferViews) - 1,
            componentType=kind,
            count=len(packed),
            type="SCALAR" if packed.ndim == 1 else f"VEC{packed.shape[1]}",
        )
        if bounds:
            columns = packed.reshape(len(packed), -1)
            accessor.min, accessor.max = columns.min(axis=0).tolist(), columns.max(axis=0).tolist()
        self._file.accessors.append(accessor)
        return len(self._file.accessors) - 1

    def primitive(self, part: Part, material: int) -> Any:
        """A part of the head, in metres and in the viewer's axes."""
        import pygltflib as gltf

        attributes = gltf.Attributes(
            POSITION=self.add(_METRES * part.points * VIEWER_AXES, bounds=True, target=_VERTICES),
            NORMAL=self.add(part.normals() * VIEWER_AXES, target=_VERTICES),
        )
        if part.colours is not None:
            attributes.COLOR_0 = self.add(part.colours, target=_VERTICES)
        targets = [
            gltf.Attributes(POSITION=self.add(_METRES * moved * VIEWER_AXES, bounds=True, target=_VERTICES))
            for moved in part.targets
        ]
        indices = self.add(part.triangles.ravel(), target=_INDICES)
        return gltf.Primitive(attributes=attributes, indices=indices, material=material, targets=targets or None)

    def close(self) -> None:
        """Store all added numbers in the file."""
        import pygltflib as gltf

        self._file.buffers = [gltf.Buffer(byteLength=len(self._bytes))]
        self._file.set_binary_blob(bytes(self._bytes))
