"""What is handed to other DAWs, read back by their libraries: every position, offset and length equal to the sample."""

from __future__ import annotations

import json
import shutil
import wave
import zipfile
from fractions import Fraction
from pathlib import Path

import pytest
from handover_cases import CUES, HEARD, MUTED, POSITION, SOUNDS, Placed, finished_job
from handover_readers import exact, of_aaf, of_dawproject, of_otio, of_rpp, project_of
from wavinfo import WavInfoReader

from engine.cli import run
from engine.session import Session
from engine.stems.export import FORMATS, Exported, Handover, export
from engine.stems.manifest import Manifest, read_manifest
from engine.timebase import round_late

RATES = (44_100, 48_000, 96_000)
STARTS = ("00:00:00:00", "01:00:00:00")
FRAME_RATES = ("23.976", "25", "29.97df")
SESSIONS = [
    Session(sample_rate=rate, start_timecode=start, frame_rate=frames)
    for rate in RATES
    for start in STARTS
    for frames in FRAME_RATES
]


def written(folder: Path, session: Session = SESSIONS[0], **how: object) -> dict[str, Path]:
    """By the end of its name; the lists of edits are left out."""
    exported = export(finished_job(folder / "job", session=session), folder / "out", Handover(**how))  # type: ignore[arg-type]
    return {Path(name).suffix[1:]: Path(name) for name in exported.files}


@pytest.mark.parametrize("session", SESSIONS, ids=lambda s: f"{s.sample_rate} {s.frame_rate} {s.start_timecode[:2]}h")
def test_every_format_has_every_sound_on_its_sample(tmp_path: Path, session: Session) -> None:
    rate, frames = session.sample_rate, session.frames
    files = written(tmp_path, session, formats=FORMATS)

    # Takes of one item share its end, so a shorter take is silent there; REAPER has no lanes.
    whole = {Placed(p.track.replace(" 2", "").replace(" take", ""), *_rest(p)) for p in HEARD | MUTED}
    read = of_rpp(files["rpp"], rate)
    assert {(p.track, p.file, p.position, p.offset) for p in read} == {
        (p.track, p.file, p.position, p.offset) for p in whole
    }
    assert {p.length for p in read if p.file == "s1-t1.wav"} == {1_001}

    assert of_otio(files["otio"], rate, enabled=True) == HEARD
    assert of_otio(files["otio"], rate, enabled=False) == MUTED
    assert of_aaf(files["aaf"], rate) == HEARD
    assert of_dawproject(files["dawproject"], rate, muted=False) == HEARD
    assert of_dawproject(files["dawproject"], rate, muted=True) == MUTED

    start = session.start_samples
    import aaf2
    import opentimelineio as otio

    begins = otio.adapters.read_from_file(str(files["otio"])).global_start_time
    assert begins == otio.opentime.from_timecode(
        frames.frames_to_timecode(frames.timecode_to_frames(session.start_timecode)), float(frames.rate)
    )
    with aaf2.open(str(files["aaf"])) as file:
        (composition,) = file.content.toplevel()
        (timecode,) = (slot for slot in composition.slots if slot.media_kind == "Timecode")
        assert (timecode.edit_rate, timecode.segment.fps) == (frames.rate, frames.nominal)
        assert timecode.segment.drop == frames.drop_frame
        assert frames.frames_to_samples(timecode.segment.start, rate) == start
    lists = [assert_edit_list(path, session) for path in sorted((tmp_path / "out").glob("*.edl"))]
    assert sorted(name for names in lists for name in names) == sorted(p.file for p in HEARD)


def _rest(placed: Placed) -> tuple[str, int, int, int]:
    return placed.file, placed.position, placed.offset, placed.length


