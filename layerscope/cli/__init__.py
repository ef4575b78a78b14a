"""Arguments, streams and exit codes; a command is a few calls into the library."""
