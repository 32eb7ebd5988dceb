"""Where third-party plugin code runs, and nowhere else.

The engine knows nothing of plugins; this package knows nothing of plans, jobs or timelines.
"""

from plugin_bridge.offline import Processed, render, stream
from plugin_bridge.rack import Described, Rack, open_rack

__all__ = ["Described", "Processed", "Rack", "open_rack", "render", "stream"]