def assert_edit_list(path: Path, session: Session) -> list[str]:
    """Each event on the nearest frame, and the remark tells the samples from there."""
    import opentimelineio as otio

    frames, rate = session.frames, session.sample_rate
    text = path.read_text(encoding="ascii")
    assert f"FCM: {'DROP FRAME' if frames.drop_frame else 'NON-DROP FRAME'}\n" in text
    named = {Path(p.file).name: p for p in HEARD}
    timeline = otio.adapters.read_from_string(text, "cmx_3600", rate=float(frames.rate))
    clips = list(timeline.find_clips())
    lines = [line for line in text.splitlines() if line[:3].isdecimal()]
    sources = [line.removeprefix("* SOURCE FILE: ") for line in text.splitlines() if line.startswith("* SOURCE")]
    assert len(lines) == len(sources) > 0
    assert {clip.source_range.duration.rate for clip in clips} == {float(frames.rate)}
    for line, source in zip(lines, sources, strict=True):
        placed = named[source]
        begin, end = (frames.timecode_to_frames(code) for code in line.split()[-2:])
        at = session.start_samples + placed.position
        assert begin == round_late(at * frames.rate / rate)
        assert end == max(begin + 1, round_late((at + placed.length) * frames.rate / rate))
        assert line.split()[-4:-2] == line.split()[-2:]
        left = at - frames.frames_to_samples(begin, rate)
        assert abs(left) <= Fraction(rate, 2) / frames.rate + 1
        assert (f"* CUEWRIGHT: {left:+d} SAMPLES FROM THIS FRAME" in text) == (left != 0)
    return sources


def test_cues_are_markers_in_every_format_that_has_them(tmp_path: Path) -> None:
    files = written(tmp_path, formats=FORMATS)
    expected = [(cue.label or cue.kind, POSITION + cue.start_samples) for cue in CUES]
    import aaf2
    import opentimelineio as otio

    markers = otio.adapters.read_from_file(str(files["otio"])).tracks.markers
    assert [(m.name, int(m.marked_range.start_time.value)) for m in markers] == expected
    assert [int(m.marked_range.duration.value) for m in markers] == [0, 24_003]
    with aaf2.open(str(files["aaf"])) as file:
        (composition,) = file.content.toplevel()
        (slot,) = (s for s in composition.slots if type(s).__name__ == "EventMobSlot")
        events = slot.segment.components
        assert slot.edit_rate == 44_100
        assert [(e["Comment"].value, e["Position"].value) for e in events] == expected
    found = [(m.get("name"), exact(m.attrib["time"], 44_100)) for m in project_of(files["dawproject"]).iter("Marker")]
    assert found == expected


def test_pan_is_carried_and_steps_where_it_changes(tmp_path: Path) -> None:
    files = written(tmp_path, formats=("aaf", "dawproject", "otio"))
    import aaf2
    import opentimelineio as otio

    with aaf2.open(str(files["aaf"])) as file:
        (composition,) = file.content.toplevel()
        slots = {slot.name: slot.segment for slot in composition.slots if slot.media_kind == "Sound"}
        points = {
            name: [(p["Time"].value, float(p.value)) for p in group.parameters.value[0].pointlist]
            for name, group in slots.items()
            if type(group).__name__ == "OperationGroup"
        }
        length = POSITION + 1_065
        assert slots["Door"].length == length
    assert {name: [value for _, value in steps] for name, steps in points.items()} == {
        "Door": [0.25, 0.625],
        "Rain.L": [0.0],
        "Rain.R": [1.0],
    }
    assert [Fraction(time) * length for time, _ in points["Door"]] == [0, POSITION + 1_001]

    root = project_of(files["dawproject"])
    tracks = [t for t in root.iter("Track") if t.find("Channel/Pan") is not None]
    pans = {t.get("name"): float(t.find("Channel/Pan").attrib["value"]) for t in tracks}
    assert pans == {"Door": 0.25, "Door 2": 0.5, "Door take 2": 0.25, "Rain": 0.5, "Mix": 0.5}
    (automation,) = root.iter("Points")
    assert automation.find("Target").get("parameter") == tracks[0].find("Channel/Pan").get("id")
    steps = [(exact(p.attrib["time"], 44_100), float(p.attrib["value"])) for p in automation.iter("RealPoint")]
    assert steps == [(POSITION, 0.25), (POSITION + 1_001, 0.625)]

    clips = otio.adapters.read_from_file(str(files["otio"])).find_clips()
    assert {c.metadata["cuewright"]["event"]: c.metadata["cuewright"]["pan"] for c in clips if c.name != "All"} == {
        sound.event: sound.pan for sound in SOUNDS
    }


