"""Signing in through an OpenID Connect provider: authorization code with PKCE, state and nonce. Needs the extra `oidc`."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from importer.errors import SettingsError
from importer.settings import OidcSettings

SCOPE: Final = "openid email profile"
ALGORITHMS: Final = ("RS256", "PS256", "ES256")  # of signatures: none that a reader could make
LASTS: Final = timedelta(minutes=10)  # from the page of signing in to the way back
KNOWN: Final = timedelta(hours=1)  # how long what the provider says of itself is kept
LEEWAY: Final = 60  # seconds between its clock and ours
TIMEOUT: Final = 10.0  # seconds


class NotProved(Exception):
    """The answer does not prove who somebody is, or is not the answer to what this browser asked."""


class Unreachable(Exception):
    """The provider does not answer, or not as one."""


class Asked(NamedTuple):
    """Where a browser is sent, and what it keeps in a cookie until it comes back."""

    address: str
    cookie: str


class Proved(NamedTuple):
    """The names that the provider vouches for, the surest first, and the page to go back to."""

    names: tuple[str, ...]
    back: str


class Provider:
    """One provider. `redirect` is our address that it sends browsers back to. Methods may be called from any thread."""

    def __init__(self, told: OidcSettings, redirect: str, now: Callable[[], datetime]) -> None:
        self._told = told
        self._secret = told.client_secret()
        self._redirect = redirect
        self._now = now
        self._seal = secrets.token_bytes(32)  # a cookie of before a restart is none of ours: the person starts again
        self._known: tuple[datetime, Mapping[str, Any]] | None = None

    def begin(self, back: str) -> Asked:
        """Send a browser to the provider. Raises Unreachable."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._client() as client:
            about = self._about(client)
            address, _ = client.create_authorization_url(
                about["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "back": back, "until": self._until()}
        return Asked(address, self._sealed(kept))

    def finish(self, state: str, code: str, cookie: str) -> Proved:
        """Who came back with this state and code. Raises NotProved or Unreachable."""
        kept = self._opened(cookie)
        if not state or not hmac.compare_digest(state.encode(), kept["state"].encode()):
            raise NotProved("state")
        with self._client() as client:
            about = self._about(client)
            try:
                token = client.fetch_token(about["token_endpoint"], code=code, code_verifier=kept["verifier"])
                keys = _keys(_object(client.request("GET", about["jwks_uri"], withhold_token=True)))
            except AuthlibBaseError:  # a code that is wrong, used or too old
                raise NotProved("code") from None
            except Exception:  # noqa: BLE001 - whatever the library under the client calls it: no answer of a provider
                raise Unreachable from None
        return Proved(_names(self._claims(token.get("id_token"), keys, kept["nonce"])), kept["back"])

    def _claims(self, token: object, keys: KeySet, nonce: str) -> Mapping[str, Any]:
        """What a signed token says, if it is from the provider, for us, not too old, and the answer to our question."""
        must = {"iss": self._told.issuer, "aud": self._told.client_id, "nonce": nonce}
        asked: Any = {name: {"essential": True, "value": value} for name, value in must.items()}
        there: Any = {name: {"essential": True} for name in ("exp", "iat", "sub")}
        registry = jwt.JWTClaimsRegistry(now=int(self._now().timestamp()), leeway=LEEWAY, **asked, **there)
        try:
            claims: dict[str, Any] = jwt.decode(str(token), keys, algorithms=list(ALGORITHMS)).claims
            registry.validate(claims)
        except (JoseError, ValueError, TypeError):
            raise NotProved("token") from None
        if claims.get("azp", self._told.client_id) != self._told.client_id:
            raise NotProved("azp")
        return claims

    def _about(self, client: OAuth2Client) -> Mapping[str, Any]:
        """What the provider says of itself. Raises Unreachable."""
        if self._known is not None and self._now() - self._known[0] < KNOWN:
            return self._known[1]
        try:
            address = f"{self._told.issuer.rstrip('/')}/.well-known/openid-configuration"
            found = _object(client.request("GET", address, withhold_token=True))
            endpoints = [str(found[name]) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        except Exception:  # noqa: BLE001 - as above
            raise Unreachable from None
        if found.get("issuer") != self._told.issuer or not all(map(_safe, endpoints)):
            raise Unreachable
        self._known = (self._now(), found)
        return found

    def _client(self) -> OAuth2Client:
        return OAuth2Client(
            self._told.client_id, self._secret, scope=SCOPE, redirect_uri=self._redirect, code_challenge_method="S256",
            timeout=TIMEOUT, follow_redirects=False,
        )  # fmt: skip

    def _until(self) -> str:
        return (self._now() + LASTS).isoformat()

    def _sealed(self, kept: Mapping[str, str]) -> str:
        text = base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()
        return f"{text}.{self._mac(text)}"

    def _opened(self, cookie: str) -> dict[str, str]:
        text, _, mac = cookie.partition(".")
        if not hmac.compare_digest(mac.encode(), self._mac(text).encode()):
            raise NotProved("cookie")
        try:
            kept: dict[str, str] = json.loads(base64.urlsafe_b64decode(text))
        except (ValueError, binascii.Error):
            raise NotProved("cookie") from None
        if kept["until"] <= self._now().isoformat():
            raise NotProved("late")
        return kept

    def _mac(self, text: str) -> str:
        return hmac.new(self._seal, text.encode(), hashlib.sha256).hexdigest()


def provider(told: OidcSettings, redirect: str, now: Callable[[], datetime]) -> Provider:
    """The provider of the settings. Raises SettingsError `oidc-issuer`, or what reading the secret raises."""
    if not _safe(told.issuer):
        raise SettingsError(
            "oidc-issuer",
            "IMPORTER_OIDC_ISSUER must be an https address.",
            fix="Give the address that the provider calls its issuer, such as https://login.example/tenant.",
        )
    return Provider(told, redirect, now)


def _safe(address: str) -> bool:
    parts = urlsplit(address)
    here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    return bool(parts.hostname) and (parts.scheme == "https" or here)


def _names(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """An address only where the provider has verified it: else anybody could write down somebody else's."""
    found = [claims.get("email") if claims.get("email_verified") is True else None, claims.get("preferred_username")]
    return tuple(name for name in found if isinstance(name, str) and name.strip())


def _keys(found: Any) -> KeySet:
    return KeySet.import_key_set(found)


def _object(answer: Any) -> dict[str, Any]:
    """The JSON object of an answer. ValueError if it is none, or no success."""
    found = answer.json() if answer.status_code == 200 else None  # noqa: PLR2004 - a redirect is no answer either
    if not isinstance(found, dict):
        raise ValueError  # noqa: TRY004 - what was read is wrong, not what we did
    return found
