"""The key and the base URL: what is let through, and that nothing secret is ever shown."""

import copy
import logging
import pickle

import pytest

from importer.errors import SettingsError
from importer.facturalia.access import LIVE_URL, Secret, api_key, base_url, is_loopback, origin
from tests.secrets.canaries import KEY


def test_the_key_is_trimmed_and_kept() -> None:
    """White space around a key is taken off, the rest is untouched."""
    assert api_key(f" \t{KEY}\r\n").reveal() == KEY


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        f"{KEY}\nX: y",
        f"{KEY} {KEY}",
        f"Bearer {KEY}",
        f"{KEY}\x00",
        f"{KEY}é",
        f"\ufeff{KEY}",
        f"{KEY}\u200b{KEY}",
        f"{KEY}\x7f",
    ],
)
def test_a_bad_key_is_refused_without_showing_it(text: str) -> None:
    """Empty, control and non-ASCII characters are refused; the message holds no part of the key."""
    with pytest.raises(SettingsError) as caught:
        api_key(text)

    assert caught.value.code == "bad-key"
    assert KEY not in caught.value.message + caught.value.fix + repr(caught.value)
    assert caught.value.__cause__ is None


def test_a_secret_shows_itself_only_when_asked(caplog: pytest.LogCaptureFixture) -> None:
    """Neither repr, str, formatting, logging nor containers show it, and it cannot be pickled or copied away."""
    secret = api_key(KEY)
    logging.getLogger("test").warning("%s %r", secret, secret)

    assert KEY not in f"{secret} {secret!r} {[secret]} {secret!s:>20}" + caplog.text
    for escape in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            escape(secret)
    assert (secret == Secret(KEY), secret == Secret("x"), secret == KEY) == (True, False, False)
    assert len({secret, Secret(KEY)}) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LIVE_URL, LIVE_URL),
        (" HTTPS://WWW.Facturalia.BE:443/api/v1// \n".replace("// ", "/ "), LIVE_URL),
        ("https://www.facturalia.be./api/v1/", LIVE_URL),
        ("https://example.com", "https://example.com"),
        ("https://example.com:8443/x", "https://example.com:8443/x"),
        ("http://127.0.0.1:8080/api/v1", "http://127.0.0.1:8080/api/v1"),
        ("http://127.8.9.1/", "http://127.8.9.1"),
        ("http://localhost:80/api", "http://localhost/api"),
        ("http://[::1]:8000/api", "http://[::1]:8000/api"),
        ("https://[2001:DB8:0::1]/", "https://[2001:db8::1]"),
    ],
)
def test_a_base_url_has_one_spelling(text: str, expected: str) -> None:
    """Case, default port, dots and slashes at the end make no difference, and the one spelling is stable."""
    assert base_url(text) == expected
    assert base_url(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "www.facturalia.be/api/v1",
        "ftp://example.com",
        "file:///etc/passwd",
        "http://example.com",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://127.1",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://0.0.0.0/",
        "http://192.168.1.5/",
        f"https://user:{KEY}@example.com",
        f"https://{KEY}@example.com",
        "https://example.com@127.0.0.1/",
        f"https://example.com/?key={KEY}",
        "https://example.com/?",
        "https://example.com/#",
        "https://example.com/a//b",
        "https://example.com/../x",
        "https://example.com/a b",
        "https://example.com\\@evil.example",
        "https://exämple.com",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://example.com:0/",
        "https:///api",
        "https://-x.example/",
        "https://exa%6dple.com/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://" + "a" * 64 + ".example/",
        "https://example.com/\nHost: x",
    ],
)
def test_an_unsafe_url_is_refused_without_showing_it(text: str) -> None:
    """Only https, and http on this machine itself; no user, query, fragment or odd host; the URL is never quoted."""
    with pytest.raises(SettingsError) as caught:
        base_url(text)

    assert caught.value.code == "bad-url"
    assert KEY not in caught.value.message + caught.value.fix


def test_the_origin_is_what_makes_accounts_differ() -> None:
    """Scheme, host and port count, the path does not."""
    assert origin("https://WWW.facturalia.be/api/v1/") == "https://www.facturalia.be"
    assert origin("http://localhost:8321/api/v1") == "http://localhost:8321"
    assert origin("https://example.com:8443/a") != origin("https://example.com/a")


@pytest.mark.parametrize(
    ("url", "expected"),
    [(LIVE_URL, False), ("http://localhost:1/x", True), ("https://127.0.0.9", True), ("https://[::1]", True)],
)
def test_loopback_is_this_machine_only(url: str, expected: bool) -> None:
    """The sandbox on this machine is told from everything else."""
    assert is_loopback(url) is expected
