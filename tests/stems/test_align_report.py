"""The page of an align job as a file: what it holds, what it never does, and the names that a manifest takes."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
import soundfile
from align_report_case import LATE_SECONDS, make_report, make_trace
from report_case import HITS_SECONDS, HOSTILE, RATE, SECONDS

from engine.action import Denoise
from engine.errors import Cancelled, FileUnreadable
from engine.handle import Handle
from engine.plan import Cutting, EditPlan
from engine.region import Region
from engine.request import AlignRequest, Job
from engine.session import Session
from engine.stems.manifest import EditManifest, Versions
from engine.stems.report import aligned_data, write_align_report
from engine.stems.report.aligned_page import align_page
from engine.trace import Cycle, Description, Score


def handed(text: str) -> dict[str, Any]:
    """What a page's script is handed."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def rows_of(text: str) -> list[str]:
    """A version's rows each, in words."""
    bodies = re.findall(r"<tbody[^>]*>(.*?)</tbody>", text, re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split()) for body in bodies]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("aligned")


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    return align_page(make_report(folder), folder, "a-1")


def test_the_script_is_handed_every_version_on_one_axis(text: str) -> None:
    shown = handed(text)
    assert (shown["begin_seconds"], shown["end_seconds"], shown["shots_seconds"]) == (0, SECONDS, [0, 2])
    assert [moment["time_seconds"] for moment in shown["moments"]] == list(HITS_SECONDS)
    assert [(one["number"], one["label"], one["won"]) for one in shown["versions"]] == [
        *((0, "Original", False), (2, "Cycle 2", False), (3, "Cycle 3", True))
    ]
    for one in shown["versions"]:
        assert [onset["time_seconds"] for onset in one["onsets"]] == [
            at + LATE_SECONDS[one["number"]] for at in HITS_SECONDS
        ]
        copy, rate = soundfile.read(io.BytesIO(base64.b64decode(one["mp3"])))
        assert (len(copy), rate) == (SECONDS * RATE, RATE)
        assert len(base64.b64decode(one["peaks"])) == 2 * one["columns"] > 0


def test_the_table_says_what_was_done_and_how_it_was_judged(text: str) -> None:
    assert rows_of(text) == [
        "Original as it was 0.64 0.12 0.38 Judge measured It is 200 ms late.",
        "Cycle 1 fill text=x not done Planner llm-8b gave no reason. Problem No backend can do that.",
        "Cycle 2 shift seconds=-0.1 0.70 0.55 0.62 Planner llm-8b It lags. Judge vlm-7b Still 100 ms late.",
        "Cycle 3 won denoise shift seconds=-0.2 0.90 1.00 0.95 Planner rules It still lags. Judge vlm-7b In time.",
    ]
    assert re.findall(r'<button class="choose" data-number="(\d)" disabled>', text) == ["1"]
    widths = re.findall(r'<rect class="(\w+)" width="([\d.]+)"', text)
    assert widths[:2] == [("short", "28.2"), ("short", "5.3")]
    assert widths[-2:] == [("reached", "44.0"), ("reached", "41.8")]


def test_the_head_says_what_came_of_it_and_what_it_cost(text: str) -> None:
    facts = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", text.partition("</header>")[0]))
    assert facts == {
        "Job": "a-1",
        "Project": "Reel 3",
        "Sound": "foley.wav",
        "Timeline": "48 kHz · 25 fps",
        "Threshold": "0.88",
        "Cycles": "3 of at most 4",
        "Stopped": "a version reached the threshold",
        "Model calls": "7",
        "Tokens": "12,345",
        "Time": "3.2 s",
    }
    assert "<b>Cycle 3 won.</b> <span>Synchronisation 0.12 → 1.00.</span>" in text
    assert "<h2>Heard <small>measured</small></h2><p>Five knocks.</p>" in text
    assert "<h2>Seen <small>by vlm-7b</small></h2><p>A ball bounces.</p>" in text
    assert "<dt>Hum</dt><dd>50.0 Hz</dd>" in text


def test_a_kept_original_is_no_winner(folder: Path) -> None:
    trace = make_trace(best=0, cycles=(), stopped="good_enough", verdict="It fits.")
    kept = make_report(folder, trace=trace, heard=make_report(folder).heard[:1])
    text = align_page(kept, folder, "a-1")
    assert 'aria-label="Verdict"><b>It fits.</b></section>' in text
    assert rows_of(text) == ["Original kept as it was 0.64 0.12 0.38 Judge measured It is 200 ms late."]
    assert [one["number"] for one in handed(text)["versions"]] == [0]


