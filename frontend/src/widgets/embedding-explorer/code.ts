/** The points, their loss and the way down its gradient as Python. */
import { nested } from "../../ui/words/python";
import type { Reading } from "./math";
import { REACH, rounded } from "./math";

const numbers = (rows: number[][]): string =>
  nested(rows.flat().map(rounded), [rows.length, rows[0].length], " ".repeat(9));

const NUMPY = {
  triplet: [
    "def gradient(x):",
    "    same = labels[:, None] == labels",
    "    own = same & ~np.eye(len(x), dtype=bool)",
    "    a, p, n = np.nonzero(own[:, :, None] & ~same[:, None, :])",
    "    excess = ((x[a] - x[p]) ** 2 - (x[a] - x[n]) ** 2).sum(1) + margin",
    "    count, lost = len(a), excess > 0",
    "    a, p, n = a[lost], p[lost], n[lost]",
    "    slope = np.zeros_like(x)",
    "    np.add.at(slope, a, 2 * (x[n] - x[p]))",
    "    np.add.at(slope, p, 2 * (x[p] - x[a]))",
    "    np.add.at(slope, n, 2 * (x[a] - x[n]))",
    "    return slope / count, excess[lost].sum() / count",
  ],
  contrastive: [
    "def gradient(x):",
    "    i, j = np.triu_indices(len(x), 1)",
    "    apart = x[i] - x[j]",
    "    d, same = np.sqrt((apart**2).sum(1)), labels[i] == labels[j]",
    "    lack = np.maximum(0, margin - d)",
    "    share = np.where(same, 1, -lack / np.maximum(d, 1e-300))[:, None] * apart",
    "    slope = np.zeros_like(x)",
    "    np.add.at(slope, i, share)",
    "    np.add.at(slope, j, -share)",
    "    return slope / len(i), (np.where(same, d, lack) ** 2).mean() / 2",
  ],
};

const PYTORCH = {
  triplet: [
    "def loss_of(x):",
    "    same = labels[:, None] == labels",
    "    own = same & ~torch.eye(len(x), dtype=torch.bool)",
    "    a, p, n = torch.nonzero(own[:, :, None] & ~same[:, None, :], as_tuple=True)",
    "    # TripletMarginLoss has the distances themselves, not their squares.",
    "    excess = (x[a] - x[p]).square().sum(1) - (x[a] - x[n]).square().sum(1) + margin",
    "    return excess.relu().mean()",
  ],
  contrastive: [
    "def loss_of(x):",
    "    i, j = torch.triu_indices(len(x), len(x), 1)",
    "    d, same = (x[i] - x[j]).norm(dim=1), labels[i] == labels[j]",
    "    return torch.where(same, d, (margin - d).relu()).square().mean() / 2",
  ],
};

/** A program that ends with the points `x` and their `loss` as they are shown. */
export const codeOf = (library: "NumPy" | "PyTorch", { points, labels, loss, margin, rate, step }: Reading): string => {
  const [wide, high] = REACH;
  const numpy = library === "NumPy";
  const start = numpy
    ? [
        "import numpy as np",
        "",
        `x = np.array(${numbers(points)}, dtype=float)`,
        `labels = np.array([${labels.join(", ")}])`,
      ]
    : [
        "import torch",
        "",
        `x = torch.tensor(${numbers(points)}, dtype=torch.float64)`,
        `labels = torch.tensor([${labels.join(", ")}])`,
      ];
  const body = numpy ? NUMPY[loss] : PYTORCH[loss];
  const descent = numpy
    ? [
        `for _ in range(${step}):`,
        `    x = np.clip(x - ${rate} * gradient(x)[0], (-${wide}, -${high}), (${wide}, ${high}))`,
        "loss = gradient(x)[1]",
      ]
    : [
        `edge = torch.tensor([${wide}, ${high}], dtype=torch.float64)`,
        `for _ in range(${step}):`,
        "    x.requires_grad_()",
        "    (slope,) = torch.autograd.grad(loss_of(x), x)",
        `    x = torch.clamp((x - ${rate} * slope).detach(), -edge, edge)`,
        "loss = float(loss_of(x).detach())",
      ];
  return [...start, `margin = ${margin}`, "", "", ...body, "", "", ...descent, "print(loss)", ""].join("\n");
};
