/** Python that gives the gradients that the backpropagation stepper shows when it is pasted. */
import { pack } from "../../ui/state/packed";
import { arrayLines, program, tuple } from "../../ui/words/python";
import { pools, type Scene } from "./math";

export type Library = "PyTorch" | "NumPy";
export const LIBRARIES: Library[] = ["PyTorch", "NumPy"];

const times = (by: number, letter: string): string => (by === 1 ? letter : `${by} * ${letter}`);

const torchLines = (scene: Scene): string[] => {
  const { g, q, setting } = scene;
  const sides = [...g.padding].reverse().flat();
  const padded = sides.some(Boolean) ? `F.pad(x, ${tuple(sides)})` : "x";
  const name = setting.pool === "max" ? "max_pool2d" : "avg_pool2d";
  return [
    "x, w, b, g = (torch.tensor(array, requires_grad=True) for array in (x, w, b, g))",
    `z = F.conv2d(${padded}, w, b, stride=${tuple(g.stride)}, dilation=${tuple(g.dilation)})`,
    "a = torch.relu(z)",
    `p = ${pools(scene) ? `F.${name}(a, ${tuple(q.kernel)}, ${tuple(q.stride)})` : "a"}`,
    "p.backward(g)",
    "return x.grad, w.grad, b.grad",
  ];
};

const numpyLines = (scene: Scene): string[] => {
  const { g, q, setting } = scene;
  const widths = ["(0, 0)", ...g.padding.map((pair) => tuple([...pair]))].join(", ");
  const at = ["u", "v"].map((letter, axis) => {
    const from = times(g.dilation[axis], letter);
    const reach = g.stride[axis] * (g.output[axis] - 1) + 1;
    return `${from}:${from} + ${reach}${g.stride[axis] > 1 ? `:${g.stride[axis]}` : ""}`;
  });
  const [top, left] = g.padding.map(([before]) => before);
  const [high, wide] = g.input;
  const start = ["i", "j"].map((letter, axis) => times(q.stride[axis], letter));
  const window = start.map((from, axis) => `${from}:${from} + ${q.kernel[axis]}`).join(", ");
  const back =
    setting.pool === "max"
      ? [
          `    window = a[k, ${window}]`,
          "    u, v = np.unravel_index(window.argmax(), window.shape)",
          `    da[k, ${start[0]} + u, ${start[1]} + v] += g[k, i, j]`,
        ]
      : [`    da[k, ${window}] += g[k, i, j] / ${q.kernel[0] * q.kernel[1]}`];
  return [
    `padded = np.pad(x, (${widths}))`,
    `taps = {(u, v): np.s_[:, ${at.join(", ")}] for u, v in np.ndindex(${g.kernel.join(", ")})}`,
    'meet = [np.einsum("kc,cij->kij", w[:, :, u, v], padded[at]) for (u, v), at in taps.items()]',
    "z = b[:, None, None] + sum(meet)",
    ...(pools(scene)
      ? [
          "a = np.maximum(z, 0)",
          "da = np.zeros_like(a)",
          "for k, i, j in np.ndindex(g.shape):",
          ...back,
          "dz = da * (z > 0)",
        ]
      : ["dz = g * (z > 0)"]),
    "dpadded, dw = np.zeros_like(padded), np.zeros_like(w)",
    "for (u, v), at in taps.items():",
    '    dw[:, :, u, v] = np.einsum("kij,cij->kc", dz, padded[at])',
    '    dpadded[at] += np.einsum("kij,kc->cij", dz, w[:, :, u, v])',
    `dx = dpadded[:, ${top}:${top + high}, ${left}:${left + wide}]`,
    "return dx, dw, dz.sum((1, 2))",
  ];
};

export const codeFor = (library: Library, scene: Scene): string => {
  const { x, weight, bias, grad } = scene.setting;
  const torch = library === "PyTorch";
  const arrays = { g: grad, b: bias, w: weight, x };
  return program({
    imports: ["import numpy as np", ...(torch ? ["import torch", "import torch.nn.functional as F"] : [])],
    name: "gradients",
    takes: ["x", "w", "b", "g"],
    body: torch ? torchLines(scene) : numpyLines(scene),
    arrays: Object.entries(arrays).flatMap(([name, { data, shape }]) => arrayLines(name, pack(data, shape))),
    then: ['print(*y, sep="\\n\\n")'],
  });
};
