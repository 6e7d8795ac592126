"""A face and a voice become a video of that face saying it.

>>> from talkinghead import TalkingHead, save_video
>>> head = TalkingHead.from_pretrained("makeittalk")
>>> save_video(head("hello.wav", "face.png"), "hello.mp4")  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

from talkinghead.version import __version__

if TYPE_CHECKING:
    from talkinghead.dubbing import dub
    from talkinghead.media import save_video
    from talkinghead.pipeline import TalkingHead

__all__ = ["TalkingHead", "__version__", "dub", "save_video"]


def __getattr__(name: str) -> Any:
    # Lazy: `talkinghead --version` and `--help` need not wait for torch.
    if name == "TalkingHead":
        from talkinghead.pipeline import TalkingHead

        return TalkingHead
    if name == "dub":
        from talkinghead.dubbing import dub

        return dub
    if name == "save_video":
        from talkinghead.media import save_video

        return save_video
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
