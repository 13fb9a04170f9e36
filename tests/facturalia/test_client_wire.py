"""The client against a real socket that answers as badly as real servers do."""

import gzip
import inspect
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import httpx
import pytest

from importer.facturalia.client import Client, Timeouts, api_key, no_answer
from importer.facturalia.reply import Answer, NoAnswer, Reply
from tests.secrets import canaries

CANARY = canaries.KEY
BODY = b'{"external_id": "imp-1", "price": 10.10}'
KEY = "0b7c3f6e-0000-5000-8000-000000000001"
MADE = b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"id": 77}'

Script = Callable[[socket.socket], None]


class Server:
    """A loopback socket: reads each request whole, then does what the script says with the connection."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.script: Script = say(MADE)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/api/v1"
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def close(self) -> None:
        """Stop listening; every thread ends with its connection."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in [self._accepting, *self._threads]:
            thread.join(10)
            assert not thread.is_alive()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(10)
            try:
                while request := read_request(connection):
                    self.requests.append(request)
                    self.script(connection)
            except OSError:
                return  # the client has left, or the script has


def read_request(connection: socket.socket) -> bytes:
    """One request, head and body; nothing if the client has left."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65_536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def say(data: bytes, *, hang_up: bool = False) -> Script:
    """Send these bytes, and then nothing, or the end of the connection."""

    def script(connection: socket.socket) -> None:
        connection.sendall(data)
        if hang_up:
            connection.shutdown(socket.SHUT_RDWR)

    return script


def drip(start: bytes, piece: bytes) -> Script:
    """Send the start, then a piece every 20 ms, until the client leaves."""

    def script(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(piece)
            time.sleep(0.02)

    return script


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that answers 201 until it is told otherwise."""
    with closing(Server()) as running:
        yield running


PATIENT = Timeouts(read=5.0, total=10.0)


def call(server: Server, *, timeouts: Timeouts = PATIENT, max_body: int = 100_000) -> Reply:
    """One POST by a new client."""
    with Client(server.url, api_key(CANARY), timeouts=timeouts, max_body=max_body) as client:
        return client.post_invoice(BODY, KEY)


def test_the_request_is_exactly_what_the_contract_asks(server: Server) -> None:
    """One POST of the frozen bytes, with the headers of the contract and no others that matter."""
    reply = call(server)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)

    assert first == "POST /api/v1/invoices HTTP/1.1"
    assert body == BODY
    assert headers.pop("user-agent").startswith("facturalia-importer/")
    assert headers == {
        "host": server.url.split("/")[2],
        "accept": "application/json",
        "accept-encoding": "identity",
        "authorization": f"bearer {CANARY}".lower(),
        "content-type": "application/json; charset=utf-8",
        "content-length": str(len(BODY)),
        "idempotency-key": KEY,
    }
    assert isinstance(reply, Answer)
    assert (reply.status, reply.body, reply.headers["content-type"]) == (201, b'{"id": 77}', "application/json")
    assert 0 < reply.elapsed < 10


def test_connections_are_kept(server: Server) -> None:
    """Many invoices go over one connection, and no cookie is carried from one to the next."""
    server.script = say(MADE.replace(b"Content-Type", b"Set-Cookie: session=1; Path=/\r\nContent-Type"))
    with Client(server.url, api_key(CANARY)) as client:
        replies = [client.post_invoice(BODY, KEY) for _ in range(5)]

    assert [reply.status for reply in replies if isinstance(reply, Answer)] == [201] * 5
    assert server.connections == 1
    assert not any(b"cookie" in request.lower() for request in server.requests)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("same_host", [True, False])
