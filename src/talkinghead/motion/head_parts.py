"""The parts of an exported head: skin, teeth and mouth cavity of the portrait's face, and an eye."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from talkinghead.face.deform import mesh_from_landmarks
from talkinghead.face.landmarks import INNER_LIP_CONTOUR, LEFT_EYE, LIPS, MESH_OF_68, RIGHT_EYE
from talkinghead.face.model import load_face_model
from talkinghead.face.rest import closed_mouth
from talkinghead.types import FloatArray, IndexArray

_SURFACE = 468  # mesh points on the skin; eyeballs replace those of the irises
_INSIDE = np.array([0.0, 0.3, 0.4])  # a point in the middle of the head
_EYE_RADIUS = 0.138  # small enough to stay behind the lids, open or shut
_MOUTH_DEPTH, _MOUTH_WIDENING = 0.7, 1.6  # of the cavity behind the lips: depth, and width at its back
_IRIS, _PUPIL = np.arcsin(0.067 / _EYE_RADIUS), np.arcsin(0.026 / _EYE_RADIUS)  # 5.9 and 2.3 mm
_WHITE, _BROWN, _BLACK = (0.85, 0.83, 0.80), (0.13, 0.07, 0.035), (0.005, 0.005, 0.005)  # linear RGB
_AROUND = 32  # points around the eye


@dataclass(frozen=True)
class Part:
    """A surface in the head frame, in eye distances.

    Attributes:
        points: (N, 3).
        triangles: (F, 3), with normals ``(b - a) x (c - a)`` that point outwards.
        targets: (K, N, 3) displacement by each expression at weight 1; K may be 0.
        colours: (N, 3) linear RGB, or None.
    """

    points: FloatArray
    triangles: IndexArray
    targets: FloatArray = field(default_factory=lambda: np.zeros((0, 0, 3)))
    colours: FloatArray | None = None

    def normals(self) -> FloatArray:
        """(N, 3) unit vectors that point out of the surface."""
        corners = self.points[self.triangles]
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normals = np.zeros_like(self.points)
        for corner in range(3):
            np.add.at(normals, self.triangles[:, corner], across)
        return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))


@dataclass(frozen=True)
class Face:
    """A portrait's face; skin, cavity and teeth have the 51 expressions as targets.

    Attributes:
        skin: with openings at lips and lids.
        cavity: the inside of the mouth.
        teeth: upper and lower.
        eyes: (2, 3) centres of the eyeballs, left and right in the picture.
    """

    skin: Part
    cavity: Part
    teeth: Part
    eyes: FloatArray


def portrait_face(rest: FloatArray) -> Face:
    """A portrait's face with its lips closed: the face model, deformed to have the portrait's landmarks.

    Args:
        rest: (68, 3) the face as in the portrait, in its head frame.
    """
    model = load_face_model()
    change = closed_mouth(rest) - model.mean[MESH_OF_68]
    mesh = model.mean + mesh_from_landmarks() @ change
    skin = Part(
        mesh[:_SURFACE],
        face_outwards(mesh[:_SURFACE], model.triangles, _INSIDE),
        model.expressions[:, :_SURFACE],
    )
    teeth = model.teeth + change[LIPS].mean(axis=0)
    arch = teeth.mean(axis=0) + np.array([0.0, 0.0, np.ptp(teeth[:, 2])])
    dentition = Part(teeth, face_outwards(teeth, model.teeth_triangles, arch), model.teeth_expressions)
    eyes = model.eyeballs + np.stack([change[eye].mean(axis=0) for eye in (LEFT_EYE, RIGHT_EYE)])
    return Face(skin, _cavity(skin), dentition, eyes)


def _cavity(skin: Part) -> Part:
    """The inside of the mouth around the teeth: a bag attached to the lips' inner edge, which moves it."""
    lips, count = skin.points[INNER_LIP_CONTOUR], len(INNER_LIP_CONTOUR)
    back = lips.mean(axis=0) + _MOUTH_WIDENING * (lips - lips.mean(axis=0)) + np.array([0.0, 0.0, _MOUTH_DEPTH])
    moved = skin.targets[:, INNER_LIP_CONTOUR]
    first, after = np.arange(count), (np.arange(count) + 1) % count
    triangles = np.concatenate(
        [
            np.stack([first, after, count + first], axis=-1),
            np.stack([after, count + after, count + first], axis=-1),
            np.stack([count + first, count + after, np.full(count, 2 * count)], axis=-1),
        ]
    )
    points = np.concatenate([lips, back, back.mean(axis=0, keepdims=True)])
    return Part(
        points,
        face_outwards(points, triangles, (lips.mean(axis=0) + points[-1]) / 2)[:, ::-1],  # seen from inside
        np.concatenate([moved, moved, moved.mean(axis=1, keepdims=True)], axis=1),
    )


