"""The bench of aligning: what it does to sounds is known, what it counts is right; perfect and idle aligners show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.action import Action, Shift, Speed, Volume
from engine.audio import Audio
from engine.dsp.pitch import shift_pitch
from engine.dsp.stretch import stretch
from engine.editing.apply import edited
from engine.editing.kit import Kit
from engine.errors import BackendFailed, BadArgument
from engine.evaluation import align_bench, align_pairs
from engine.evaluation.align_bench import (
    NOTHING,
    OURS,
    AlignBench,
    Aligner,
    Case,
    Outcome,
    Result,
    cases_of,
    measure,
    measure_scaling,
)
from engine.evaluation.align_degrade import (
    NOISES,
    Clean,
    Degradation,
    Delay,
    Detune,
    Drift,
    Gaps,
    Hum,
    Level,
    Mixed,
    Noisy,
    Tools,
    Varispeed,
    drawn,
)
from engine.evaluation.align_pairs import RATE_HZ, TruePair, recorded_pairs, rendered_pairs, sound_of
from engine.evaluation.align_peers import by_correlation, do_nothing, read
from engine.evaluation.align_plot import plot
from engine.evaluation.align_scores import kept_seconds, level_db, moved_by, si_sdr_in_time_db
from engine.evaluation.align_tables import tables
from engine.evaluation.physics_clips import PhysicsClip, Scene
from engine.evaluation.spotting_bench import Clip
from engine.handle import Handle
from engine.planning.action_text import parse_actions
from engine.source import Held, collected

CONTACTS = (0.6, 1.4, 2.1, 2.9)
SECONDS = 3.6
PNG = b"\x89PNG\r\n\x1a\n"

TOOLS = Tools(
    stretched=lambda sound, times: collected(
        Held(sound), lambda source: stretch(source, length_samples=round(sound.length_samples * times))
    ),
    pitched=lambda sound, semitones: collected(Held(sound), lambda source: shift_pitch(source, semitones=semitones)),
)


@pytest.fixture(scope="module")
def pair() -> TruePair:
    clean = sound_of(CONTACTS, SECONDS, np.random.default_rng(5), is_tuned=False)
    return TruePair(
        name="made", video=Path("unseen.mp4"), clean=clean, contacts_seconds=CONTACTS, is_rendered=True, is_tuned=True
    )


def clicks(at_seconds: Sequence[float]) -> Audio:
    samples = np.zeros((1, round(SECONDS * RATE_HZ)), np.float32)
    for at in at_seconds:
        samples[0, round(at * RATE_HZ) : round(at * RATE_HZ) + 24] = 0.5 * np.hanning(24)
    return Audio(samples=samples, sample_rate_hz=RATE_HZ)


def peaks(sound: Audio, near: Sequence[float]) -> list[float]:
    """Where it is loudest within 0.2 s of some moments."""
    found = []
    for at in near:
        start = max(0, round((at - 0.2) * RATE_HZ))
        piece = np.abs(sound.samples[0, start : round((at + 0.2) * RATE_HZ)])
        found.append((start + int(piece.argmax())) / RATE_HZ)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "shift seconds=0.25",
        "shift seconds=-0.31",
        "speed factor=1.02",
        "speed factor=0.98; shift seconds=-0.1 length_seconds=3.6",
        "shift seconds=-0.1; speed factor=1.02",
        "warp anchors=1:1.05,2.5:2.4",
        "trim start_seconds=0.2",
        "speed factor=0.9; speed length_seconds=3.6",
        "volume gain_db=-3; pitch semitones=1",
    ],
)
def test_where_moments_go_is_where_the_editor_puts_them(text: str, tmp_path: Path) -> None:
    actions = parse_actions(text)
    done = collected(edited(Held(clicks(CONTACTS)), actions, Kit(folder=tmp_path)))
    moved = moved_by(actions, SECONDS)
    expected = [moved(at) for at in CONTACTS]
    assert peaks(done, expected) == pytest.approx(expected, abs=0.003)


@pytest.mark.parametrize("text", ["reverse", "loop", "extend length_seconds=9"])
def test_what_has_no_one_place_scores_nothing(text: str, pair: TruePair) -> None:
    actions = parse_actions(text)
    case = Case(pair=pair, degradation=Clean(), seed=0)
    found = align_bench.outcome("x", case, pair.clean, Result(actions=actions, audio=pair.clean), 0.0)
    assert (found.after_ms, found.is_in_time, found.gain_db) == (None, False, None)


@pytest.mark.parametrize(
    "degradation",
    [
        Delay(amount=310.0),
        Delay(amount=-480.0),
        Drift(amount=2.0),
        Drift(amount=-2.0),
        Varispeed(amount=1.7),
        Varispeed(amount=-1.7),
        Detune(amount=40.0),
        Mixed(parts=(Delay(amount=120.0), Varispeed(amount=-1.0), Level(amount=-6.0))),
    ],
    ids=str,
)
def test_a_degradation_moves_what_it_says(degradation: Degradation) -> None:
    spoiled = degradation.done(clicks(CONTACTS), np.random.default_rng(0), TOOLS)
    assert spoiled.length_samples == round(SECONDS * RATE_HZ)
    expected = [degradation.moved(at) for at in CONTACTS]
    assert peaks(spoiled, expected) == pytest.approx(expected, abs=0.003)


@pytest.mark.parametrize("degradation", [*(Noisy(noise=noise, amount=7.0) for noise in NOISES), Hum(amount=7.0)])
def test_noise_lies_as_far_under_the_sound_as_told(degradation: Degradation, pair: TruePair) -> None:
    spoiled = degradation.done(pair.clean, np.random.default_rng(0), TOOLS)
    noise = spoiled.samples - pair.clean.samples
    assert level_db(noise, pair.clean.samples) == pytest.approx(7.0, abs=0.05)
    again = degradation.done(pair.clean, np.random.default_rng(0), TOOLS)
    assert np.array_equal(again.samples, spoiled.samples)


def test_gaps_are_silence_where_something_sounded(pair: TruePair) -> None:
    spoiled = Gaps(amount=50.0, after_seconds=CONTACTS[:2]).done(pair.clean, np.random.default_rng(0), TOOLS)
    changed = (spoiled.samples != pair.clean.samples).any(axis=0)
    assert not spoiled.samples[:, changed].any()
    assert changed.sum() == pytest.approx(2 * 0.05 * RATE_HZ, rel=0.02)
    after = np.flatnonzero(changed) / RATE_HZ
    assert CONTACTS[0] < after[0] < after[-1] < CONTACTS[1] + 0.2


def test_every_kind_is_drawn_and_every_noise_at_every_level() -> None:
    rng = np.random.default_rng(0)
    found = [degradation for number in range(5) for degradation in drawn(number, CONTACTS, rng)]
    assert {(one.noise, one.amount) for one in found if isinstance(one, Noisy)} == {
        (noise, snr) for noise in NOISES for snr in (0.0, 5.0, 10.0, 15.0, 20.0)
    }
    kinds = {one.kind for one in found}
    assert kinds == {kind.kind for kind in (Clean, Delay, Drift, Varispeed, Noisy, Hum, Gaps, Level, Detune, Mixed)}


def test_contacts_sound_when_they_are(pair: TruePair) -> None:
    loud = np.abs(pair.clean.samples).max(axis=0)
    before, after = (
        [loud[round((at + by) * RATE_HZ) : round((at + by + 0.03) * RATE_HZ)].max() for at in CONTACTS]
        for by in (-0.032, 0.0)
    )
    assert all(later > 3 * earlier for earlier, later in zip(before, after, strict=True))


def test_rendered_pairs_have_enough_contacts_and_are_the_same_for_a_seed(tmp_path: Path) -> None:
    (one,) = rendered_pairs(1, tmp_path, 3)
    (same,) = rendered_pairs(1, tmp_path, 3)
    assert len(one.contacts_seconds) >= 3
    assert one.video.stat().st_size > 0
    assert one.contacts_seconds == same.contacts_seconds
    assert np.array_equal(one.clean.samples, same.clean.samples)


def test_clips_with_few_contacts_are_drawn_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    drawn_clips = iter([CONTACTS[:1], CONTACTS[:2], CONTACTS])

    def draw(seed: int, path: Path, scene: Scene, duration_seconds: float) -> PhysicsClip:
        return PhysicsClip(
            path=path, scene=scene, onsets_seconds=next(drawn_clips), duration_seconds=6.0, fps=Fraction(25)
        )

    monkeypatch.setattr(align_pairs, "render_clip", draw)
    (found,) = rendered_pairs(1, tmp_path, 0)
    assert found.contacts_seconds == CONTACTS


def test_only_reviewed_clips_with_sound_and_onsets_enough_are_taken() -> None:
    def clip(name: str, tier: str, onsets: tuple[float, ...]) -> Clip:
        return Clip(
            name=name, path=Path(name), category="hit", tier=tier, source="", duration_seconds=4.0, onsets=onsets
        )

    clips = [clip("good", "A", CONTACTS), clip("few", "A", (1.0,)), clip("noise", "N", CONTACTS)]
    clips.append(clip("silent", "A", CONTACTS))
    found = recorded_pairs(clips, lambda path: None if path.name == "silent" else clicks(CONTACTS))
    assert [(one.name, one.is_rendered) for one in found] == [("good", False)]


def test_si_sdr_takes_the_delay_away_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    clean = rng.standard_normal((2, 48_000)).astype(np.float32)
    noisy = clean + np.float32(10**-0.5) * rng.standard_normal((2, 48_000)).astype(np.float32)
    late = np.pad(noisy, ((0, 0), (4_800, 0)))[:, :48_000]
    found, lag = si_sdr_in_time_db(clean, late, 48_000, (0.0, 0.9))
    assert (round(found, 1), lag) == (pytest.approx(10.0, abs=0.2), 0.1)
    put_back = np.pad(late[:, 4_800:], ((0, 0), (0, 4_800)))  # its end was lost before: no fault of who put it back
    assert si_sdr_in_time_db(clean, put_back, 48_000, (0.0, 0.9))[0] == pytest.approx(found, abs=0.1)
    assert si_sdr_in_time_db(clean, put_back, 48_000, (0.0, 1.0))[0] < found - 1
    assert si_sdr_in_time_db(clean, np.zeros_like(clean), 48_000, (0.0, 1.0)) == (-60.0, 0.0)


def oracle(cases: Sequence[Case], clean: Audio) -> Callable[[Degradation], Result]:
    """Inverts what was done; the sound that it gives back is the clean one."""

    def invert(degradation: Degradation) -> tuple[Action, ...]:
        if isinstance(degradation, Delay):
            return (Shift(seconds=-degradation.amount / 1000),)
        if isinstance(degradation, Drift | Varispeed):
            return (Speed(factor=degradation.rate),)
        if isinstance(degradation, Detune):
            return parse_actions(f"pitch semitones={-degradation.amount / 100}")
        if isinstance(degradation, Mixed):
            return tuple(action for part in reversed(degradation.parts) for action in invert(part))
        return () if isinstance(degradation, Clean) else (Volume(gain_db=0.0),)

    return lambda degradation: Result(actions=invert(degradation), audio=clean)


def rows_of(outcomes: Sequence[Outcome], title: str) -> list[tuple[object, ...]]:
    return next(rows for name, _, rows in tables(AlignBench(seed=0, outcomes=tuple(outcomes))) if title in name)


@pytest.fixture(scope="module")
def scored(pair: TruePair, tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, ...]:
    """An oracle and an idler on all that is drawn."""
    cases = cases_of([pair], seed=1)
    perfect = oracle(cases, pair.clean)
    asked: Iterator[Case] = iter(cases)

    def ours(audio: Path, video: Path) -> Result:
        return perfect(next(asked).degradation)

    aligners: dict[str, Aligner] = {OURS: ours, NOTHING: do_nothing}
    return measure(cases, aligners, TOOLS, tmp_path_factory.mktemp("bench"), Handle())


def test_an_oracle_scores_all(scored: tuple[Outcome, ...]) -> None:
    timing = [row for row in rows_of(scored, "offset left") if row[1] == OURS]
    assert len(timing) == 10
    assert all(row[3] == 100.0 and row[6] == pytest.approx(0.0, abs=0.01) for row in timing)
    assert all(row[4] == 100.0 for row in rows_of(scored, "noise") if row[0] == OURS)
    assert all(row[3] == 0.0 for row in rows_of(scored, "damage") if row[1] == OURS)
    assert [row[3] for row in rows_of(scored, "other faults") if row[1] == OURS] == [100.0] * 4


def test_who_does_nothing_scores_nothing_and_harms_nothing(scored: tuple[Outcome, ...]) -> None:
    timing = {row[0]: row[3] for row in rows_of(scored, "offset left") if row[1] == NOTHING}
    assert (timing["delay"], timing["clean"]) == (0.0, 100.0)
    assert all(row[4] == 0.0 for row in rows_of(scored, "noise") if row[0] == NOTHING)
    assert all((row[3], row[5]) == (0.0, 100.0) for row in rows_of(scored, "damage") if row[1] == NOTHING)
    mended = {row[0]: row[3] for row in rows_of(scored, "other faults") if row[1] == NOTHING}
    assert (mended["hum"], mended["gaps"], mended["detune"]) == (0.0, 0.0, 0.0)


def test_measured_lags_are_those_of_the_sum(pair: TruePair, tmp_path: Path) -> None:
    def half(audio: Path, video: Path) -> Result:
        shift = Shift(seconds=-0.1)
        return Result(actions=(shift,), audio=collected(edited(Held(read(audio)), [shift], Kit(folder=tmp_path))))

    (found,) = measure(
        [Case(pair=pair, degradation=Delay(amount=200.0), seed=0)], {OURS: half}, TOOLS, tmp_path, Handle()
    )
    assert found.after_ms == pytest.approx((100.0,) * 3)
    assert found.lag_apart_ms == pytest.approx(0.0, abs=0.05)
    assert found.gain_db == pytest.approx(0.0, abs=0.01)


def test_only_tuned_pairs_are_detuned(pair: TruePair) -> None:
    knocks = TruePair(name="knocks", video=pair.video, clean=pair.clean, contacts_seconds=CONTACTS, is_rendered=True)
    assert [case.pair.name for case in cases_of([knocks, pair], seed=0, kinds=("detune",))] == ["made"]
    with pytest.raises(BadArgument, match="'speed'; there are clean, delay"):
        cases_of([pair], seed=0, kinds=("speed",))


def test_loudness_that_follows_motion_is_found_by_correlation(tmp_path: Path) -> None:
    import soundfile

    def grays(path: Path) -> Iterator[tuple[float, Any]]:
        for frame in range(90):
            at = frame / 25
            bright = sum(at >= contact for contact in CONTACTS) % 2
            yield at, np.full((18, 32), 60 + 80 * bright, np.uint8)

    late = Delay(amount=240.0).done(clicks(CONTACTS), np.random.default_rng(0), TOOLS)
    soundfile.write(tmp_path / "late.wav", late.samples.T, RATE_HZ, subtype="FLOAT")
    found = by_correlation(grays, TOOLS)(tmp_path / "late.wav", Path("v.mp4"))
    assert isinstance(found.actions[0], Shift)
    assert found.actions[0].seconds == pytest.approx(-0.24, abs=0.03)
    assert peaks(found.audio, CONTACTS) == pytest.approx(
        [at + 0.24 + found.actions[0].seconds for at in CONTACTS], abs=0.001
    )


def test_batches_are_timed_and_calls_counted() -> None:
    asked: list[int] = []

    def run(count: int) -> int:
        asked.append(count)
        return 3 * count

    found = measure_scaling(run, (1, 10))
    assert asked == [1, 10]
    assert [(row.pairs, row.calls_a_pair) for row in found] == [(1, 3.0), (10, 3.0)]
    (shown,) = tables(AlignBench(seed=0, outcomes=(), scaling=found))
    assert [row[0] for row in shown[2]] == [1, 10]


def test_the_plot_is_a_picture(scored: tuple[Outcome, ...], tmp_path: Path) -> None:
    plot(AlignBench(seed=0, outcomes=scored), tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(PNG)
    with pytest.raises(BackendFailed, match="nothing to draw"):
        plot(AlignBench(seed=0, outcomes=()), tmp_path / "none.png")
    with pytest.raises(BackendFailed, match="could not be written"):
        plot(AlignBench(seed=0, outcomes=scored), tmp_path / "curves.docx")


@pytest.mark.parametrize(
    ("late_ms", "later_seconds", "kept"),
    [
        (0.0, 0.0, (0, 4)),
        (500.0, 0.01, (0, 3.5)),
        (-200.0, 0.0, (0.2, 4)),
        (0.0, 0.1, (0, 3.9)),
        (300.0, -0.1, (0.1, 3.7)),
    ],
)
def test_what_is_compared_is_what_both_still_hold(
    late_ms: float, later_seconds: float, kept: tuple[float, float]
) -> None:
    found = kept_seconds(Delay(amount=late_ms), 4.0, later_seconds=later_seconds)
    assert found == pytest.approx(kept)