def test_redirects_are_never_followed(server: Server, status: int, same_host: bool) -> None:
    """A redirect is an answer like any other: there is no second request, here or elsewhere."""
    with closing(Server()) as other:
        target = (server if same_host else other).url + "/invoices"
        server.script = say(f"HTTP/1.1 {status} Moved\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())
        reply = call(server)

        assert isinstance(reply, Answer)
        assert reply.status == status
        assert (len(server.requests), len(other.requests)) == (1, 0)


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (say(b"", hang_up=True), "protocol-error"),
        (say(MADE[:-4], hang_up=True), "protocol-error"),
        (say(MADE[:30], hang_up=True), "protocol-error"),
        (
            say(b'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"id"\r\n', hang_up=True),
            "protocol-error",
        ),
        (say(b"SSH-2.0-OpenSSH_9.2\r\n", hang_up=True), "protocol-error"),
        (say(b"HTTP/1.1 201 Created\r\nX: " + b"y" * 200_000), "protocol-error"),
    ],
    ids=["lost answer", "cut body", "cut headers", "cut chunks", "not HTTP", "endless header"],
)
def test_half_an_answer_is_no_answer(server: Server, script: Script, kind: str) -> None:
    """Whatever breaks after the request has left is ambiguous, even if a 201 was on its first line."""
    server.script = script
    reply = call(server)

    assert isinstance(reply, NoAnswer)
    assert (reply.kind, reply.maybe_sent) == (kind, True)
    assert BODY in server.requests[0]