def eyeball() -> Part:
    """An eye at the origin that looks at the viewer: white, a brown iris and a pupil."""
    # Rings around the line of sight, two at each edge between colours, so that colours do not blend.
    rings = [(0.0, _BLACK), (_PUPIL, _BLACK), (_PUPIL, _BROWN), (_IRIS, _BROWN), (_IRIS, _WHITE)]
    rings += [(angle, _WHITE) for angle in np.radians([45.0, 65.0, 90.0, 120.0, 150.0, 180.0])]
    turn = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
    points, colours = [], []
    for angle, colour in rings:
        circle = np.stack(
            [np.sin(angle) * np.cos(turn), np.sin(angle) * np.sin(turn), 0 * turn - np.cos(angle)], axis=-1
        )
        points.append(_EYE_RADIUS * circle)
        colours.append(np.tile(colour, (_AROUND, 1)))
    first = np.arange(_AROUND)
    after = (first + 1) % _AROUND
    quads = [
        np.concatenate(
            [
                np.stack([row + first, row + after, row + _AROUND + first], axis=-1),
                np.stack([row + after, row + _AROUND + after, row + _AROUND + first], axis=-1),
            ]
        )
        for row in _AROUND * np.arange(len(rings) - 1)
    ]
    places = np.concatenate(points)
    triangles = np.concatenate(quads)
    corners = places[triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=-1)
    return Part(
        places,
        face_outwards(places, triangles[area > 1e-9], np.zeros(3)),
        colours=np.concatenate(colours),
    )


def face_outwards(points: FloatArray, triangles: IndexArray, inside: FloatArray) -> IndexArray:
    """The same triangles (F, 3), all oriented outwards and consistently with their neighbours.

    Args:
        points: (N, 3).
        triangles: (F, 3), of one or several surfaces.
        inside: (3,) a point behind most of the surfaces, as seen from outside.
    """
    turned = np.array(triangles, np.int64)
    by_edge: dict[frozenset[int], list[int]] = {}
    for number, corners in enumerate(turned):
        for k in range(3):
            by_edge.setdefault(frozenset((int(corners[k]), int(corners[k - 2]))), []).append(number)
    todo = set(range(len(turned)))
    while todo:
        surface, front = [], [todo.pop()]
        while front:
            number = front.pop()
            surface.append(number)
            a, b, c = (int(corner) for corner in turned[number])
            for start, end in ((a, b), (b, c), (c, a)):
                for other in by_edge[frozenset((start, end))]:
                    if other in todo:
                        todo.remove(other)
                        front.append(other)
                        corners = turned[other].tolist()
                        # Neighbours with the same orientation run along their common edge in opposite directions.
                        if corners[(corners.index(start) + 1) % 3] == end:
                            turned[other] = turned[other, ::-1]
        corners = points[turned[surface]]
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        if (across * (corners.mean(axis=1) - inside)).sum() < 0:
            turned[surface] = turned[surface, ::-1]
    return turned
