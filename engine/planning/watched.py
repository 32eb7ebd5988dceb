"""A scene given whole to a backend that watches: one sound for each stretch of the picture, with its cues inside.

Other backends get one event for each cue (:mod:`engine.planning.composing`). Here the backend itself puts what happens
in time, from the cues or from the frames, so that the stem begins where the scene or the shot does.
"""

from __future__ import annotations

from itertools import pairwise

from engine.backends.base import Backend
from engine.cue import Cue
from engine.errors import BadArgument, PromptEmpty
from engine.picture import Picture
from engine.plan import Event, Outline, Plan, Step, TakeSpec
from engine.planning.events import Brief, stable_hash
from engine.planning.scene import Scene
from engine.planning.sounds import Nearest, Sounds
from engine.request import ComposeRequest, Job

NAME = "scene"


def watched_plan(job: Job, scene: Scene, backend: Backend, sounds: Sounds, previous: Plan | None) -> Plan:
    """One event for the scene, or for each of its shots where ambience is asked for so.

    Raises
    ------
    PromptEmpty
        When neither the request nor a cue says what is heard.
    BadArgument
        When there is no picture and no length, so that nobody knows how long the scene is.
    """
    brief = Brief.of(job, sounds, previous)
    cues = sorted(scene.moments, key=lambda cue: cue.start_samples)
    length = scene.length_samples or (brief.request.duration and brief.samples(brief.request.duration))
    if not length:
        raise BadArgument(
            f"{backend.name} makes the sound of a whole scene: give it a video, or a duration.", field="video"
        )
    text = _text(brief.request.prompt or (previous.prompt if previous else ""), cues)
    found = sounds.find(text)
    if isinstance(found, Nearest):
        raise BadArgument(f"{backend.name} does not know what {text!r} is: say it in other words.", field="prompt")
    per_shot = isinstance(brief.request, ComposeRequest) and brief.request.ambience == "per_shot"
    begins = [at for at in (scene.shots_samples if per_shot else (0,)) if at < length]
    events = []
    for number, (begin, end) in enumerate(pairwise([*begins, length]), start=1):
        inside = tuple(cue.start_samples - begin for cue in cues if begin <= cue.start_samples < end)
        specs = tuple(
            TakeSpec(
                backend=backend.name,
                backend_version=backend.version,
                source=found.match.sources[0],
                text=found.said or text,
                params=found.match.params,
                seed=stable_hash(f"{brief.seed}/{number}/{take}"),
                length_samples=end - begin,
                channels=brief.request.channels or 1,
                sample_rate_hz=brief.session.sample_rate,
                onsets_samples=inside,
                picture=_slice(scene.picture, begin, end, brief.session.sample_rate),
            )
            for take in range(brief.takes)
        )
        title = found.match.label
        events.append(
            Event(
                id=f"scene{number}",
                text=text,
                start_samples=begin,
                length_samples=end - begin,
                layer="foreground",
                category=found.match.category,
                label=f"{title} {number}" if len(begins) > 1 else title,
                track=brief.request.track or title,
                chain=found.chain.then(brief.chain),
                takes=specs,
            )
        )
    return Plan(
        prompt=text,
        session=brief.session,
        position_samples=brief.position_samples,
        length_samples=length,
        seed=brief.seed,
        mix=brief.request.mix,
        mix_chain=brief.mix_chain,
        outline=Outline(
            steps=(Step(id="scene", text=text, start_seconds=0.0, cues=tuple(cue.id for cue in cues)),),
            length_seconds=length / brief.session.sample_rate,
            planner=NAME,
        ),
        events=tuple(events),
        picture=scene.picture,
        shots=scene.shots_samples,
        cues=tuple(sorted(scene.cues, key=lambda cue: cue.start_samples)),
        warnings=scene.warnings,
    )


def _text(prompt: str, cues: list[Cue]) -> str:
    """What is heard, as one description."""
    labels = dict.fromkeys(cue.label for cue in cues if cue.label)
    text = prompt.strip() or ", ".join(labels)
    if not text:
        raise PromptEmpty("Nothing says what should sound: give a prompt, or cues with labels.", field="prompt")
    return text[:400]


def _slice(picture: Picture | None, begin: int, end: int, sample_rate_hz: int) -> Picture | None:
    """What is seen from one sample of the scene to another."""
    if picture is None:
        return None
    return picture.model_copy(
        update={
            "offset_seconds": picture.offset_seconds + begin / sample_rate_hz * picture.play_rate,
            "length_seconds": (end - begin) / sample_rate_hz,
        }
    )
