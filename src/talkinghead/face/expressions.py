"""The 51 expressions: ARKit's names without ``tongueOut``, in the order of Live Link Face recordings.

Left and right in these names are the person's own, as in ARKit: ``eyeBlinkLeft`` closes the eye that is on the right of
the picture. (Everywhere else left and right are those of the picture, see ``docs/notation.md``.)

Source: Li et al. 2021, section 3, counts 28 parameters of the mouth (with jaw and cheek puff) and 23 of the upper face.
"""

from __future__ import annotations

EXPRESSION_NAMES: tuple[str, ...] = (
    "eyeBlinkLeft",
    "eyeLookDownLeft",
    "eyeLookInLeft",
    "eyeLookOutLeft",
    "eyeLookUpLeft",
    "eyeSquintLeft",
    "eyeWideLeft",
    "eyeBlinkRight",
    "eyeLookDownRight",
    "eyeLookInRight",
    "eyeLookOutRight",
    "eyeLookUpRight",
    "eyeSquintRight",
    "eyeWideRight",
    "jawForward",
    "jawRight",
    "jawLeft",
    "jawOpen",
    "mouthClose",
    "mouthFunnel",
    "mouthPucker",
    "mouthRight",
    "mouthLeft",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "noseSneerLeft",
    "noseSneerRight",
)

MOUTH_EXPRESSIONS: tuple[int, ...] = tuple(
    index for index, name in enumerate(EXPRESSION_NAMES) if name.startswith(("jaw", "mouth")) or name == "cheekPuff"
)
"""Places of the 28 of jaw, mouth and cheek puff."""

UPPER_EXPRESSIONS: tuple[int, ...] = tuple(
    index for index in range(len(EXPRESSION_NAMES)) if index not in MOUTH_EXPRESSIONS
)
"""Places of the 23 others: eyes, brows, cheek squint and nose."""
