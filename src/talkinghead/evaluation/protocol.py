"""How an evaluation was done, in words and numbers, so that anybody can repeat it."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from talkinghead.evaluation.corpus import Example
from talkinghead.evaluation.digests import PACKAGE, STANDS_ON, file_digest, package_digest
from talkinghead.evaluation.jobs import CRF, Settings
from talkinghead.evaluation.plan import LEARNED_FROM, LEARNED_FROM_OTHERS
from talkinghead.methods import get_method, method_of_renderer
from talkinghead.version import __version__
from talkinghead.weights import SUFFIX


def protocol(clips: Sequence[Example], settings: Settings) -> dict[str, Any]:
    """How the clips were evaluated.

    Args:
        clips: the evaluated ones.
        settings: of all jobs.
    """
    cut = {clip.seconds for clip in clips if clip.seconds is not None}
    portrait = "the clip's calmest frame" if any(clip.calmest for clip in clips) else "the clip's first frame"
    return {
        "clips": len(clips),
        "speakers": len({clip.speaker for clip in clips}),
        "portrait": f"{portrait}, whole, as talkinghead animate takes a picture",
        "length": f"the first {max(cut):g} s of each clip, cut ones encoded at crf {CRF}" if cut else "whole clips",
        "frames": "all, at the clip's own rate, at which the videos are made too",
        "crop": "none; measures of the face use the square of the clip that metrics.lip_landmarks describes",
        "alignment": "none in time; landmarks in the head frame are registered to the real ones by one similarity of "
        "nose and eye corners per clip, those in the picture not at all",
        "tracker": "Attention Mesh (MediaPipe's weights), head pose and shape smoothed without lag over 0.36 s and 0.2 "
        "s; real and made videos alike, from the encoded file",
        "encoder": "H.264 (x264), crf 18, preset veryfast, yuv420p, AAC, no visible mark",
        "seeds": "SHA-256 of the clip's name, first 4 bytes",
        "baselines": f"mouths learned from {LEARNED_FROM} clips of the speaker drawn by the speaker's seed, or from "
        f"{LEARNED_FROM_OTHERS} of others where there is no other clip; retrieved clips drawn from the same by the "
        "clip's seed, played forth and back where they are too short; clips whose sound shows that they overlap the "
        "evaluated one are never looked at",
        "intervals": "95 %, percentile bootstrap over clips, 2000 resamples; comparisons are paired by clip",
        "measures": "all" if settings.measures is None else list(settings.measures),
        "method": settings.method,
        "renderer": settings.renderer or "the method's own",
        "weights": _weights(settings),
        "package": __version__,
        "package sha256": package_digest(),
        "commit": _commit(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in STANDS_ON}},
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def _weights(settings: Settings) -> dict[str, str]:
    """The SHA-256 of each file of weights that was used, by its place in the package or its name."""
    methods = {settings.method: get_method(settings.method)}
    if settings.renderer is not None:
        drawing = method_of_renderer(settings.renderer)
        methods[drawing.name] = drawing
    own = [method.weights for _, method in sorted(methods.items()) if method.weights is not None]
    folders = [PACKAGE / "speech", PACKAGE / "rendering", *own, PACKAGE / "metrics"]
    files = (path for folder in folders for path in sorted(folder.rglob(f"*{SUFFIX}")))
    result = {
        path.relative_to(PACKAGE).as_posix() if path.is_relative_to(PACKAGE) else path.name: file_digest(path)
        for path in files
    }
    for path in (settings.sync_weights, settings.inception_weights):
        if path is not None:
            result[path.name] = file_digest(path)
    return result


def _commit() -> str | None:
    """The commit of the sources, with a plus if they differ from it; None if it is unknown."""
    folder = str(PACKAGE)
    try:
        described = subprocess.run(
            ["git", "-C", folder, "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return described.stdout.strip()