def test_what_models_and_people_wrote_cannot_leave_its_place(folder: Path) -> None:
    score = Score(alignment=0.5, synchronisation=0.5, rationale=HOSTILE, by=HOSTILE)
    cycles = tuple(
        Cycle(number=k, actions=(HOSTILE,), reason=HOSTILE, planner=HOSTILE, score=one, problem="" if one else HOSTILE)
        for k, one in enumerate((None, score), start=1)
    )
    trace = make_trace(
        description=Description(heard=HOSTILE, seen=HOSTILE, heard_by=HOSTILE, seen_by=HOSTILE),
        original=score,
        cycles=cycles,
        best=2,
        verdict=HOSTILE,
    )
    shown = make_report(folder, title=HOSTILE, sound=HOSTILE, trace=trace, warnings=(HOSTILE,))
    text = align_page(shown, folder, "a-1")
    assert text.count("<script") == text.count("</script") == 2
    assert "<img src=x" not in text
    assert "<!-- " not in text
    assert not set(text.partition('id="data">')[2].partition("</script>")[0]) & set("<>&\u2028\u2029")
    # The title twice, sound, warning and verdict; of the description, the original and both cycles.
    assert text.count(html.escape(HOSTILE)) == 5 + 4 + 2 + 4 + 5


def test_the_page_allows_itself_its_own_script_and_style_only(text: str) -> None:
    policy = html.unescape(re.search(r'Content-Security-Policy" content="(.*?)"', text)[1])  # type: ignore[index]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        found = re.search(rf"<{tag}>(.*)</{tag}>", text, re.DOTALL)
        assert found
        digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert rules["default-src"] == "'none'"
    assert "http" not in policy
    assert " style=" not in text.partition("</style>")[2].partition("<script")[0]  # it would not be obeyed


def test_all_versions_travel_in_the_page_or_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aligned_data, "VERSIONS_BYTES", 3 * 35_000 - 1)
    shown = handed(align_page(make_report(folder), folder, "a-1"))
    assert [one["mp3"] for one in shown["versions"]] == ["", "", ""]
    assert [one["url"] for one in shown["versions"]] == [f"foley%20{number}.wav" for number in LATE_SECONDS]


def test_a_version_that_is_gone_is_an_error_and_a_cancel_is_heard(tmp_path: Path) -> None:
    report = make_report(tmp_path)
    with pytest.raises(Cancelled):
        write_align_report(report, tmp_path, "a-1", Handle(is_cancelled=lambda: True))
    report.heard[1].path.unlink()
    with pytest.raises(FileUnreadable, match=r"foley 2\.wav"):
        write_align_report(report, tmp_path, "a-1")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["foley 0.wav", "foley 3.wav"]


# The manifest


def manifest(audio: str, report: str = "a-1.report.html") -> EditManifest:
    request = AlignRequest.read({"audio": "/a.wav", "video": "/a.mp4"})
    cycle = make_trace().cycles[1].model_copy(update={"audio": audio})
    return EditManifest(
        job=Job(id="a-1", verb="align", request=request, created="2026-01-01T00:00:00Z"),
        versions=Versions.here({}),
        stems=(),
        edit=EditPlan(
            said="x",
            actions=(str(Denoise()),),
            planner="rules",
            session=Session(),
            region=Region(path="/a.wav"),
            cutting=Cutting(path="/a.wav", start_samples=0, end_samples=9),
            position_samples=0,
            seeds=(1,),
        ),
        trace=make_trace(cycles=(cycle,), best=1),
        report=report,
    )


@pytest.mark.parametrize("audio", ["", "a.wav", "a-1.versions/foley cycle 1.wav"])
def test_a_version_lies_beside_the_manifest_or_one_folder_below(audio: str) -> None:
    read = EditManifest.read(manifest(audio).model_dump_json())
    assert read.trace
    assert read.trace.cycles[0].audio == audio


@pytest.mark.parametrize(
    "audio", ["/a.wav", "../a.wav", "a/../b.wav", "a/b/c.wav", "a/..", "a/", "a\\b.wav", "C:/a.wav", ".", "a/\0"]
)
def test_a_version_lies_nowhere_else(audio: str) -> None:
    with pytest.raises(ValueError, match="is not the name of a file beside the manifest"):
        manifest(audio)


def test_the_page_lies_beside_the_manifest() -> None:
    with pytest.raises(ValueError, match="is not the name of a file beside the manifest"):
        manifest("", report="../a.html")
