"""Requests made up from the description in OpenAPI: the server keeps its word, and never has a fault."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from talkinghead.web.server import make_app

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed: pip install '.[browser]'")

_FEW, _MANY = 3, 40


def probe(client: TestClient, most: int) -> None:
    """Ask every operation, and compare the answers with the description."""
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis.specs.openapi import checks

    app = make_app(client.service, page=False)  # type: ignore[attr-defined]

    async def awake(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":  # the service was started before
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})
        else:  # schemathesis calls the host by a name of its own
            headers = [(key, value) for key, value in scope["headers"] if key != b"host"]
            await app({**scope, "headers": [*headers, (b"host", b"localhost")]}, receive, send)

    wanted = [
        schemathesis.checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
        checks.response_headers_conformance,
    ]
    schema = schemathesis.openapi.from_asgi("/openapi.json", awake)
    operations = [each.ok() for each in schema.get_all_operations()]
    assert len(operations) > 20
    for operation in operations:

        @settings(
            max_examples=most,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            case.validate_response(case.call(), checks=wanted)

        ask()


def test_a_few_requests(client: TestClient) -> None:
    probe(client, _FEW)


@pytest.mark.slow
def test_many_requests(client: TestClient) -> None:
    probe(client, _MANY)
