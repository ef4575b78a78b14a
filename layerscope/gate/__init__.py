"""A policy and the numbers of a report in, a verdict out; nothing else."""
