"""REAPER projects, read back by the rpp package: every item on its sample."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
import rpp
from hypothesis import given
from hypothesis import strategies as st
from stem_cases import manifest, stem

from engine.cue import Cue
from engine.picture import Picture
from engine.results import StemFile
from engine.session import Session
from engine.stems.export import write_rpp
from engine.stems.interchange.rpp import project
from engine.stems.interchange.timeline import Timeline
from engine.timebase import round_late

Line = list[str] | str


def value(element: rpp.Element, name: str) -> list[str]:
    """The arguments of the one line of that name."""
    (line,) = (c for c in element.children if isinstance(c, list) and c[0] == name)
    return list(line[1:])


def load(
    stems: list[StemFile],
    mix: StemFile | None = None,
    session: Session = Session(),  # noqa: B008  (frozen)
    folder: Path = Path(),
) -> rpp.Element:
    timeline = Timeline(
        job_id="job-1",
        title="slam",
        created="",
        session=session,
        sample_rate_hz=session.sample_rate,
        stems=tuple(sorted(stems, key=lambda s: s.index)),
        mix=mix,
    )
    return rpp.loads(project(timeline, folder))


def samples(seconds: str, rate: int) -> int:
    return round_late(Fraction(seconds) * rate)


def takes_of(item: rpp.Element) -> list[list[Line | rpp.Element]]:
    """The item's lines, take by take."""
    takes: list[list[Line | rpp.Element]] = [[]]
    for child in item.children:
        if child == "TAKE" or (isinstance(child, list) and child[0] == "TAKE"):
            takes.append([])
        else:
            takes[-1].append(child)
    return takes


def argument(take: list[Line | rpp.Element], name: str) -> list[str]:
    (line,) = (c for c in take if isinstance(c, list) and c[0] == name)
    return list(line[1:])


def file_of(take: list[Line | rpp.Element]) -> str:
    (source,) = (c for c in take if isinstance(c, rpp.Element))
    assert (source.tag, source.attrib) == ("SOURCE", ["WAVE"])
    return value(source, "FILE")[0]


@given(
    rate=st.sampled_from([44_100, 48_000, 96_000, 192_000]),
    position=st.one_of(st.integers(0, 10**6), st.integers(0, 24 * 3_600 * 192_000)),
    length=st.integers(1, 3_600 * 192_000),
)
def test_items_lie_on_their_sample(rate: int, position: int, length: int) -> None:
    one = stem(position_samples=position, length_samples=length, sample_rate_hz=rate)
    read = load([one], session=Session(sample_rate=rate))
    assert value(read, "SAMPLERATE") == [str(rate), "1", "0"]
    item = read.find(".//ITEM")
    assert samples(value(item, "POSITION")[0], rate) == position
    assert samples(value(item, "LENGTH")[0], rate) == length
    # Nearer than a hundredth of a sample: nothing is left to how the reader rounds.
    assert abs(Fraction(value(item, "POSITION")[0]) * rate - position) < Fraction(1, 100)
    assert value(item, "SOFFS") == ["0"]
    assert value(item, "LOOP") == ["0"]


@given(starts=st.lists(st.integers(0, 4_000), min_size=2, max_size=6))
def test_takes_of_an_event_are_takes_of_one_item_each_in_its_own_place(starts: list[int]) -> None:
    position = 10**6
    stems = [
        stem(
            index=k + 1,
            take=k + 1,
            path=f"t{k}.wav",
            position_samples=position - lead,
            onset_samples=lead,
            length_samples=48_000 + k * k,
        )
        for k, lead in enumerate(starts)
    ]
    read = load(stems[::-1])
    (track,) = read.findall("TRACK")
    (item,) = track.findall("ITEM")
    begin = samples(value(item, "POSITION")[0], 48_000)
    takes = takes_of(item)
    assert [file_of(take) for take in takes] == [f"t{k}.wav" for k in range(len(starts))]
    for take, lead in zip(takes, starts, strict=True):
        offset = samples(argument(take, "SOFFS")[0], 48_000)
        assert begin - offset == position - lead
        assert offset >= 0
    end = max(s.position_samples + s.length_samples for s in stems)
    assert begin + samples(value(item, "LENGTH")[0], 48_000) == end


def test_tracks_come_in_the_stems_order_and_hold_their_events() -> None:
    read = load(
        [
            stem(index=3, event="s2", track="Rain", path="c.wav"),
            stem(index=1, event="s1", path="a.wav"),
            stem(index=2, event="s1.2", path="b.wav", position_samples=48_000),
        ],
        stem(kind="mix", event="", index=4, path="m.wav", track="Mix", channels=2),
    )
    tracks = read.findall("TRACK")
    assert [value(track, "NAME") for track in tracks] == [["FX_DOOR"], ["Rain"], ["Mix"]]
    assert [len(track.findall("ITEM")) for track in tracks] == [2, 1, 1]
    assert [value(track, "MUTESOLO")[0] for track in tracks] == ["0", "0", "1"]


