"""ARKit's weights as CSV and JSON."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from talkinghead.errors import InputError
from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.pose import matrix_from_rotation
from talkinghead.motion.arkit import ARKIT_NAMES, arkit_weights, save_arkit, timecode
from talkinghead.motion.export import check_export, export_motion
from talkinghead.motion.expressions import expression_of
from talkinghead.types import Motion

# As Live Link Face writes it; the commas of its lines are all of its punctuation.
HEADER = (
    "Timecode,BlendshapeCount,EyeBlinkLeft,EyeLookDownLeft,EyeLookInLeft,EyeLookOutLeft,EyeLookUpLeft,EyeSquintLeft,"
    "EyeWideLeft,EyeBlinkRight,EyeLookDownRight,EyeLookInRight,EyeLookOutRight,EyeLookUpRight,EyeSquintRight,"
    "EyeWideRight,JawForward,JawRight,JawLeft,JawOpen,MouthClose,MouthFunnel,MouthPucker,MouthRight,MouthLeft,"
    "MouthSmileLeft,MouthSmileRight,MouthFrownLeft,MouthFrownRight,MouthDimpleLeft,MouthDimpleRight,MouthStretchLeft,"
    "MouthStretchRight,MouthRollLower,MouthRollUpper,MouthShrugLower,MouthShrugUpper,MouthPressLeft,MouthPressRight,"
    "MouthLowerDownLeft,MouthLowerDownRight,MouthUpperUpLeft,MouthUpperUpRight,BrowDownLeft,BrowDownRight,BrowInnerUp,"
    "BrowOuterUpLeft,BrowOuterUpRight,CheekPuff,CheekSquintLeft,CheekSquintRight,NoseSneerLeft,NoseSneerRight,"
    "TongueOut,HeadYaw,HeadPitch,HeadRoll,LeftEyeYaw,LeftEyePitch,LeftEyeRoll,RightEyeYaw,RightEyePitch,RightEyeRoll"
)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def column(rows: list[dict[str, str]], name: str) -> list[float]:
    return [float(row[name]) for row in rows]


def test_csv_has_the_columns_of_live_link_face(motion: Motion, tmp_path: Path) -> None:
    save_arkit(motion, tmp_path / "m.csv")
    lines = (tmp_path / "m.csv").read_bytes().decode().split("\n")
    assert lines[0] == HEADER
    assert lines[-1] == ""
    assert len(lines) == 14
    assert {line.count(",") for line in lines[:-1]} == {62}
    assert [path.name for path in tmp_path.iterdir()] == ["m.csv"]
    first = lines[1].split(",")
    assert first[:2] == ["00:00:00:00.000", "61"]
    assert all(len(value.split(".")[1]) == 10 for value in first[2:])


def test_csv_values(motion: Motion, tmp_path: Path) -> None:
    save_arkit(motion, tmp_path / "m.csv")
    rows = rows_of(tmp_path / "m.csv")
    assert motion.expression is not None
    assert motion.gaze is not None
    for name in ("JawOpen", "MouthSmileLeft", "BrowInnerUp"):
        index = EXPRESSION_NAMES.index(name[0].lower() + name[1:])
        assert column(rows, name) == pytest.approx(motion.expression[:, index], abs=1e-6)
    assert set(column(rows, "TongueOut")) == {0.0}
    for name in ("EyeBlinkLeft", "EyeBlinkRight"):
        assert column(rows, name) == pytest.approx(motion.blink)
    for axis, name in enumerate(("Pitch", "Yaw", "Roll")):
        assert column(rows, f"Head{name}") == pytest.approx(motion.rotation[:, axis])
    for eye in ("LeftEye", "RightEye"):
        assert column(rows, f"{eye}Yaw") == pytest.approx(motion.gaze[:, 0])
        assert column(rows, f"{eye}Pitch") == pytest.approx(motion.gaze[:, 1])
        assert set(column(rows, f"{eye}Roll")) == {0.0}


def test_looks_are_the_persons_own(motion: Motion, tmp_path: Path) -> None:
    """To the left of the picture is to the person's right: the left eye looks in, the right one out."""
    gaze = np.zeros((12, 2))
    gaze[0], gaze[1], gaze[2] = (0.305, 0.0), (-0.305, 0.22), (9.0, -9.0)
    save_arkit(replace(motion, gaze=gaze), tmp_path / "m.csv")
    rows = rows_of(tmp_path / "m.csv")
    wanted = {
        "EyeLookInLeft": [0.5, 0, 1],
        "EyeLookOutRight": [0.5, 0, 1],
        "EyeLookOutLeft": [0, 0.5, 0],
        "EyeLookInRight": [0, 0.5, 0],
        "EyeLookDownLeft": [0, 0.22 / 0.61, 0],
        "EyeLookUpRight": [0, 0, 1],
    }
    for name, values in wanted.items():
        assert column(rows, name)[:3] == pytest.approx(values)


