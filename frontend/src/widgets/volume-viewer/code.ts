/** “Copy as”: Python that prints the 3-D feature map's size and values, with nothing but the named library. */
import type { Packed } from "../../ui/state/packed";
import { arrayLines, PAD_MODES, program, tuple } from "../../ui/words/python";
import type { Result } from "./math";

export type Library = "PyTorch" | "NumPy";
export const LIBRARIES: Library[] = ["PyTorch", "NumPy"];

export const codeFor = (library: Library, { setting, geometry: g }: Result, volume: Packed, kernel: Packed): string => {
  const padded = g.padding.flat().some(Boolean);
  const mode = PAD_MODES[library][setting.mode];
  const imports = ["import numpy as np"];
  const body: string[] = [];
  if (library === "PyTorch") {
    imports.push("import torch", "import torch.nn.functional as F");
    body.push(
      "x = torch.from_numpy(volume)[None, None]  # (N, C, D, H, W)",
      "weight = torch.from_numpy(kernel)[None, None]  # (K, C, kd, kh, kw)",
    );
    // F.pad takes the last axis first.
    if (padded) body.push(`x = F.pad(x, ${tuple(g.padding.slice().reverse().flat())}, mode="${mode}")`);
    body.push(`return F.conv3d(x, weight, stride=${tuple(g.stride)})[0, 0].numpy()`);
  } else
    body.push(
      padded ? `x = np.pad(volume, ${tuple(g.padding.map((pair) => tuple([...pair])))}, mode="${mode}")` : "x = volume",
      "windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape)",
      `windows = windows[${g.stride.map((s) => `::${s}`).join(", ")}]  # (D', H', W', kd, kh, kw)`,
      'return np.einsum("dhwuvt,uvt->dhw", windows, kernel)',
    );
  return program({
    imports,
    name: "feature_map",
    takes: ["volume", "kernel"],
    body,
    arrays: [...arrayLines("kernel", kernel), ...arrayLines("volume", volume)],
    then: ["print(y.shape)", "print(y)"],
  });
};
