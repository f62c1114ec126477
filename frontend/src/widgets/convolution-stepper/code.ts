/** The call that makes what the convolution stepper shows, and Python that gives the same when pasted. */
import { pack } from "../../ui/state/packed";
import { arrayLines, PAD_MODES, program, tuple } from "../../ui/words/python";
import { blockDiagonal, extras, type Scene } from "./math";
import { extent, paddedShape } from "../../math/shapes";

export type Library = "PyTorch" | "NumPy";
export const LIBRARIES: Library[] = ["PyTorch", "NumPy"];

/** One number where all axes have the same. */
const perAxis = (numbers: number[]): string => (new Set(numbers).size === 1 ? String(numbers[0]) : tuple(numbers));
const given = (name: string, text: string, usual: string): string => (text === usual ? "" : `, ${name}=${text}`);
const hasBias = ({ setting: { bias } }: Scene): boolean => bias.data.some(Boolean);

/** `conv2d(x, w, stride=2, padding=1)`: `x` and `w` have their channels, `F` is torch.nn.functional. */
const torchCall = (scene: Scene, F: string, x: string, w: string): string => {
  const {
    g,
    rank,
    setting: { transposed, groups },
  } = scene;
  const [before, after] = [0, 1].map((side) => g.padding.map((pair) => pair[side]));
  const native = g.mode === "zero" && `${before}` === `${after}`;
  const padding = native ? given("padding", perAxis(before), "0") : "";
  const sides = [...g.padding].reverse().flat();
  const mode = g.mode === "zero" ? "" : `, mode="${PAD_MODES.PyTorch[g.mode]}"`;
  const padded = transposed || native || !g.padding.flat().some(Boolean) ? x : `${F}.pad(${x}, ${tuple(sides)}${mode})`;
  const rest = [
    given("stride", perAxis(g.stride), "1"),
    padding,
    transposed ? given("output_padding", perAxis(extras(g)), "0") : "",
    given("dilation", perAxis(g.dilation), "1"),
    given("groups", String(groups), "1"),
  ].join("");
  const cut =
    transposed && !native ? `[..., ${g.padding.map(([from], a) => `${from}:${from + g.input[a]}`).join(", ")}]` : "";
  const conv = `${F}.conv${transposed ? "_transpose" : ""}${rank}d`;
  return `${conv}(${padded}, ${w}${hasBias(scene) ? ", b" : ""}${rest})${cut}`;
};

/** The one call, for arrays as they were given: without channels, they get some on the way. */
export const callFor = (scene: Scene): string => {
  const { plain } = scene.setting;
  return plain
    ? `${torchCall(scene, "torch.nn.functional", "x[None]", "w[None, None]")}[0]`
    : torchCall(scene, "torch.nn.functional", "x", "w");
};

const numpyLines = (scene: Scene): string[] => {
  const {
    g,
    rank,
    inputs,
    outputs,
    setting: { transposed, groups },
  } = scene;
  const span = g.kernel.map((k, a) => extent(k, g.dilation[a]));
  const bias = hasBias(scene) ? [`y = y + b[${[":", ...Array(rank).fill("None")].join(", ")}]`] : [];
  const [places, cells] = ["hij".slice(-rank), "tuv".slice(-rank)];
  const steps = (numbers: number[]) => numbers.map((s) => `::${s}`).join(", ");
  if (!transposed) {
    const widths = ["(0, 0)", ...g.padding.map((pair) => tuple([...pair]))].join(", ");
    const pads = g.padding.flat().some(Boolean) ? `np.pad(x, (${widths}), mode="${PAD_MODES.NumPy[g.mode]}")` : "x";
    const inGroups = (name: string) => `${name}.reshape(${groups}, -1, *${name}.shape[1:])`;
    const axes = tuple(g.input.map((_, a) => a + 1));
    return [
      `windows = np.lib.stride_tricks.sliding_window_view(${pads}, ${tuple(span)}, axis=${axes})`,
      `windows = windows[:, ${steps(g.stride)}, ${steps(g.dilation)}]`,
      ...(groups === 1
        ? [`y = np.einsum("c${places}${cells},kc${cells}->k${places}", windows, w)`]
        : [
            `y = np.einsum("gc${places}${cells},gkc${cells}->gk${places}", ${inGroups("windows")}, ${inGroups("w")})`,
            "y = y.reshape(-1, *y.shape[2:])",
          ]),
      ...bias,
    ];
  }
  const index = [...places];
  const stamp = index
    .map((i, a) => `${g.stride[a]} * ${i}:${g.stride[a]} * ${i} + ${span[a]}:${g.dilation[a]}`)
    .join(", ");
  return [
    `y = np.zeros((${[outputs, ...paddedShape(g)].join(", ")}))`,
    `w = w.reshape(${[groups, inputs / groups, outputs / groups, ...g.kernel].join(", ")})`,
    `for ${index.join(", ")}${rank === 1 ? "," : ""} in np.ndindex(${g.output.join(", ")}):`,
    `    stamps = np.einsum("gc,gck${cells}->gk${cells}", x[:, ${index.join(", ")}].reshape(${groups}, -1), w)`,
    `    y[:, ${stamp}] += stamps.reshape(${[outputs, ...g.kernel].join(", ")})`,
    ...(g.padding.flat().some(Boolean)
      ? [`y = y[:, ${g.padding.map(([from], a) => `${from}:${from + g.input[a]}`).join(", ")}]`]
      : []),
    ...bias,
  ];
};

export const codeFor = (library: Library, scene: Scene): string => {
  const { x, dense, bias, groups, plain } = scene.setting;
  const weight = blockDiagonal(dense, groups);
  const takes = ["x", "w", ...(hasBias(scene) ? ["b"] : [])];
  const [torch, names] = [library === "PyTorch", takes.join(", ")];
  return program({
    imports: ["import numpy as np", ...(torch ? ["import torch", "import torch.nn.functional as F"] : [])],
    name: scene.setting.transposed ? "conv_transpose" : "conv",
    takes,
    body: [
      ...(torch
        ? [`${names} = map(torch.from_numpy, (${names}))`, `y = ${torchCall(scene, "F", "x", "w")}`]
        : numpyLines(scene)),
      plain ? "return y[0]  # no channels" : "return y",
    ],
    arrays: [
      ...(hasBias(scene) ? arrayLines("b", pack(bias.data, bias.shape)) : []),
      ...arrayLines("w", pack(weight.data, weight.shape)),
      ...arrayLines("x", pack(x.data, x.shape)),
    ],
    then: ["print(y)"],
  });
};
