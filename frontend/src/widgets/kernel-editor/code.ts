/** “Copy as”: Python that gives the same picture when pasted, with nothing but the named library and matplotlib. */
import type { Packed } from "../../ui/state/packed";
import { nested, PAD_MODES, program } from "../../ui/words/python";
import { weightAt, type Result } from "./math";

export type Library = "PyTorch" | "NumPy" | "SciPy";
export const LIBRARIES: Library[] = ["PyTorch", "NumPy", "SciPy"];

/** Small pictures are written as numbers; larger ones as their bytes. */
const imageLines = ({ dtype, shape, data }: Packed, values: Float64Array): string[] => {
  const full = shape.length === 2 ? [1, ...shape] : shape;
  const asShape = `(${full.join(", ")})`;
  if (values.length <= 300)
    return [`image = np.array(${nested(values, full, "                 ")}, dtype=np.float64)  # (C, H, W)`];
  const bytes = `np.frombuffer(base64.b64decode(data), dtype=np.${dtype})`;
  return [
    "import base64",
    "",
    `data = "${data}"`,
    `image = ${bytes}.reshape${asShape}.astype(np.float64)  # (C, H, W)`,
  ];
};

export const codeFor = (library: Library, result: Result, packed: Packed): string => {
  const { setting, geometry: g, divisor } = result;
  const [channels, rows, cols] = [setting.image.shape[0], ...setting.kernel.shape.slice(1)];
  const applied = Float64Array.from({ length: channels * rows * cols }, (_, i) =>
    weightAt({ ...setting, flip: false }, Math.floor(i / (rows * cols)), Math.floor(i / cols) % rows, i % cols),
  );
  const [[top, bottom], [left, right]] = g.padding;
  const [sr, sc] = g.stride;
  const [dr, dc] = g.dilation;
  const padded = top + bottom + left + right > 0;
  const bias = setting.bias ? ` + ${setting.bias}` : "";
  const weights = nested(applied, [channels, rows, cols], "                  ");
  const imports = ["import numpy as np"];
  const body: string[] = [];
  if (setting.flip)
    body.push("kernel = kernel[:, ::-1, ::-1].copy()  # convolution: correlation with the flipped kernel");
  if (divisor !== 1) body.push("kernel = kernel / np.abs(kernel).sum()");
  if (library === "PyTorch") {
    imports.push("import torch", "import torch.nn.functional as F");
    body.push(
      "x = torch.from_numpy(image)[None]  # (N, C, H, W)",
      "weight = torch.from_numpy(kernel)[None]  # (K, C, kh, kw)",
    );
    if (padded) body.push(`x = F.pad(x, (${left}, ${right}, ${top}, ${bottom}), mode="${PAD_MODES.PyTorch[g.mode]}")`);
    body.push(
      `bias = torch.tensor([${setting.bias}], dtype=x.dtype)`,
      `return F.conv2d(x, weight, bias, stride=(${sr}, ${sc}), dilation=(${dr}, ${dc}))[0, 0].numpy()`,
    );
  } else {
    body.push(
      padded
        ? `x = np.pad(image, ((0, 0), (${top}, ${bottom}), (${left}, ${right})), mode="${PAD_MODES.NumPy[g.mode]}")`
        : "x = image",
    );
    if (library === "NumPy") {
      const extent = [dr * (rows - 1) + 1, dc * (cols - 1) + 1];
      body.push(
        `windows = np.lib.stride_tricks.sliding_window_view(x, (${extent.join(", ")}), axis=(1, 2))`,
        `windows = windows[:, ::${sr}, ::${sc}, ::${dr}, ::${dc}]  # (C, H', W', kh, kw)`,
        `return np.einsum("cijuv,cuv->ij", windows, kernel)${bias}`,
      );
    } else {
      imports.push("from scipy.signal import correlate2d");
      if (dr > 1 || dc > 1)
        body.push(
          `holes = np.zeros((${channels}, ${dr * (rows - 1) + 1}, ${dc * (cols - 1) + 1}))`,
          `holes[:, ::${dr}, ::${dc}] = kernel  # dilation`,
          "kernel = holes",
        );
      body.push(
        'y = sum(correlate2d(plane, k, mode="valid") for plane, k in zip(x, kernel))',
        `return y[::${sr}, ::${sc}]${bias}`,
      );
    }
  }
  return program({
    imports: [...imports, "import matplotlib.pyplot as plt"],
    name: "feature_map",
    takes: ["image", "kernel"],
    body,
    helpers: [
      "def show(y):",
      "    top = abs(y).max() or 1",
      '    plt.imshow(y, cmap="RdBu_r", vmin=-top, vmax=top)',
      '    plt.axis("off")',
      "    plt.show()",
    ],
    arrays: [
      `kernel = np.array(${weights}, dtype=np.float64)  # (C, kh, kw)`,
      ...imageLines(packed, setting.image.data),
    ],
    then: ["show(y)"],
  });
};
