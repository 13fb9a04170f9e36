"""Where Facturalia is and what opens it: the base URL and the API key, checked before anything is sent."""

import hmac
import ipaddress
import unicodedata
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

from importer.errors import SettingsError

LIVE_URL = "https://www.facturalia.be/api/v1"

_PORTS = {"https": 443, "http": 80}
_LOOPBACK_V4 = ipaddress.ip_network("127.0.0.0/8")
_LOOPBACK_V6 = ipaddress.IPv6Address("::1")
_FIRST_VISIBLE, _LAST_VISIBLE = "!", "~"


class Secret:
    """A text that shows itself only when asked: `str`, `repr`, formatting and logging give a mask."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself. Call it only where it goes on the wire."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('********')"

    def __str__(self) -> str:
        return "********"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be copied into a file or another process")


def api_key(text: str) -> Secret:
    """The key as it goes on the wire: white space around it taken off, every other character visible ASCII.

    A line end inside an HTTP header is an error whose text quotes the header, so it is refused here, where the
    message names the place of the character and never the key. Raises SettingsError `bad-key`.
    """
    key = text.strip()
    if not key:
        raise SettingsError(
            "bad-key",
            "The API key is empty.",
            fix="Make a key in Facturalia under Extra > Modules > API and set IMPORTER_API_KEY.",
        )
    for place, character in enumerate(key, start=1):
        if not _FIRST_VISIBLE <= character <= _LAST_VISIBLE:
            raise SettingsError(
                "bad-key",
                f"The API key holds {_kind_of(character)} at place {place} of {len(key)}.",
                fix="Copy the key again from Facturalia (Extra > Modules > API): letters, digits and signs only, no spaces.",
            )
    return Secret(key)


def _kind_of(character: str) -> str:
    if character.isspace():
        return "a space or line end"
    if unicodedata.category(character).startswith("C"):
        return "an invisible character"
    return "a character that is not plain ASCII"


def base_url(text: str) -> str:
    """The base URL in its one spelling: lower-case scheme and host, no default port, no slash at the end.

    https only; plain http for 127.0.0.0/8, ::1 and localhost. No user name, query or fragment. Raises SettingsError
    `bad-url`, which never quotes the URL: one that holds a password is among those refused.
    """
    text = text.strip()
    if not text or not all(_FIRST_VISIBLE <= character <= _LAST_VISIBLE for character in text) or "\\" in text:
        raise _bad_url("is empty or holds a character that no web address may hold")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _bad_url("cannot be read: the host or the port is malformed") from None
    if parts.scheme not in _PORTS:
        raise _bad_url("must begin with https://")
    if "@" in parts.netloc:
        raise _bad_url("holds a user name or password")
    if "%" in parts.netloc or port == 0:
        raise _bad_url("has no proper host or port")
    if "?" in text or "#" in text:
        raise _bad_url('holds a "?" or "#"')
    host = _host(parts)
    if parts.scheme == "http" and not _is_loopback(host):
        raise _bad_url("must begin with https:// (http:// only for this machine itself)")
    segments = parts.path.rstrip("/").split("/")[1:]
    if any(segment in {"", ".", ".."} for segment in segments):
        raise _bad_url("holds an empty, . or .. part in its path")
    shown = f"[{host}]" if ":" in host else host
    place = shown if port in (None, _PORTS[parts.scheme]) else f"{shown}:{port}"
    return "/".join([f"{parts.scheme}://{place}", *segments])


def origin(url: str) -> str:
    """Scheme, host and port of a base URL: the part that makes accounts differ. Raises like `base_url`."""
    parts = urlsplit(base_url(url))
    return f"{parts.scheme}://{parts.netloc}"


def is_loopback(url: str) -> bool:
    """Whether a base URL stays on this machine. Raises like `base_url`."""
    return _is_loopback(urlsplit(base_url(url)).hostname or "")


def _host(parts: SplitResult) -> str:
    """The host in lower case, without the dot that may end a name. Raises SettingsError `bad-url`."""
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        try:
            return str(ipaddress.IPv6Address(host))
        except ValueError:
            raise _bad_url("has a host that is not an address") from None
    labels = host.split(".")
    if not all(label and len(label) <= 63 and label.strip("-") == label for label in labels) or any(  # noqa: PLR2004 - DNS
        not (character.isalnum() or character in "-_.") for character in host
    ):
        raise _bad_url("has no proper host")
    return host


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address in _LOOPBACK_V4 if address.version == 4 else address == _LOOPBACK_V6  # noqa: PLR2004 - IP version


def _bad_url(what: str) -> SettingsError:
    return SettingsError(
        "bad-url", f"The base URL {what}.", fix=f"Set IMPORTER_BASE_URL, for example to {LIVE_URL}, or leave it out."
    )
