"""The document that every journey ends in: its schema, how results become it, how it is saved."""
