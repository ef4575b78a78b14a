"""From Dockerfile text to typed instructions with line numbers, as BuildKit reads it.

`parser.parse` gives the lines as nodes, `stages.read` the typed instructions of every stage,
`words` expands variables, `dockerignore` says what a build context leaves out.

Text is `str` in which a byte that is not UTF-8 is a lone surrogate (`surrogateescape`), so the
bytes can always be had back.
"""
