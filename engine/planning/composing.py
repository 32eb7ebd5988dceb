"""Words and cues to a plan: every sound on its cue, to the sample.

What the words name becomes parts (:mod:`engine.planning.parts`), the parts are cast on the cues
(:mod:`engine.planning.casting`), and each cue says how its sound is heard (:mod:`engine.planning.perspective`):

* A cue with words of its own sounds as they say; what the prompt names goes to the others.
* What happens keeps its natural length, and its tail may ring past the end of the scene. What lasts is as long as its
  cue and ends with the scene. A bed is exactly as long as the scene, or as each of its shots.
* Events of one step are happenings of one source, as an actor wears one pair of shoes. Which happening follows from the
  cue's id alone, so to move a cue, or to add one, changes no other sound.
* What finds no cue is left out where others have them all, and placed as the words say where there are none; what no
  sound answers is left out. Each with a warning.

It opens no video and reads no sheet: a :class:`~engine.planning.scene.Scene` is all it is told.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from engine.cue import Cue
from engine.errors import BadArgument, NothingMoves
from engine.plan import MAX_EVENTS, Event, Outline, Plan, Step
from engine.planning import layering, rules
from engine.planning.casting import Role, cast, in_time
from engine.planning.events import Brief, Routed, dropped
from engine.planning.layering import Cast
from engine.planning.parts import Part, Told, label_id, labelled_part, part_of, parts_of
from engine.planning.perspective import Perspective
from engine.planning.routing import check_length, missed, nothing_matched
from engine.planning.rules import Natural
from engine.planning.scene import Scene
from engine.planning.sounds import Nearest, Sounds
from engine.request import ComposeRequest, Job

GIVEN = ("marker", "sheet")
"""Origins of cues that a person gave."""
SAME_MOMENT_SECONDS = 0.08
"""What was found this near to what a person gave is the same moment, and the person's word counts."""
MANY_LEFT = 0.25
"""A warning counts the cues that got no sound when they are more than this share."""


