"""How the renderer of Rhythmic Head Motion is trained."""

from __future__ import annotations

from talkinghead.training.stage import Stage, TrainingOptions, defer

_HERE = "talkinghead.methods.rhythmic_head"

PICTURE_STAGES = {
    "unprojection": Stage(
        what="a picture of a face -> its mesh (section 4.1), on what the tracker sees of open recordings",
        network=defer(f"{_HERE}.unprojection:UnprojectionNetwork", part="unprojection"),
        losses=defer(f"{_HERE}.unprojection:unprojection_losses"),
        example=defer(f"{_HERE}.unprojection:unprojection_example"),
        train=defer(f"{_HERE}.train_unprojection:train_unprojection"),
        options=TrainingOptions(steps=1500, batch=32, learning_rate=1e-3, validate_every=300),
    ),
    "composition": Stage(
        what="K references and pictures near the target -> the target (sections 4.2 to 4.4), on open recordings",
        network=defer(f"{_HERE}.composition:picture_adversaries", part="composition"),
        losses=defer(f"{_HERE}.picture_losses:picture_losses"),
        example=defer(f"{_HERE}.picture_losses:picture_example"),
        train=defer(f"{_HERE}.train_picture:train_composition"),
        starts=True,
        options=TrainingOptions(steps=700, batch=4, learning_rate=8e-4, validate_every=100),
    ),
}
