"""Checks of landmark sequences before they are compared."""

from __future__ import annotations

from talkinghead.types import NUM_LANDMARKS, FloatArray


def check_landmarks(landmarks: FloatArray) -> None:
    """Raise ``ValueError`` unless the landmarks are (T, 68, 2 or 3) with at least one row."""
    if not _are_landmarks(landmarks) or len(landmarks) == 0:
        raise ValueError(f"need landmarks (T, 68, 2 or 3) with a row at least, got {landmarks.shape}")


def check_pair(predicted: FloatArray, reference: FloatArray) -> None:
    """Raise ``ValueError`` unless both are landmarks (T, 68, 2 or 3) of one shape with at least one row."""
    if predicted.shape != reference.shape or not _are_landmarks(reference) or len(reference) == 0:
        raise ValueError(
            f"need two sequences (T, 68, 2 or 3) of one shape, not empty, got {predicted.shape} and {reference.shape}"
        )


def _are_landmarks(landmarks: FloatArray) -> bool:
    return landmarks.ndim == 3 and landmarks.shape[1] == NUM_LANDMARKS and landmarks.shape[2] in (2, 3)
