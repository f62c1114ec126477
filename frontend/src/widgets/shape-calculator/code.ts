/** “Copy as”: the chain as PyTorch modules, or as cnnviz takes it. */
import {
  KINDS,
  linkOf,
  parametersOf,
  valueOf,
  type Kind,
  type Layer,
  type Parameter,
  type Row,
  type Value,
} from "../../math/chain";

export type Library = "PyTorch" | "cnnviz";
export const LIBRARIES: Library[] = ["PyTorch", "cnnviz"];

const python = (value: Value): string => {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return `"${value}"`;
  if (!Array.isArray(value)) return String(value);
  const items = value.map((item) => (Array.isArray(item) ? `(${item.join(", ")})` : item));
  return `(${items.join(", ")}${items.length > 1 ? "" : ","})`;
};

export const codeFor = (
  library: Library,
  layers: readonly Layer[],
  shape: readonly number[],
  rows: readonly Row[],
): string => (library === "PyTorch" ? torch(layers, shape, rows) : own(layers, shape));

const own = (layers: readonly Layer[], shape: readonly number[]): string => {
  const dicts = layers.map(
    (layer) =>
      `    {"kind": "${layer.kind}"${parametersOf(layer.kind)
        .filter((name) => layer[name] !== undefined)
        .map((name) => `, "${name}": ${python(layer[name]!)}`)
        .join("")}},`,
  );
  return [
    "import cnnviz",
    "",
    "layers = [",
    ...dicts,
    "]",
    `calculator = cnnviz.ShapeCalculator(layers, input_shape=${python([...shape])})`,
    `# the same: cnnviz.ShapeCalculator.from_link("${linkOf(layers, shape)}")`,
    "calculator",
    "",
  ].join("\n");
};

/** Unequal padding is a module of its own, zeros in front of the layer; PyTorch's goes on both sides. */
const torch = (layers: readonly Layer[], shape: readonly number[], rows: readonly Row[]): string => {
  const modules: string[] = [];
  let before = shape;
  for (const [i, row] of rows.entries()) {
    if (!row.size) {
      modules.push(`# layer ${i + 1}, ${row.layer}, does not fit`);
      break;
    }
    modules.push(...MODULES[layers[i].kind](layers[i], row, before).map((module) => `${module},`));
    before = row.size;
  }
  return [
    "import torch",
    "from torch import nn",
    "",
    "net = nn.Sequential(",
    ...modules.map((line) => `    ${line}`),
    ")",
    `x = torch.zeros(1, ${shape.join(", ")})  # (N, C, …)`,
    "print(net(x).shape)",
    "",
  ].join("\n");
};

/** Keyword arguments other than PyTorch's own defaults, which are ours too. */
const options = (layer: Layer, names: Parameter[], extra: string[] = []): string =>
  [
    ...extra,
    ...names
      .filter((name) => layer[name] !== undefined && layer[name] !== KINDS[layer.kind][name])
      .map((name) => `${name}=${python(layer[name]!)}`),
  ]
    .map((text) => `, ${text}`)
    .join("");

const pads = ({ window }: Row): { zeros: string[]; option: string[]; crop: string[] } => {
  const { padding } = window!.geometry;
  const sides = [...padding].reverse().flat();
  if (padding.every(([a, b]) => a === b))
    return {
      zeros: [],
      crop: [],
      option: sides.some(Boolean)
        ? [`padding=${python(new Set(sides).size === 1 ? sides[0] : padding.map(([a]) => a))}`]
        : [],
    };
  return {
    zeros: [`nn.ConstantPad${padding.length}d((${sides.join(", ")}), `],
    crop: [`nn.ConstantPad${padding.length}d((${sides.map((side) => -side).join(", ")}), 0.0)`],
    option: [],
  };
};

const MODULES: Record<Kind, (layer: Layer, row: Row, shape: readonly number[]) => string[]> = {
  conv: (layer, row, shape) => {
    const { zeros, option } = pads(row);
    const rest = options(layer, ["stride", "dilation", "groups", "bias"], option);
    return [
      ...zeros.map((zero) => `${zero}0.0)`),
      `nn.Conv${shape.length - 1}d(${shape[0]}, ${layer.channels}, ${python(layer.kernel!)}${rest})`,
    ];
  },
  conv_transpose: (layer, row, shape) => {
    const { crop, option } = pads(row);
    const rest = options(layer, ["stride", "output_padding", "dilation", "groups", "bias"], option);
    return [
      `nn.ConvTranspose${shape.length - 1}d(${shape[0]}, ${layer.channels}, ${python(layer.kernel!)}${rest})`,
      ...crop,
    ];
  },
  pool: (layer, row, shape) => {
    const { zeros, option } = pads(row);
    return [
      ...zeros.map((zero) => `${zero}float("-inf"))`),
      `nn.MaxPool${shape.length - 1}d(${python(valueOf(layer, "kernel")!)}${options(layer, ["stride"], option)})`,
    ];
  },
  flatten: () => ["nn.Flatten()"],
  linear: (layer, _, shape) => [`nn.Linear(${shape[0]}, ${layer.units}${options(layer, ["bias"])})`],
};