def test_an_embedded_aaf_holds_every_bit(tmp_path: Path) -> None:
    files = written(tmp_path, formats=("aaf",), embed=True)
    assert of_aaf(files["aaf"], 44_100) == HEARD
    import aaf2

    checked = 0
    with aaf2.open(str(files["aaf"])) as file:
        for source in file.content.sourcemobs():
            name, _, channel = source.name.partition(" ")
            with wave.open(str(tmp_path / "job" / name)) as sound:
                frames, channels = sound.readframes(sound.getnframes()), sound.getnchannels()
            at = 3 * (int(channel or 1) - 1)
            wanted = b"".join(frames[k + at : k + at + 3] for k in range(0, len(frames), 3 * channels))
            descriptor = source.descriptor
            assert descriptor["QuantizationBits"].value == 24
            assert descriptor["Channels"].value == 1
            assert source.essence.open("r").read() == wanted
            assert source.slots.value[0].segment.length == descriptor["Length"].value == len(wanted) // 3
            checked += 1
    assert checked == 5
    shutil.rmtree(tmp_path / "job")  # nothing of it is needed any more
    assert of_aaf(files["aaf"], 44_100) == HEARD


def test_a_linked_aaf_names_files_that_are_there(tmp_path: Path) -> None:
    (tmp_path / 'a "b" 😀').mkdir()
    files = written(tmp_path / 'a "b" 😀', formats=("aaf",))
    import aaf2

    with aaf2.open(str(files["aaf"])) as file:
        urls = {m.name: next(iter(m.descriptor["Locator"].value))["URLString"].value for m in file.content.sourcemobs()}
    assert urls == {p.file: (tmp_path / 'a "b" 😀' / "job" / p.file).as_uri() for p in HEARD}


def test_a_dawproject_holds_the_files_themselves(tmp_path: Path) -> None:
    files = written(tmp_path, formats=("dawproject",))
    with zipfile.ZipFile(files["dawproject"]) as package:
        inside = {n: package.read(n) for n in package.namelist() if n.startswith("audio/")}
    assert inside == {f"audio/{p.file}": (tmp_path / "job" / p.file).read_bytes() for p in HEARD | MUTED}


def test_a_session_that_starts_elsewhere_keeps_every_timecode(tmp_path: Path) -> None:
    session = Session(sample_rate=48_000, frame_rate="23.976", start_timecode="01:00:00:00")
    files = written(tmp_path, session, formats=("aaf", "otio", "dawproject", "rpp"), session_start="00:59:50:00")
    earlier = session.start_samples - session.frames.timecode_to_samples("00:59:50:00", 48_000)
    moved = {Placed(p.track, p.file, p.position + earlier, p.offset, p.length) for p in HEARD}
    assert of_aaf(files["aaf"], 48_000) == moved
    assert of_otio(files["otio"], 48_000, enabled=True) == moved
    assert of_dawproject(files["dawproject"], 48_000, muted=False) == moved
    positions = {p.position for p in of_rpp(files["rpp"], 48_000)}
    assert {p.position for p in moved} <= positions
    import opentimelineio as otio

    read = otio.adapters.read_from_file(str(files["otio"]))
    starts = [int(marker.marked_range.start_time.value) for marker in read.tracks.markers]
    assert starts == [POSITION + earlier + cue.start_samples for cue in CUES]
    assert otio.opentime.to_timecode(read.global_start_time) == "00:59:50:00"
    media = next(iter(read.find_clips())).media_reference
    assert int(media.available_range.start_time.value) == session.start_samples + POSITION  # the file's own timecode


