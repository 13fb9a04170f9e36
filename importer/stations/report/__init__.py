"""The REPORT station: a workbook that accounts for every row and every cent of a run."""

from importer.stations.report.model import RunReport
from importer.stations.report.station import write_report
from importer.stations.report.target import require_target

__all__ = ["RunReport", "require_target", "write_report"]
