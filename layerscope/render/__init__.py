"""A document in, one output format out."""