class Composer:
    """Puts sounds to one scene.

    Parameters
    ----------
    natural
        The nature of what some words name.
    previous
        The plan that this one follows: its steps that the words leave alone keep their cues.
    """

    def __init__(self, job: Job, scene: Scene, sounds: Sounds, natural: Natural, previous: Plan | None) -> None:
        self._brief = Brief.of(job, sounds, previous)
        self._rate = job.session.sample_rate
        self._scene = _filled(scene, self._brief)
        self._previous = previous
        self._sounds = sounds
        self._natural = natural
        self._before = {step.id: step for step in previous.outline.steps} if previous else {}
        self._known = {cue.id for cue in previous.cues} if previous else set()
        self._labels_before = (
            {label_id(cue.label, cue.track) for cue in previous.cues if cue.label} if previous else set()
        )
        self._unmatched: list[str] = []
        self._warnings: list[str] = list(scene.warnings)

    def plan(self, outline: Outline | None, told: Told) -> Plan:
        """Decide everything.

        Parameters
        ----------
        outline
            What the words name, and what stays of the previous plan; None when there are no words.
        told
            What else the words say of each sound.

        Raises
        ------
        PromptNotMatched
            When nothing that the words and the cues name can be made.
        NothingMoves
            When a sound wants a cue and the scene has none.
        BadArgument
            When there are more events than a plan holds, or it lasts too long.
        """
        brief, scene = self._brief, self._scene
        steps = outline.steps if outline else ()
        cues = self._cues()
        casts = [*self._spoken(steps, told, [cue for cue in cues if not cue.label]), *self._labelled(steps, cues)]
        if not casts:
            spoken = any(c.isalnum() for c in brief.request.prompt) or brief.request.preset
            raise nothing_matched(self._unmatched, field="prompt" if spoken else "cue_sheet")
        self._check_number(sum(len(each.cues) or each.part.step.count for each in casts))
        perspective = Perspective(cues, scene.shots_samples)
        whole = scene.length_samples
        events = [e for each in casts if each.cues for e in layering.on_cues(each, brief, perspective, whole)]
        bare = [each.part for each in casts if not each.cues]
        events += [event for part in bare if not part.bed for event in self._as_told(part)]
        beds = [part for part in bare if part.bed]
        ends = [e.start_samples + e.length_samples for e in events]
        natural = [brief.samples(part.whole.length_seconds) for part in beds]
        length = whole or max(ends, default=0) or max(natural, default=0)
        check_length(length / self._rate, field="duration")
        shots = scene.shots_samples if _per_shot(brief, self._previous) else ()
        for part in beds:
            made = list(layering.bed(part, brief, shots, length))
            events += made
            if not made:
                self._warnings.append(f"{part.step.text!r} is left out: no time is left for it before the end.")
            elif (longest := part.whole.backend.capabilities.max_length_seconds) < length / self._rate and not shots:
                self._warnings.append(
                    f"{part.step.text!r} ends after {longest:g} s: {part.whole.backend.name} makes no more."
                )
        self._check_number(len(events))
        if not events:
            raise BadArgument("No sound begins within the scene: ask for a longer one.", field="duration")
        self._count_left(cues, {event.cue for event in events})
        self._warnings += [
            note for each in casts for note in dropped(Routed(step=each.part.step, choice=each.part.once))
        ]
        return Plan(
            prompt=brief.request.prompt or brief.request.preset,
            session=brief.session,
            position_samples=brief.position_samples,
            length_samples=length,
            seed=brief.seed,
            mix=brief.request.mix,
            mix_chain=brief.mix_chain,
            outline=Outline(
                steps=tuple(self._as_step(each) for each in casts),
                length_seconds=length / self._rate if whole else None,
                planner=outline.planner if outline else rules.NAME,
                warnings=outline.warnings if outline else (),
            ),
            events=tuple(events),
            picture=scene.picture,
            shots=scene.shots_samples,
            cues=tuple(in_time(scene.cues)),
            warnings=tuple(dict.fromkeys([*self._warnings, *(outline.warnings if outline else ())])),
        )

    def _cues(self) -> list[Cue]:
        """The cues that lie in the scene, each moment once."""
        cues, whole = in_time(self._scene.cues), self._scene.length_samples
        check_length((whole or (cues[-1].start_samples if cues else 0)) / self._rate, field="duration")
        inside = [cue for cue in cues if whole is None or cue.start_samples < whole]
        if len(inside) < len(cues):
            self._warnings.append(f"{len(cues) - len(inside)} of {len(cues)} cues lie after the end and stay silent.")
        return _without_doubles(inside, round(SAME_MOMENT_SECONDS * self._rate))

    def _labelled(self, steps: Sequence[Step], cues: Sequence[Cue]) -> list[Cast]:
        """The sounds that cues name themselves, one part for each label and track."""
        by_label: dict[tuple[str, str], list[Cue]] = {}
        for cue in cues:
            if cue.label:
                by_label.setdefault((cue.label, cue.track), []).append(cue)
        changed = {step.id: step for step in steps if step.id in self._labels_before}
        found: list[Cast] = []
        for (label, track), group in by_label.items():
            step_id = label_id(label, track)
            if step_id in self._before and step_id not in changed:
                continue  # a follow-up took it out
            part = labelled_part(label, track, self._sounds, self._natural, self._rate)
            if isinstance(part, Part) and step_id in changed and changed[step_id] != self._before[step_id]:
                again = part_of(changed[step_id], None, self._sounds, self._rate)
                part = replace(again, title=part.title, length_seconds=None) if isinstance(again, Part) else again
            if isinstance(part, Nearest):
                self._unmatched.append(f"{missed(label, part)} in {_where(group)}")
                self._warnings.append(f"{_where(group).capitalize()}: no sound here answers {missed(label, part)}.")
            else:
                found.append(Cast(part=part, cues=tuple(group), series=True))
                if part.unsaid:
                    rest = " and ".join(part.unsaid)
                    only = f"{_where(group).capitalize()}: only {part.step.text!r} is made"
                    self._warnings.append(f"{only}; give {rest} a cue of its own.")
        return _beds_until_the_next(found, self._scene.length_samples)

    def _spoken(self, steps: Sequence[Step], told: Told, cues: Sequence[Cue]) -> list[Cast]:
        """The sounds that the prompt names, and their cues."""
        spoken = [step for step in steps if step.id not in self._labels_before]
        read = parts_of(spoken, told, self._sounds, self._rate)
        for text, nearest in read.unmatched:
            self._unmatched.append(missed(text, nearest))
            self._warnings.append(f"Left out, for no sound here answers it: {missed(text, nearest)}.")
        fixed, new = self._kept(read.parts, cues)
        self._check_that_something_moves([part for part in new if part.role])
        taken = {cue.id for each in fixed for cue in each.cues}
        asking = [part for part in new if part.role]
        roles = [part.role for part in asking if part.role]
        got = cast(roles, [cue for cue in cues if cue.id not in taken], self._rate)
        casts = {each.part.step.id: each for each in fixed} | {part.step.id: Cast(part=part) for part in new}
        for part, own in zip(asking, got, strict=True):
            happens = part.role is not None and part.role.at_samples is None and not part.whole.match.sustained
            if happens and not own and any(got) and part.step.id not in self._before:
                why = "the others have them all: say when it sounds ('at 0:03'), or give it markers"
                self._warnings.append(f"{part.step.text!r} is left out, for it finds no cue; {why}.")
                del casts[part.step.id]
                continue
            casts[part.step.id] = self._settled(part, own)
            taken |= {cue.id for cue in own}
        self._take_fresh(casts, fixed, [cue for cue in cues if cue.id not in taken | self._known])
        return [casts[part.step.id] for part in read.parts if part.step.id in casts]

    def _kept(self, parts: Sequence[Part], cues: Sequence[Cue]) -> tuple[list[Cast], list[Part]]:
        """What a follow-up leaves on its cues, and what is cast: new, moved or of another number."""
        here = {cue.id: cue for cue in cues}
        fixed: list[Cast] = []
        new: list[Part] = []
        for part in parts:
            old, step = self._before.get(part.step.id), part.step
            if old is None or part.role is None:
                new.append(part)
                continue
            own = tuple(here[cue] for cue in old.cues if cue in here)
            moved = step.start_seconds != old.start_seconds
            if moved:
                role = replace(part.role, at_samples=self._brief.samples(step.start_seconds))
                new.append(replace(part, role=role))
            elif step.count == old.count and (own or not old.cues):
                fixed.append(Cast(part=part, cues=own, series=len(own) == 1))
            else:
                new.append(part)
        return fixed, new

    def _take_fresh(self, casts: dict[str, Cast], fixed: Sequence[Cast], fresh: Sequence[Cue]) -> None:
        """Cues that were not there before go to what was on several of the others."""
        growing = [each for each in fixed if len(each.cues) > 1 and self._known]
        got = cast([Role(sound=each.part.sound) for each in growing], fresh, self._rate)
        for each, own in zip(growing, got, strict=True):
            casts[each.part.step.id] = replace(each, cues=tuple(in_time([*each.cues, *own])))

    def _settled(self, part: Part, own: tuple[Cue, ...]) -> Cast:
        """A part with what it got; one that got nothing lies where the words say, or under the whole."""
        if own:
            return Cast(part=part, cues=own, series=len(own) == 1)
        role = part.role
        if role is not None and role.at_samples is None:
            self._warnings.append(f"{part.step.text!r} finds no cue that fits it and is placed as the words say.")
        if part.whole.fills and not part.placed:
            step = part.step.model_copy(update={"layer": "background"})
            return Cast(part=replace(part, step=step, bed=True))
        return Cast(part=self._timed(part))

    def _as_told(self, part: Part) -> list[Event]:
        made = layering.as_told(part, self._brief, self._scene.length_samples)
        if late := part.step.count - len(made):
            self._warnings.append(f"{part.step.text!r}: {late} left out, after the end.")
        return made

    def _timed(self, part: Part) -> Part:
        """The time of a part without cues: what is told, or so that it ends with the scene."""
        role, step = part.role, part.step
        start = step.start_seconds
        if role is not None and role.at_samples is not None:
            start = role.at_samples / self._rate
        elif role is not None and role.where == "end" and self._scene.length_samples:
            routed = Routed(step=step.model_copy(update={"start_seconds": 0.0}), choice=part.whole)
            start = max(0.0, self._scene.length_samples / self._rate - routed.end_seconds)
        return replace(part, step=step.model_copy(update={"start_seconds": round(start, 6)}))

    def _check_that_something_moves(self, asking: Sequence[Part]) -> None:
        request = self._brief.request
        wanting = [
            part
            for part in asking
            if part.role and part.role.at_samples is None and part.role.where != "cut" and not part.once.fills
        ]
        if not wanting or self._scene.moments or (isinstance(request, ComposeRequest) and request.spot == "off"):
            return
        seen = "Nothing that moves is seen in the picture" if self._scene.picture else "There is no cue"
        raise NothingMoves(
            f"{seen}, so {wanting[0].step.text!r} has no moment to sound at: give markers or a cue sheet, or have cues "
            "spread evenly with 'evenly'.",
            field="markers",
        )

    def _as_step(self, each: Cast) -> Step:
        step, cues = each.part.step, each.cues
        update: dict[str, object] = {
            "cues": tuple(cue.id for cue in cues),
            "length_seconds": each.part.length_seconds,
        }
        if cues:
            update["start_seconds"] = round(cues[0].start_samples / self._rate, 6)
        elif each.part.bed and not each.part.placed:
            update["start_seconds"] = 0.0
        return step.model_copy(update=update)

    def _count_left(self, cues: Sequence[Cue], used: set[str]) -> None:
        moments = [cue for cue in cues if cue.kind != "cut"]
        left = sum(cue.id not in used for cue in moments)
        if left > MANY_LEFT * len(moments):
            self._warnings.append(f"{left} of {len(moments)} cues have no sound: no words ask for one there.")

    def _check_number(self, number: int) -> None:
        if number > MAX_EVENTS:
            request = self._brief.request
            by_sheet = isinstance(request, ComposeRequest) and request.cue_sheet and not request.markers
            raise BadArgument(
                f"The plan has {number:,} sounds, at most {MAX_EVENTS:,} are made: give fewer cues, or split it.",
                field="cue_sheet" if by_sheet else "markers",
            )


