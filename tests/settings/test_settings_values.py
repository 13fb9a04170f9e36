import subprocess
import sys
from pathlib import Path

import pytest

from importer.errors import SettingsError
from importer.settings import load_settings
from tests.secrets.canaries import KEY

LIVE = "https://www.facturalia.be/api/v1"


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each test has a working directory of its own, without .env and accounts.yaml."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


def private(path: Path, text: str, mode: int = 0o600) -> Path:
    """A file that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def refusal(code: str) -> str:
    """The message and remedy with which the settings are refused."""
    with pytest.raises(SettingsError) as caught:
        load_settings().account()
    assert caught.value.code == code
    assert caught.value.exit_code == 2
    return f"{caught.value.message}\n{caught.value.fix}"


def test_without_any_setting_the_defaults_hold(tmp_path: Path) -> None:
    """Live URL, four at once, five a second, a ledger in the user's own data folder, and no key needed to plan."""
    settings = load_settings()
    account = settings.account()
    assert (account.base_url, account.concurrency, account.rate) == (LIVE, 4, 5.0)
    assert account.account == ("https://www.facturalia.be", "default")
    assert settings.ledger_url.startswith("sqlite:////")
    assert settings.ledger_url.endswith("/facturalia-importer/ledger.sqlite3")
    assert list(tmp_path.iterdir()) == []


def test_the_environment_sets_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting is read from IMPORTER_ and its name."""
    for name, text in {
        "LEDGER_URL": "sqlite:////tmp/x.sqlite3",
        "BASE_URL": "https://Example.test:443/api/v1/",
        "API_KEY": KEY,
        "CONCURRENCY": "16",
        "RATE": "0.5",
    }.items():
        monkeypatch.setenv(f"IMPORTER_{name}", text)
    settings = load_settings()
    account = settings.account("default")
    assert settings.ledger_url == "sqlite:////tmp/x.sqlite3"
    assert (account.base_url, account.concurrency, account.rate) == ("https://example.test/api/v1", 16, 0.5)
    assert account.account.origin == "https://example.test"
    assert account.api_key().reveal() == KEY


def test_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`.env` is read too; what the environment says counts, and an empty variable counts as not set."""
    private(tmp_path / ".env", "IMPORTER_CONCURRENCY=2\nIMPORTER_RATE=9\nOTHER_THING=1\n")
    monkeypatch.setenv("IMPORTER_CONCURRENCY", "3")
    monkeypatch.setenv("IMPORTER_RATE", "")
    account = load_settings().account()
    assert (account.concurrency, account.rate) == (3, 9.0)


def test_this_machine_has_no_rate_limit_unless_one_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default limit protects Facturalia, not a sandbox on loopback; a limit that is set holds everywhere."""
    monkeypatch.setenv("IMPORTER_BASE_URL", "http://127.0.0.1:8765/api/v1")
    assert load_settings().account().rate is None
    monkeypatch.setenv("IMPORTER_RATE", "2")
    assert load_settings().account().rate == 2.0


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("CONCURRENCY", "0", "whole number from 1 to 64"),
        ("CONCURRENCY", "65", "whole number from 1 to 64"),
        ("CONCURRENCY", "four", "whole number from 1 to 64"),
        ("RATE", "0", "above 0"),
        ("RATE", "-1", "above 0"),
        ("RATE", "nan", "above 0"),
        ("RATE", "inf", "above 0"),
        ("RATE", "fast", "above 0"),
    ],
)
def test_a_value_that_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, text: str, words: str) -> None:
    """A wrong number is one sentence that names the variable and what it may be."""
    monkeypatch.setenv(f"IMPORTER_{name}", text)
    message = refusal("bad-setting")
    assert message.startswith(f"IMPORTER_{name} must be ")
    assert words in message


def test_all_wrong_values_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two wrong settings are two lines of one refusal."""
    monkeypatch.setenv("IMPORTER_CONCURRENCY", "x")
    monkeypatch.setenv("IMPORTER_RATE", "x")
    assert refusal("bad-setting").count("must be") == 2


@pytest.mark.parametrize("place", ["environment", "file"])
def test_a_misspelt_setting_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str) -> None:
    """IMPORTER_BASEURL must not be overlooked: a trial meant for the sandbox would go to the live account."""
    if place == "environment":
        monkeypatch.setenv("IMPORTER_BASEURL", "http://127.0.0.1:1")
    else:
        private(tmp_path / ".env", "IMPORTER_BASEURL=http://127.0.0.1:1\n")
    assert "did you mean IMPORTER_BASE_URL?" in refusal("unknown-setting")


def test_plain_http_is_refused_beyond_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is never sent in the clear; the URL itself is not repeated."""
    monkeypatch.setenv("IMPORTER_BASE_URL", "http://user:canary@example.test/api/v1")
    assert "canary" not in refusal("bad-url")


def test_settings_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the key nor the password of a ledger URL is in a repr, whole or in part."""
    monkeypatch.setenv("IMPORTER_API_KEY", KEY)
    monkeypatch.setenv("IMPORTER_LEDGER_URL", "postgresql+psycopg://me:canarypassword@db/ledger")
    settings = load_settings()
    account = settings.account()
    shown = "".join([repr(settings), str(settings), repr(account), repr(account.api_key()), repr(settings._keys)])
    assert "canary" not in shown
    assert "Kanarie" not in shown


def test_settings_cannot_be_changed() -> None:
    """Settings are values handed on; nobody adjusts them on the way."""
    settings = load_settings()
    with pytest.raises(AttributeError):
        settings.concurrency = 5  # type: ignore[misc] # the point of the test
    with pytest.raises(AttributeError):
        settings.account().rate = None  # type: ignore[misc] # same


def test_a_dotenv_in_another_encoding_is_refused(tmp_path: Path) -> None:
    """A `.env` that is not UTF-8 is one sentence."""
    (tmp_path / ".env").write_bytes(b"IMPORTER_RATE=5 # \xe9\n")
    assert "not UTF-8" in refusal("bad-setting")


def test_reading_settings_loads_nothing_heavy() -> None:
    """A command that only looks at its settings starts at once: no frames, no database, no HTTP."""
    code = "import sys, importer.settings as s; s.load_settings().account(); print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent
    )
    assert {"pandas", "numpy", "pyarrow", "sqlalchemy", "httpx", "fastapi", "openpyxl"} & set(
        run.stdout.split()
    ) == set()
