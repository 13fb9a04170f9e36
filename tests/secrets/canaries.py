"""The canaries: an API key and a customer that occur nowhere else, so that a leak of either is found by its text.

The tests send with `KEY` and invoice `NAME` (a key that must be another one is made from it: `KEY + "-wrong"`). The
session looks for both in everything it leaves behind; what it may find, and where, is the table in `allowed`.
"""

from tests.secrets.everywhere.canary_notes import Canary

# put together here: a test that copies the tests must not seem to leak them
HALVES = ("Kanarie" + "7Qk9", "ZwXv" + "31Tp8")
WORD = "Kanarie" + "woud"
KEY = f"fac_live_{HALVES[0]}-{HALVES[1]}"
NAME = f"Café Zoë {WORD} BV"

CANARIES = (
    Canary("key", HALVES),  # half a key is a leak too
    Canary("sandbox key", ("fac_test_sandbox" + "_0000",)),  # what a sandbox opens to that was told no other
    Canary("name", (WORD,)),  # known by the word that nobody else has
)
