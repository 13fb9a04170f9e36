"""Python imports this module as it starts, where this folder is on its path: in the processes that tests start."""

from canary_notes import watch_this_process  # type: ignore[import-not-found]  # its folder is on the path only there

watch_this_process()
