"""Words for one sound, to be heard at once: from the user's library, else a built-in one.

What takes a model to make is generated as a job, and its stems are heard as they come.
"""

from __future__ import annotations

from engine.backends.base import MATCHED
from engine.backends.registry import Backends
from engine.config import Settings
from engine.errors import PromptNotMatched
from engine.plan import TakeSpec

SAMPLE_RATE_HZ = 48_000
QUICK_BACKENDS = ("sample_library", "procedural")


def spoken(
    text: str, settings: Settings, *, seed: int = 1, length_seconds: float | None = None
) -> tuple[str, TakeSpec]:
    """What a sound is called, and how it is made.

    Raises
    ------
    PromptNotMatched
        When nothing here answers the words; the nearest are named.
    """
    near: list[str] = []
    for backend in Backends(settings).preferred():
        if backend.name not in QUICK_BACKENDS:
            continue
        found = backend.match(text)
        if not found or found[0].score < MATCHED:
            near += [match.label for match in found[:3]]
            continue
        best = found[0]
        return best.label, TakeSpec(
            backend=backend.name,
            backend_version=backend.version,
            source=best.sources[seed % len(best.sources)],
            text=text,
            params=best.params,
            seed=seed,
            length_samples=round((length_seconds or best.length_seconds) * SAMPLE_RATE_HZ),
            channels=2 if best.sustained else 1,
            sample_rate_hz=SAMPLE_RATE_HZ,
        )
    raise PromptNotMatched(
        f"No sound here answers {text!r}; the nearest are {', '.join(near) or 'none'}.", field="prompt"
    )
