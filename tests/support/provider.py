"""A real OpenID Connect provider on loopback, small and strict: discovery, keys, authorization code with PKCE.

It knows one client and signs in whoever asks as `person`. What it says can be bent, to see it refused.
"""

import base64
import hashlib
import hmac
import html
import json
import secrets
import threading
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT: Final = "importer"
SECRET: Final = "the-secret-of-the-client"  # noqa: S105 - known to this provider alone
HOUR: Final = 3600


@cache
def a_key(_: str) -> RSAKey:
    """A key under the one name that tokens give; making one takes time."""
    return RSAKey.generate_key(2048, {"kid": "one"})


class LoopbackProvider:
    """The provider and what it is to say: `claims` replace those of a token (None takes one away), `about` those of discovery."""

    def __init__(self, redirect: str = "", host: str = "127.0.0.1") -> None:
        self.redirect = redirect
        self.person: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.about: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.down = False
        self.asks = False  # on a page of its own, as real ones do
        self.key = a_key("first")
        self.published = self.key
        self._codes: dict[str, dict[str, str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self, b"")

            def do_POST(self) -> None:
                provider.answer(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_: object) -> None:
                """Nothing on the screen."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://{host}:{self._server.server_port}/tenant"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        """One request."""
        parts = urlsplit(request.path)
        fields = {name: values[0] for name, values in parse_qs(body.decode() or parts.query).items()}
        match (request.command, parts.path.removeprefix("/tenant")):
            case _ if self.down:
                self._send(request, 503, {})
            case ("GET", "/.well-known/openid-configuration"):
                self._send(request, 200, self._about())
            case ("GET", "/keys"):
                self._send(request, 200, {"keys": [self.published.as_dict(private=False)]})
            case ("GET", "/authorize"):
                self._authorize(request, fields)
            case ("POST", "/token"):
                self._token(request, fields)
            case _:
                self._send(request, 404, {})

    def _about(self) -> dict[str, Any]:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {"issuer": self.issuer, **{name: f"{self.issuer}/{path}" for name, path in names.items()}, **self.about}

    def _authorize(self, request: BaseHTTPRequestHandler, fields: dict[str, str]) -> None:
        asked = (fields["response_type"], fields["client_id"], fields["redirect_uri"], fields["code_challenge_method"])
        assert asked == ("code", CLIENT, self.redirect, "S256")
        assert "openid" in fields["scope"].split()
        if self.asks and "yes" not in fields:
            page = f'<!doctype html><a id="yes" href="{html.escape(request.path)}&amp;yes=1">Sign in</a>'
            request.send_response(200)
            request.send_header("Content-Type", "text/html; charset=utf-8")
            request.send_header("Content-Length", str(len(page)))
            request.end_headers()
            request.wfile.write(page.encode())
            return
        code = secrets.token_urlsafe(16)
        self._codes[code] = fields
        request.send_response(302)
        request.send_header("Location", f"{self.redirect}?{urlencode({'code': code, 'state': fields['state']})}")
        request.end_headers()

    def _token(self, request: BaseHTTPRequestHandler, fields: dict[str, str]) -> None:
        known = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self._codes.pop(fields.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(fields.get("code_verifier", "").encode()).digest())
        if request.headers["Authorization"] != known:
            self._send(request, 401, {"error": "invalid_client"})
        elif asked is None or proof.decode().rstrip("=") != asked["code_challenge"]:
            self._send(request, 400, {"error": "invalid_grant"})
        else:
            token = self._signed(asked["nonce"])
            self._send(request, 200, {"access_token": "a", "token_type": "Bearer", "id_token": token})

    def _signed(self, nonce: str) -> str:
        now = int(time.time())
        said = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "1",
            "iat": now,
            "exp": now + HOUR,
            "nonce": nonce,
            **self.person,
        }
        said = {name: value for name, value in {**said, **self.claims}.items() if value is not None}
        if self.algorithm == "RS256":
            return jwt.encode({"alg": "RS256", "kid": "one"}, said, self.key)
        text = f"{_plain({'alg': self.algorithm, 'kid': 'one'})}.{_plain(said)}"  # what no library would sign
        public = self.key.as_pem(private=False)
        sign = hmac.new(public, text.encode(), hashlib.sha256).digest() if self.algorithm == "HS256" else b""
        return f"{text}.{base64.urlsafe_b64encode(sign).decode().rstrip('=')}"

    @staticmethod
    def _send(request: BaseHTTPRequestHandler, status: int, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


def _plain(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