def test_silence_ends_at_the_read_timeout(server: Server) -> None:
    """A server that says nothing is left after the read time-out, in doubt."""
    server.script = lambda _: None
    began = time.monotonic()
    reply = call(server, timeouts=Timeouts(read=0.2, total=10.0))

    assert isinstance(reply, NoAnswer)
    assert (reply.kind, reply.maybe_sent) == ("read-timeout", True)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "script",
    [
        drip(b"HTTP/1.1 201 Created\r\nContent-Length: 1000000\r\n\r\n", b" "),
        drip(b"HTTP/1.1 201 Created\r\n", b"X: y\r\n"),
        drip(b"", b"H"),
        drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        drip(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
    ids=["body", "headers", "first line", "interim answers", "chunks"],
)
def test_a_dripping_server_ends_at_the_deadline(server: Server, script: Script) -> None:
    """Bytes that keep coming, in body or headers, do not keep a call alive beyond its total deadline."""
    server.script = script
    began = time.monotonic()
    reply = call(server, timeouts=Timeouts(read=5.0, total=0.4))

    assert isinstance(reply, NoAnswer)
    assert (reply.kind, reply.maybe_sent) == ("deadline", True)
    assert 0.3 < time.monotonic() - began < 3


def test_an_endless_answer_is_cut(server: Server) -> None:
    """An answer above the cap is given up, in doubt, without being gathered."""
    server.script = drip(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", b"x" * 50_000)
    reply = call(server)

    assert isinstance(reply, NoAnswer)
    assert (reply.kind, reply.maybe_sent) == ("too-large", True)


@pytest.mark.parametrize(
    ("packed", "coding", "expected"),
    [
        (gzip.compress(b'{"id": 1}'), "gzip", b'{"id": 1}'),
        (b"{not gzip", "gzip", b"{not gzip"),
        (b'{"id": 1}', "br", b'{"id": 1}'),
        (gzip.compress(b" " * 5_000_000), "gzip", gzip.compress(b" " * 5_000_000)),
    ],
    ids=["gzip", "a lie", "unknown", "bomb"],
)
def test_unasked_compression_is_undone_within_the_cap(
    server: Server, packed: bytes, coding: str, expected: bytes
) -> None:
    """Compression is undone although nobody asked for it; what cannot be undone, or would burst, stays as it came."""
    head = f"HTTP/1.1 201 Created\r\nContent-Encoding: {coding}\r\nContent-Length: {len(packed)}\r\n\r\n"
    server.script = say(head.encode() + packed)
    reply = call(server)

    assert isinstance(reply, Answer)
    assert reply.body[4:] == expected[4:]  # after the magic number, which may hold the time of packing


def test_the_next_call_after_a_broken_one_works(server: Server) -> None:
    """A connection that broke, timed out or held half an answer is never used again."""
    with Client(server.url, api_key(CANARY), timeouts=Timeouts(read=0.2)) as client:
        for script in (say(b"", hang_up=True), say(MADE[:-4]), say(MADE[:-4], hang_up=True)):
            server.script = script
            assert isinstance(client.post_invoice(BODY, KEY), NoAnswer)
            server.script = say(MADE)
            assert isinstance(client.post_invoice(BODY, KEY), Answer)


def test_nobody_at_home_is_proved_not_sent() -> None:
    """A refused connection and a name that does not exist left nothing with anybody."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "https://no-such-host.invalid"):
        with Client(url, api_key(CANARY)) as client:
            reply = client.post_invoice(BODY, KEY)

        assert isinstance(reply, NoAnswer)
        assert (reply.kind, reply.maybe_sent) == ("connect-error", False)


def test_plain_text_where_tls_is_asked_is_not_sent(server: Server) -> None:
    """A server without TLS under https gets no byte of the request."""
    with Client(server.url.replace("http://", "https://"), api_key(CANARY), timeouts=Timeouts(connect=2.0)) as client:
        reply = client.post_invoice(BODY, KEY)

    assert isinstance(reply, NoAnswer)
    assert (reply.kind[:7], reply.maybe_sent) == ("connect", False)
    assert not server.requests


def test_no_proxy_of_the_environment_sees_the_key(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies in the environment are not used: they would be handed key and customers."""
    with closing(Server()) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert isinstance(call(server), Answer)

        assert proxy.requests == []


def test_the_key_is_in_no_log_error_or_repr(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """With logging wide open, and through every kind of failure, the key is nowhere but on the wire."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.DEBUG)
    logging.getLogger("httpcore").setLevel(logging.DEBUG)
    shown = []
    with Client(server.url, api_key(CANARY), timeouts=Timeouts(read=0.2)) as client:
        for script in (say(MADE), say(b"", hang_up=True), say(b"rubbish"), say(MADE[:-3])):
            server.script = script
            shown.append(repr(client.post_invoice(BODY, KEY)) + repr(client))
    shown.append(repr(no_answer(httpx.LocalProtocolError(f"Illegal header value b'Bearer {CANARY}\\n'"))))

    assert len(server.requests) >= 4
    assert CANARY not in "".join(shown) + caplog.text
    assert "HTTP Request" not in caplog.text


def all_errors() -> Iterator[type[Exception]]:
    """Every exception class httpx exports, and every subclass below."""
    roots = [kind for _, kind in inspect.getmembers(httpx, inspect.isclass) if issubclass(kind, Exception)]
    while roots:
        kind = roots.pop()
        yield kind
        roots += kind.__subclasses__()


def make(kind: type[Exception]) -> Exception:
    """An instance without the constructor: some of them want a request."""
    return kind.__new__(kind)


def test_every_error_of_the_library_has_a_meaning() -> None:
    """Of all its exceptions only connect errors, connect time-outs and pool time-outs are proved not sent."""
    kinds = set(all_errors())
    not_sent = {kind for kind in kinds if not no_answer(make(kind)).maybe_sent}

    assert len(kinds) >= 25
    assert not_sent == {httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout}


def test_an_error_of_tomorrow_is_ambiguous() -> None:
    """A kind of failure that nobody has thought of yet counts as sent."""

    class Novel(httpx.TransportError):
        pass

    assert no_answer(Novel("x")).maybe_sent


RAISED_BY_REQUESTS = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL)  # the rest belongs to the cookie jar


@pytest.mark.parametrize("kind", sorted({k for k in all_errors() if issubclass(k, RAISED_BY_REQUESTS)}, key=str))
def test_every_error_becomes_an_answer(kind: type[Exception]) -> None:
    """Whatever the transport raises, the caller gets a reply without the key, and not an exception."""

    def explode(_: httpx.Request) -> httpx.Response:
        raise make(kind)

    with Client("https://example.com", api_key(CANARY), transport=httpx.MockTransport(explode)) as client:
        reply = client.post_invoice(BODY, KEY)

    assert isinstance(reply, NoAnswer)
    assert CANARY not in repr(reply)


def test_a_bug_is_not_taken_for_an_answer() -> None:
    """A programming error passes through: to call it ambiguous would hide it."""

    def explode(_: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError

    with (
        Client("https://example.com", api_key(CANARY), transport=httpx.MockTransport(explode)) as client,
        pytest.raises(ZeroDivisionError),
    ):
        client.post_invoice(BODY, KEY)


def test_an_interrupted_socket_is_ambiguous() -> None:
    """An error of the operating system that the library lets through counts as sent."""

    def explode(_: httpx.Request) -> httpx.Response:
        raise ConnectionAbortedError(103, "Software caused connection abort")

    with Client("https://example.com", api_key(CANARY), transport=httpx.MockTransport(explode)) as client:
        assert client.post_invoice(BODY, KEY) == NoAnswer(
            "transport-error", True, "The exchange with Facturalia failed; what arrived is not known."
        )
