"""The canaries: an API key and a customer that occur nowhere else, so that a leak of either is found by its text.

The tests send with `KEY` and invoice `NAME` (a key that must be another one is made from it: `KEY + "-wrong"`). The
session looks for both in everything it leaves behind; what it may find, and where, is the table in `allowed`.
"""

from tests.secrets.everywhere.canary_notes import Canary

KEY = "fac_live_" + "Kanarie7Qk9" + "-" + "ZwXv31Tp8"
NAME = "Café Zoë " + "Kanariewoud" + " BV"

# half a key is a leak too; the name is known by the word that nobody else has
CANARIES = (
    Canary("key", ("Kanarie7Qk9", "ZwXv31Tp8")),
    Canary("sandbox key", ("fac_test_sandbox_0000",)),  # what a sandbox opens to that was told no other
    Canary("name", ("Kanariewoud",)),
)