@pytest.mark.parametrize(
    ("frame", "fps", "text"),
    [
        (0, 25.0, "00:00:00:00.000"),
        (1, 25.0, "00:00:00:02.400"),
        (24, 25.0, "00:00:00:57.600"),
        (25 * 3723 + 3, 25.0, "01:02:03:07.200"),
        (45, 60.0, "00:00:00:45.000"),
        (30, 30000 / 1001, "00:00:01:00.060"),  # 1.001 s
        (119, 119.99999, "00:00:00:59.500"),
        (2999, 3000.0, "00:00:00:59.980"),
        (59_999, 60_000.0, "00:00:00:59.999"),
    ],
)
def test_timecode(frame: int, fps: float, text: str) -> None:
    assert timecode(frame, fps) == text
    hours, minutes, seconds, frames = map(float, text.split(":"))
    # As Unreal reads it.
    assert 3600 * hours + 60 * minutes + seconds + frames / 60 == pytest.approx(frame / fps, abs=1e-5)


def test_json_maps_to_three_js(motion: Motion, tmp_path: Path) -> None:
    save_arkit(motion, tmp_path / "m.json")
    found = json.loads((tmp_path / "m.json").read_text())
    assert (found["format"], found["version"], found["fps"], found["numFrames"]) == ("talkinghead-arkit", 1, 29.97, 12)
    assert found["names"] == list(ARKIT_NAMES)
    assert found["names"][17] == "jawOpen"
    assert found["names"][-1] == "tongueOut"
    weights = np.array(found["weights"])
    np.testing.assert_allclose(weights[:, :51], arkit_weights(motion), atol=1e-6)
    assert not weights[:, 51].any()
    np.testing.assert_allclose(found["headAngles"], motion.rotation[:, [1, 0, 2]], atol=1e-6)
    np.testing.assert_allclose(found["eyeAngles"], motion.gaze, atol=1e-6)
    turn = Rotation.from_quat(found["headQuaternion"]).as_matrix()
    point = np.array([0.3, -0.2, 0.5])  # x right, y up, z towards the viewer
    flip = np.array([1, -1, -1])
    np.testing.assert_allclose(turn @ point, (matrix_from_rotation(motion.rotation) @ (point * flip)) * flip, atol=1e-5)
    np.testing.assert_allclose(found["headPosition"], motion.translation * flip, atol=1e-6)


def test_quaternions_do_not_jump(motion: Motion, tmp_path: Path) -> None:
    rotation = np.zeros((12, 3))
    rotation[:, 1] = np.linspace(0, 4 * np.pi, 12)
    save_arkit(replace(motion, rotation=rotation), tmp_path / "m.json")
    quaternions = np.array(json.loads((tmp_path / "m.json").read_text())["headQuaternion"])
    assert ((quaternions[1:] * quaternions[:-1]).sum(axis=1) > 0).all()


def test_weights_are_read_off_where_there_are_none(speaking: Motion) -> None:
    unread = replace(speaking, gaze=np.full((50, 2), 0.1))
    weights = arkit_weights(unread)
    np.testing.assert_allclose(weights, expression_of(unread), atol=1e-12)
    assert weights[:, 17].max() > 0.1
    np.testing.assert_allclose(weights[:, 0], unread.blink)
    np.testing.assert_allclose(weights[:, ARKIT_NAMES.index("eyeLookInLeft")], 0.1 / 0.61)


@pytest.mark.parametrize("name", ["m.csv", "m.json"])
def test_refused(motion: Motion, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(InputError, match="no frames to export"):
        export_motion(motion[:0], path)
    assert not path.exists()
    export_motion(motion, path)
    with pytest.raises(InputError, match="--overwrite"):
        export_motion(motion, path)
    export_motion(motion[:3], path, overwrite=True)


def test_other_suffixes_are_refused(motion: Motion, tmp_path: Path) -> None:
    for refuse in (check_export, lambda path: export_motion(motion, path)):
        with pytest.raises(InputError, match=r"m\.fbx has an unknown suffix '\.fbx': choose \.csv"):
            refuse(tmp_path / "m.fbx")
    check_export("M.CSV")
