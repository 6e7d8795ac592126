"""Dubbed videos: do the lips say the new words, does all else stay, does the mouth flicker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import dub_covers, dub_titles
from benchmarks.dub_masks import lip_band, near_face
from benchmarks.dub_outside import compare_outside, count_unchanged
from benchmarks.intervals import Interval, interval
from talkinghead import TalkingHead
from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import Recording
from talkinghead.dubbing import RENDERER, Dubbing, prepare_dub
from talkinghead.errors import InputError
from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.face.pose import head_landmarks
from talkinghead.media import ArrayVideo, VideoReader
from talkinghead.media.speech_parts import cut_speech
from talkinghead.metrics.aperture import aperture_correlation
from talkinghead.metrics.background import background_drift
from talkinghead.metrics.flicker import flicker
from talkinghead.metrics.identity import FaceEmbedder, best_embedder, cosine_similarity
from talkinghead.metrics.lip_landmarks import lip_landmark_distance_128
from talkinghead.metrics.seam import seam_visibility
from talkinghead.metrics.sync import at_25_fps, sync_score
from talkinghead.metrics.syncnet import load_syncnet
from talkinghead.tracking import track_faces
from talkinghead.tracking.appearance import Appearance, find_appearance
from talkinghead.types import FaceTrack, FloatArray, Frames, ImageArray, Speech, Video, num_frames

CLIPS = (
    "vid2speech__grid_s4_sgac2a",
    "rizkiarm-LipNet__grid_s5_lbax4n",
    "dr-pato-avsi__grid_s33_lwbi5s",
    "Text2Video__vidtimit_fadg0_sa1",
    "styletalk__KristiNoem",
    "styletalk__Obama_clip1",
    "styletalk__reagan_clip1",
    "PC-AVS__Audio_Source__00015",
    "spectre__MEAD_M003_level_1_happy_024",
    "SadTalker__WDA_EdMarkey0_000",
    "V-Express__AOC",
    "MimicTalk__May_5s",
)
"""Videos of ``clips``, each of which says what the next one says, and then its own words again."""

PAINTED = (
    "dr-pato-avsi__grid_s33_lwbi5s",
    "spectre__MEAD_M003_level_1_happy_024",
    "SadTalker__WDA_EdMarkey0_000",
    "V-Express__AOC",
)
"""Those of them, beside two people of ``unseen_speakers``, whose mouths a renderer of heads paints, too."""

RENDERERS = ("mouth-warp", "composition")

CALM = 1.2  # flicker of a mouth's edge relative to the real video's, up to which it is calm
_UNSEEN_PAINTED = 2
_UNSEEN = 8  # of the people of ``unseen_speakers``
_SECONDS = 2.0
_FEW = 8  # frames of a clip for measures that are slow
KINDS = (
    "real video, its own sound",
    "real video, other words",
    "still picture, its own words",
    "dubbed, other words",
    "dubbed, its own words again",
)
_REAL, _FLOOR, _STILL, _OTHER, _AGAIN = KINDS


@dataclass(frozen=True)
class Clip:
    """A video and what is said in it, in step."""

    video: ArrayVideo
    speech: Speech


def measure(
    corpus: Path, clips: Sequence[str] = CLIPS, *, unseen: int = _UNSEEN, seconds: float = _SECONDS
) -> dict[str, Any]:
    """What becomes of videos that are dubbed.

    Args:
        corpus: the folder of recordings.
        clips: names of recordings of ``clips``.
        unseen: how many people of ``unseen_speakers``.
        seconds: of each video that are used.

    Returns:
        groups: of each folder "rows", for each kind of video the ``Interval`` of each measure over the clips, and
            "outside", the same of what must not change; painted: of each of ``RENDERERS`` both, as "rows" and "kept";
            covers, titles: see ``benchmarks.dub_covers`` and ``dub_titles``.
    """
    head, still = TalkingHead.from_pretrained(), TalkingHead.from_pretrained(renderer="warp")
    embed = _embedder()
    known = {recording.name: recording for recording in Corpus.open(corpus / "clips").recordings()}
    groups = {"clips": [known[name] for name in clips], "unseen_speakers": _people(corpus, unseen)}
    result: dict[str, Any] = {"seconds": seconds, "groups": {}}
    for name, recordings in groups.items():
        parts = [_read(recording, seconds) for recording in recordings]
        found = [
            _measure_clip(head, still, part, parts[(k + 1) % len(parts)].speech, embed) for k, part in enumerate(parts)
        ]
        result["groups"][name] = {"clips": len(found), **_summarise(found)}
    painted = [known[name] for name in PAINTED if name in clips] + groups["unseen_speakers"][:_UNSEEN_PAINTED]
    result["painted"] = _gather_painted([measure_painted(_read(each, seconds), embed) for each in painted])
    result["covers"], result["titles"] = dub_covers.measure(corpus), dub_titles.measure(corpus)
    return result


def _people(corpus: Path, count: int) -> list[Recording]:
    """One recording of each of so many people."""
    found: dict[str, Recording] = {}
    for recording in Corpus.open(corpus / "unseen_speakers").recordings() if count else ():
        if recording.can_be_mended:
            found.setdefault(recording.speaker, recording)
    return list(found.values())[:count]


def _embedder() -> FaceEmbedder | None:
    try:
        return best_embedder()
    except InputError:
        return None


def _read(recording: Recording, seconds: float) -> Clip:
    reader = VideoReader(recording.video)
    images = np.concatenate([chunk.images for chunk in reader.chunks()])[: num_frames(seconds, reader.fps)]
    length, late = len(images) / reader.fps, recording.offset or 0.0
    speech = recording.speech()
    # The recording's own offset of sound and picture is taken off.
    samples = np.roll(speech.samples, -round(late * speech.sample_rate))
    speech = cut_speech(replace(speech, samples=samples, sound=None), [(0.0, length)])
    return Clip(ArrayVideo(Frames(images, reader.fps)), speech)


def measure_painted(clip: Clip, embed: FaceEmbedder | None) -> dict[str, dict[str, Any]]:
    """Of a video that is dubbed with its own words, for each of ``RENDERERS``: the measures, and what stays."""
    real, rows = find_appearance(clip.video), {}
    for name in RENDERERS:
        own = name != RENDERER
        head = TalkingHead.from_pretrained(renderer=name if own else None)
        dubbing = prepare_dub(head, real, clip.speech, length="video", own_renderer=own)
        images = _draw(dubbing.video())
        row = _Measures(clip.video, real, dubbing.portrait.picture, embed)
        measures = row(images, _track(images, clip.video.fps), clip.speech, dubbing.motion.landmarks, real=True)
        rows[name] = {"measures": measures, **_look_outside(dubbing, images, real)}
    return rows


def _gather_painted(found: Sequence[Mapping[str, Mapping[str, Any]]]) -> dict[str, Any]:
    rows = {name: _gather([each[name]["measures"] for each in found]) for name in RENDERERS}
    kept = {name: _summarise_outside([each[name] for each in found]) for name in RENDERERS}
    return {"clips": len(found), "rows": rows, "kept": kept}


def _summarise(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "rows": {kind: _gather([each["rows"][kind] for each in found]) for kind in KINDS},
        "clip by clip": {
            kind: _compare_clips([each["rows"][kind] for each in found]) for kind in (_REAL, _OTHER, _AGAIN)
        },
        **_summarise_outside(found),
    }


def _compare_clips(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """In how many clips the lips are in time and the mouth's edge calm, and the largest flicker of all."""
    flickers = [row["flicker"] for row in rows]
    in_time, calm = (sum(each) for each in zip(*((abs(row["offset"]) <= 1, row["flicker"] <= CALM) for row in rows)))
    return {"in time": in_time, "calm": calm, "most flicker": max(flickers)}


