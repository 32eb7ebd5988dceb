"""Models describe: one listens and one looks, neither told what the other is given, both at once.

Apart, so that a mismatch shows: "a dog barks" beside "two people talk". Where only one model is named, the other half
is what was measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from pydantic import ConfigDict, Field

from engine.alignment.base import Pair
from engine.alignment.models.senses import Stills, ask, played, prompt_of
from engine.alignment.telling import heard_told, seen_told
from engine.handle import Handle
from engine.llm.client import Asker
from engine.model import Model
from engine.source import Source
from engine.trace import Description

_MOST_TOLD = 32
Words = tuple[str, ...]


class _Answer(Model):
    """Keys that nobody asked for are let be: the words are what counts."""

    model_config = ConfigDict(extra="ignore")

    text: str = Field(min_length=1, max_length=8_000)
    events_seconds: tuple[float, ...] = Field((), max_length=1_000)

    def told(self) -> str:
        """All of it, as sentences."""
        return " ".join([self.text.strip(), *self._data()])

    def _data(self) -> Iterator[str]:
        if self.events_seconds:
            yield f"Events at {', '.join(f'{time:.2f}' for time in self.events_seconds[:_MOST_TOLD])} s."


class HeardAnswer(_Answer):
    """What the model that listens is asked for."""

    sources: Words = Field((), max_length=64)
    background: str = Field("", max_length=2_000)
    faults: Words = Field((), max_length=64)

    def _data(self) -> Iterator[str]:
        yield from _listed("Sources", self.sources)
        yield from _listed("Background", [self.background] if self.background else [])
        yield from _listed("Faults", self.faults)
        yield from super()._data()


class SeenAnswer(_Answer):
    """What the model that looks is asked for."""

    subjects: Words = Field((), max_length=64)
    place: str = Field("", max_length=2_000)

    def _data(self) -> Iterator[str]:
        yield from _listed("Subjects", self.subjects)
        yield from _listed("Place", [self.place] if self.place else [])
        yield from super()._data()


class ModelDescriber:
    """Asks models.

    Parameters
    ----------
    ears, eyes
        Who listens and who looks; None: it is measured.
    stills
        What is looked at.
    """

    def __init__(self, ears: Asker | None, eyes: Asker | None, stills: Stills) -> None:
        self._ears, self._eyes, self._stills = ears, eyes, stills

    def describe(self, pair: Pair, handle: Handle) -> Description:
        """See :meth:`engine.alignment.base.Describer.describe`."""
        handle.check()
        with ThreadPoolExecutor(2, "describe") as pool:
            heard, seen = pool.submit(self._heard, pair), pool.submit(self._seen, pair, handle)
            return Description(
                heard=heard.result(),
                seen=seen.result(),
                heard_by=self._ears.name if self._ears else "measured",
                seen_by=self._eyes.name if self._eyes else "measured",
            )

    def _heard(self, pair: Pair) -> str:
        return listened(self._ears, pair.sound) if self._ears else " ".join(heard_told(pair.heard))

    def _seen(self, pair: Pair, handle: Handle) -> str:
        if self._eyes is None:
            return " ".join(seen_told(pair.seen))
        return _cut(ask(self._eyes, SeenAnswer, prompt_of("align_seen"), self._stills.of(pair.picture, handle)).told())


def listened(ears: Asker, sound: Source) -> str:
    """What a model hears in a sound, and nothing but the sound.

    Raises
    ------
    PlannerFailed
        When it does not answer.
    """
    return _cut(ask(ears, HeardAnswer, prompt_of("align_heard"), list(played(sound))).told())


def _listed(name: str, words: Sequence[str]) -> Iterator[str]:
    if words:
        yield f"{name}: {', '.join(words)}."


def _cut(told: str) -> str:
    return told[:20_000]
