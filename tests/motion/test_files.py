"""Motion files: exact round trips, and files that are broken or foreign."""

from dataclasses import fields, replace

import numpy as np
import pytest

from talkinghead.errors import InputError
from talkinghead.motion.files import load_motion, save_motion


def stored(path, **changes):
    with np.load(path) as file:
        values = dict(file) | changes
    np.savez(path, **{name: value for name, value in values.items() if value is not None})
    return path


@pytest.fixture
def path(motion, tmp_path):
    save_motion(motion, tmp_path / "some motion.npz")
    return tmp_path / "some motion.npz"


@pytest.mark.parametrize("whole", [True, False])
def test_round_trip_is_exact(motion, tmp_path, whole):
    if not whole:
        motion = replace(motion, expression=None, gaze=None)
    path = tmp_path / "motion.anything"
    save_motion(motion, path)
    loaded = load_motion(str(path))
    assert loaded.fps == motion.fps
    for field in fields(motion)[1:]:
        have, want = getattr(loaded, field.name), getattr(motion, field.name)
        assert (have is None) == (want is None)
        if want is not None:
            assert have.dtype == want.dtype
            np.testing.assert_array_equal(have, want)
    assert [file.name for file in tmp_path.iterdir()] == ["motion.anything"]


def test_documented_keys(path):
    with np.load(path, allow_pickle=False) as file:
        assert str(file["format"]) == "talkinghead-motion"
        assert int(file["version"]) == 1
        assert set(file.files) == {
            *("format", "version", "fps", "landmarks", "rotation", "translation", "blink", "rest", "expression"),
            "gaze",
        }


def test_files_of_before_gaze_are_read(path):
    assert load_motion(stored(path, gaze=None)).gaze is None


def test_the_size_of_the_head_is_kept(motion, tmp_path):
    scale = np.linspace(0.9, 1.1, len(motion))
    save_motion(replace(motion, scale=scale), tmp_path / "nearer.npz")
    np.testing.assert_array_equal(load_motion(tmp_path / "nearer.npz").scale, scale)
    with pytest.raises(InputError, match="a head of no size"):
        load_motion(stored(tmp_path / "nearer.npz", scale=0 * scale))


def test_existing_file_is_kept_unless_asked(motion, path):
    with pytest.raises(InputError, match=r"some motion.npz already exists: .*--overwrite"):
        save_motion(motion, path)
    save_motion(replace(motion, fps=50.0), path, overwrite=True)
    assert load_motion(path).fps == 50.0


def test_missing_folder(motion, tmp_path):
    with pytest.raises(InputError, match=r"cannot be written.*make it first"):
        save_motion(motion, tmp_path / "missing" / "motion.npz")


def test_failure_in_the_middle_leaves_nothing(motion, tmp_path, monkeypatch):
    def full(file, array, **options):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array", full)
    with pytest.raises(InputError, match=r"the disk of .* is full: free some space"):
        save_motion(motion, tmp_path / "motion.npz")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["landmarks", "rotation", "translation", "blink", "rest", "expression"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_must_be_finite(motion, path, tmp_path, name, value):
    array = getattr(motion, name).copy()
    array.flat[5] = value
    with pytest.raises(InputError, match=f"not finite in {name}"):
        save_motion(replace(motion, **{name: array}), tmp_path / "other.npz")
    assert not (tmp_path / "other.npz").exists()
    with pytest.raises(InputError, match=f"some motion.npz has values that are not finite in {name}.*--motion-out"):
        load_motion(stored(path, **{name: array}))


@pytest.mark.parametrize("content", [b"hello", b"PK\x03\x04 but no more", b"\x80\x04N."])
def test_not_an_archive(tmp_path, content):
    path = tmp_path / "motion.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"motion.npz is damaged or not a motion file \(.*\): .*--motion-out"):
        load_motion(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_truncated(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: round(share * len(content))])
    with pytest.raises(InputError, match="damaged or not a motion file"):
        load_motion(path)


def test_damaged_inside(path):
    content = bytearray(path.read_bytes())
    content[2_000:2_050] = bytes(50)
    path.write_bytes(bytes(content))
    with pytest.raises(InputError, match="damaged or not a motion file"):
        load_motion(path)


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match=r"nowhere.npz does not exist: check the name"):
        load_motion(tmp_path / "nowhere.npz")
    with pytest.raises(InputError, match="is a folder: give a file inside it"):
        load_motion(tmp_path)