def _summarise_outside(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "outside": _gather([each["outside"] for each in found]),
        "frames": sum(each["frames"] for each in found),
        "unchanged": sum(each["unchanged"] for each in found),
    }


def _gather(found: Sequence[Mapping[str, float]]) -> dict[str, Interval]:
    """Each measure over the clips for which there is one: a plain ground has no drift, a face at the edge no seam."""
    names = sorted({name for each in found for name, value in each.items() if np.isfinite(value)})
    return {name: interval([each[name] for each in found if np.isfinite(each.get(name, np.nan))]) for name in names}


def _measure_clip(
    head: TalkingHead, still: TalkingHead, clip: Clip, other: Speech, embed: FaceEmbedder | None
) -> dict[str, Any]:
    video, own, images = clip.video, clip.speech, clip.video.frames.images
    real = find_appearance(video)
    first = prepare_dub(head, real, other, length="video")
    foreign = _draw(first.video())
    replaced = find_appearance(ArrayVideo(Frames(foreign, video.fps)))
    second = prepare_dub(head, replaced, own, length="video")
    back = _draw(second.video())
    motion = still.motion(own, first.portrait, fps=video.fps, head=0.0, blink=0.0)
    plain = _draw(still.video(motion, first.portrait, own))[: len(images)]
    row = _Measures(video, real, first.portrait.picture, embed)
    rows = {
        _REAL: row(images, real.track, own, None),
        _FLOOR: row(images, real.track, other, None),
        _STILL: row(plain, _track(plain, video.fps), own, motion.landmarks, real=True),
        _OTHER: row(foreign, replaced.track, other, first.motion.landmarks),
        _AGAIN: row(back, _track(back, video.fps), own, second.motion.landmarks, real=True),
    }
    return {"rows": rows, **_look_outside(first, foreign, real)}


