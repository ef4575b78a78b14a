"""What the exit status says; errors carry their own (`LayerscopeError.exit_status`)."""

from __future__ import annotations

DONE = 0
FAILED = 1
USAGE = 2
INPUT = 3
INTERNAL = 70
INTERRUPTED = 130
