"""Settings: environment `IMPORTER_*`, the file `.env` in the working directory, `accounts.yaml`, and key files.

This is the only module that looks at the environment (but for the language of the screens, which the command line
chooses before it reads anything else); everything else is handed values. The API key is read only when
something asks for it, so that `check` and `plan` work without one, and it is never part of a message or a repr.

Where the key of an account comes from; the first place that has one counts:

1. `api_key_file` of the account in `accounts.yaml`,
2. the file `api_key_ACCOUNT` in $CREDENTIALS_DIRECTORY (systemd's LoadCredential), for the account `default` also `api_key`,
3. for the account `default` only: `IMPORTER_API_KEY` in the environment, then in `.env`.

Another account never falls back to the key of `default`: its invoices would land in the wrong administration.
"""

import difflib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, DotEnvSettingsSource, SettingsConfigDict

from importer.accountfile import read_account_file
from importer.domain.identity import Account
from importer.errors import SettingsError
from importer.facturalia.access import LIVE_URL, Secret, api_key, base_url, is_loopback, origin
from importer.facturalia.keyfile import only_ours, read_secret
from importer.profile.accounts import ACCOUNT_NAME

PREFIX: Final = "IMPORTER_"
DOTENV: Final = ".env"
DEFAULT_ACCOUNT: Final = "default"
DEFAULT_RATE: Final = 5.0  # requests a second
KEY_HELP: Final = "Make a key in Facturalia under Extra > Modules > API"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """One account as a run needs it. `rate` in requests a second (None: no limit), `concurrency` in requests at once.

    `vat_number` is that of the administration itself, in its normal form, or empty.
    """

    account: Account
    base_url: str
    rate: float | None
    concurrency: int
    vat_number: str = ""
    _keys: "_Keys" = field(repr=False)

    def api_key(self) -> Secret:
        """The key, read now. Raises SettingsError `no-key`, `bad-key` or `unsafe-key-file`."""
        return self._keys.of(self.account.name, self.base_url)


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """The OpenID Connect provider through which a team may sign in. `secret_file` holds what it knows us by."""

    issuer: str
    client_id: str
    secret_file: Path

    def client_secret(self) -> str:
        """The secret, read now. Raises SettingsError `unsafe-key-file`, `no-key` or `bad-key`."""
        return read_secret(self.secret_file).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that is set, checked. `ledger_url` may hold a password and `keys` hold secrets: neither is shown.

    `given_url` is True where the base URL was set and is not the default. `rate` is None where none was set.
    """

    ledger_url: str = field(repr=False)
    base_url: str
    given_url: bool
    concurrency: int
    rate: float | None
    profiles: Path | None  # a folder of the user's own profiles
    oidc: OidcSettings | None  # where a team may sign in, besides by password
    four_eyes: bool  # in a team: whoever prepared an import may not approve it
    urls: Mapping[str, str]  # base URL by account, from `accounts.yaml`
    vat_numbers: Mapping[str, str]  # the administration's own, by account, from there too
    _keys: "_Keys" = field(repr=False)

    def accounts(self) -> tuple[str, ...]:
        """The names of the accounts that exist, `default` first."""
        return (DEFAULT_ACCOUNT, *sorted(self._keys.names() - {DEFAULT_ACCOUNT}))

    def account(self, name: str = DEFAULT_ACCOUNT) -> AccountSettings:
        """The settings of one account. Raises SettingsError `unknown-account`, or `two-urls`.

        A name nobody declared is refused: the name is part of every invoice's identity, so a mistyped one would make
        all invoices look as if they had never been sent.
        """
        if name not in self.accounts():
            nearest = difflib.get_close_matches(name, self.accounts(), n=1)
            hint = f' Did you mean "{nearest[0]}"?' if nearest else ""
            raise SettingsError(
                "unknown-account",
                f'There is no account "{name}".{hint} Known are: {", ".join(self.accounts())}.',
                fix="Add the account to accounts.yaml, with its base_url or its api_key_file.",
            )
        url = self.urls.get(name, self.base_url)
        if self.given_url and url != self.base_url:
            raise SettingsError(
                "two-urls",
                f'IMPORTER_BASE_URL and accounts.yaml give the account "{name}" two different addresses.',
                fix="Remove one of them: the key of one address must not be sent to the other.",
            )
        rate = DEFAULT_RATE if self.rate is None and not is_loopback(url) else self.rate
        return AccountSettings(
            account=Account(origin(url), name),
            base_url=url,
            rate=rate,
            concurrency=self.concurrency,
            vat_number=self.vat_numbers.get(name, ""),
            _keys=self._keys,
        )


def load_settings() -> Settings:
    """The settings of this process. Raises SettingsError naming every setting that is wrong, never its value."""
    try:
        in_file = DotEnvSettingsSource(_Environment).env_vars
        _only_known_names({name.upper() for name in [*os.environ, *in_file]})
        given = _Environment()
    except UnicodeDecodeError:
        raise SettingsError("bad-setting", "The file .env is not UTF-8 text.", fix="Save it as UTF-8.") from None
    except ValidationError as error:
        raise _bad_values(error) from None
    urls, key_files, vat_numbers = read_account_file(given.accounts)
    in_environment = any(name.upper() == f"{PREFIX}API_KEY" and text for name, text in os.environ.items())
    credentials = os.environ.get("CREDENTIALS_DIRECTORY", "")
    return Settings(
        ledger_url=given.ledger_url or _default_ledger_url(),
        base_url=base_url(given.base_url or LIVE_URL),
        given_url=given.base_url is not None,
        concurrency=given.concurrency,
        rate=given.rate,
        profiles=given.profiles,
        oidc=_oidc(given),
        four_eyes=given.web_four_eyes,
        urls=urls,
        vat_numbers=vat_numbers,
        _keys=_Keys(
            given=given.api_key,
            given_in=None if in_environment else Path(DOTENV).absolute(),
            files=key_files,
            declared=frozenset(urls) | frozenset(key_files) | frozenset(vat_numbers),
            credentials=Path(credentials) if credentials else None,
        ),
    )


def _oidc(given: "_Environment") -> OidcSettings | None:
    """All three settings, or none."""
    issuer, client, secret = given.oidc_issuer, given.oidc_client_id, given.oidc_client_secret
    if issuer is None and client is None and secret is None:
        return None
    if issuer is None or client is None or secret is None:
        raise SettingsError(
            "oidc-part",
            "Of IMPORTER_OIDC_ISSUER, IMPORTER_OIDC_CLIENT_ID and IMPORTER_OIDC_CLIENT_SECRET one is missing.",
            fix="Set all three, the last to the path of a file, or none.",
        )
    return OidcSettings(issuer, client, secret)


def given_language() -> str:
    """IMPORTER_LANGUAGE as the environment, else `.env`, has it; empty if neither has. Unlike the rest it never raises."""
    given = os.environ.get(f"{PREFIX}LANGUAGE", "")
    if given or not Path(DOTENV).is_file():
        return given
    try:
        return DotEnvSettingsSource(_Environment).env_vars.get(f"{PREFIX}LANGUAGE".lower()) or ""
    except (UnicodeDecodeError, OSError):
        return ""  # `load_settings` says what is wrong with it


def practice_settings(given: Settings, url: str, key: str, folder: Path) -> Settings:
    """The settings for trying the pages out: a sandbox of this process, and a ledger in a folder of its own."""
    keys, ledger_url = _sandbox_keys(key), f"sqlite:///{(folder / 'ledger.db').as_posix()}"
    return replace(given, ledger_url=ledger_url, base_url=base_url(url), given_url=True, rate=None, urls={}, _keys=keys)


def sandbox_account(url: str, key: str) -> AccountSettings:
    """The settings for a sandbox this process started itself: its address and key are known, nothing is looked up."""
    return AccountSettings(
        account=Account(origin(url), DEFAULT_ACCOUNT), base_url=base_url(url), rate=None, concurrency=4,
        _keys=_sandbox_keys(key),
    )  # fmt: skip


def _sandbox_keys(key: str) -> "_Keys":
    return _Keys(given=SecretStr(key), given_in=None, files={}, declared=frozenset(), credentials=None)


class _Environment(BaseSettings):
    """The names and kinds of the settings; each is `IMPORTER_` and the name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=DOTENV, env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore"
    )

    ledger_url: str | None = None
    base_url: str | None = None
    api_key: SecretStr | None = None
    concurrency: int = Field(4, ge=1, le=64)
    rate: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] | None = None
    accounts: Path | None = None
    profiles: Path | None = None
    web_four_eyes: bool = False
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: Path | None = None  # the file that holds it
    language: str | None = None  # of the screens; the front doors choose it, see `importer.language.choose`


