"""Edits as text."""

import json
from pathlib import Path

import numpy as np
import pytest

from talkinghead.errors import InputError
from talkinghead.motion.edit_texts import (
    frame_text,
    parse_correction,
    parse_cut,
    parse_keyframe,
    parse_time,
    read_correction,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1.2", 1.2), ("1.2s", 1.2), ("1200ms", 1.2), ("0:01.2", 1.2), ("2:03s", 123), ("1:00:00", 3600), ("30f", 1.2)],
)
def test_parse_time(text, seconds):
    assert parse_time(text, 25.0) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "-1s", "1,2s", "1.2 s x", "1.2m", "0:30f", "0:1ms", "nan", "1:2:3:4"])
def test_no_times(text):
    with pytest.raises(InputError, match="is no time: write it as"):
        parse_time(text, 25.0)


def test_parse_keyframe():
    assert parse_keyframe("0:01.2:smile=0.4:yaw=-10", 25.0).time == pytest.approx(1.2)
    found = parse_keyframe(" 30f:brow-frown=1: x = .5", 25.0)
    assert found.time == pytest.approx(1.2)
    assert found.values == {"brow-frown": 1.0, "x": 0.5}
    found = parse_keyframe("1.2s:jawOpen=0.4,mouthSmileLeft=0.3, gaze-yaw = -5:smile=1", 25.0)
    assert found.values == {"jawOpen": 0.4, "mouthSmileLeft": 0.3, "gaze-yaw": -5.0, "smile": 1.0}


@pytest.mark.parametrize(
    "text", ["", "1.2s", "smile=0.4", "1.2s:smile", "1s:=1", "1.2s smile=1", "1s:smile=x", "1s:smile="]
)
def test_malformed_keyframes(text):
    with pytest.raises(InputError, match=r"malformed"):
        parse_keyframe(text, 25.0)


def test_bad_keyframes():
    with pytest.raises(InputError, match="malformed at 'smile=nan'"):
        parse_keyframe("1s:smile=nan", 25.0)
    with pytest.raises(InputError, match="gives smile twice"):
        parse_keyframe("1s:smile=1:smile=0.5", 25.0)
    with pytest.raises(InputError, match="no control 'smiel': choose smile"):
        parse_keyframe("1s:smiel=1", 25.0)


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("1s:2.5s", (1, 2.5)),
        ("1:2", (1, 2)),
        ("0:01:0:02.5", (1, 2.5)),
        ("0:01:", (1, None)),
        ("25f:", (1, None)),
        (":500ms", (None, 0.5)),
    ],
)
def test_parse_cut(text, cut):
    assert parse_cut(text, 25.0) == cut


@pytest.mark.parametrize("text", ["", ":", "1s", "1s-2s", "a:b", "1:2:3"])
def test_malformed_cuts(text):
    with pytest.raises(InputError, match="is malformed: write START:END"):
        parse_cut(text, 25.0)


def test_parse_correction():
    assert parse_correction("1.2s:frame.json") == ("1.2s", Path("frame.json"))
    assert parse_correction("0:01.2:a:b.json") == ("0:01.2", Path("a:b.json"))
    assert parse_correction("1:2.json") == ("1", Path("2.json"))
    with pytest.raises(InputError, match=r"write TIME:FILE\.json"):
        parse_correction("frame.json")


def test_a_frame_comes_back_as_it_was_written(speaking, tmp_path):
    path = tmp_path / "frame.json"
    path.write_text(frame_text(speaking.landmarks[30]))
    found = read_correction(f"30f:{path}", 25.0)
    assert found.time == pytest.approx(1.2)
    places = np.array([found.points[number] for number in range(68)])
    np.testing.assert_allclose(places, speaking.landmarks[30], atol=1e-5)
    assert len(path.read_text().splitlines()) == 70


def test_some_points_and_lists(speaking, tmp_path):
    path = tmp_path / "some.json"
    path.write_text('{"48": [-0.3, 0.8], "5": [-0.5, 1, 0.2]}')
    assert read_correction(f"1s:{path}", 25.0).points == {48: (-0.3, 0.8), 5: (-0.5, 1.0, 0.2)}
    path.write_text(json.dumps(speaking.rest[:, :2].tolist()))
    assert len(read_correction(f"1s:{path}", 25.0).points) == 68


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{", "is damaged or not a JSON file"),
        ("3", "holds no landmarks"),
        ("{}", "holds no landmarks"),
        ("[[0, 0]]", "holds no landmarks"),
        ('{"68": [0, 0]}', "landmark '68' that there is not"),
        ('{"lip": [0, 0]}', "landmark 'lip' that there is not"),
        ('{"48": [0]}', r"no place \[x, y\] or \[x, y, z\] for landmark 48"),
        ('{"48": "x"}', "no place"),
        ('{"48": [true, 0]}', "no place"),
        ('{"48": [0, NaN]}', "NaN is not a number in JSON"),
        ('{"48": [0, 1' + 400 * "0" + "]}", "a number of 401 digits is too large"),
        ('{"48": [210, 340]}', "not on the face: give eye distances"),
    ],
)
def test_bad_frames(tmp_path, content, fault):
    path = tmp_path / "frame.json"
    path.write_text(content)
    with pytest.raises(InputError, match=fault):
        read_correction(f"1s:{path}", 25.0)


def test_missing_frames(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_correction(f"1s:{tmp_path / 'no.json'}", 25.0)
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(InputError, match="is damaged or not a JSON file"):
        read_correction(f"1s:{tmp_path / 'binary.json'}", 25.0)