def _look_outside(dubbing: Dubbing, images: ImageArray, real: Appearance) -> dict[str, Any]:
    """What of a dubbed video (T, H, W, 3) must not change: frames in which it does not, and how the file differs."""
    video, meshes = dubbing.appearance.video, np.asarray(real.track.landmarks, float)
    assert isinstance(video, ArrayVideo)
    same = count_unchanged(images, video, meshes)
    return {"frames": len(images), "unchanged": same, "outside": compare_outside(dubbing.video(), video, meshes)}


def _track(images: ImageArray, fps: float) -> FaceTrack:
    return track_faces([Frames(images, fps)])


@dataclass(frozen=True)
class _Measures:
    """Measures a video against the real one."""

    video: ArrayVideo
    real: Appearance
    still: ImageArray
    embed: FaceEmbedder | None

    def __call__(
        self,
        images: ImageArray,
        track: FaceTrack,
        speech: Speech,
        wanted: FloatArray | None,
        *,
        real: bool = False,
    ) -> dict[str, float]:
        """The measures of a video (T, H, W, 3) by their names.

        Args:
            images: the video.
            track: of the face in it.
            speech: its sound.
            wanted: (T, 68, 3) the lips that were asked for, or None.
            real: whether the lips should be the real ones.
        """
        network, count = load_syncnet(), min(len(images), len(track))
        rows = at_25_fps(count, track.fps)
        crops = network.crop(images[rows], network.places(np.asarray(track.landmarks, float)[rows]))
        score = sync_score(network.embed_video(crops), network.embed_audio(speech, len(rows)))
        edge, own = lip_band(self.real), self.video.frames.images
        few = np.linspace(0, count - 1, _FEW).round().astype(int)
        found = {
            "confidence": score.confidence,
            "offset": float(score.offset),
            "flicker": float(np.mean(flicker(images, edge)) / np.mean(flicker(own, edge))),
            "seam": float(np.nanmean(seam_visibility(images[few], np.asarray(track.landmarks)[few]))),
        }
        ground = np.stack([~near_face(images.shape[1:], self.real.track.landmarks[k]) for k in few])
        drift = background_drift(images[few], ground, first=own[0])
        if np.isfinite(drift).any():
            found["drift"] = float(np.nanmean(drift))
        if self.embed is not None:
            faces = self.embed(images[few], np.asarray(track.landmarks, float)[few])
            truth = self.embed(own[few], np.asarray(self.real.track.landmarks, float)[few])
            # The real video is compared with itself a little later: so like themselves people are.
            found["likeness"] = float(
                cosine_similarity(faces, np.roll(truth, 1, axis=0) if images is own else truth).mean()
            )
        if wanted is not None:
            found["wanted"] = aperture_correlation(head_landmarks(track)[:count], np.asarray(wanted, float)[:count])
        if real and wanted is not None:
            truth_lips = head_landmarks(self.real.track)[:count]
            found["real"] = aperture_correlation(head_landmarks(track)[:count], truth_lips)
            found["motion"] = aperture_correlation(np.asarray(wanted, float)[:count], truth_lips)
            found["lmd"] = lip_landmark_distance_128(
                np.asarray(track.landmarks[:count, MESH_OF_68], float),
                np.asarray(self.real.track.landmarks[:count, MESH_OF_68], float),
            )
        return found


def _draw(video: Video) -> ImageArray:
    return np.concatenate([chunk.images for chunk in video.frames])
