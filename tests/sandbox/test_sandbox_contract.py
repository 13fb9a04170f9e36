"""The look-alike and its OpenAPI document agree, whatever is sent."""

import json
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks

from importer.facturalia.sandbox import DEFAULT_API_KEY, SandboxSettings, create_app

load_all_checks()
schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(SandboxSettings()))
# the one rule JSON Schema cannot say: it compares a field with a sum over the lines
BEYOND_SCHEMA = {"invoice.discount_amount": "Mag niet hoger zijn dan het totaal."}


@schema.parametrize()
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_request_is_answered_as_the_document_says(case: schemathesis.Case[Any]) -> None:
    """Valid payloads are taken, invalid ones refused, and every answer has the documented status, headers and body."""
    headers = {"Authorization": f"Bearer {DEFAULT_API_KEY}"}
    response = case.call(headers=headers)

    beyond = response.status_code == 422 and json.loads(response.content)["error"]["details"] == BEYOND_SCHEMA
    excluded: list[Any] = CHECKS.get_by_names(["positive_data_acceptance"]) if beyond else []
    checks: list[Any] = CHECKS.get_all()  # its own annotation is wider than what it takes
    case.validate_response(response, headers=headers, checks=checks, excluded_checks=excluded)
