"""Fixtures that every folder of tests shares; workers that run side by side (``pytest -n 2``) have one thread each."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:  # read by OpenMP, OpenBLAS and numba when they are loaded: before all imports
    os.environ.setdefault("OMP_NUM_THREADS", "1")

if TYPE_CHECKING:
    from talkinghead.pipeline import TalkingHead
    from talkinghead.types import ImageArray, Portrait


_NO_WHEELS = "pocketsphinx"  # for the newest Pythons; only transcripts of recordings need it


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Skip what needs a package that has no wheels for this Python and is not installed."""
    return (yield from _skipped_without_wheels())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """The same for fixtures."""
    return (yield from _skipped_without_wheels())


def _skipped_without_wheels() -> Generator[None, object, object]:
    try:
        return (yield)
    except Exception as error:
        if _NO_WHEELS in str(error) and importlib.util.find_spec(_NO_WHEELS) is None:
            pytest.skip(f"{_NO_WHEELS} is not installed")
        raise


@pytest.fixture(autouse=True)
def seeded_torch() -> None:
    """Random weights are the same whichever tests ran before, in whichever worker."""
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)


@pytest.fixture(autouse=True)
def quick_pitch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where librosa is new it compiles for half a minute before it shifts a pitch: only slow tests wait for that."""
    module = sys.modules.get("talkinghead.training.augmentation.sound")
    if module is not None and "slow" not in request.keywords:
        monkeypatch.setattr(module, "pitch_shift", lambda samples, *, n_steps, **_: samples * (1 - 0.01 * n_steps))


@pytest.fixture(scope="session")
def face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of the drawn face, 256 px."""
    from PIL import Image

    from drawn import drawn_face

    path = tmp_path_factory.mktemp("face") / "face.png"
    Image.fromarray(drawn_face(256).image).save(path)
    return path


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of the drawn face at 10 frames per second, 160 px, without sound."""
    import numpy as np

    from drawn import drawn_face
    from talkinghead.media import save_video
    from talkinghead.types import Frames, Video

    images = np.repeat(drawn_face(160, grain=4).image[None], 10, axis=0)
    video = Video(iter([Frames(images, 10.0)]), None, 10.0, 10)
    return save_video(video, tmp_path_factory.mktemp("clip") / "clip.mp4", visible_mark=False)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of shared recordings; a test that asks for it is skipped where there is none."""
    named = os.environ.get("TALKINGHEAD_CORPUS")
    folder = Path(named) if named else Path(__file__).resolve().parents[1].parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the shared recordings are not in {folder}; set TALKINGHEAD_CORPUS to their folder")
    return folder


@pytest.fixture(scope="session")
def talking_head() -> TalkingHead:
    """The default method with the weights that ship."""
    from talkinghead.pipeline import TalkingHead

    return TalkingHead.from_pretrained()


@pytest.fixture(scope="session")
def drawn_portrait() -> Portrait:
    """The drawn face, 256 px, tracked."""
    from drawn import drawn_face
    from talkinghead.tracking import portrait_from_image

    return portrait_from_image(drawn_face(256).image)


@pytest.fixture(scope="session")
def calm() -> Portrait:
    """The drawn face with grain: it passes for a photo, its lips are closed."""
    from drawn import drawn_face
    from talkinghead.tracking import portrait_from_image

    return portrait_from_image(drawn_face(256, grain=4).image)


@pytest.fixture(scope="session")
def astronaut() -> ImageArray:
    """A photo (512, 512, 3) of a face 92 px wide that smiles with its teeth; scikit-image ships it."""
    import skimage.data

    image: ImageArray = skimage.data.astronaut()
    return image


@pytest.fixture(scope="session")
def smiling(astronaut: ImageArray) -> Portrait:
    """The astronaut, tracked: a photo with the mouth open."""
    from talkinghead.tracking import portrait_from_image

    return portrait_from_image(astronaut)
