"""What helps around the line: inventing samples, testing profiles, looking whether everything is in place."""
