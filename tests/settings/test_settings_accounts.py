from pathlib import Path

import pytest

from importer.errors import SettingsError
from importer.settings import load_settings
from tests.secrets.canaries import KEY

OTHER = f"{KEY}-other"
SANDBOX = "http://127.0.0.1:8765/api/v1"


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


def key_of(name: str = "default") -> str:
    """The key with which an account would send."""
    return load_settings().account(name).api_key().reveal()


def refusal(code: str, name: str = "default") -> str:
    """The message and remedy with which sending for an account is refused; never with a key in it."""
    with pytest.raises(SettingsError) as caught:
        key_of(name)
    assert caught.value.code == code
    shown = f"{caught.value.message}\n{caught.value.fix}"
    assert "Kanarie" not in shown
    return shown


def test_only_sending_asks_for_a_key() -> None:
    """An account without a key can be planned for; asking for the key says how to give one."""
    assert load_settings().account().account.name == "default"
    message = refusal("no-key")
    assert "Extra > Modules > API" in message
    assert "IMPORTER_API_KEY" in message


def test_an_account_nobody_declared_is_refused(tmp_path: Path) -> None:
    """A mistyped account would make every invoice look new; the nearest name and all known ones are shown."""
    private(tmp_path / "accounts.yaml", "bakery: {api_key_file: k}\n")
    message = refusal("unknown-account", "bakry")
    assert 'Did you mean "bakery"?' in message
    assert "default, bakery" in message


def test_accounts_have_their_own_address_and_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`accounts.yaml` gives each account a base URL and a key file, found beside that file."""
    private(tmp_path / "keys" / "bakery", f"{KEY}\n")
    private(tmp_path / "conf" / "accounts.yaml", f"bakery:\n  base_url: {SANDBOX}/\n  api_key_file: ../keys/bakery\n")
    monkeypatch.setenv("IMPORTER_ACCOUNTS", str(tmp_path / "conf" / "accounts.yaml"))
    settings = load_settings()
    account = settings.account("bakery")
    assert (account.base_url, account.account, account.rate) == (SANDBOX, ("http://127.0.0.1:8765", "bakery"), None)
    assert account.api_key().reveal() == KEY
    assert settings.accounts() == ("default", "bakery")
    assert settings.account().base_url.startswith("https://www.facturalia.be")


def test_an_account_knows_the_number_of_its_company(tmp_path: Path) -> None:
    """`vat_number` is read in any spelling and kept in one; it declares an account, and other accounts have none."""
    private(tmp_path / "accounts.yaml", "bakery: {vat_number: 0403.170.701}\n")
    settings = load_settings()
    assert settings.account("bakery").vat_number == "BE0403170701"
    assert settings.account().vat_number == ""


def test_the_key_of_default_is_nobody_elses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An account without a key of its own is refused: with the key of `default` it would invoice for another company."""
    private(tmp_path / "accounts.yaml", f"bakery: {{base_url: '{SANDBOX}'}}\n")
    private(tmp_path / "cred" / "api_key", OTHER)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "cred"))
    monkeypatch.setenv("IMPORTER_API_KEY", KEY)
    assert 'the account "bakery"' in refusal("no-key", "bakery")
    assert key_of() == OTHER


def test_two_addresses_for_one_account_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Environment and file must not disagree on where a key goes; the same address in another spelling is fine."""
    private(tmp_path / "accounts.yaml", "bakery: {base_url: https://Example.test/api/v1/, api_key_file: k}\n")
    monkeypatch.setenv("IMPORTER_BASE_URL", SANDBOX)
    assert "two different addresses" in refusal("two-urls", "bakery")
    monkeypatch.setenv("IMPORTER_BASE_URL", "https://example.test/api/v1")
    assert load_settings().account("bakery").base_url == "https://example.test/api/v1"


def test_the_nearest_key_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Key file before the account's credential, before the common credential, before the environment, before .env."""
    private(tmp_path / "accounts.yaml", "default: {api_key_file: k1}\n")
    private(tmp_path / "k1", "key-1")
    private(tmp_path / "cred" / "api_key_default", "key-2")
    private(tmp_path / "cred" / "api_key", "key-3")
    private(tmp_path / ".env", "IMPORTER_API_KEY=key-5\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "cred"))
    monkeypatch.setenv("IMPORTER_API_KEY", "key-4")
    seen = [key_of()]
    for name in ("accounts.yaml", "cred/api_key_default", "cred/api_key"):
        (tmp_path / name).unlink()
        seen.append(key_of())
    monkeypatch.delenv("IMPORTER_API_KEY")
    seen.append(key_of())
    assert seen == ["key-1", "key-2", "key-3", "key-4", "key-5"]


def test_a_credential_declares_an_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file api_key_NAME among the service's credentials is enough to have an account; one newline is no part of it."""
    private(tmp_path / "cred" / "api_key_garage", f"{KEY}\n", 0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "cred"))
    assert load_settings().accounts() == ("default", "garage")
    assert key_of("garage") == KEY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """A key that group or world can read is not used; the remedy is a command."""
    private(tmp_path / "accounts.yaml", "default: {api_key_file: k}\n")
    private(tmp_path / "k", KEY, mode)
    message = refusal("unsafe-key-file")
    assert f"mode {mode:04o}" in message
    assert "chmod 600" in message


