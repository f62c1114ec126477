"""A network at every window of a page: crop and classify, beside one convolution over the page.

The convolution's multiply–adds are a known share of the cropping's; does its time follow? Both run
LeNet-5 on 32 × 32 windows, in steps of 4, in one process on one thread, in turns; the crops go
through the network in batches, of the size that is fastest here. "Reached" is the one ratio by the
other: 1 where time follows the multiply–adds exactly, above 1 where convolution is faster still.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from _report import machine, print_table, race, write_json
from torch import Tensor, nn

from cnnviz import ledger, nets

SIDE, STEP, SECONDS, BATCHES = 32, 4, 6, (16, 64, 256, 1024)


def networks() -> tuple[nn.Sequential, nn.Sequential]:
    """Return the network for a window of real pixels, and the same as convolutions alone."""
    net = nets.trained_lenet5().eval()
    net.c1.padding = (0, 0)
    layers = [layer for layer in net if not isinstance(layer, nn.Flatten)]
    for i, layer in enumerate(layers):
        if isinstance(layer, nn.Linear):
            conv = nn.Conv2d(layer.in_features, layer.out_features, 1)
            conv.load_state_dict(
                {"weight": layer.weight.data[:, :, None, None], "bias": layer.bias.data}
            )
            layers[i] = conv
    return net, nn.Sequential(*layers)


def cropped(net: nn.Module, page: Tensor, batch: int) -> Tensor:
    """Return the scores of all windows, crop by crop, ``batch`` of them at once."""
    windows = page.unfold(2, SIDE, STEP).unfold(3, SIDE, STEP)
    rows, columns = windows.shape[2:4]
    crops = windows.reshape(-1, 1, SIDE, SIDE)
    scores = torch.cat([net(part) for part in crops.split(batch)])
    return scores.T.reshape(1, -1, rows, columns)


def main() -> None:
    """Measure, print the table, write the JSON."""
    torch.set_num_threads(1)
    net, slid = networks()
    rows, found = [], []
    with torch.no_grad():
        for side in (128, 256, 512):
            page = torch.from_numpy(np.random.default_rng(0).random((1, 1, side, side), np.float32))
            gap = (cropped(net, page, 64) - slid(page)).abs().max().item()
            assert gap < 1e-4, gap
            count = ((side - SIDE) // STEP + 1) ** 2
            work = count * ledger(net, (1, SIDE, SIDE)).multiply_adds
            fewer = work / ledger(slid, (1, side, side)).multiply_adds
            runs = {str(batch): partial(cropped, net, page, batch) for batch in BATCHES}
            times = race(runs | {"slid": partial(slid, page)}, SECONDS)
            batch = min(runs, key=times.__getitem__)
            faster = times[batch] / times["slid"]
            row = {
                "page": side,
                "windows": count,
                "batch": int(batch),
                "multiply_adds": fewer,
                "time": faster,
                "reached": faster / fewer,
            }
            found.append(row)
            rows.append(
                [
                    f"{side} × {side}",
                    str(count),
                    batch,
                    f"{fewer:.2f}",
                    f"{faster:.2f}",
                    f"{faster / fewer:.2f}",
                ]
            )
    print_table(["page", "windows", "crops at once", "fewer", "faster", "reached"], rows)
    write_json("sliding", {"machine": machine(), "rows": found})


if __name__ == "__main__":
    main()
