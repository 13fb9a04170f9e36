"""What is known of one kind of finding."""

from typing import NamedTuple


class Entry(NamedTuple):
    """One kind of finding. `severity` is error, warning or note; `why` is the paragraph of `importer explain`.

    `allowed` are the other severities that a profile may give it; none where it protects money or identity.
    """

    severity: str
    title: str
    message: str
    fix: str
    why: str
    allowed: tuple[str, ...] = ()
