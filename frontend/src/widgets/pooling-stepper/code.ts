/** “Copy as”: Python that prints the pooled array, with nothing but the named library. */
import type { Packed } from "../../ui/state/packed";
import { arrayLines, program, tuple } from "../../ui/words/python";
import type { Result } from "./math";

export type Library = "PyTorch" | "NumPy";
export const LIBRARIES: Library[] = ["PyTorch", "NumPy"];

export const codeFor = (library: Library, { setting, geometry: g, rank }: Result, packed: Packed): string => {
  const { mode } = setting;
  const [kernel, stride] = [g.kernel.slice(-rank), g.stride.slice(-rank)];
  const padding = g.padding.slice(-rank);
  const padded = padding.flat().some(Boolean);
  const fill = mode === "max" ? { PyTorch: 'float("-inf")', NumPy: "-np.inf" }[library] : "0.0";
  const imports = ["import numpy as np"];
  const body: string[] = [];
  if (library === "PyTorch") {
    const channels = packed.shape.length > rank;
    const pool = (what: string, kind: string) =>
      `F.${kind}_pool${rank}d(${what}, ${tuple(kernel)}, stride=${tuple(stride)})`;
    imports.push("import torch", "import torch.nn.functional as F");
    body.push(`t = torch.from_numpy(x)${channels ? "" : "[None]"}  # channels first`);
    // F.pad takes the last axis first. The pooling's own padding could not differ between the sides.
    if (padded) body.push(`t = F.pad(t, ${tuple(padding.slice().reverse().flat())}, value=${fill})`);
    body.push(
      `y = ${{ max: pool("t", "max"), mean: pool("t", "avg"), l2: `${pool("t**2", "avg")}.sqrt()` }[mode]}`,
      `return y${channels ? "" : "[0]"}.numpy()`,
    );
  } else {
    const axes = tuple(Array.from({ length: rank }, (_, i) => i - rank));
    const pooled = {
      max: `windows.max(axis=${axes})`,
      mean: `windows.mean(axis=${axes})`,
      l2: `np.sqrt((windows**2).mean(axis=${axes}))`,
    };
    const front = Array<string>(packed.shape.length - rank).fill("(0, 0)");
    if (padded)
      body.push(
        `x = np.pad(x, ${tuple([...front, ...padding.map((pair) => tuple([...pair]))])}, constant_values=${fill})`,
      );
    body.push(
      `windows = np.lib.stride_tricks.sliding_window_view(x, ${tuple(kernel)}, axis=${axes})`,
      `windows = windows[..., ${[...stride.map((s) => `::${s}`), ...kernel.map(() => ":")].join(", ")}]`,
      `return ${pooled[mode]}`,
    );
  }
  return program({
    imports,
    name: "pool",
    takes: ["x"],
    body,
    arrays: arrayLines("x", packed),
    then: ["print(y)"],
  });
};
