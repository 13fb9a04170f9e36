"""Which source invoice is which: the keys that make "at most once" possible.

Nothing here may ever change its result for the same input: the identity is sent with every invoice and stored in
every ledger. It never depends on file name, row position or content.
"""

import hashlib
import json
import re
import unicodedata
import uuid
from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring
from typing import NamedTuple

IDENTITY_VERSION = "v1"
NAMESPACE = uuid.UUID("6f5b7c1e-3d0a-5c39-9a51-8f4f1f0a2d77")  # fixed for ever: Idempotency-Keys derive from it

_NOT_ALPHANUMERIC = re.compile(r"[^0-9A-Z]")
_PLAIN = re.compile(r"[!-\-/-~]*\Z")  # printable ASCII without a point: normal already
_WHOLE = re.compile(r"-?[0-9]+\.0+\Z")
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Account(NamedTuple):
    """One Facturalia administration: where it is (scheme, host, port) and what we call it. Never the API key."""

    origin: str
    name: str


def normalise_part(text: str) -> str:
    """One key part as it counts for identity.

    NFKC, trimmed, inner white space to one space, `1001.0` to `1001`. Case and leading zeros stay: they may
    tell two invoices apart (near-equal keys in one file only warn).
    """
    if _PLAIN.match(text):
        return text
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    if _WHOLE.match(text):
        text = text[: text.index(".")]
    return text


def all_normal(texts: Sequence[str]) -> bool:
    """Whether none of these key parts would be changed; a quick look that may say no of some that would not."""
    together = "".join(texts)
    return together.isascii() and together.isprintable() and "." not in together and " " not in together


def external_id(account: Account, system: str, parts: Sequence[str]) -> str:
    """`imp-` and 32 hex digits naming a source invoice in an account for ever. `parts` are normalised here."""
    return external_ids(account, system, [parts])[0]


def external_ids(account: Account, system: str, keys: Iterable[Sequence[str]]) -> list[str]:
    """The `external_id` of each invoice key, in order."""
    opening = hashlib.sha256(_json([IDENTITY_VERSION, account.origin, account.name, system])[:-1].encode())
    identities = []
    for parts in keys:
        proof = opening.copy()
        proof.update(("".join([f",{encode_basestring(normalise_part(part))}" for part in parts]) + "]").encode())
        identities.append("imp-" + proof.hexdigest()[:32])
    return identities


def idempotency_key(identity: str, generation: int) -> str:
    """The Idempotency-Key of an invoice's attempts; `generation` rises only after a definitive rejection."""
    return str(uuid.uuid5(NAMESPACE, f"{identity}:{generation}"))


def customer_mark(customer: Mapping[str, str]) -> str:
    """SHA-256, hexadecimal, of what Facturalia finds a customer by: customer_id, VAT number, name.

    Spelling that makes no difference is evened out (case and spaces of the name, signs in the VAT number, leading
    zeros of the id). It tells "posted before" from "new" without keeping names; it is never an identity.
    """
    number = customer.get("customer_id", "").strip()
    vat = _NOT_ALPHANUMERIC.sub("", unicodedata.normalize("NFKC", customer.get("vat_number", "")).upper())
    name = " ".join(unicodedata.normalize("NFKC", customer.get("name", "")).split()).casefold()
    array = ["c1", number.lstrip("0") or number, vat, name]
    return hashlib.sha256(_json(array).encode()).hexdigest()
