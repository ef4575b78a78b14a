"""From a tar stream to a table of file entries."""