def _filled(scene: Scene, brief: Brief) -> Scene:
    """The scene with its length, its cuts, and evenly spread cues where they are asked for and there are no others."""
    request = brief.request
    if scene.length_samples is None and request.duration is not None:
        scene = scene.model_copy(update={"length_samples": max(1, brief.samples(request.duration))})
    if isinstance(request, ComposeRequest) and request.evenly and not scene.moments and scene.length_samples:
        scene = scene.with_even_cues(request.evenly)
    return scene.with_cuts()


def _without_doubles(cues: Sequence[Cue], near_samples: int) -> list[Cue]:
    """The cues without those found in picture or sound where a person marked the same moment."""
    given = [cue.start_samples for cue in cues if cue.origin in GIVEN and not cue.label]

    def is_double(cue: Cue) -> bool:
        if cue.origin in GIVEN or cue.kind == "cut" or cue.length_samples:
            return False
        after = bisect_left(given, cue.start_samples)
        return any(abs(start - cue.start_samples) <= near_samples for start in given[max(0, after - 1) : after + 1])

    return [cue for cue in cues if not is_double(cue)]


def _per_shot(brief: Brief, previous: Plan | None) -> bool:
    """As asked; a follow-up in words alone keeps what was asked before."""
    if isinstance(brief.request, ComposeRequest):
        return brief.request.ambience == "per_shot"
    beds = [event for event in previous.events if event.layer == "background" and not event.cue] if previous else []
    return any("." in event.id for event in beds)


def _beds_until_the_next(casts: list[Cast], whole: int | None) -> list[Cast]:
    """A labelled bed without a length lasts until the next on its track, or to the end of the scene."""
    starts: dict[str, list[int]] = {}
    for each in casts:
        for cue in each.cues if each.part.bed else ():
            starts.setdefault(cue.track, []).append(cue.start_samples)

    def lasting(cue: Cue) -> Cue:
        later = [start for start in starts[cue.track] if start > cue.start_samples]
        end = min(later, default=whole)
        return (
            cue
            if cue.length_samples or end is None
            else cue.model_copy(update={"length_samples": end - cue.start_samples, "kind": "mark"})
        )

    return [replace(each, cues=tuple(map(lasting, each.cues))) if each.part.bed else each for each in casts]


def _where(cues: Sequence[Cue]) -> str:
    """Rows of a sheet by their number, other cues by their id; the first few."""
    names = [str(cue.row) if cue.row is not None else cue.id for cue in cues]
    kind = "row" if cues[0].row is not None else "cue"
    return f"{kind}{'s' if len(names) > 1 else ''} {', '.join(names[:8])}{' ...' if len(names) > 8 else ''}"
