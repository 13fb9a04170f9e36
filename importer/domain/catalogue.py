"""Every finding code with its severity and its sentences, as data.

Sentences are templates: `{value}` is the cell as found, `{column}` its header, `{invoice}` the invoice; other names
are facts of the finding, with their kind behind a colon (see `importer.domain.wording`). They say what is wrong, then
what to do; no blame, no jargon. The translations stand in `importer/locale`, under the English sentence.

The entries themselves stand in `importer.domain.entries`, by what they are about.
"""

from collections.abc import Mapping
from types import MappingProxyType

from importer.domain.entries import cells, invoices, sense, table
from importer.domain.entries.entry import Entry

__all__ = ["CATALOGUE", "NO_FACTS", "Entry"]

NO_FACTS: Mapping[str, str] = MappingProxyType({})
CATALOGUE: Mapping[str, Entry] = MappingProxyType(
    {**table.ENTRIES, **cells.ENTRIES, **sense.ENTRIES, **invoices.ENTRIES}
)
