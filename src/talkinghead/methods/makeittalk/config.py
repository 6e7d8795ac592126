"""Sizes of MakeItTalk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ContentConfig:
    """The speech content branch.

    Attributes:
        features: what a speech frame is: "phones" (posteriors of the 39 phones; silence is none of them), or "log-mel".
        num_features: size of a speech frame.
        rate: speech frames, and landmarks, per second.
        window: frames the LSTM hears for one frame of landmarks.
        lead: how many of them come before that frame. The paper's window starts at the frame itself (0).
        lstm_size: hidden size of each LSTM layer.
        lstm_layers: how many.
        mlp_sizes: hidden sizes of the MLP before its 204 outputs.
    """

    features: str = "phones"
    num_features: int = 39
    rate: float = 62.5
    window: int = 18
    lead: int = 0
    lstm_size: int = 256
    lstm_layers: int = 3
    mlp_sizes: tuple[int, ...] = (512, 256)


@dataclass(frozen=True)
class MakeItTalkConfig:
    """All of the method. ``mouth_width`` is the width of the mouth interior network."""

    content: ContentConfig
    mouth_width: int = 24


CONFIGS = {
    # Section 3.1 and 4.4. 161 features give the 1.9 M parameters stated for this branch.
    "paper": MakeItTalkConfig(ContentConfig("log-mel", num_features=161)),
    "small": MakeItTalkConfig(ContentConfig(lead=9)),
    "tiny": MakeItTalkConfig(ContentConfig(lead=9, lstm_size=16, lstm_layers=1, mlp_sizes=(16,)), mouth_width=4),
}
