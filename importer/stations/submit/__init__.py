"""Sending: intents first, the same bytes and key on every attempt, and a reason for every stop."""

from importer.stations.submit.model import LedgerWriter, Progress, Settled, SubmitResult, SubmitSettings
from importer.stations.submit.station import submit
from importer.stations.submit.timekeeper import Timekeeper

__all__ = ["LedgerWriter", "Progress", "Settled", "SubmitResult", "SubmitSettings", "Timekeeper", "submit"]
