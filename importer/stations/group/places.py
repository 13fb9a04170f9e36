"""Where each line stands, where that is not simply one row after the other: packed, joined and extra lines."""

from collections.abc import Mapping

from importer.domain.invoice import LinePlace
from importer.profile.model import Profile
from importer.stations.group.keys import Keys
from importer.stations.group.lines import Lines
from importer.stations.table import Mapped

Columns = Mapping[str, tuple[str, str]]


def line_places(mapped: Mapped, profile: Profile, keys: Keys, lines: Lines) -> list[LinePlace]:
    """One place for each line, in the order of `lines.order`; empty where the rows of an invoice say it all."""
    if not lines.extras and profile.packed is None and profile.source.join is None:
        return []
    shared: dict[tuple[int, ...], Columns] = {}
    paths = [f"lines.{name}" for name in profile.lines]
    choices = [
        origin.choice
        for path in paths
        if (origin := mapped.origins.get(path)) is not None and origin.choice is not None
    ]
    places = []
    for row, sheet in enumerate(mapped.sheet.tolist()):
        kind = (sheet, *(int(choice[row]) for choice in choices))
        if kind not in shared:
            found = {path: mapped.address(path, row) for path in paths}
            shared[kind] = {path: (header, letter) for path, (at, header, letter, _) in found.items() if at == sheet}
        places.append(LinePlace(sheet, int(mapped.row[row]), shared[kind]))
    for extra in lines.extras:
        fields = {"lines.unit_price": "amount", "lines.product_code": "product_code", "lines.vat_rate": "vat_rate"}
        for row in keys.first[extra.invoices].tolist():
            found = {path: mapped.address(f"{extra.path}.{name}", row) for path, name in fields.items()}
            number, _, _, place = found["lines.unit_price"]
            columns = {path: (header, letter) for path, (_, header, letter, _) in found.items()}
            places.append(LinePlace(number, place, columns))
    return [places[line] for line in lines.order.tolist()]
