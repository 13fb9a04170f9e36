"""The look-alike as a web application: the call, a page of what came in, and its OpenAPI document."""

import re
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.requests import ClientDisconnect

from importer.domain.clock import Clock, SystemClock
from importer.facturalia.sandbox import pages
from importer.facturalia.sandbox.answers import error_answer
from importer.facturalia.sandbox.api import Api, Incoming
from importer.facturalia.sandbox.faults import FAULT_HEADER
from importer.facturalia.sandbox.openapi import document
from importer.facturalia.sandbox.settings import SandboxSettings
from importer.facturalia.sandbox.store import Store
from importer.facturalia.sandbox.wire import Dated, SandboxResponse

LARGEST_BODY = 20_000_000  # bytes
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?")
SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def create_app(settings: SandboxSettings, clock: Clock | None = None) -> FastAPI:
    """The application; `app.state.store` is its `Store`, for whoever made the app to read and to close.

    Raises `SettingsError` (`sandbox-database`).
    """
    clock = clock or SystemClock()
    store = Store(settings.database)
    api = Api(settings, store, clock)
    # no docs pages: FastAPI's load scripts from elsewhere
    app = FastAPI(title="Facturalia sandbox", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.store = store
    _add_call(app, api, settings)
    _add_pages(app, store, settings)
    app.add_middleware(Dated, clock=clock)
    described = document(settings)
    app.add_api_route("/openapi.json", lambda: JSONResponse(described), methods=["GET"])
    return app


async def _body(request: Request) -> bytes:
    """The body as it came: FastAPI's own parsing, and its own limit of size, would answer in their own words."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BODY:
            raise HTTPException(413)
    return bytes(body)


def _add_call(app: FastAPI, api: Api, settings: SandboxSettings) -> None:
    def create_invoice(request: Request, body: Annotated[bytes, Depends(_body)]) -> Response:
        return SandboxResponse(api.create_invoice(_incoming(request, body)))

    def refuse(request: Request, error: Exception, status: int) -> Response:
        headers = dict(getattr(error, "headers", None) or {})
        if not request.scope["path"].startswith(f"{settings.base_path}/"):
            return SandboxResponse(error_answer(status, headers=headers))
        return SandboxResponse(api.refuse_route(_incoming(request, b""), status, headers))

    def broken(_request: Request, _error: Exception) -> Response:
        return SandboxResponse(api.server_error())

    app.add_api_route(f"{settings.base_path}/invoices", create_invoice, methods=["POST"])
    # a client that died while sending gets no answer; it is no fault of the server and no line in its log
    app.add_exception_handler(ClientDisconnect, lambda _request, _error: Response(status_code=400))
    for status in (404, 405, 413):  # all that the framework, or `_body`, can raise
        app.add_exception_handler(status, partial(refuse, status=status))
    app.add_exception_handler(Exception, broken)


def _add_pages(app: FastAPI, store: Store, settings: SandboxSettings) -> None:
    def page(request: Request, before: str = "") -> Response:
        return HTMLResponse(pages.overview(store, settings, _origin(request), before), headers=SAFE)

    def export() -> Response:
        headers = {**SAFE, "Content-Disposition": 'attachment; filename="sandbox-invoices.csv"'}
        return Response(pages.export(store), media_type="text/csv; charset=utf-8", headers=headers)

    def pdf(name: str) -> Response:
        found = store.invoice(int(name)) if name.isascii() and name.isdigit() and len(name) < len(str(2**62)) else None
        if found is None:
            raise HTTPException(404)
        return Response(pages.pdf(found), media_type="application/pdf", headers=SAFE)

    options: dict[str, Any] = {"methods": ["GET"], "include_in_schema": False}
    app.add_api_route("/", page, **options)
    app.add_api_route("/export.csv", export, **options)
    app.add_api_route("/invoices/{name}.pdf", pdf, **options)


def _incoming(request: Request, body: bytes) -> Incoming:
    headers = request.headers
    return Incoming(
        method=request.method,
        path=request.scope["path"],
        body=body,
        authorization=headers.get("authorization", ""),
        content_type=headers.get("content-type", ""),
        key=headers.get("idempotency-key"),
        fault=headers.get(FAULT_HEADER, ""),
        origin=_origin(request),
    )


def _origin(request: Request) -> str:
    """Where the caller thinks we are; where we are, if its Host header is nonsense."""
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        name, port = request.scope["server"]
        host = f"{name}:{port}"
    return f"{request.scope['scheme']}://{host}"
