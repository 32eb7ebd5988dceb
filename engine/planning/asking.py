"""Which language model is asked: one at a server, or one of the store of models on this machine."""

from __future__ import annotations

from engine.backends.weights import Store
from engine.config import Settings
from engine.errors import PlannerFailed, ResourceError
from engine.llm.client import Asker, LlmClient
from engine.llm.keeping import Kept
from engine.llm.local import PREFIX, LocalModel
from engine.llm.local_media import local_model

KEPT: Kept[LocalModel] = Kept()
"""Of this process."""


def language_model(settings: Settings) -> Asker:
    """The model that ``llm_model`` names; ``local:NAME`` is one of ``cuewright models list``, and stays between jobs.

    Raises
    ------
    PlannerFailed
        When none is configured, or the one of this machine is not here.
    """
    if not settings.llm_model or not settings.llm_model.startswith(PREFIX):
        return LlmClient(settings)
    try:
        found = Store(settings).find(settings.llm_model.removeprefix(PREFIX))
        key = (found.folder, found.revision, settings.model_dump_json())
        return KEPT.get(key, lambda: local_model(found.folder, settings), settings.models_keep_seconds)
    except ResourceError as error:
        raise PlannerFailed(error.sentence) from None
