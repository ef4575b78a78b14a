"""layerscope shows what container images are made of, what they share, and what a build will do.

The public API is loaded lazily: `import layerscope` costs nothing.
"""

from __future__ import annotations

__version__ = "0.1.0.dev0"
