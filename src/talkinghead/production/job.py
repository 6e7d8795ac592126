"""A job: everything that determines a video, as plain JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from talkinghead.errors import InputError
from talkinghead.production.values import describe_unknown, fault_of, refuse

VERSION = 1

# Fields that hold paths, and their names on the command line. A background can be a colour and a voice a name instead.
INPUTS: Mapping[str, str] = {
    "face": "FACE",
    "speech": "SPEECH",
    "text_file": "--text-file",
    "alignment": "--alignment",
    "landmarks": "--landmarks",
    "background": "--background",
    "motion": "--motion",
    "voice": "--voice",
    "who": "--who",
    "style": "--style",
}
OUTPUTS: Mapping[str, str] = {"out": "OUT", "motion_out": "--motion-out", "arkit": "--arkit"}


@dataclass(frozen=True)
class Job:
    """A face, what it says and how, and which files to write. Each option of ``animate`` and ``dub`` is a field.

    A job's values have the right type; ``check_job`` checks that they are in range and consistent, and that files can
    be read and written. Relative paths start from the current folder; those in a job file start from the file's folder
    (``load_job``).

    Attributes:
        face: a picture or video of a face, or the folder of a person.
        out: the video to write.
        speech: a sound or video file.
        text: what to say in a synthetic voice, instead of ``speech``.
        text_file: a file with the text.
        voice: a voice's name, or a model file of Piper.
        language: the language whose default voice speaks, or that of ``transcript``.
        rate: speed of the voice, 0.5 to 2.5 times the usual one.
        transcript: what is said in ``speech``.
        alignment: a file with the words and phones of ``speech``.
        emotion: how it is said, such as "happy" or "sad:0.5", or "auto"; [happy] ... [/happy] in a text goes before it.
        method: name of the method.
        config: size of the method's networks.
        renderer: name of the renderer; None: the method's default.
        kind: "auto", "photo" or "drawing".
        fps: frames per second, also as a text such as "30000/1001"; None: 25, or those of ``motion``.
        which_face: number of the face from the left; None: the largest.
        references: of how many frames of a video the renderer draws; None: as many as it usually does.
        landmarks: a file of landmarks placed by hand.
        background: a picture, or a colour as #rrggbb.
        visible_mark: whether to draw a small "AI" in the corner.
        show: which inner workings of the renderer to show, as a picture beside ``out``: "attention".
        overwrite: whether existing files may be replaced.
        seed: of all random choices.
        head: how much the head moves, 0 to 5.
        blink: "auto", "off", or blinks per second.
        motion_out: where to save the motion.
        arkit: where to export the motion for other programs: a file with ARKit's weights, or a glTF.
        motion: a saved motion to render.
        style: the folder of a person as whom the face moves and speaks, whoever it is.
        task: "animate" a face, or "dub" a video, every frame of which keeps all but its lips.
        length: of a dubbed video: "longest", that of "speech", or of "video".
        mix: at which level a dubbed video's own sound stays under the speech, such as "-20dB"; None: not at all.
        who: a picture of the person to dub, or the folder of that person, instead of ``which_face``.
    """

    face: str
    out: str
    speech: str | None = None
    text: str | None = None
    text_file: str | None = None
    voice: str | None = None
    language: str | None = None
    rate: float | None = None
    transcript: str | None = None
    alignment: str | None = None
    emotion: str | None = None
    method: str = "makeittalk"
    config: str = "small"
    renderer: str | None = None
    kind: str = "auto"
    fps: str | float | None = None
    which_face: int | None = None
    references: int | None = None
    landmarks: str | None = None
    background: str | None = None
    visible_mark: bool = True
    show: str | None = None
    overwrite: bool = False
    seed: int = 0
    head: float = 1.0
    blink: str | float = "auto"
    motion_out: str | None = None
    arkit: str | None = None
    motion: str | None = None
    style: str | None = None
    task: str = "animate"
    length: str = "longest"
    mix: str | float | None = None
    who: str | None = None

    def __post_init__(self) -> None:
        """Raises ``InputError`` for values of the wrong type."""
        faults = [fault_of(each.name, str(each.type), getattr(self, each.name)) for each in fields(self)]
        refuse("the job", [fault for fault in faults if fault])

    @classmethod
    def from_json(cls, content: object, *, name: str = "the job") -> Job:
        """The job from ``to_json``, or written by hand.

        Args:
            content: from ``json.loads``: an object with the fields' names; ``version`` may be left out.
            name: of the job in errors.

        Raises:
            InputError: it is not an object, has another version, has unknown or wrongly typed fields, or lacks a
                required one. All faults are named in one sentence.
        """
        if not isinstance(content, dict):
            raise InputError(f'{name} is not a job: give an object such as {{"face": "face.png", ...}}.')
        given: dict[str, Any] = dict(content)
        version = given.pop("version", VERSION)
        if version != VERSION or isinstance(version, bool):
            raise InputError(
                f"{name} is a job of version {version!r}, this program reads {VERSION}: upgrade talkinghead."
            )
        known = {each.name: each for each in fields(cls)}
        faults = [describe_unknown(key, [*known, "version"]) for key in given if key not in known]
        wrong = [fault_of(key, str(each.type), given[key]) for key, each in known.items() if key in given]
        faults += [fault for fault in wrong if fault]
        faults += [f'"{key}" is missing' for key, each in known.items() if each.default is MISSING and key not in given]
        refuse(name, faults)
        return cls(**given)

    def to_json(self) -> dict[str, Any]:
        """An object for ``from_json``: the version and all values that are not None."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {"version": VERSION, **{name: value for name, value in values.items() if value is not None}}
