"""Making profiles easy: a profile suggested from a file, and the profile that fits a file found by its headers."""
