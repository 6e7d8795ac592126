"""A motion as a moving head in binary glTF."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from talkinghead.errors import InputError
from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.landmarks import LIPS, MESH_OF_68
from talkinghead.face.rest import closed_mouth
from talkinghead.motion import gltf
from talkinghead.motion.arkit import arkit_weights
from talkinghead.motion.export import check_export, export_motion
from talkinghead.types import FloatArray, Motion

FLIP = np.array([1.0, -1.0, -1.0])
METRES = 0.088


class Glb:
    """A binary glTF, read by nothing but the specification."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        magic, version, length = struct.unpack("<4sII", data[:12])
        assert (magic, version, length) == (b"glTF", 2, len(data))
        size, kind = struct.unpack("<I4s", data[12:20])
        assert kind == b"JSON"
        self.json: dict[str, Any] = json.loads(data[20 : 20 + size])
        size_of_rest, kind = struct.unpack("<I4s", data[20 + size : 28 + size])
        assert kind == b"BIN\0"
        self._binary = data[28 + size : 28 + size + size_of_rest]
        assert self.json["buffers"][0]["byteLength"] <= size_of_rest

    def values(self, accessor: int) -> FloatArray:
        """What an accessor points to, within its view."""
        found = self.json["accessors"][accessor]
        view = self.json["bufferViews"][found["bufferView"]]
        width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[found["type"]]
        dtype = {5126: np.dtype("<f4"), 5123: np.dtype("<u2")}[found["componentType"]]
        assert found["count"] * width * dtype.itemsize == view["byteLength"]
        assert view["byteOffset"] % 4 == 0
        flat = np.frombuffer(self._binary, dtype, found["count"] * width, view["byteOffset"])
        values = np.asarray(flat.reshape(-1, width) if width > 1 else flat, np.float64)
        if "min" in found:
            np.testing.assert_allclose(np.reshape(values, (len(values), -1)).min(axis=0), found["min"], atol=1e-7)
        return values

    def tracks(self) -> dict[tuple[str, str], FloatArray]:
        """(node, path) -> its values over time."""
        animation = self.json["animations"][0]
        return {
            (self.json["nodes"][channel["target"]["node"]]["name"], channel["target"]["path"]): self.values(
                animation["samplers"][channel["sampler"]]["output"]
            )
            for channel in animation["channels"]
        }

    def node(self, name: str) -> dict[str, Any]:
        """A node by its name."""
        return next(node for node in self.json["nodes"] if node["name"] == name)


@pytest.fixture
def looking(speaking: Motion) -> Motion:
    return replace(speaking, gaze=np.tile([0.3, 0.1], (50, 1)))


@pytest.fixture
def made(looking: Motion, tmp_path: Path) -> Glb:
    export_motion(looking, tmp_path / "m.glb")
    assert [path.name for path in tmp_path.iterdir()] == ["m.glb"]
    return Glb(tmp_path / "m.glb")


def test_morph_targets_bear_arkits_names(made: Glb) -> None:
    face = made.json["meshes"][made.node("face")["mesh"]]
    assert face["extras"]["targetNames"] == list(EXPRESSION_NAMES)
    assert face["weights"] == [0.0] * 51
    assert len(face["primitives"]) == 3
    for primitive in face["primitives"]:
        assert len(primitive["targets"]) == 51
        points = made.values(primitive["attributes"]["POSITION"])
        assert all(made.values(target["POSITION"]).shape == points.shape for target in primitive["targets"])
        assert made.values(primitive["indices"]).max() == len(points) - 1
        normals = made.values(primitive["attributes"]["NORMAL"])
        np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)


