"""The words of the OCI image specification as values: parse, check, print; no files, no streams."""
