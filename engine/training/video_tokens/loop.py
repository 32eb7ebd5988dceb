"""The training loop that tokens and adapter share: steps, checkpoints, a table each epoch, and going on after a kill.

The order of the clips follows from the seed and the epoch; a checkpoint holds the weights, the optimiser, the schedule,
the state of chance and the place in the epoch. So a run that was killed and started again goes through the same steps
as one that was not. On several processes (``accelerate launch``) each takes its share of every batch.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from engine.backends.neural.device import Device, is_out_of_memory
from engine.errors import BackendFailed, BadArgument, Cancelled, ResourceError
from engine.handle import Handle
from engine.model import Model
from engine.training.video_tokens.files import make, read_checkpoint, replacing, replacing_all, write_checkpoint
from engine.training.video_tokens.settings import SETTINGS, TrainConfig

E = TypeVar("E")


class Task(Protocol[E]):
    """What is trained."""

    name: str
    """Of the stage; its checkpoint, settings and table are called by it."""
    module: Any
    """``torch.nn.Module``: called with a batch of examples, gives the loss."""
    examples: Sequence[E]

    def trained(self) -> dict[str, Any]:
        """The parameters that training changes, by name."""
        ...

    def held_out(self, handle: Handle) -> Model:
        """A line of the table."""
        ...

    def save(self, folder: Path) -> None:
        """Write the weights, and all that must lie beside them."""
        ...


class EpochRow(Model):
    """One epoch."""

    epoch: int
    loss: float
    held_out: dict[str, Any]


def train(task: Task[E], config: TrainConfig, out: Path, handle: Handle) -> tuple[EpochRow, ...]:
    """Train to the end, from the checkpoint in ``out`` where there is one; the table, the untrained first.

    Raises
    ------
    BadArgument
        The checkpoint is of a run with other settings.
    BackendFailed
        The loss is no number any more.
    ResourceError
        A step finds no memory.
    Cancelled
        With a checkpoint written, from which the next run goes on.
    """
    import torch
    from accelerate import Accelerator  # type: ignore[import-untyped, unused-ignore]
    from accelerate.utils import set_seed  # type: ignore[import-untyped, unused-ignore]
    from transformers import get_cosine_schedule_with_warmup

    make(out)
    set_seed(config.seed)
    card = "cuda" if config.device in ("auto", "cuda") and torch.cuda.is_available() else "cpu"
    half = Device(name=card).dtype == torch.bfloat16
    accelerator = Accelerator(cpu=config.device == "cpu", mixed_precision="bf16" if half else "no")
    if accelerator.num_processes > 1 and config.batch % accelerator.num_processes:
        raise BadArgument("A batch is a multiple of the number of processes.", field="batch")
    parameters = task.trained()
    optimiser = torch.optim.AdamW(parameters.values(), config.learning_rate, weight_decay=config.weight_decay)
    per_epoch = max(1, -(-len(task.examples) // (config.batch * config.accumulate)))
    steps = per_epoch * config.epochs
    schedule = get_cosine_schedule_with_warmup(optimiser, round(config.warmup_share * steps), steps)
    module = accelerator.prepare(task.module)
    optimiser = accelerator.prepare(optimiser)
    run = _Run(name=task.name, config=config, out=out, parameters=parameters, optimiser=optimiser, schedule=schedule)
    run.resume(len(task.examples))
    if not run.rows:
        run.rows.append(EpochRow(epoch=0, loss=0.0, held_out=task.held_out(handle.part(0, 0)).model_dump(mode="json")))
        run.write_table()
    try:
        while run.epoch < config.epochs:
            order = np.random.default_rng([config.seed, run.epoch]).permutation(len(task.examples))
            while run.step < per_epoch:
                chosen = order[run.step :: per_epoch]  # an equal share of clips a step, up to one
                own = chosen[accelerator.process_index :: accelerator.num_processes]
                total = 0.0
                for part in np.array_split(own, min(config.accumulate, len(own))):
                    loss = module([task.examples[int(k)] for k in part]) * (len(part) / len(own))
                    accelerator.backward(loss)
                    total += float(loss.detach())
                if not np.isfinite(total):
                    raise BackendFailed(
                        "The loss is no number any more: begin anew with a smaller learning rate.",
                        field="learning_rate",
                    )
                accelerator.clip_grad_norm_(list(parameters.values()), config.clip_norm)
                optimiser.step()
                schedule.step()
                optimiser.zero_grad()
                run.step += 1
                run.losses.append(total)
                if run.step % config.checkpoint_steps == 0 and accelerator.is_main_process:
                    run.checkpoint()
                handle.progress((run.epoch + run.step / per_epoch) / config.epochs, f"epoch {run.epoch + 1}")
            number = run.epoch + 1
            if number % config.score_every == 0 or number == config.epochs:
                scores = task.held_out(Handle(is_cancelled=handle.is_cancelled))
                run.rows.append(run.row(scores))
            run.end_epoch()
            if accelerator.is_main_process:
                with replacing_all(out) as new:
                    task.save(new)
                    (new / SETTINGS.format(task.name)).write_text(
                        config.model_dump_json(indent=1) + "\n", encoding="utf-8"
                    )
                run.write_table()
                run.checkpoint()
    except Cancelled:  # between two steps
        if accelerator.is_main_process:
            run.checkpoint()
        raise
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise ResourceError(
            "There is not enough memory for a step: give a smaller batch (accumulate makes up for it), or gradient "
            "checkpointing.",
            field="batch",
        ) from None
    return tuple(run.rows)


class _Run:
    """The place in a run, and all that must be kept to go on from there."""

    def __init__(
        self,
        *,
        name: str,
        config: TrainConfig,
        out: Path,
        parameters: dict[str, Any],
        optimiser: Any,
        schedule: Any,
    ) -> None:
        self.config = config
        self.file, self.table = out / f".{name}.checkpoint.pt", out / f"{name}.held_out.json"
        self.parameters, self.optimiser, self.schedule = parameters, optimiser, schedule
        self.epoch = self.step = 0
        self.losses: list[float] = []
        self.rows: list[EpochRow] = []
        self.examples = 0

    def resume(self, examples: int) -> None:
        import torch

        self.examples = examples
        state = read_checkpoint(self.file)
        if state is None:
            return
        before = TrainConfig.read(state["config"])
        same = before == self.config and state["examples"] == examples
        if not same or set(state["weights"]) != set(self.parameters):
            raise BadArgument(
                f"{self.file} is of a run with other settings or videos: give the same ones to go on, or another "
                "folder; to begin anew, delete it.",
                field="out",
            )
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(state["weights"][name])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["chance"])
        if torch.cuda.is_available() and state["chance_cuda"]:
            torch.cuda.set_rng_state_all(state["chance_cuda"])
        self.epoch, self.step, self.losses = state["epoch"], state["step"], state["losses"]
        self.rows = [EpochRow.read(row) for row in state["rows"]]

    def checkpoint(self) -> None:
        import torch

        state = {
            "config": self.config.model_dump_json(),
            "examples": self.examples,
            "weights": {name: value.detach().cpu() for name, value in self.parameters.items()},
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "chance": torch.get_rng_state(),
            "chance_cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "epoch": self.epoch,
            "step": self.step,
            "losses": self.losses,
            "rows": [row.model_dump_json() for row in self.rows],
        }
        write_checkpoint(self.file, state)

    def row(self, scores: Model) -> EpochRow:
        loss = float(np.mean(self.losses)) if self.losses else 0.0
        return EpochRow(epoch=self.epoch + 1, loss=loss, held_out=scores.model_dump(mode="json"))

    def end_epoch(self) -> None:
        self.epoch, self.step, self.losses = self.epoch + 1, 0, []

    def write_table(self) -> None:
        with replacing(self.table) as new:
            new.write_text(json.dumps([row.model_dump(mode="json") for row in self.rows], indent=1), encoding="utf-8")
