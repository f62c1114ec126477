"""A training step of ResNet-20 on a processor: `fit` beside the plainest loop.

Both train `nets.cifar_resnet(20)` on batches of 128 pictures of 3 × 32 × 32, moved by up to four
pixels and mirrored at random, with SGD, momentum and weight decay, on the same threads. The
plainest loop is what a tutorial has: a `DataLoader` that fetches one picture after another, crops
and flips it and stacks them, float32, PyTorch's own layout. `fit` takes a batch out of a tensor,
moves all its pictures at once, and lays them out as (N, H, W, C) in memory.

They take turns, so that whatever else the machine does hits them alike. Beside the clock's time
stands the processor's, which other programs change less. The pictures are noise: what a step costs
does not depend on them.

Between the two stand `fit` in PyTorch's own layout, which says what the layout brings, and, with
``--all``, `fit` in bfloat16 and compiled: the first takes long where the processor has no such
arithmetic, the second minutes to compile.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from _report import machine, print_table, write_json
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from cnnviz import nets
from cnnviz.training import Recipe, fit, recipe

BAR = 0.8
RECORD = Path(__file__).parents[1] / "chapters" / "records" / "steps" / "resnet20-cpu.json"
HOW = recipe("cifar10-small").but(epochs=1, schedule="constant", precision="float32")

Loop = Callable[[], object]


class Tutorial(Dataset[tuple[Tensor, Tensor]]):
    """Pictures that are moved and mirrored one by one."""

    def __init__(self, pictures: Tensor, labels: Tensor) -> None:
        self.pictures, self.labels = pictures, labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        picture = self.pictures[index].float() / 255
        padded = F.pad(picture, (4, 4, 4, 4))
        top, left = torch.randint(0, 9, (2,)).tolist()
        picture = padded[:, top : top + 32, left : left + 32]
        if torch.rand(()) < 0.5:
            picture = picture.flip(-1)
        return picture, self.labels[index]


def plain(examples: tuple[Tensor, Tensor]) -> Loop:
    """Return an epoch of the plainest loop, as a function."""
    model = network()
    loader = DataLoader(Tutorial(*examples), batch_size=HOW.batch, shuffle=True)
    optimiser = torch.optim.SGD(
        model.parameters(), HOW.learning_rate, HOW.momentum, weight_decay=HOW.weight_decay
    )

    def epoch() -> None:
        model.train()
        loss_sum, right = 0.0, 0
        for pictures, labels in loader:
            optimiser.zero_grad()
            scores = model(pictures)
            loss = F.cross_entropy(scores, labels)
            loss.backward()
            optimiser.step()
            loss_sum += loss.item()
            right += int((scores.argmax(1) == labels).sum())

    return epoch


def ours(examples: tuple[Tensor, Tensor], how: Recipe = HOW, compiled: bool = False) -> Loop:
    """Return an epoch of `fit`, as a function."""
    model: Any = torch.compile(network()) if compiled else network()
    return lambda: fit(model, examples, recipe=how, device="cpu", progress="none")


def network() -> nn.Module:
    torch.manual_seed(0)
    return nets.cifar_resnet(20)


def measured(loops: dict[str, Loop], turns: int, steps: int) -> dict[str, dict[str, Any]]:
    """Let the loops take turns; return each turn's milliseconds a step, by both clocks.

    What the first turn took in all, and compiling with it, stands apart.
    """
    times: dict[str, dict[str, Any]] = {name: {"clock": [], "processor": []} for name in loops}
    for name, loop in loops.items():  # what a first turn takes besides is told apart
        start = time.perf_counter()  # a compiler is a process of its own
        loop()
        times[name]["first turn"] = 1e3 * (time.perf_counter() - start)
        print(f"{name}: {times[name]['first turn'] / 1e3:.1f} s at first", file=sys.stderr)
    for _ in range(turns):
        for name, loop in loops.items():
            start, busy = time.perf_counter(), time.process_time()
            loop()
            times[name]["processor"].append(1e3 * (time.process_time() - busy) / steps)
            times[name]["clock"].append(1e3 * (time.perf_counter() - start) / steps)
    return times


def ratio(times: dict[str, dict[str, Any]], name: str, other: str, clock: str) -> float:
    """Return the median, over the turns, of one loop's time over another's."""
    pairs = zip(times[name][clock], times[other][clock], strict=True)
    return statistics.median(one / two for one, two in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=1, help="for all")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--steps", type=int, default=4, help="of 128 pictures, in a turn")
    parser.add_argument("--all", action="store_true", help="bfloat16 and compiled, too")
    parser.add_argument("--record", action="store_true", help="for the chapter, in RECORD, too")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    chance = torch.Generator().manual_seed(0)
    count = HOW.batch * options.steps
    pictures = torch.randint(0, 256, (count, 3, 32, 32), generator=chance, dtype=torch.uint8)
    examples = pictures, torch.randint(0, 10, (count,), generator=chance)
    loops = {
        "plain": plain(examples),
        "fit": ours(examples),
        "fit, own layout": ours(examples, HOW.but(channels_last=False)),
    }
    if options.all:
        loops["fit, bfloat16"] = ours(examples, HOW.but(precision="bfloat16"))
        loops["fit, compiled"] = ours(examples, compiled=True)
    times = measured(loops, options.turns, options.steps)
    rows = []
    for name in loops:
        middle = [statistics.median(times[name][clock]) for clock in ("clock", "processor")]
        ratios = [ratio(times, name, "plain", clock) for clock in ("clock", "processor")]
        rows.append((name, *middle, *ratios))
    print_table(("a step of", "ms", "processor ms", "of plain", "by processor"), rows)
    of_plain = {clock: ratio(times, "fit", "plain", clock) for clock in ("clock", "processor")}
    verdict = "holds" if max(of_plain.values()) <= BAR else "falls short"
    print(
        f"\nA step of fit takes {of_plain['clock']:.2f} of the plainest loop's time "
        f"({of_plain['processor']:.2f} of the processor's; to reach: {BAR}): {verdict}."
    )
    path = write_json(
        "resnet_step",
        {
            "machine": {
                **machine("torch"),
                "threads": options.threads,
                "instructions": torch.backends.cpu.get_cpu_capability(),
            },
            "load": os.getloadavg() if hasattr(os, "getloadavg") else None,
            "times": times,
            "of plain": of_plain,
        },
    )
    if options.record:
        RECORD.write_bytes(path.read_bytes())


if __name__ == "__main__":
    main()
