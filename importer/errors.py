"""Everything that stops a command, as one tree. Bad data is never here: that is a `Finding`.

    ImporterError               shown as one sentence and a remedy, never as a stack trace
    ├── ConfigError             exit 2: nothing was read or sent
    │   ├── ProfileError        the profile file, with line and column
    │   ├── SettingsError       environment, key, URL, accounts
    │   └── PlanMismatch        `--plan DIGEST` names another plan
    ├── SourceError             exit 2: a file cannot be opened, decoded or understood
    ├── ApiRefused              exit 2: the API refuses us (key, rights, address); no invoice is blamed
    ├── Unfinished              exit 3: API down, rate limit, lock, stop; a rerun goes on
    ├── Doubtful                exit 4: an outcome is unknown or the API is not what we think
    └── LedgerError             exit 2: newer schema, unreadable or unsafe ledger file
        └── LedgerBusy          exit 3: another sender holds the account

Anything else that escapes is a bug: exit 70.
"""

from typing import ClassVar


class ImporterError(Exception):
    """Base of all foreseen failures: a kebab-case code, one sentence, one remedy, an exit code."""

    exit_code: ClassVar[int] = 70

    def __init__(self, code: str, message: str, *, fix: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix

    def as_json(self) -> dict[str, object]:
        """The object printed by `--json` when a command could not run."""
        return {"exit": self.exit_code, "error": {"code": self.code, "message": self.message, "fix": self.fix}}


class ConfigError(ImporterError):
    """Settings, command or profile are wrong. Nothing was read or sent."""

    exit_code = 2


class ProfileError(ConfigError):
    """A profile cannot be used. The message opens with file, line and column."""


class SettingsError(ConfigError):
    """A setting is missing or unsafe. The value of a secret is never in the message."""


class PlanMismatch(ConfigError):
    """The plan that was approved is not the plan that would be sent. Nothing was sent."""


class SourceError(ImporterError):
    """A source file cannot be read as a whole. Nothing was sent."""

    exit_code = 2


class ApiRefused(ImporterError):
    """Facturalia refuses our configuration (401, 403, 404, 405, 415, redirect). No invoice is blamed."""

    exit_code = 2


class Unfinished(ImporterError):
    """The run stopped before its end; the same command or `resume` goes on."""

    exit_code = 3


class Doubtful(ImporterError):
    """What Facturalia did cannot be proved, or it does not behave as documented. A person must look."""

    exit_code = 4


class LedgerError(ImporterError):
    """The ledger cannot be used safely. Nothing was sent."""

    exit_code = 2


class LedgerBusy(LedgerError):
    """Another process is sending for this account; it keeps going, this one gives way."""

    exit_code = 3
