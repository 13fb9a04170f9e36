"""The pages behind their guard, in this process: a desk of a folder, and a browser that is in."""

import contextlib
import html
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from importer.domain.clock import SystemClock
from importer.ledger.store import open_ledger
from importer.settings import load_settings
from importer.web.app import STATIC, create_app
from importer.web.desk import Desk
from importer.web.guard import Guard
from importer.web.sessions import Sessions
from importer.web.uploads import Uploads

HOST: Final = "127.0.0.1:8087"
_SELECT: Final = re.compile(r'<select[^>]*name="([^"]*)".*?</select>', re.DOTALL)
_OPTION: Final = re.compile(r'<option value="([^"]*)"( selected)?>(.*?)</option>', re.DOTALL)
_INPUT: Final = re.compile(r"<input ([^>]*)>")
_PART: Final = re.compile(r'(\w+)="([^"]*)"')


class Browser:
    """A browser on one desk that speaks one language."""

    def __init__(self, client: TestClient, desk: Desk) -> None:
        self.client = client
        self.desk = desk

    def get(self, path: str) -> Any:
        """A page."""
        return self.client.get(path)

    def post(self, path: str, fields: Mapping[str, str]) -> Any:
        """A form as this page would send it; the answer after the redirect, if there was one."""
        headers = {"Origin": f"http://{HOST}", "Content-Type": "application/x-www-form-urlencoded"}
        return self.client.post(path, content=urlencode(fields), headers=headers)

    def send(self, name: str, content: bytes) -> Any:
        """Upload a file; the answer itself, no redirect followed."""
        return self.client.post(
            "/import",
            data={"account": "default"},
            files={"files": (name, content)},
            headers={"Origin": f"http://{HOST}"},
            follow_redirects=False,
        )

    def upload(self, name: str, content: bytes) -> str:
        """Upload a file; the address of the work it became."""
        answer = self.send(name, content)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"]).rpartition("/")[0]


def fields_of(page: str) -> dict[str, str]:
    """What the form of the workshop would send as it stands on the page."""
    form = page[page.index("/workshop") :]
    found = {}
    for match in _SELECT.finditer(form):
        chosen = [value for value, selected, _ in _OPTION.findall(match[0]) if selected]
        found[html.unescape(match[1])] = html.unescape(chosen[0]) if chosen else ""
    for match in _INPUT.finditer(form):
        parts = dict(_PART.findall(match[1]))
        if parts["type"] == "text" or "checked" in match[1]:
            found[html.unescape(parts["name"])] = html.unescape(parts["value"])
    return found


def letter_of(page: str, header: str) -> str:
    """The letter under which the page offers a column."""
    return next(str(value) for value, _, text in _OPTION.findall(page) if html.unescape(text) == f"{value} · {header}")


@contextlib.contextmanager
def browsing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, language: str = "en", base_url: str = "http://127.0.0.1:9/v1"
) -> Iterator[Browser]:
    """A browser on a desk whose ledger, uploads and profiles lie in the folder; nobody answers at the default address."""
    monkeypatch.setenv("IMPORTER_LEDGER_URL", f"sqlite:///{folder / 'ledger.db'}")
    monkeypatch.setenv("IMPORTER_BASE_URL", base_url)
    clock, settings = SystemClock(), load_settings()
    with open_ledger(settings.ledger_url, clock=clock) as ledger:
        desk = Desk(settings, ledger, Uploads(folder / "uploads"), clock, "0")
        sessions = Sessions(folder / "web-sessions.json", clock.now)
        guard = Guard(create_app(desk), sessions, (HOST,), [f"/static/{name}" for name in STATIC])
        client = TestClient(guard, base_url=f"http://{HOST}", headers={"Accept-Language": language})
        assert client.get(f"/enter?key={sessions.link}").status_code == 200
        try:
            yield Browser(client, desk)
        finally:
            client.close()
            desk.close()
