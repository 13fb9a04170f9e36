"""Every trap that real files are known to hold, in the order of where they sit: container, sheet, text, cell, invoice."""

from tests.traps.celltraps import AMOUNTS, CELLS, DATES, INVOICES
from tests.traps.filetraps import CONTAINERS, SHEETS, TEXTS
from tests.traps.guesstraps import GUESSES

TRAPS = (*CONTAINERS, *SHEETS, *TEXTS, *CELLS, *DATES, *AMOUNTS, *GUESSES, *INVOICES)
SECTIONS = (
    ("Containers", CONTAINERS),
    ("Sheets", SHEETS),
    ("Text files", TEXTS),
    ("Cells", CELLS),
    ("Dates", DATES),
    ("Amounts", AMOUNTS),
    ("What a profile leaves open", GUESSES),
    ("Invoices and money", INVOICES),
)
# What one small file cannot show, and the test that shows it.
ELSEWHERE = (
    (
        "Random damage makes libraries abort the whole program.",
        "tests/read/test_read_samples.py::test_random_damage_never_shows_a_stack_trace",
    ),
    (
        "Two readers of one text file disagree.",
        "tests/read/test_read_agreement.py::test_the_fast_reader_agrees_or_gives_way",
    ),
    (
        "A pipe, a link to itself or a folder stands where a file should.",
        "tests/read/test_read_sniff.py::test_what_is_no_file_is_refused_without_waiting",
    ),
    (
        "XML entities in any part, in any encoding.",
        "tests/read/test_read_prescan.py::test_xml_entities_are_refused_in_every_part",
    ),
    (
        "Programs disagree on days before March 1900.",
        "tests/read/test_read_workbook.py::test_dates_that_no_program_agrees_on_are_errors",
    ),
    (
        "A hundred thousand lines as floats are a cent off here and there.",
        "tests/group/test_group_money.py::test_a_hundred_thousand_lines_without_a_cent_of_difference",
    ),
    (
        "Amounts of a column that can be read in two ways, whatever program wrote it.",
        "tests/validate/test_validate_written.py::test_amounts_are_read_as_they_were_meant_or_not_at_all",
    ),
    (
        "Dates of a column in either order, whatever program wrote it.",
        "tests/validate/test_validate_written.py::test_dates_are_read_as_they_were_meant_or_not_at_all",
    ),
    (
        "Values of one invoice that differ only in spelling.",
        "tests/group/test_group_invoices.py::test_values_are_compared_not_spellings",
    ),
)
