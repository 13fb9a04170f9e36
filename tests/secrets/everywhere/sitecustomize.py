"""Python imports this module as it starts, where this folder is on its path: in the processes that tests start."""

import os

if "CANARY_NOTES" in os.environ:  # a test that measures how fast a command starts takes it out
    from canary_notes import watch_this_process  # type: ignore[import-not-found]  # on the path only there

    watch_this_process()
