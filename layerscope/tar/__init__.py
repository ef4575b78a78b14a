"""Tar headers and members, read as Go's archive/tar reads them: engines unpack layers with it."""
