"""Moments in HTTP headers."""

import email.utils
from collections.abc import Mapping
from datetime import UTC, datetime


def http_date(text: str) -> datetime | None:
    """A moment as HTTP writes it (`Tue, 03 Mar 2026 09:15:00 GMT`), aware; None where it cannot be read."""
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def server_moment(headers: Mapping[str, str]) -> datetime | None:
    """What the server's clock said when it answered (`Date`); None where the answer does not say."""
    return http_date(headers.get("date", ""))
