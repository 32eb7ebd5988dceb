"""``cuewright evaluate``: judges that a test makes up, and transformers' own classes on tiny checkpoints from disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from engine.backends.weights import Store
from engine.cli import run
from engine.config import Settings
from engine.errors import FileUnreadable
from engine.evaluation.judges import Clap, Clip, Image, Mono, Vectors
from engine.evaluation.scoring import ONSET_RATE_HZ, Judges, Made, evaluate, heard, onsets_of
from engine.handle import Handle

RATE = 48_000


def tone(hz: float, seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def clicks(*times: float, seconds: float = 2.0) -> np.ndarray:
    chance = np.random.default_rng(0)
    sound = np.zeros(round(seconds * RATE))
    burst = chance.normal(size=2_400) * np.exp(-np.arange(2_400) / 400)
    for k, at in enumerate(times):
        start = round(at * RATE)
        sound[start : start + 2_400] += (0.5 - 0.1 * k) * burst[: sound.size - start]
    return sound / 4


def write(folder: Path, **sounds: np.ndarray) -> Path:
    folder.mkdir(exist_ok=True)
    for name, sound in sounds.items():
        soundfile.write(folder / f"{name}.wav", sound, RATE)
    return folder


class Counts:
    """Judges sounds by where their energy lies, and words by the number that they say."""

    name = "made up"
    sample_rate_hz = 16_000
    longest_seconds = 0.5

    def __init__(self) -> None:
        self.lengths: list[int] = []

    def sounds(self, sounds: Sequence[Mono]) -> Vectors:
        self.lengths += [len(sound) for sound in sounds]
        return np.stack([self._place(np.abs(np.fft.rfft(sound)).argmax() / len(sound) * 16_000) for sound in sounds])

    def words(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._place(float(text)) for text in texts])

    def _place(self, hz: float) -> Vectors:
        return np.array([np.cos(hz / 1e4), np.sin(hz / 1e4)], np.float32)

    def posteriors(self, sounds: Sequence[Mono]) -> Vectors:
        return np.square(self.sounds(sounds))

    def pictures(self, images: Sequence[Image]) -> Vectors:
        return np.stack([self._place(float(image.mean())) for image in images])


def figures(made: Sequence[Made], references: Sequence[Path], judges: Judges) -> dict[str, Any]:
    return {each.metric: each for each in evaluate(made, references, judges, Handle()).figures}


def test_every_figure_with_judges_of_ones_own(tmp_path: Path) -> None:
    real = write(tmp_path / "real", a=tone(1_000), b=tone(2_000))
    own = write(tmp_path / "own", a=tone(1_000), b=tone(4_000))
    judge = Counts()
    made = [
        Made(
            path=own / "a.wav", reference=real / "a.wav", words="1000", images=lambda: [np.zeros((2, 2, 3), np.uint8)]
        ),
        Made(path=own / "b.wav", reference=real / "b.wav", words="4000"),
    ]
    found = figures(made, sorted(real.iterdir()), Judges(sounds=judge, classes=judge, pictures=judge))
    assert found["CLAP"].value == pytest.approx(1, abs=1e-6)
    assert found["CLIP"].value == pytest.approx(np.cos(0.1), abs=1e-6)
    assert (found["CLAP"].count, found["CLIP"].count, found["KL"].count) == (2, 1, 2)
    rows = [np.array([np.cos(x) ** 2, np.sin(x) ** 2]) for x in (0.2, 0.4)]
    assert found["KL"].value == pytest.approx(np.sum(rows[0] * np.log(rows[0] / rows[1])) / 2, rel=1e-4)
    x = [
        np.array([np.cos(0.1), np.sin(0.1)]),
        np.array([np.cos(0.4), np.sin(0.4)]),
        np.array([np.cos(0.2), np.sin(0.2)]),
    ]
    apart = np.sum(((x[0] + x[1]) / 2 - (x[0] + x[2]) / 2) ** 2)
    assert found["FAD"].value > apart
    assert set(judge.lengths) == {8_000}, "a second at 16 kHz is heard as two halves"
    same = figures(made[:1], [], Judges(classes=judge))["KL"].value
    assert same == pytest.approx(0, abs=1e-6)


def test_onsets_against_the_reference(tmp_path: Path) -> None:
    real = write(tmp_path / "real", a=clicks(0.5, 1.2), b=clicks(0.4), silent=np.zeros(RATE))
    own = write(tmp_path / "own", a=clicks(0.53, 1.6), b=clicks(0.4), silent=np.zeros(RATE))
    made = [Made(path=own / f"{name}.wav", reference=real / f"{name}.wav") for name in ("a", "b", "silent")]
    found = figures(made, [], Judges())
    assert found["onset Acc"].value == pytest.approx((0.5 + 1.0) / 2)
    assert found["onset Acc"].count == 2, "a reference in which nothing begins says nothing"
    assert 0 < found["onset AP"].value < 1


def test_onsets_are_found_with_how_sure_they_are(tmp_path: Path) -> None:
    write(tmp_path, a=clicks(0.5, 1.2))
    times, sure = onsets_of(heard(tmp_path / "a.wav", ONSET_RATE_HZ))
    assert times == pytest.approx([0.5, 1.2], abs=0.03)
    assert sure[0] == 1
    assert sure[1] == pytest.approx(0.4 / 0.5, abs=0.02)


def test_what_cannot_be_taken_says_why_and_the_others_are_taken(tmp_path: Path) -> None:
    own = write(tmp_path / "own", a=clicks(0.5))
    made = [Made(path=own / "a.wav", reference=own / "a.wav")]
    found = figures(made, [], Judges(sounds=Counts(), absent={"classes": "The weights of ast are not here."}))
    assert found["onset Acc"].value == 1
    assert [found[name].value for name in ("FAD", "KL", "CLAP", "CLIP")] == [None] * 4
    assert "--reference" in found["FAD"].why_not
    assert found["KL"].why_not == "The weights of ast are not here."
    assert "--words" in found["CLAP"].why_not
    alone = figures([Made(path=own / "a.wav")], [own / "a.wav"], Judges(sounds=Counts()))
    assert "--reference" in alone["onset Acc"].why_not
    one = figures(made, [write(tmp_path / "short", a=tone(100, 0.2)) / "a.wav"], Judges(sounds=Counts()))
    assert "two sounds" in one["FAD"].why_not


def test_a_file_that_is_no_sound(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"no sound")
    with pytest.raises(FileUnreadable, match=r"a\.wav"):
        evaluate([Made(path=tmp_path / "a.wav", reference=tmp_path / "a.wav")], [], Judges(), Handle())
    write(tmp_path, b=np.zeros(0))
    with pytest.raises(FileUnreadable, match="no sound"):
        heard(tmp_path / "b.wav", 16_000)


def clap_folder(folder: Path) -> Path:
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    config = ClapConfig(
        projection_dim=8,
        text_config={
            **{"vocab_size": 64, "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1},
            **{"num_attention_heads": 1, "max_position_embeddings": 20},
        },
        audio_config={
            **{"patch_embeds_hidden_size": 8, "depths": [1, 1], "num_attention_heads": [1, 1], "hidden_size": 16},
            **{"num_hidden_layers": 2, "enable_fusion": True, "patch_embed_input_channels": 1},
        },
    )
    ClapModel(config).save_pretrained(folder)
    ClapFeatureExtractor().save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=words_tokenizer(), pad_token="<pad>").save_pretrained(folder)
    return folder


def words_tokenizer() -> Any:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    words = ["<unk>", "<pad>", "a", "dog", "barks", "door", "slams", "rain"]
    tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    return tokenizer


def clip_folder(folder: Path) -> Path:
    from transformers import CLIPConfig, CLIPModel, PreTrainedTokenizerFast
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    torch.manual_seed(0)
    small = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    config = CLIPConfig(
        projection_dim=8,
        text_config={**small, "vocab_size": 64, "max_position_embeddings": 16, "eos_token_id": 7, "bos_token_id": 6},
        vision_config={**small, "image_size": 32, "patch_size": 16},
    )
    CLIPModel(config).save_pretrained(folder)
    size = {"height": 32, "width": 32}
    CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=size).save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=words_tokenizer(), pad_token="<pad>").save_pretrained(folder)
    return folder


def ast_folder(folder: Path) -> Path:
    from transformers import ASTConfig, ASTFeatureExtractor, ASTForAudioClassification

    torch.manual_seed(0)
    small = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    ASTForAudioClassification(ASTConfig(**small, max_length=64, num_mel_bins=32, num_labels=5)).save_pretrained(folder)
    ASTFeatureExtractor(max_length=64, num_mel_bins=32).save_pretrained(folder)
    return folder


def test_the_whole_command_on_tiny_judges(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], picture_file: Callable[[Path], Path]
) -> None:
    names = {"a": tone(300), "b": clicks(0.5), "c": tone(3_000, 11.0)}
    own, real = write(tmp_path / "own", **names), write(tmp_path / "real", **names)
    (tmp_path / "words.json").write_text(json.dumps({"a.wav": "a dog barks", "b": "a door slams"}))
    (tmp_path / "pictures").mkdir()
    picture_file(tmp_path / "pictures" / "a.mp4")
    asked = ["evaluate", str(own), "--reference", str(real), "--words", str(tmp_path / "words.json"), "--json"]
    asked += ["--pictures", str(tmp_path / "pictures")]

    def found() -> dict[str, Any]:
        assert run(asked) == 0
        return {each["metric"]: each for each in json.loads(capsys.readouterr().out)["figures"]}

    bare = found()
    assert "models pull clap-htsat-fused" in bare["FAD"]["why_not"]
    assert "models pull ast-audioset" in bare["KL"]["why_not"]
    assert bare["onset Acc"]["value"] == 1
    for make in (clap_folder, ast_folder, clip_folder):
        Store(Settings.load()).add(make(tmp_path / make.__name__), handle=Handle())
    full = found()
    assert full["FAD"]["value"] == pytest.approx(0, abs=1e-3)
    assert full["KL"]["value"] == pytest.approx(0, abs=1e-6)
    assert full["CLAP"]["count"] == 2
    assert full["CLIP"]["count"] == 1
    assert all(-1 <= full[name]["value"] <= 1 for name in ("CLAP", "CLIP"))
    assert full["CLAP"]["by"].startswith("clap-htsat-fused ")
    assert {name: f["value"] for name, f in found().items()} == {name: f["value"] for name, f in full.items()}


def test_stems_of_ours_bring_their_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate", "a dog barks, rain in the background", "--out", str(tmp_path / "out"), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    (tmp_path / "out" / "other.json").write_text("{}")
    Store(Settings.load()).add(clap_folder(tmp_path / "clap"), handle=Handle())
    capsys.readouterr()
    assert run(["evaluate", str(tmp_path / "out"), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["sounds"] == len(made["stems"]) + 1, "the mix is scored too"
    assert {f["metric"]: f["count"] for f in report["figures"]}["CLAP"] == len(made["stems"]) == 2


@pytest.fixture
def picture_file() -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        import av

        with av.open(str(path), "w") as file:
            stream = file.add_stream("mpeg4", rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            for k in range(20):
                image = np.full((48, 64, 3), 10 * k, np.uint8)
                for packet in stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")):
                    file.mux(packet)
            for packet in stream.encode():
                file.mux(packet)
        return path

    return make


def test_a_sound_is_judged_the_same_in_any_company(tmp_path: Path) -> None:
    judge = Clap(clap_folder(tmp_path / "clap"), "clap")
    sounds = [tone(300).astype(np.float32), clicks(0.5).astype(np.float32), tone(5_000).astype(np.float32)]
    alone = np.concatenate([judge.sounds([sound]) for sound in sounds])
    assert judge.sounds(sounds) == pytest.approx(alone, abs=1e-5)
    assert alone[0] != pytest.approx(alone[1], abs=1e-3)


def test_more_words_than_a_judge_reads_are_cut(tmp_path: Path) -> None:
    """Its text model has places for 20 tokens and counts them from 2; the rest is not read, and is no error."""
    judge = Clap(clap_folder(tmp_path / "clap"), "clap")
    read, more = judge.words(["dog " * 18]), judge.words(["dog " * 18 + "rain " * 30])
    assert more == pytest.approx(read, abs=1e-6)
    assert judge.words(["dog " * 17 + "rain"]) != pytest.approx(read, abs=1e-6)


def test_a_judge_with_weights_missing_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = clap_folder(tmp_path / "clap")
    held = load_file(folder / "model.safetensors")
    held.pop("text_projection.linear1.weight")
    save_file(held, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(FileUnreadable, match=r"lacks 1 weights, text_projection\.linear1\.weight"):
        Clap(folder, "clap")
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:-9])
    with pytest.raises(FileUnreadable, match="does not hold a CLAP model"):
        Clap(folder, "clap")
    with pytest.raises(FileUnreadable, match="does not hold a CLIP model"):
        Clip(tmp_path / "clap", "clip")
    config = folder / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"projection_dim": "many"}))
    with pytest.raises(FileUnreadable, match="does not hold a CLAP model"):
        Clap(folder, "clap")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["none"], "There is no folder"),
        (["own", "--reference", "empty"], "holds none of .wav"),
        (["own", "--words", "bad.json"], "cannot be read as JSON"),
        (["own", "--words", "list.json"], "JSON object"),
    ],
)
def test_what_the_command_is_given_wrongly(
    arguments: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "own", a=tone(300))
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "list.json").write_text("[1]")
    assert run(["evaluate", *arguments]) == 2
    assert told in capsys.readouterr().err
