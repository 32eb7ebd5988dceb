"""Who describes, plans and judges: the models that the settings name, and what measures for the rest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from typing import Literal, TypeVar

from engine.alignment.base import Describer, Judge, Parts, Planner
from engine.alignment.measured import MeasuredJudge
from engine.alignment.models.agent import ModelPlanner
from engine.alignment.models.describe import ModelDescriber
from engine.alignment.models.embedding import EmbeddingJudge
from engine.alignment.models.judge import ModelJudge
from engine.alignment.models.senses import Stills
from engine.alignment.rules import RulePlanner
from engine.alignment.telling import MeasuredDescriber
from engine.backends.weights import Store
from engine.config import Settings
from engine.errors import CuewrightError, PlannerFailed
from engine.handle import Handle
from engine.llm.client import Asker, Metered
from engine.llm.message import Part
from engine.model import Model
from engine.planning.asking import language_model

_Key = Literal["llm_model", "vlm_model", "alm_model"]
_LOOKS_SECONDS = 0.1
"""So often a cancel is looked for while a model answers."""

M = TypeVar("M", bound=Model)


def parts(
    settings: Settings,
    *,
    planner: Literal["auto", "rules", "llm"] = "auto",
    judge: Literal["auto", "measured", "model"] = "auto",
    warn: Callable[[str], object],
    handle: Handle | None = None,
) -> Parts:
    """The parts of one loop; their usage is this loop's alone.

    ``llm_model`` plans, ``vlm_model`` looks and judges, ``alm_model`` listens; one model may be named for all. A judge
    hears for itself unless a model that listens is named apart. Where a model is to judge and ``vlm_model`` names none,
    embeddings do. With rules and measures asked for, no model describes either: nobody would read it.

    Parameters
    ----------
    warn
        Told, for people, of each model that is wanted and not here; what measures stands in.
    handle
        Its cancel ends the wait for an answer that is on its way.
    """
    choice = _Choice(settings, warn, handle or Handle())
    plans = choice.asker("llm_model", wanted=planner == "llm") if planner != "rules" else None
    describes = planner != "rules" or judge != "measured"
    eyes = choice.asker("vlm_model") if describes else None
    ears = choice.asker("alm_model") if describes else None
    stills = Stills()
    described: Describer = ModelDescriber(ears, eyes, stills) if eyes or ears else MeasuredDescriber()
    planned: Planner = ModelPlanner(plans) if plans else RulePlanner()
    judged: Judge = MeasuredJudge()
    if eyes and judge != "measured":
        judged = ModelJudge(eyes, None if ears is eyes else ears, stills)
    elif judge == "model":
        judged = choice.embeddings(stills) or judged
    return Parts(describer=described, planner=planned, judge=judged, usage=choice.usage)


class _Cancellable(Metered):
    """Another, which a cancel does not wait for: its answer, within its own time limit, goes unread."""

    def __init__(self, asker: Asker, handle: Handle) -> None:
        super().__init__(asker)
        self._handle = handle

    def ask(self, wanted: type[M], system: str, user: str | Sequence[Part]) -> M:
        answer: Future[M] = Future()

        def work() -> None:
            try:
                answer.set_result(super(_Cancellable, self).ask(wanted, system, user))
            except BaseException as error:  # raised again by whoever waits
                answer.set_exception(error)

        self._handle.check()
        # No pool's thread: those are waited for as the process ends.
        threading.Thread(target=work, name="asking", daemon=True).start()
        while not wait([answer], timeout=_LOOKS_SECONDS).done:
            self._handle.check()
        return answer.result()


class _Choice:
    """Askers by the model's name, each made once."""

    def __init__(self, settings: Settings, warn: Callable[[str], object], handle: Handle) -> None:
        self._settings, self._warn, self._handle = settings, warn, handle
        self._known: dict[str, Asker] = {}

    def asker(self, key: _Key, *, wanted: bool = False) -> Asker | None:
        """The model that a setting names; None where it names none or it is not here, which is told."""
        name: str | None = getattr(self._settings, key)
        if not name:
            if wanted:
                self._warn(f"No model that plans is configured: set {key}.")
            return None
        try:
            if name not in self._known:
                model = language_model(self._settings.model_copy(update={"llm_model": name}))
                self._known[name] = _Cancellable(model, self._handle)
            found = self._known[name]
            if (key == "vlm_model" and not found.sees) or (key == "alm_model" and not found.hears):
                raise PlannerFailed(f"it cannot {'see' if key == 'vlm_model' else 'hear'}: name another in {key}.")
        except CuewrightError as error:
            self._warn(f"{name} is not used: {error.sentence}")
            return None
        return found

    def embeddings(self, stills: Stills) -> Judge | None:
        """Of models in the store; None where they are not, which is told."""
        from engine.evaluation.judges import Clap, Clip

        store = Store(self._settings)
        try:
            ears, eyes = store.for_backend("clap"), store.for_backend("clip")
            return EmbeddingJudge(Clap(ears.folder, ears.name), Clip(eyes.folder, eyes.name), stills)
        except ImportError as error:
            why = f"{error.name} is missing: pip install 'cuewright[models]'."
        except CuewrightError as error:
            why = error.sentence
        self._warn(f"No model judges: vlm_model names none that is here, and there are no embeddings: {why}")
        return None

    def usage(self) -> tuple[int, int]:
        """Calls and tokens of all of them."""
        told = [asker.usage for asker in self._known.values()]
        return sum(calls for calls, _ in told), sum(tokens for _, tokens in told)
