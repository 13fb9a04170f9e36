"""What a spreadsheet cell was. Alone in its module, so that the reader process can know it without pandas."""

from enum import IntEnum


class Kind(IntEnum):
    """What a spreadsheet cell was before it became text. Cells of text files are all TEXT."""

    PROFILE = -1  # no cell: the profile's own text. Numbers have "." before decimals, dates may be YYYY-MM-DD
    TEXT = 0
    NUMBER = 1  # text is the number with "." before decimals, at most 15 significant digits, whole numbers bare
    DATE = 2  # text is YYYY-MM-DD; a time of day was dropped
    BOOLEAN = 3  # text is TRUE or FALSE
    ERROR = 4  # text is the error as shown: #N/A, #REF!
    UNCALCULATED = 5  # a formula without a stored result; text is the formula
