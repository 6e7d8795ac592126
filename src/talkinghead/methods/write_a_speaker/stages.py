"""How the networks of Write-a-Speaker are trained."""

from __future__ import annotations

from talkinghead.training.stage import Stage, TrainingOptions, defer

_HERE = "talkinghead.methods.write_a_speaker"

STAGES = {
    "mouth": Stage(
        what="phones -> the 28 weights of jaw and mouth (equations 1 to 3), on open recordings and captured mouths",
        network=defer(f"{_HERE}.losses:mouth_adversaries", part="mouth"),
        losses=defer(f"{_HERE}.losses:mouth_losses"),
        example=defer(f"{_HERE}.losses:mouth_example"),
        train=defer(f"{_HERE}.train:train_mouth"),
        options=TrainingOptions(steps=2800, batch=32, learning_rate=5e-4, validate_every=700),
    ),
    "upper_face": Stage(
        what="words and emotion -> the 23 weights of the upper face (equations 4 to 6), on open recordings",
        network=defer(f"{_HERE}.losses:words_adversaries", part="upper_face"),
        losses=defer(f"{_HERE}.losses:upper_face_losses"),
        example=defer(f"{_HERE}.losses:upper_face_example"),
        train=defer(f"{_HERE}.train:train_upper_face"),
        options=TrainingOptions(steps=800, batch=32, learning_rate=5e-4, validate_every=200),
    ),
    "head": Stage(
        what="words -> the head's pose, by the same network without emotion, on open recordings",
        network=defer(f"{_HERE}.losses:words_adversaries", part="head"),
        losses=defer(f"{_HERE}.losses:head_losses"),
        example=defer(f"{_HERE}.losses:head_example"),
        train=defer(f"{_HERE}.train:train_head"),
        options=TrainingOptions(steps=600, batch=32, learning_rate=5e-4, validate_every=50),
    ),
    "style": Stage(
        what="generic mouth weights -> a person's, on the paired weights of their video",
        network=defer(f"{_HERE}.style:MouthStyle", part="style"),
        losses=defer(f"{_HERE}.style:style_losses"),
        example=defer(f"{_HERE}.style:style_example"),
        train=defer(f"{_HERE}.train_style:train_style"),
        scope=("person",),
        needs=("mouth_animation",),
        options=TrainingOptions(steps=600, batch=32, learning_rate=1e-3, validate_every=100),
        needs_speech=True,
    ),
    "video": Stage(
        what="landmark images of a person -> their frames (equations 7 to 11)",
        network=defer(f"{_HERE}.video:video_adversaries", part="video"),
        losses=defer(f"{_HERE}.video_losses:video_losses"),
        example=defer(f"{_HERE}.video_losses:video_example"),
        train=defer(f"{_HERE}.train_video:train_video"),
        options=TrainingOptions(steps=1200, batch=4, learning_rate=1e-3, validate_every=200),
        scope=("person",),
    ),
}
