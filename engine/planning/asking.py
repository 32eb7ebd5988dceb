"""Which language model is asked: one at a server, or one of the store of models on this machine."""

from __future__ import annotations

from engine.backends.weights import Store
from engine.config import Settings
from engine.errors import PlannerFailed, ResourceError
from engine.llm.client import Asker, LlmClient
from engine.llm.local import PREFIX
from engine.llm.local_media import local_model


def language_model(settings: Settings) -> Asker:
    """The model that ``llm_model`` names; ``local:NAME`` is one of ``cuewright models list``.

    Raises
    ------
    PlannerFailed
        When none is configured, or the one of this machine is not here.
    """
    if not settings.llm_model or not settings.llm_model.startswith(PREFIX):
        return LlmClient(settings)
    try:
        return local_model(Store(settings).find(settings.llm_model.removeprefix(PREFIX)).folder, settings)
    except ResourceError as error:
        raise PlannerFailed(error.sentence) from None