def test_foreign_arrays(tmp_path):
    np.save(tmp_path / "array.npy", np.zeros(3))
    with pytest.raises(InputError, match="damaged or not a motion file"):
        load_motion(tmp_path / "array.npy")
    np.savez(tmp_path / "objects.npz", landmarks=np.array([{}], dtype=object))
    with pytest.raises(InputError, match="damaged or not a motion file"):
        load_motion(tmp_path / "objects.npz")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"landmarks": None, "blink": None}, "it lacks landmarks, blink"),
        ({"format": None}, "it lacks format"),
        ({"format": "other-motion"}, "its format is 'other-motion'"),
        ({"version": 2}, "version 2, this program reads version 1: upgrade"),
        ({"rotation": np.zeros((11, 3))}, r"rotation must have shape \(T, 3\), got \(11, 3\), T = 12"),
        ({"blink": np.zeros(12, int)}, "blink must be of kind"),
        ({"fps": np.zeros(3)}, r"fps must have shape \(\)"),
        ({"fps": "soon"}, "not a whole motion file"),
        ({"blink": np.full(12, "shut")}, "blink must be of kind"),
        ({"landmarks": np.full((12, 68, 3), 1e12)}, "values beyond 100 in landmarks, which no face has"),
        ({"translation": np.full((12, 3), 1e300)}, "values beyond 100 in translation"),
        ({"rest": np.zeros((68, 3))}, "outer eye corners 0 apart at rest"),
        ({"expression": np.zeros((12, 3))}, "expression must have shape"),
    ],
)
def test_foreign_contents(path, changes, message):
    with pytest.raises(InputError, match=f"some motion.npz .*{message}"):
        load_motion(stored(path, **changes))


@pytest.mark.parametrize("fps", [0.0, -25.0, 1e-300, 0.05, 1001.0, 1e9, np.inf, np.nan])
def test_absurd_rates_are_refused(motion, path, fps):
    """None of these may reach a loop over frames: 1e-300 would make none, and 1e9 would fill the memory."""
    with pytest.raises(InputError, match=r"some motion\.npz has .* frames per second, and 0.1 to 1000 .*--motion-out"):
        load_motion(stored(path, fps=fps))


@pytest.mark.parametrize("fps", [1e-300, 1e9])
def test_absurd_rates_are_not_saved(motion, tmp_path, fps):
    with pytest.raises(InputError, match=r"other\.npz has .* frames per second.*make it again"):
        save_motion(replace(motion, fps=fps), tmp_path / "other.npz")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("fps", [0.1, 29.97, 1000.0])
def test_odd_rates_are_kept(motion, tmp_path, fps):
    save_motion(replace(motion, fps=fps), tmp_path / "odd.npz")
    assert load_motion(tmp_path / "odd.npz").fps == fps


def test_no_frames(motion, path):
    with pytest.raises(InputError, match="holds no frames"):
        save_motion(motion[:0], path, overwrite=True)
    names = ("landmarks", "rotation", "translation", "blink", "expression", "gaze")
    with pytest.raises(InputError, match="holds no frames"):
        load_motion(stored(path, **{name: getattr(motion, name)[:0] for name in names}))


@pytest.mark.parametrize("kind", ["f2", ">f8", "f4", "g"])
def test_other_precisions_are_read(motion, path, kind):
    loaded = load_motion(stored(path, landmarks=motion.landmarks.astype(kind)))
    assert loaded.landmarks.dtype in (np.dtype("float32"), np.dtype("float64"))
    np.testing.assert_allclose(loaded.landmarks, motion.landmarks, atol=2e-3)
