"""Belgian sense, offline: what is odd about invoices whose single cells are all right. Each distinct value is judged once."""

from importer.domain.circumstances import Circumstances
from importer.profile.model import Profile
from importer.stations.group.company import same_company
from importer.stations.group.customers import customers_differ
from importer.stations.group.days import days_are_likely
from importer.stations.group.exemption import codes_fit
from importer.stations.group.headers import Headers
from importer.stations.group.keys import Keys
from importer.stations.group.lines import Lines
from importer.stations.group.told import Told
from importer.stations.group.totals import Amounts
from importer.stations.table import Validated


def guard(
    told: Told,
    validated: Validated,
    keys: Keys,
    lines: Lines,
    amounts: Amounts,
    profile: Profile,
    given: Circumstances,
) -> None:
    """Tell what is odd. Invoices refused before are left alone: their cells may be wrong."""
    if not len(keys.first):
        return
    headers = Headers(validated, keys)
    same_company(told, headers, given.vat_number)
    headers = Headers(validated, keys, ~told.bad)
    codes_fit(told, headers, lines, amounts, profile)
    days_are_likely(told, headers, given.today)
    customers_differ(told, headers)
