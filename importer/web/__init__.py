"""The accountant's pages: the whole job in a browser, on this machine, with the same guarantees as the command line."""
