"""Cues and scenes for tests of composing, and a way to plan them."""

from __future__ import annotations

from collections.abc import Sequence

from fake_sounds import FakeBackend

from engine.backends.base import Backend
from engine.backends.registry import Backends
from engine.config import Settings
from engine.cue import Cue, CueKind
from engine.errors import UnknownBackend
from engine.picture import Picture
from engine.plan import Event, Plan
from engine.planning.planner import make_plan
from engine.planning.presets import Preset, Presets
from engine.planning.scene import Scene
from engine.request import Job
from engine.session import Session

RATE = 48_000


class SomeBackends(Backends):
    """Those given, in their order."""

    def __init__(self, *backends: Backend) -> None:
        super().__init__(Settings())
        self._order: Sequence[Backend] = backends

    def get(self, name: str) -> Backend:
        for backend in self._order:
            if backend.name == name:
                return backend
        raise UnknownBackend(f"No backend {name!r}.", field="backend")

    def preferred(self) -> list[Backend]:
        return list(self._order)


def cue(id: str, seconds: float, kind: CueKind = "impact", **more: object) -> Cue:
    return Cue.model_validate({"id": id, "start_samples": round(seconds * RATE), "kind": kind, **more})


def scene(*cues: Cue, seconds: float | None = 10.0, shots: Sequence[float] = (0.0,), picture: bool = True) -> Scene:
    return Scene(
        cues=cues,
        shots_samples=tuple(round(shot * RATE) for shot in shots),
        length_samples=None if seconds is None else round(seconds * RATE),
        picture=Picture(path="/a.mov") if picture else None,
    )


def compose(
    prompt: str,
    *cues: Cue,
    to: Scene | None = None,
    backend: Backend | None = None,
    previous: Plan | None = None,
    session: Session = Session(),  # noqa: B008
    job_id: str = "job-1",
    presets: Sequence[Preset] = (),
    **keys: object,
) -> Plan:
    request = {"prompt": prompt, "folder": "/out", "video": "/a.mov", "markers": "1", **keys}
    job = Job.read({"id": job_id, "verb": "compose", "request": request, "created": "now"})
    job = job.model_copy(update={"session": session})
    where = to if to is not None else scene(*cues)
    return make_plan(
        job, Settings(), SomeBackends(backend or FakeBackend(countable=True)), Presets(list(presets)), previous, where
    )


def on(plan: Plan) -> dict[str, str]:
    """Cue to what sounds on it."""
    return {event.cue: event.text for event in plan.events if event.cue}


def beds(plan: Plan) -> list[Event]:
    return [event for event in plan.events if event.layer == "background"]
