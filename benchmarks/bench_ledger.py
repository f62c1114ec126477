"""`ledger` beside torchinfo's `summary` with the same columns, on one thread.

- *Time*: both look at the same network, in turns. Below 1, `ledger` is faster; it also finds
  receptive fields, which torchinfo hasn't.
- *Memory*: by how much the process grows at most, each in a process of its own.
- *Depth*: the time for each row from ResNet-20 to ResNet-1001 for CIFAR; linear means that it
  stays the same.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before PyTorch is imported

import argparse
import ctypes
import subprocess
import sys
from pathlib import Path

import torch
import torchinfo
from _report import machine, print_table, race, write_json
from torch import nn

from cnnviz import ledger, nets

SHAPE = (3, 224, 224)
NETS = {"ResNet-18": nets.resnet18, "ResNet-152": nets.resnet152}
DEPTHS = (20, 56, 110, 1001)


def summary(net: nn.Module) -> object:
    """Return torchinfo's table: outputs, parameters, kernels, multiply–adds of every layer."""
    columns = ("output_size", "num_params", "kernel_size", "mult_adds")
    return torchinfo.summary(net, (1, *SHAPE), col_names=columns, depth=9, device="cpu", verbose=0)


def our_own(net: nn.Module) -> object:
    """Return the same from `ledger`."""
    return ledger(net, SHAPE)


TOOLS = {"ledger": our_own, "torchinfo": summary}


def growth(tool: str, name: str) -> float:
    """Return by how many MB a process grows at most while a tool looks at a network."""
    call = [sys.executable, __file__, "--grow", tool, name]
    return float(subprocess.run(call, check=True, capture_output=True, text=True).stdout)


def grow(tool: str, name: str) -> None:
    """Print it, in the process that is measured; a small network first, so that all is loaded."""
    TOOLS[tool](nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()))
    net = NETS[name]()
    ctypes.CDLL(None).malloc_trim(0)  # what building the network left free is not to be filled
    Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak starts from here
    before = status("VmRSS")
    TOOLS[tool](net)
    print((status("VmHWM") - before) / 1024)


def status(name: str) -> int:
    """Return a number of kB that Linux keeps about this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="for each comparison")
    parser.add_argument("--grow", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.grow:
        grow(*options.grow)
        return
    torch.set_num_threads(1)
    results: dict[str, object] = machine("torch", "torchinfo")
    rows = []
    for name, make in NETS.items():
        net = make()
        times = race({tool: lambda f=f, n=net: f(n) for tool, f in TOOLS.items()}, options.seconds)
        sizes = {tool: growth(tool, name) for tool in TOOLS}
        ratios = times["ledger"] / times["torchinfo"], sizes["ledger"] / sizes["torchinfo"]
        rows.append([name, *times.values(), ratios[0], *sizes.values(), ratios[1]])
        results[name] = {"ms": times, "MB": sizes}
    heads = ["ms, ledger", "ms, torchinfo", "ratio (≤ 0.25)"]
    print_table(["network", *heads, "MB, ledger", "MB, torchinfo", "ratio (≤ 0.3)"], rows)

    print()
    deep = {d: nets.cifar_resnet(d, block="bottleneck" if d > 1000 else "basic") for d in DEPTHS}
    turns = {str(d): lambda n=net: ledger(n, (3, 32, 32)) for d, net in deep.items()}
    times = race(turns, options.seconds)
    each = {d: 1e3 * times[str(d)] / len(ledger(net, (3, 32, 32))) for d, net in deep.items()}
    rows = [[f"ResNet-{d}", times[str(d)], value, value / each[20]] for d, value in each.items()]
    print_table(["network", "ms", "µs for each row", "beside ResNet-20"], rows)
    results["depth"] = times
    print(f"\n{write_json('ledger', results)}")


if __name__ == "__main__":
    main()
