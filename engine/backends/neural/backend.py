"""The base of the diffusion backends: everything but the model itself.

A backend of this kind is one file: what its model makes, which options it has, and how its pipeline is loaded from a
folder. Matching words, bounds, batches, memory, long sounds, rates and onsets are the same for all of them, and here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib.util import find_spec
from typing import ClassVar

from engine.audio import Audio, Samples
from engine.backends.base import Capabilities, Match
from engine.backends.known_models import KNOWN
from engine.backends.neural.batches import Call
from engine.backends.neural.changes import Change
from engine.backends.neural.device import Device, is_out_of_memory
from engine.backends.neural.finding import matched
from engine.backends.neural.model import DiffusionModel, Option, Wanted
from engine.backends.neural.residency import RESIDENCE
from engine.backends.neural.takes import Shape, of_scene, take_of, wishes
from engine.backends.weights import Installed, Store
from engine.config import Settings
from engine.errors import BackendFailed, BadArgument, CuewrightError, DependencyMissing, ResourceError
from engine.handle import Handle
from engine.plan import TakeSpec
from engine.results import Take

MIN_LENGTH_SECONDS = 0.02
LONGEST_SECONDS = 3_600.0
TOLERANCE = 1e-3
"""Of the peak: matrix products of another batch size round differently, and the steps of a sampler carry it on.

