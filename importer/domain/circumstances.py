"""What a front door knows that no file says: the day it is, and whose administration the invoices go to."""

from datetime import date
from typing import Final, NamedTuple


class Circumstances(NamedTuple):
    """What files are judged against; what is not known is compared with nothing.

    `today` is the day in Belgium. `vat_number` is the account's, in its normal form (`BE0403170701`), or empty.
    """

    today: date | None = None
    vat_number: str = ""


UNKNOWN: Final = Circumstances()
