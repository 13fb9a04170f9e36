"""The OpenAPI 3.1 document of the look-alike, made from the same tables as the checks so that the two cannot differ."""

from collections.abc import Iterable, Mapping
from typing import Any

from importer.facturalia.sandbox.answers import ERRORS
from importer.facturalia.sandbox.api import KEY_PATTERN
from importer.facturalia.sandbox.fields import CUSTOMER, EXTERNAL_ID, FILLED, INVOICE, LINE, WHO, Field
from importer.facturalia.sandbox.settings import SandboxSettings

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_MONEY: Schema = {"type": "string", "pattern": r"^[0-9]+\.[0-9]{2}$"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_EXTRA: Mapping[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    405: ("Allow",),
    429: ("Retry-After",),
    500: ("X-Request-Id",),
}

# the shape Facturalia itself shows
EXAMPLE: Mapping[str, Any] = {
    "invoice": {"date": "2026-03-03", "due_days": 30, "language": "nl"},
    "customer": {"name": "Voorbeeld BV"},
    "lines": [{"product_code": "CONS-001", "quantity": 1, "unit_price": 120.0, "vat_rate": 21}],
}


def document(settings: SandboxSettings) -> Schema:
    """The whole document. The headers of misbehaviour are left out on purpose: they are no part of the API."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Facturalia sandbox",
            "version": "1",
            "description": "A look-alike of POST /invoices. Nothing is created in Facturalia.",
        },
        "servers": [{"url": settings.base_path}],
        "security": [{"key": []}],
        "paths": {"/invoices": {"post": _operation(settings)}},
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Order": _order(settings), "Created": _created(), "Error": _error()},
        },
    }


def _operation(settings: SandboxSettings) -> Schema:
    responses = {str(status): _refusal(status, settings) for status in ERRORS if status not in {404, 405}}
    responses["201"] = _success("Created", settings)
    replay = str(settings.replay_status)
    responses[replay] = _success(
        "Created" if replay == "201" else "The result of an earlier identical request", settings
    )
    body = {"schema": {"$ref": "#/components/schemas/Order"}, "example": EXAMPLE}
    return {
        "operationId": "create_invoice",
        "summary": "Create a sales invoice",
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": KEY_PATTERN},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": body},
        },
        "responses": dict(sorted(responses.items())),
    }


def _success(description: str, settings: SandboxSettings) -> Schema:
    headers = {"Idempotency-Status": {"required": False, "schema": _TEXT}, **_rate_headers(settings)}
    schema = {"$ref": "#/components/schemas/Created"}
    return {"description": description, "headers": headers, "content": {"application/json": {"schema": schema}}}


def _refusal(status: int, settings: SandboxSettings) -> Schema:
    code, message = ERRORS[status]
    headers: Schema = {name: {"required": True, "schema": _TEXT} for name in _EXTRA.get(status, ())}
    if status in {400, 409, 415, 422, 429}:
        headers |= _rate_headers(settings)
    code_schema = {"properties": {"error": {"properties": {"code": {"const": code}}}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Error"}, code_schema]}
    return {"description": message, "headers": headers, "content": {"application/json": {"schema": schema}}}


def _rate_headers(settings: SandboxSettings) -> Schema:
    if settings.rate_limit is None:
        return {}
    whole = {"type": "integer", "minimum": 0}
    return {f"X-RateLimit-{name}": {"required": True, "schema": whole} for name in ("Limit", "Remaining", "Reset")}


def _order(settings: SandboxSettings) -> Schema:
    strict = settings.unknown_fields == "refuse"
    one_discount = {"dependentSchemas": {"discount_amount": {"properties": {"discount_percent": False}}}}
    invoice = _object(INVOICE, strict=strict) | one_discount
    customer = _object(CUSTOMER, strict=strict) | {"anyOf": [_identified_by(name) for name in WHO]}
    return {
        "type": "object",
        "required": ["invoice", "customer", "lines"],
        "properties": {
            "external_id": EXTERNAL_ID.schema(),
            "invoice": invoice,
            "customer": customer,
            # what else a line may hold is not documented, so more is let through here
            "lines": {"type": "array", "minItems": 1, "items": _object(LINE, strict=False)},
        },
        "additionalProperties": not strict,
    }


def _object(fields: Mapping[str, Field], *, strict: bool) -> Schema:
    return {
        "type": "object",
        "required": [name for name, field in fields.items() if field.required],
        "properties": {name: field.schema() for name, field in fields.items()},
        "additionalProperties": not strict,
    }


def _identified_by(name: str) -> Schema:
    if CUSTOMER[name].kind != "string":
        return {"required": [name]}
    return {"required": [name], "properties": {name: {"type": "string", "pattern": FILLED}}}


def _created() -> Schema:
    invoice = _shown(
        {
            "id": {"type": "integer", "minimum": 1},
            "number": _TEXT,
            "external_id": {"type": ["string", "null"]},
            "date": {"type": "string", "format": "date"},
            "due_date": {"type": "string", "format": "date"},
            "currency": {"const": "EUR"},
            "customer": {"type": "object"},
            "lines": {
                "type": "array",
                "items": _shown(
                    {
                        "product_code": _TEXT,
                        "quantity": _TEXT,
                        "unit_price": _TEXT,
                        "vat_rate": _COUNT,
                        "amount": _MONEY,
                    }
                ),
            },
            "discount": _MONEY,
            "totals": _shown(
                {
                    **dict.fromkeys(("excl_vat", "vat", "incl_vat"), _MONEY),
                    "by_rate": {"type": "array", "items": _shown({"rate": _COUNT, "base": _MONEY, "vat": _MONEY})},
                }
            ),
            "links": _shown({"pdf": {"type": "string", "format": "uri"}}),
            "sandbox": {"const": True},
        }
    )
    return _shown({"invoice": invoice})


def _error() -> Schema:
    body = _shown(
        {
            "code": {"type": "string"},
            "message": _TEXT,
            "details": {"type": "object", "additionalProperties": _TEXT},
        },
        optional={"details"},
    )
    return _shown({"error": body})


def _shown(properties: Schema, optional: Iterable[str] = ()) -> Schema:
    """An object of an answer: these fields and no others."""
    required = [name for name in properties if name not in set(optional)]
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}