That is of 32 bits. A CUDA card computes in bfloat16, which rounds coarser: there it is 0.05 with tiny models, and
``bench models`` prints what it is with large ones.
"""


class NeuralBackend(ABC):
    """A text-to-audio diffusion model behind the Protocol.

    Parameters
    ----------
    settings
        Where the weights lie, which device, how long a model stays in memory.

    Raises
    ------
    WeightsMissing, LicenceNotAccepted
        From :meth:`match` and what renders: the sentence names the command that gets them.
    """

    name: ClassVar[str]
    shape: ClassVar[Shape]
    options: ClassVar[Mapping[str, Option]]
    changes: ClassVar[frozenset[str]] = frozenset()
    """Of "parts" (make spans of a sound anew), "vary" (start from a sound) and "words" (swap them), what it can do."""
    watches: ClassVar[bool] = False
    """Whether it makes the sound of a whole scene, from onsets or from the picture."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store = Store(settings)
        self._found: tuple[object, Installed] | None = None

    @abstractmethod
    def load(self, installed: Installed, device: Device) -> DiffusionModel:
        """The pipeline from its folder, on its device; called only when it is not in memory.

        Raises
        ------
        BackendFailed
            When the folder does not hold what this backend loads; the sentence says what is wrong.
        """

    @property
    def installed(self) -> Installed:
        """The model in use; looked up again when a record changed, for models come and go while an engine runs."""
        stamp = self._store.stamp()
        if self._found is None or self._found[0] != stamp:
            self._found = (stamp, self.found())
        return self._found[1]

    def found(self) -> Installed:
        """The model, looked up in the store, with no file missing."""
        return self._store.for_backend(self.name)

    @cached_property
    def device(self) -> Device:
        """Where it runs.

        Raises
        ------
        DependencyMissing
            When torch, diffusers or transformers are not installed.
        """
        for package in ("torch", "diffusers", "transformers"):
            if find_spec(package) is None:
                raise DependencyMissing(
                    f"Backend {self.name!r} needs the package {package}: pip install 'cuewright[models]'.",
                    field="backend",
                )
        return Device.chosen(self._settings)

    @property
    def version(self) -> str:
        """Of this code and of the weights, where they are here: both decide the samples."""
        try:
            return f"1+{self.installed.revision[:12]}"
        except ResourceError:
            return "1"

    @property
    def longest_change_seconds(self) -> float:
        """What the model hears at once."""
        return self.shape.lengths_seconds[-1]

    @property
    def capabilities(self) -> Capabilities:
        """See :class:`engine.backends.base.Capabilities`; known without weights, so that people may read of them."""
        try:
            licence = self.installed.licence
        except ResourceError:
            licence = next(model.licence for model in KNOWN.values() if model.backend == self.name)
        return Capabilities(
            channels=(1, 2),
            max_length_seconds=LONGEST_SECONDS,
            licence=licence,
            deterministic=True,
            tolerance=TOLERANCE,
            watches=self.watches,
        )

    def match(self, text: str) -> tuple[Match, ...]:
        """The one answer to words that describe a sound."""
        accepts = {name: (option.low, option.high) for name, option in self.options.items()}
        return matched(text, self.installed.name, accepts)

    def render(self, specs: Sequence[TakeSpec], handle: Handle) -> Iterator[Take]:
        """One take a spec, in order; see :meth:`engine.backends.base.Backend.render`.

        Raises
        ------
        BadArgument
            For a parameter, length, channel count or source that the model does not have, before anything is made.
        BackendFailed
            When the weights cannot be loaded, or the model made silence or no numbers.
        ResourceError
            When not even one sound finds memory.
        """
        if not specs:
            return
        licence = self.installed.licence  # now: while it renders, somebody may remove the model
        asked = [(spec, self._lasts(spec), self._checked(spec)) for spec in specs]
        told: list[dict[str, None]] = [{} for _ in specs]
        planned = [
            wishes(spec, self.shape, options, lasts=lasts, warn=own.setdefault)
            for (spec, lasts, options), own in zip(asked, told, strict=True)
        ]
        owners = [number for number, windows in enumerate(planned) for _ in windows]
        everything = [wish for windows in planned for wish in windows]
        made: list[list[Samples]] = [[] for _ in specs]
        following = 0
        for index, sound in self._run(everything, handle):
            made[owners[index]].append(sound)
            while following < len(asked) and len(made[following]) == len(planned[following]):
                spec, lasts, _ = asked[following]
                handle.check()
                windows, warnings = made[following], tuple(told[following])
                yield take_of(windows, spec, self.shape, licence, handle, lasts=lasts, warnings=warnings)
                made[following] = []
                following += 1

    def change(self, audio: Audio, spans: Sequence[tuple[int, int]], spec: TakeSpec, handle: Handle) -> Audio:
        """A sound with spans made anew, or varied as a whole; see :meth:`engine.backends.base.Changer.change`.

        Raises
        ------
        BadArgument
            When this model cannot, or the sound around the spans is longer than it takes.
        BackendFailed, ResourceError
            As :meth:`render`.
        """
        change = Change(audio=audio, spans=tuple(spans))
        task = "parts" if change.spans else "vary"
        if task not in self.changes:
            can = "make a part of a sound anew" if change.spans else "vary a sound"
            raise BadArgument(f"Backend {self.name!r} cannot {can}: name another one.", field="backend")
        wanted = change.wanted(spec, self.shape, self._checked(spec))
        sounds = [sound for _, sound in self._run(wanted, handle)]
        return change.result(sounds, self.shape, handle)

    def _run(
        self, wanted: Sequence[Wanted], handle: Handle, call: Callable[[DiffusionModel], Call] = lambda model: model
    ) -> Iterator[tuple[int, Samples]]:
        """What the model makes of wishes, by calling it or by another of its methods."""
        handle.check()
        if not wanted:
            return
        installed, device = self.installed, self.device
        key = (self.name, installed.folder, installed.revision, device)
        keep_seconds = self._settings.models_keep_seconds
        with RESIDENCE.keep(key, lambda: self._loaded(installed, device), device, keep_seconds) as resident:
            try:
                yield from resident.batches.run(call(resident.model), wanted, handle)
            except CuewrightError:
                raise
            except Exception as error:
                RESIDENCE.leave(device)  # the next job begins with whole weights
                raise BackendFailed(
                    f"The model {installed.name} failed at this ({_told(error)}): its files may not belong together. "
                    f"Check them with 'cuewright models verify {installed.name}', or name another backend.",
                    field="backend",
                ) from error

    def _loaded(self, installed: Installed, device: Device) -> DiffusionModel:
        try:
            self.found()  # files may have gone since the record was read
            return self.load(installed, device)
        except CuewrightError:
            raise
        except ImportError as error:
            raise DependencyMissing(
                f"{installed.name} needs a package that is missing ({_told(error)}): pip install 'cuewright[models]'.",
                field="backend",
            ) from None
        except Exception as error:  # libraries raise what they like over files that are not what they should be
            if is_out_of_memory(error):
                raise ResourceError(
                    f"{installed.name} does not fit into the memory left: close other programs, or set models_device "
                    "to 'cpu'.",
                    field="backend",
                ) from None
            raise BackendFailed(
                f"The model {installed.name} in {installed.folder} cannot be loaded ({_told(error)}): "
                f"check it with 'cuewright models verify {installed.name}'.",
                field="backend",
            ) from error

    def _lasts(self, spec: TakeSpec) -> bool:
        found = self.match(spec.text)
        return of_scene(spec) or (bool(found) and found[0].sustained)

    def _checked(self, spec: TakeSpec) -> dict[str, float]:
        """All options of a spec, within bounds."""
        if spec.source != self.installed.name:
            raise BadArgument(
                f"Backend {self.name!r} has the model {self.installed.name!r}, not {spec.source!r}; plan it again.",
                field="source",
            )
        if spec.channels not in self.capabilities.channels:
            raise BadArgument(f"Backend {self.name!r} makes 1 or 2 channels, not {spec.channels}.", field="channels")
        seconds = spec.length_samples / spec.sample_rate_hz
        if not MIN_LENGTH_SECONDS <= seconds <= LONGEST_SECONDS:
            raise BadArgument(
                f"A sound lasts {MIN_LENGTH_SECONDS} to {LONGEST_SECONDS:,.0f} seconds; {seconds:.4f} were asked for.",
                field="length_samples",
            )
        for name, value in spec.params.items():
            if name not in self.options:
                raise BadArgument(
                    f"Backend {self.name!r} has no option {name!r}; it has {', '.join(self.options)}.",
                    field=f"params.{name}",
                )
            option = self.options[name]
            if not option.low <= value <= option.high or (option.whole and value != round(value)):
                kind = "a whole number from" if option.whole else "from"
                raise BadArgument(
                    f"{name} of {self.name} is {kind} {option.low:g} to {option.high:g}; got {value}.",
                    field=f"params.{name}",
                )
        return {name: option.default for name, option in self.options.items()} | spec.params


def _told(error: Exception) -> str:
    """A library's error in a line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