def test_the_folder_may_have_moved_and_the_same_job_gives_the_same_files(tmp_path: Path) -> None:
    finished_job(tmp_path / "job")
    (tmp_path / "job").rename(tmp_path / "elsewhere")
    manifest = tmp_path / "elsewhere" / "job-1.cuewright.json"
    how = Handover(formats=FORMATS, embed=True)
    first = export(manifest, tmp_path / "elsewhere", how)
    before = {name: Path(name).read_bytes() for name in first.files}
    assert export(manifest, tmp_path / "elsewhere", how) == first
    assert before == {name: Path(name).read_bytes() for name in first.files}
    project = next(Path(name) for name in first.files if name.endswith(".rpp")).read_text(encoding="utf-8")
    assert str(tmp_path) not in project  # beside its files, it names them from there
    assert isinstance(first, Exported)


CHILDREN = {
    "Project": ("Application", "Transport", "Structure", "Arrangement", "Scenes"),
    "Transport": ("Tempo", "TimeSignature"),
    "Track": ("Channel",),
    "Channel": ("Mute", "Pan", "Volume"),
    "Arrangement": ("Lanes", "Markers"),
    "Audio": ("File",),
    "Points": ("Target", "RealPoint"),
}
"""What the published schema puts in sequence; the rest may come in any number and order."""
NEEDED = {
    "Project": {"version"},
    "Application": {"name", "version"},
    "Tempo": {"unit", "value"},
    "Pan": {"unit", "value"},
    "Volume": {"unit", "value"},
    "TimeSignature": {"numerator", "denominator"},
    "Clip": {"time", "duration", "contentTimeUnit"},
    "Audio": {"channels", "sampleRate", "duration"},
    "File": {"path"},
    "Marker": {"time"},
    "RealPoint": {"time", "value"},
}


def test_a_dawproject_is_built_as_its_schema_says(tmp_path: Path) -> None:
    root = project_of(written(tmp_path, formats=("dawproject",))["dawproject"])
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))
    for element in root.iter():
        if (order := CHILDREN.get(element.tag)) is not None:
            places = [order.index(child.tag) for child in element]  # any other child: an error
            assert places == sorted(places)
        assert NEEDED.get(element.tag, set()) <= element.attrib.keys(), element.tag
        for reference in ("destination", "track", "parameter"):
            assert element.get(reference, ids[0]) in ids
    roles = [channel.get("role") for channel in root.iter("Channel")]
    assert roles.count("master") == 1
    assert {lanes.get("timeUnit") for lanes in root.iterfind("Arrangement/Lanes")} == {"seconds"}
    assert root.find("Arrangement/Markers").get("timeUnit") == "seconds"


def test_from_words_to_every_format(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = "a door slams on the left, then glass breaks on the right"
    session = ("--start-timecode", "01:00:00:00", "--frame-rate", "29.97df", "--at", "01:00:05;10")
    assert run(["generate", words, "--out", str(tmp_path / "job"), *session, "--takes", "2", "--json"]) == 0
    path = Path(json.loads(capfd.readouterr().out)["manifest"])
    manifest = read_manifest(path)
    assert isinstance(manifest, Manifest)
    assert {event.id: event.pan for event in manifest.plan.events} == {s.event: s.pan for s in manifest.stems}
    assert len({stem.pan for stem in manifest.stems}) == 2
    assert run(["export", str(path), "-f", "aaf,otio,dawproject", "-o", str(tmp_path / "out"), "--json"]) == 0
    files = {Path(name).suffix: Path(name) for name in json.loads(capfd.readouterr().out)["files"]}
    first = {(s.path, s.position_samples, s.length_samples) for s in manifest.stems if s.take == 1}
    for read in (
        of_aaf(files[".aaf"], 48_000),
        of_otio(files[".otio"], 48_000, enabled=True),
        of_dawproject(files[".dawproject"], 48_000, muted=False),
    ):
        assert {(p.file, p.position, p.length) for p in read} == first
        assert {p.offset for p in read} == {0}
    for stem in manifest.stems:
        stamp = WavInfoReader(str(path.parent / stem.path)).bext.time_reference
        assert stamp == manifest.plan.session.start_samples + stem.position_samples
