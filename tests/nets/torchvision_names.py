"""What torchvision calls the weights of its networks: `torchvision_names.txt`, written out."""

from pathlib import Path

_NORM = ("weight", "bias", "running_mean", "running_var")


def read():
    """Return, for each network, the shape of each entry of its state dict."""
    nets = {}
    for line in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            state = nets[line[1:-1]] = {}
        elif not line.startswith("#"):
            state |= _entries(*line.split())
    return nets


def _entries(name, kind, sizes, bias=None):
    shape = tuple(int(size) for size in sizes.split("x"))
    if kind == "norm":
        return {f"{name}.{part}": shape for part in _NORM} | {f"{name}.num_batches_tracked": ()}
    weights = {f"{name}.weight": shape}
    return weights | {f"{name}.bias": shape[:1]} if bias else weights
