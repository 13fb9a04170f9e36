"""The user's own workbook comes back: coloured, commented, with a status for each row, ready to be imported again."""

from importer.stations.report.returned.model import Limits, Manner, Standing
from importer.stations.report.returned.standing import plan_standing, run_standing
from importer.stations.report.returned.station import give_back_annotated, give_back_failures
from importer.stations.report.returned.target import places, require_places

__all__ = [
    "Limits",
    "Manner",
    "Standing",
    "give_back_annotated",
    "give_back_failures",
    "places",
    "plan_standing",
    "require_places",
    "run_standing",
]
