"""The wire: one POST, once, with the frozen bytes. The only module that speaks HTTP, and the border for its errors.

Nothing is repeated, followed, decoded or judged here; every foreseen failure becomes a `NoAnswer`.
"""

import importlib.metadata
import logging
import ssl
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import httpx

from importer.facturalia.access import LIVE_URL, Secret, api_key, base_url, origin
from importer.facturalia.reply import Answer, NoAnswer, Reply

__all__ = ["LIVE_URL", "Client", "Secret", "Timeouts", "api_key", "base_url", "no_answer", "origin"]

MAX_BODY = 4 * 1024 * 1024  # bytes of an answer; an invoice's is a few thousand
KEEPALIVE = 3.0  # seconds an idle connection is kept: shorter than what servers keep, so that they rarely close first
MAX_QUOTED = 200  # characters of a connection error that are shown
_SHORTEST = 0.001  # seconds; 0 would mean "do not block" to a socket

# First match wins, so narrow types come first. Only what fails before the request is written is proved not sent; a new
# kind of httpx error is ambiguous until somebody decides otherwise.
MEANING: tuple[tuple[type[Exception], str, bool, str], ...] = (
    (httpx.ConnectTimeout, "connect-timeout", False, "No connection to Facturalia in time; nothing was sent."),
    (httpx.PoolTimeout, "pool-timeout", False, "No free connection in time; nothing was sent."),
    (httpx.ConnectError, "connect-error", False, "No connection to Facturalia; nothing was sent."),
    (httpx.ReadTimeout, "read-timeout", True, "The request was sent, no answer came in time."),
    (httpx.WriteTimeout, "write-timeout", True, "The request could not be sent completely in time."),
    (httpx.ReadError, "read-error", True, "The connection broke while waiting for the answer."),
    (httpx.WriteError, "write-error", True, "The connection broke while the request was sent."),
    (httpx.RemoteProtocolError, "protocol-error", True, "The connection was closed before a whole answer came."),
    (Exception, "transport-error", True, "The exchange with Facturalia failed; what arrived is not known."),
)