KNOWN: Final = tuple(f"{PREFIX}{name.upper()}" for name in _Environment.model_fields)
EXPECTED: Final = {
    "CONCURRENCY": "must be a whole number from 1 to 64",
    "WEB_FOUR_EYES": "must be true or false",
    "RATE": "must be a number of requests a second above 0, such as 5 or 0.5",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keys:
    """Where keys are. `given` is IMPORTER_API_KEY, `given_in` the file it stands in (None: the environment)."""

    given: SecretStr | None
    given_in: Path | None
    files: Mapping[str, Path]
    declared: frozenset[str]
    credentials: Path | None

    def names(self) -> set[str]:
        """The accounts that were declared: in `accounts.yaml`, or by a credential of their own."""
        return set(self.declared) | {name.removeprefix("api_key_") for name in self._credential_names()}

    def of(self, account: str, url: str) -> Secret:
        if account in self.files:
            return api_key(read_secret(self.files[account]))
        own = [f"api_key_{account}", *(["api_key"] if account == DEFAULT_ACCOUNT else [])]
        if self.credentials is not None:
            for path in (self.credentials / name for name in own):
                if path.exists():
                    # systemd lets the service in by an access list, which shows as the group's right to read
                    return api_key(read_secret(path, shared_with_group=True))
        if account == DEFAULT_ACCOUNT and self.given is not None:
            if self.given_in is not None and not is_loopback(url):
                only_ours(self.given_in, self.given_in.stat(), shared_with_group=False)
            return api_key(self.given.get_secret_value())
        raise _no_key(account)

    def _credential_names(self) -> list[str]:
        if self.credentials is None or not self.credentials.is_dir():
            return []
        names = (path.name for path in self.credentials.iterdir() if path.name.startswith("api_key_"))
        return [name for name in names if ACCOUNT_NAME.fullmatch(name.removeprefix("api_key_"))]


def _no_key(account: str) -> SettingsError:
    if account == DEFAULT_ACCOUNT:
        return SettingsError(
            "no-key", "Sending needs an API key, and none is set.", fix=f"{KEY_HELP} and set IMPORTER_API_KEY to it."
        )
    return SettingsError(
        "no-key",
        f'Sending needs the API key of the account "{account}", and none is set.',
        fix=f"{KEY_HELP}, save it in a file that only you can read, and name it as api_key_file in accounts.yaml.",
    )


def _only_known_names(names: Iterable[str]) -> None:
    """Refuse misspelt settings: with IMPORTER_BASEURL overlooked, a trial would go to the live account."""
    unknown = sorted(name for name in names if name.startswith(PREFIX) and name not in KNOWN)
    if not unknown:
        return
    hints = []
    for name in unknown:
        nearest = difflib.get_close_matches(name, KNOWN, n=1)
        hints.append(f"{name} is not a setting{f'; did you mean {nearest[0]}?' if nearest else '.'}")
    raise SettingsError("unknown-setting", "\n".join(hints), fix=f"Known are {', '.join(KNOWN)}.")


def _bad_values(error: ValidationError) -> SettingsError:
    names = dict.fromkeys(str(item["loc"][0]).upper() for item in error.errors(include_input=False, include_url=False))
    sentences = [f"{PREFIX}{name} {EXPECTED.get(name, 'cannot be used')}." for name in names]
    return SettingsError("bad-setting", "\n".join(sentences), fix="Correct it in the environment or in .env.")


def _default_ledger_url() -> str:
    from platformdirs import user_data_path  # noqa: PLC0415 - only where no ledger is named

    return f"sqlite:///{(user_data_path('facturalia-importer') / 'ledger.sqlite3').as_posix()}"
