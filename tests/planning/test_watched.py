"""A scene given whole to a backend that watches."""

from __future__ import annotations

import pytest
from fake_sounds import FakeBackend
from scenes import RATE, SomeBackends, compose, cue, scene

from engine.config import Settings
from engine.errors import BadArgument
from engine.picture import Picture
from engine.plan import Plan
from engine.planning.planner import make_plan
from engine.planning.presets import Presets
from engine.planning.scene import Scene
from engine.request import Job

HITS = (cue("a", 1.0), cue("b", 4.5), cue("c", 7.25))
PROMPT = "a hammer hits wood"


def watched(prompt: str, to: Scene, **keys: object) -> Plan:
    """The plan of a request that names a backend that watches."""
    backend = FakeBackend("watcher")
    backend.capabilities = backend.capabilities.model_copy(update={"watches": True})
    request = {"prompt": prompt, "folder": "/out", "video": "/a.mov", "markers": "1", "backend": "watcher", **keys}
    job = Job.read({"id": "job-1", "verb": "compose", "request": request, "created": "now"})
    return make_plan(job, Settings(), SomeBackends(FakeBackend(), backend), Presets([]), None, to)


def test_one_sound_for_the_scene_with_its_cues_inside() -> None:
    made = watched(PROMPT, scene(*HITS), takes=2)
    (event,) = made.events
    assert (event.start_samples, event.length_samples, event.text) == (0, 10 * RATE, PROMPT)
    assert len(event.takes) == 2
    assert event.takes[0].seed != event.takes[1].seed
    for take in event.takes:
        assert take.onsets_samples == (RATE, 4.5 * RATE, 7.25 * RATE)
        assert take.picture == Picture(path="/a.mov", length_seconds=10.0)
    assert made.cues == HITS


def test_a_sound_for_each_shot_sees_only_its_own() -> None:
    where = scene(*HITS, shots=(0.0, 4.0))
    first, second = watched(PROMPT, where, ambience="per_shot").events
    assert [event.start_samples for event in (first, second)] == [0, 4 * RATE]
    assert first.takes[0].onsets_samples == (RATE,)
    assert second.takes[0].onsets_samples == (RATE // 2, 3.25 * RATE)
    assert second.takes[0].picture == Picture(path="/a.mov", offset_seconds=4.0, length_seconds=6.0)
    (whole,) = watched(PROMPT, where).events
    assert whole.length_samples == 10 * RATE


def test_without_a_length_it_is_asked_for() -> None:
    with pytest.raises(BadArgument, match="give it a video, or a duration") as caught:
        watched(PROMPT, scene(*HITS, seconds=None, picture=False))
    assert caught.value.field == "video"
    made = watched(PROMPT, scene(*HITS, seconds=None, picture=False), duration=8.0)
    assert made.events[0].takes[0].picture is None
    assert made.length_samples == 8 * RATE


def test_labels_of_cues_say_what_is_heard_where_no_words_do() -> None:
    labelled = [cue("a", 1.0, label="hammer"), cue("b", 2.0, label="bell"), cue("c", 3.0, label="hammer")]
    (event,) = watched("", scene(*labelled)).events
    assert event.text == "hammer, bell"


def test_others_get_one_event_a_cue() -> None:
    assert len(compose(PROMPT, *HITS).events) == 3