def test_pan_is_on_every_take_and_mono_lies_as_in_the_mix() -> None:
    stems = [
        stem(event="s1", take=1, index=1, pan=-0.25),
        stem(event="s1", take=2, index=2, path="b.wav", pan=-0.25),
        stem(event="s2", index=3, channels=2, track="Rain", pan=0.5),
    ]
    mono, stereo = load(stems).findall(".//ITEM")
    first, second = takes_of(mono)
    assert [float(x) for x in argument(first, "VOLPAN")] == pytest.approx([1.0, -0.25, 1.0, 0.5**0.5])
    assert [float(x) for x in argument(second, "TAKEVOLPAN")] == pytest.approx([-0.25, 1.0, 0.5**0.5])
    assert [float(x) for x in value(stereo, "VOLPAN")] == pytest.approx([1.0, 0.5, 1.0, 1.0])


@pytest.mark.parametrize(
    ("frame_rate", "base", "kind"),
    [
        *(("24", "24", "0"), ("25", "25", "0"), ("30", "30", "0")),
        *(("23.976", "24", "2"), ("29.97", "30", "2"), ("59.94", "60", "2")),
        *(("29.97df", "30", "1"), ("59.94df", "60", "1")),
    ],
)
def test_the_frame_rate_is_reapers(frame_rate: str, base: str, kind: str) -> None:
    assert value(load([stem()], session=Session(frame_rate=frame_rate)), "TIMEMODE")[3:5] == [base, kind]


def test_the_project_starts_at_the_sessions_timecode() -> None:
    session = Session(frame_rate="23.976", start_timecode="01:00:00:00")
    assert samples(value(load([stem()], session=session), "PROJOFFS")[0], 48_000) == 172_972_800
    assert value(load([stem()]), "PROJOFFS")[0] == "0"


@given(name=st.text(min_size=1, max_size=40))
def test_any_name_is_quoted_so_that_it_stays_one_line_and_one_value(name: str) -> None:
    read = load([stem(track=name, label=name)])
    (track,) = read.findall("TRACK")
    quotes = all(q in name for q in "\"'`")
    expected = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    assert value(track, "NAME") == [expected.replace("`", "'") if quotes else expected]
    assert len(track.findall("ITEM")) == 1


def test_the_file_lies_beside_the_stems_and_names_them_relative(tmp_path: Path) -> None:
    one = stem(path=str(tmp_path / 'FOLYFeet_It\'s "here".wav'))
    path = write_rpp([one], None, manifest().plan, tmp_path, "job-1")
    assert path == tmp_path / "job-1.rpp"
    read = rpp.loads(path.read_text(encoding="utf-8"))
    assert file_of(takes_of(read.find(".//ITEM"))[0]) == 'FOLYFeet_It\'s "here".wav'
    assert write_rpp([one], None, manifest().plan, tmp_path, "job-1") == path


def test_cues_are_markers_and_regions_and_the_picture_lies_at_its_place(tmp_path: Path) -> None:
    cues = (
        Cue(id="c1", start_samples=801, label='cup "down"', kind="impact"),
        Cue(id="c2", start_samples=48_000, length_samples=24_000, kind="movement"),
    )
    picture = Picture(path="/media/reel 2/scene  4.mov", offset_seconds=12.5, play_rate=2.0)
    made = manifest().plan.model_copy(update={"cues": cues, "picture": picture, "position_samples": 96_000})
    read = rpp.loads(write_rpp([stem()], None, made, tmp_path, "job-1").read_text(encoding="utf-8"))
    markers = [c[1:] for c in read.children if isinstance(c, list) and c[0] == "MARKER"]
    assert [(m[0], samples(m[1], 48_000), m[2], m[3]) for m in markers] == [
        ("1", 96_801, 'cup "down"', "0"),
        ("2", 144_000, "movement", "1"),
        ("2", 168_000, "", "1"),
    ]
    track = read.findall("TRACK")[0]
    item = track.find("ITEM")
    assert value(track, "NAME") == ["Picture"]
    assert samples(value(item, "POSITION")[0], 48_000) == 96_000
    assert samples(value(item, "LENGTH")[0], 48_000) == made.length_samples
    assert (value(item, "SOFFS"), value(item, "PLAYRATE")[0]) == (["12.5"], "2")
    source = item.find("SOURCE")
    assert (source.attrib, value(source, "FILE")) == (["VIDEO"], ["/media/reel 2/scene  4.mov"])