def no_answer(error: Exception) -> NoAnswer:
    """What an exception of the HTTP library proves. Its own text is quoted only for connection errors.

    Others may quote the request, and with it the key; a connection error is older than the request.
    """
    _, word, maybe_sent, sentence = next(row for row in MEANING if isinstance(error, row[0]))
    quoted = "".join(c for c in str(error) if c.isprintable())[:MAX_QUOTED]
    if isinstance(error, httpx.ConnectError) and quoted:
        sentence = f"{sentence} ({quoted})"
    return NoAnswer(word, maybe_sent, sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds. `read` and `write` are per piece; `total` ends a call however steadily the server drips.

    A short `read` makes doubt where there was only slowness: what was sent and not answered must be asked again.
    """

    connect: float = 10.0
    read: float = 60.0
    write: float = 30.0
    pool: float = 10.0
    total: float = 120.0


class Client:
    """One worker's connection to one account. Not for use by two threads at once; close it when done.

    `transport` replaces the network in tests; `elapsed` is the clock of the total deadline, in seconds.
    """

    def __init__(
        self,
        base_url: str,
        api_key: Secret,
        *,
        timeouts: Timeouts = Timeouts(),
        max_body: int = MAX_BODY,
        transport: httpx.BaseTransport | None = None,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        for name in ("httpx", "httpcore"):  # at INFO and DEBUG they write URLs, headers and cookies
            logging.getLogger(name).setLevel(logging.WARNING)
        self._url = httpx.URL(_normal_url(base_url) + "/invoices")
        self._headers = [
            ("Host", self._url.netloc.decode("ascii")),
            ("Accept", "application/json"),
            ("Accept-Encoding", "identity"),
            ("User-Agent", _user_agent()),
            ("Authorization", f"Bearer {api_key.reveal()}"),
            ("Content-Type", "application/json; charset=utf-8"),
        ]
        self._total = timeouts.total
        self._max_body = max_body
        self._elapsed = elapsed
        self._deadline = _Deadline(elapsed)
        self._http = httpx.Client(
            transport=_network(self._deadline) if transport is None else transport,
            timeout=httpx.Timeout(
                connect=timeouts.connect, read=timeouts.read, write=timeouts.write, pool=timeouts.pool
            ),
            follow_redirects=False,  # a followed POST may become a GET that ends in a false 201
            trust_env=False,  # a proxy from the environment would be handed the key
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def post_invoice(self, body: bytes, key: str) -> Reply:
        """Send exactly these bytes under this Idempotency-Key, once. Raises nothing that is foreseen."""
        began = self._elapsed()
        self._deadline.at = began + self._total
        request = httpx.Request("POST", self._url, headers=[*self._headers, ("Idempotency-Key", key)], content=body)
        try:
            response = self._http.send(request, stream=True)
            try:
                received = self._receive(response)
            finally:
                response.close()
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            if self._deadline.left() <= 0 and not isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
                return _TOO_SLOW
            return no_answer(error)
        if isinstance(received, NoAnswer):
            return received
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers.raw}
        return Answer(
            response.status_code, headers, _decoded(received, headers, self._max_body), self._elapsed() - began
        )

    def _receive(self, response: httpx.Response) -> bytes | NoAnswer:
        """The body as it came, whole; or why it is not."""
        pieces: list[bytes] = []
        size = 0
        for piece in response.iter_raw():
            pieces.append(piece)
            size += len(piece)
            if size > self._max_body:
                return _TOO_LARGE
            if self._deadline.left() <= 0:
                return _TOO_SLOW
        return b"".join(pieces)


_TOO_SLOW = NoAnswer("deadline", maybe_sent=True, detail="The answer did not end in time.")
_TOO_LARGE = NoAnswer("too-large", maybe_sent=True, detail="The answer is larger than any answer may be.")


def _normal_url(text: str) -> str:
    return base_url(text)


def _decoded(body: bytes, headers: Mapping[str, str], limit: int) -> bytes:
    """The body without gzip or deflate, which some servers apply unasked; as it came where that cannot be undone."""
    if headers.get("content-encoding", "identity").strip().lower() not in {"gzip", "x-gzip", "deflate"}:
        return body
    unpacker = zlib.decompressobj(wbits=47)  # 32 + 15: the header says which of the two it is
    try:
        plain = unpacker.decompress(body, limit)
    except zlib.error:
        return body
    return plain if unpacker.eof else body


@lru_cache(maxsize=1)
def _user_agent() -> str:
    return f"facturalia-importer/{importlib.metadata.version('facturalia-importer')}"


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """One verifying context for all workers: to load the authorities takes longer than an invoice."""
    return httpx.create_ssl_context(verify=True, trust_env=False)


class _Deadline:
    """When the call now under way must have ended. A socket's own time-out starts anew with every byte."""

    __slots__ = ("_elapsed", "at")

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self.at = float("inf")

    def left(self) -> float:
        """Seconds until then, negative afterwards."""
        return self.at - self._elapsed()

    def cap(self, timeout: float | None) -> float:
        """The time-out of the next piece: its own, or what is left of the whole."""
        left = max(self.left(), _SHORTEST)
        return left if timeout is None else min(timeout, left)


def _network(deadline: _Deadline) -> httpx.HTTPTransport:
    """The real network, one kept connection, where no wait outlives the deadline: not even one for headers."""
    transport = httpx.HTTPTransport(
        verify=_tls(),
        trust_env=False,
        limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEEPALIVE),
    )
    pool: Any = transport._pool  # noqa: SLF001 - httpx offers no other way to bound the wait for headers
    pool._network_backend = _CappedNetwork(pool._network_backend, deadline)  # noqa: SLF001 - same
    return transport


class _CappedNetwork:
    """The library's network, with every wait cut to the deadline."""

    def __init__(self, network: Any, deadline: _Deadline) -> None:
        self._network = network
        self._deadline = deadline

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> "_CappedStream":
        stream = self._network.connect_tcp(host, port, timeout=self._deadline.cap(timeout), **options)
        return _CappedStream(stream, self._deadline)

    def sleep(self, seconds: float) -> None:
        self._network.sleep(seconds)


class _CappedStream:
    """A connection, with every wait cut to the deadline."""

    def __init__(self, stream: Any, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline
        self.close = stream.close
        self.get_extra_info = stream.get_extra_info

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data: bytes = self._stream.read(max_bytes, timeout=self._deadline.cap(timeout))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=self._deadline.cap(timeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "_CappedStream":
        capped = self._deadline.cap(timeout)
        return _CappedStream(self._stream.start_tls(ssl_context, server_hostname, timeout=capped), self._deadline)