def test_a_credential_the_world_can_read_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Systemd's access list may show as a right of the group, never as one of everybody."""
    private(tmp_path / "cred" / "api_key", KEY, 0o444)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "cred"))
    refusal("unsafe-key-file")


def test_a_dotenv_with_a_live_key_must_be_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A key in a readable .env is refused for the live address, and fine for a sandbox on this machine."""
    private(tmp_path / ".env", f"IMPORTER_API_KEY={KEY}\n", 0o644)
    refusal("unsafe-key-file")
    monkeypatch.setenv("IMPORTER_BASE_URL", SANDBOX)
    assert key_of() == KEY
    monkeypatch.delenv("IMPORTER_BASE_URL")
    (tmp_path / ".env").chmod(0o600)
    assert key_of() == KEY


@pytest.mark.parametrize(
    ("content", "code"),
    [("", "bad-key"), ("fac_live Kanarie", "bad-key"), (f"{KEY}\nX-Evil: 1", "bad-key"), ("k" * 5000, "bad-key")],
)
def test_a_damaged_key_is_refused_without_showing_it(tmp_path: Path, content: str, code: str) -> None:
    """An empty, broken or oversized key file is refused before anything is sent, and never quoted."""
    private(tmp_path / "accounts.yaml", "default: {api_key_file: k}\n")
    private(tmp_path / "k", content)
    refusal(code)


def test_a_key_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    """A wrong path, a folder or a binary file is one sentence with the path."""
    private(tmp_path / "accounts.yaml", "default: {api_key_file: k}\n")
    assert "cannot be read" in refusal("no-key")
    (tmp_path / "k").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "k").chmod(0o600)
    assert "is not text" in refusal("bad-key")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\na: 2\n", 'accounts.yaml:2:1: the key "a" stands here twice'),
        ("- a\n", "accounts.yaml:1:1: the file must name accounts"),
        ("a:\n", "accounts.yaml:1:1 (a): must hold base_url, api_key_file or vat_number"),
        ("a: {vat_number: BE 0403.170.702}\n", "accounts.yaml:1:5 (a.vat_number): is not a valid VAT number"),
        ("a: {url: x}\n", "accounts.yaml:1:5 (a.url): is not known here"),
        ("a: {base_url: [x]}\n", "accounts.yaml:1:5 (a.base_url): must be one text"),
        ("a: {api_key_file: ''}\n", "accounts.yaml:1:5 (a.api_key_file): must be one text"),
        ("../a: {api_key_file: x}\n", "accounts.yaml:1:1 (../a): an account's name is made of letters"),
        ("a: {base_url: 'http://example.test'}\n", "accounts.yaml:1:1 (a): The base URL must begin with https://"),
        (
            "a: {api_key_file: k}\nb: {api_key_file: k}\n",
            'accounts.yaml:2:5 (b.api_key_file): is the key file of the account "a" too',
        ),
    ],
)
def test_a_wrong_accounts_file_is_said_with_its_place(tmp_path: Path, text: str, expected: str) -> None:
    """Mistakes in accounts.yaml are settings errors with file, line and column."""
    private(tmp_path / "accounts.yaml", text)
    assert refusal("bad-accounts").startswith(expected)


def test_a_named_accounts_file_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path in IMPORTER_ACCOUNTS that leads nowhere is refused; without the setting the file is optional."""
    load_settings()
    monkeypatch.setenv("IMPORTER_ACCOUNTS", "none.yaml")
    assert 'no file "none.yaml"' in refusal("bad-accounts")
