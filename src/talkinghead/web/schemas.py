"""What the service's answers look like, for OpenAPI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

_ERROR = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
_FOR_ALL = {
    401: "the token is missing or wrong",
    403: "another site asks, or under a name that is not the service's",
    413: "the request is too large",
    422: "a value or a file cannot be used; error says which and what to do",
    500: "a fault of the program",
}
_STATES = ["queued", "running", "done", "failed", "cancelled"]

TASK: Schema = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "kind": {"type": "string", "enum": ["job", "person", "evaluation"]},
        "state": {"type": "string", "enum": _STATES},
        "created": {"type": "number", "description": "seconds since 1970"},
        "progress": {
            "type": "object",
            "properties": {
                "stage": {"type": "string"},
                "done": {"type": "integer"},
                "total": {"type": "integer"},
                "remaining": {"type": "number", "nullable": True, "description": "seconds until the stage ends"},
            },
        },
        "notes": {"type": "array", "items": {"type": "string"}, "description": "what was done otherwise than asked"},
        "results": {"type": "array", "items": {"type": "string"}, "description": "video, motion, arkit, show"},
        "seconds": {"type": "number", "description": "of video, or of a person's reference"},
        "error": {"type": "string", "description": "why it failed"},
    },
    "required": ["id", "kind", "state"],
}
OBJECT: Schema = {"type": "object"}
OBJECTS: Schema = {"type": "array", "items": OBJECT}
TASKS: Schema = {"type": "array", "items": TASK}

BINARY: Schema = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
EVENTS: Schema = {"text/event-stream": {"schema": {"type": "string"}}}
TEXT: Schema = {"text/plain": {"schema": {"type": "string"}}}


def as_json(schema: Schema) -> Schema:
    """The content of an answer in JSON."""
    return {"application/json": {"schema": schema}}


def answers(good: Mapping[int, tuple[str, Schema | None]], bad: Mapping[int, str] | None = None) -> dict[str, Any]:
    """The ``responses`` of a route.

    Args:
        good: status -> what it means, and the content or None.
        bad: status -> what went wrong, besides what may go wrong anywhere.
    """
    found: dict[str, Any] = {}
    for status, (what, content) in good.items():
        found[str(status)] = {"description": what, **({} if content is None else {"content": content})}
    for status, what in {**_FOR_ALL, **(bad or {})}.items():
        found[str(status)] = {"description": what, "content": as_json(_ERROR)}
    return dict(sorted(found.items()))