def test_the_animation_is_the_motion(made: Glb, looking: Motion) -> None:
    tracks = made.tracks()
    animation = made.json["animations"][0]
    for sampler in animation["samplers"]:
        np.testing.assert_allclose(made.values(sampler["input"]), np.arange(50) / 25, atol=1e-6)
        assert "max" in made.json["accessors"][sampler["input"]]
    np.testing.assert_allclose(tracks["face", "weights"].reshape(50, 51), arkit_weights(looking), atol=1e-6)
    np.testing.assert_allclose(tracks["head", "translation"], METRES * looking.translation * FLIP, atol=1e-6)
    # The chin goes down for positive pitch, the nose to the left of the picture for positive yaw.
    nose = Rotation.from_quat(tracks["head", "rotation"]).apply([0.0, 0.0, 1.0])
    assert np.sign(nose[5, 0]) == -np.sign(looking.rotation[5, 1])
    assert np.sign(nose[5, 1]) == -np.sign(looking.rotation[5, 0])


def test_the_face_is_the_portraits(made: Glb, looking: Motion) -> None:
    primitive = made.json["meshes"][made.node("face")["mesh"]]["primitives"][0]
    skin = made.values(primitive["attributes"]["POSITION"]) / METRES * FLIP
    np.testing.assert_allclose(skin[MESH_OF_68], closed_mouth(looking.rest), atol=1e-5)
    targets = np.stack([made.values(target["POSITION"]) / METRES * FLIP for target in primitive["targets"]])
    weights = made.tracks()["face", "weights"].reshape(50, 51)
    moved = (skin + np.tensordot(weights, targets, axes=1))[:, MESH_OF_68]
    apart = np.linalg.norm(moved - looking.landmarks, axis=-1)[:, LIPS]
    still = np.linalg.norm(closed_mouth(looking.rest) - looking.landmarks, axis=-1)[:, LIPS]
    assert apart.mean() < 0.015
    assert apart.mean() < 0.3 * still.mean()


def test_eyes_are_the_persons_own_and_follow_the_gaze(made: Glb, speaking: Motion, tmp_path: Path) -> None:
    assert made.node("eyeLeft")["translation"][0] > 0.02 > -0.02 > made.node("eyeRight")["translation"][0]
    tracks = made.tracks()
    for name in ("eyeLeft", "eyeRight"):
        sight = Rotation.from_quat(tracks[name, "rotation"][0]).apply([0.0, 0.0, 1.0])
        # To the left of the picture, and down.
        np.testing.assert_allclose(
            sight, [-np.sin(0.3) * np.cos(0.1), -np.sin(0.1), np.cos(0.3) * np.cos(0.1)], atol=1e-6
        )
    export_motion(speaking, tmp_path / "ahead.glb")
    assert ("eyeLeft", "rotation") not in Glb(tmp_path / "ahead.glb").tracks()


def test_one_frame_is_enough_and_none_is_not(speaking: Motion, tmp_path: Path) -> None:
    export_motion(speaking[:1], tmp_path / "one.glb")
    assert len(Glb(tmp_path / "one.glb").tracks()["head", "rotation"]) == 1
    with pytest.raises(InputError, match="no frames"):
        export_motion(speaking[:0], tmp_path / "none.glb")
    assert not (tmp_path / "none.glb").exists()


def test_without_the_package_that_writes_it(speaking: Motion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gltf, "find_spec", lambda name: None)
    for refuse in (check_export, lambda path: gltf.save_gltf(speaking, path)):
        with pytest.raises(InputError, match=r"need pygltflib: pip install 'talkinghead\[gltf\]'"):
            refuse(tmp_path / "m.glb")
    check_export(tmp_path / "m.csv")
    assert not list(tmp_path.iterdir())


def test_files_that_are_there_and_other_suffixes(speaking: Motion, tmp_path: Path) -> None:
    (tmp_path / "m.glb").write_bytes(b"mine")
    with pytest.raises(InputError, match="--overwrite"):
        gltf.save_gltf(speaking, tmp_path / "m.glb")
    assert (tmp_path / "m.glb").read_bytes() == b"mine"
    gltf.save_gltf(speaking, tmp_path / "m.glb", overwrite=True)
    with pytest.raises(InputError, match=r"'\.gltf': choose \.glb"):
        gltf.save_gltf(speaking, tmp_path / "m.gltf")
