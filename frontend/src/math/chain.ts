/**
 * A chain of layers, sized by hand: the answers of `cnnviz.chain`, which explains them.
 *
 * A layer here may hold what someone is still typing: then its row says what is wrong with it.
 */
import {
  geometry,
  integers,
  type Pair,
  refuse,
  transposeGeometry,
  type Geometry,
  type Padding,
  type PerAxis,
} from "./shapes";
import { type Sight, START } from "./sight";

export type Kind = "conv" | "conv_transpose" | "pool" | "flatten" | "linear";
export type Parameter =
  "channels" | "units" | "kernel" | "stride" | "padding" | "output_padding" | "dilation" | "groups" | "bias";
/** The numbers of one parameter, as JSON holds them; a plain string is what was typed and can't be read. */
export type Value = number | boolean | string | (number | number[])[];
export type Layer = { kind: Kind } & Partial<Record<Parameter, Value>>;

/** Each kind's parameters and their defaults; null must be given. A pool's stride is its kernel when undefined. */
export const KINDS: Record<Kind, Partial<Record<Parameter, Value | null>>> = {
  conv: { channels: null, kernel: null, stride: 1, padding: 0, dilation: 1, groups: 1, bias: true },
  conv_transpose: {
    channels: null,
    kernel: null,
    stride: 1,
    padding: 0,
    output_padding: 0,
    dilation: 1,
    groups: 1,
    bias: true,
  },
  pool: { kernel: 2, stride: undefined, padding: 0 },
  flatten: {},
  linear: { units: null, bias: true },
};
export const TITLES: Record<Kind, string> = {
  conv: "conv",
  conv_transpose: "transposed conv",
  pool: "pool",
  flatten: "flatten",
  linear: "linear",
};

const LETTERS: Record<Parameter, string> = {
  channels: "c",
  units: "u",
  kernel: "k",
  stride: "s",
  padding: "p",
  output_padding: "o",
  dilation: "d",
  groups: "g",
  bias: "b",
};
const LARGEST = 1_000_000; // any one number
export const LONGEST = 200; // layers

/** A layer that slides a window. The geometry of a transposed one is that of the convolution it runs backwards. */
export interface Window {
  geometry: Geometry;
  transposed: boolean;
}

export interface Row {
  layer: string;
  size?: number[];
  /** Per axis, in input positions; none from the first flatten on. */
  receptiveField?: number[];
  jump?: number[];
  /** What ⌊ ⌋ drops at the end of each axis. */
  dropped?: number[];
  parameters?: number;
  multiplyAdds?: number;
  window?: Window;
  error?: string;
}

interface Step extends Required<Pick<Row, "size" | "parameters" | "multiplyAdds">> {
  window?: Window;
}

const product = (numbers: readonly number[]): number => numbers.reduce((a, b) => a * b, 1);

// ---- rows ------------------------------------------------------------------------------------------

export const parametersOf = (kind: Kind): Parameter[] => Object.keys(KINDS[kind]) as Parameter[];
/** A parameter, or its default. */
export const valueOf = (layer: Layer, name: Parameter): Value | null | undefined =>
  layer[name] ?? KINDS[layer.kind][name];

/** One row per layer. After one that does not fit, the rest wait for it. */
export const rowsOf = (layers: readonly Layer[], inputShape: readonly number[]): Row[] => {
  let shape: readonly number[] | undefined = inputShape;
  let sights: Sight[] | undefined = inputShape.slice(1).map(() => START);
  let blocked = 0;
  return layers.map((layer, i): Row => {
    const row = { layer: label(layer, shape) };
    if (!shape) return { ...row, error: `waits for layer ${blocked}` };
    try {
      const step: Step = STEPS[layer.kind](layer, shape);
      sights = seenThrough(sights, step);
      const answers = { ...step, ...(sights && step.window && seen(sights, step.window)) };
      const counts = [
        product(step.size),
        step.parameters,
        step.multiplyAdds,
        ...(answers.receptiveField ?? []),
        ...(answers.jump ?? []),
      ];
      if (!counts.every((count) => count <= Number.MAX_SAFE_INTEGER))
        throw new RangeError("the layer must be smaller: its numbers are too large to be counted here");
      shape = step.size;
      return { ...row, ...answers };
    } catch (error) {
      shape = undefined;
      blocked = i + 1;
      return { ...row, error: (error as Error).message };
    }
  });
};

const whole = (layer: Layer, name: Parameter): number => axes(layer, name, 1, "a whole number of at least 1")[0];

const axes = (layer: Layer, name: Parameter, rank: number, allowed?: string): number[] => {
  const least = name === "output_padding" ? 0 : 1;
  const value = valueOf(layer, name);
  const numbers = integers(
    spoken(name),
    value as PerAxis,
    rank,
    least,
    allowed ?? `a whole number of at least ${least}${rank > 1 ? `, or ${rank} with × between` : ""}`,
  );
  if (Math.max(...numbers) > LARGEST) refuse(spoken(name), `at most ${LARGEST}`, Math.max(...numbers));
  return numbers;
};

const spoken = (name: Parameter): string => name.replace("_", " ");

const paddingOf = (layer: Layer): Padding => {
  const padding = valueOf(layer, "padding") as Padding;
  if (typeof padding === "string" && padding !== "same" && padding !== "valid")
    refuse("padding", "a whole number, before+after, same or valid", padding);
  if (Array.isArray(padding) && Math.max(...padding.flat()) > LARGEST) refuse("padding", `at most ${LARGEST}`, padding);
  return padding;
};

const positions = (what: string, shape: readonly number[]): number[] => {
  if (shape.length === 1)
    throw new RangeError(`${what} must get channels with positions, got ${shape[0]} numbers in a row`);
  return shape.slice(1);
};

const groupsOf = (layer: Layer, channels: number): number => {
  const groups = whole(layer, "groups");
  const out = whole(layer, "channels");
  if (channels % groups || out % groups)
    throw new RangeError(`groups must divide the channels, ${channels} in and ${out} out; got ${groups}`);
  return groups;
};

/** The window that a layer slides; one that is too large is explained before anything else is. */
const windowed = (layer: Layer, n: readonly number[], stride: number[], dilation: number[]): Geometry => {
  const kernel = axes(layer, "kernel", n.length);
  const padding = paddingOf(layer);
  const { padding: pads } = geometry(n, 1, { padding: padding === "same" ? 0 : padding });
  n.forEach((size, a) => {
    const span = dilation[a] * (kernel[a] - 1) + 1;
    const padded = size + pads[a][0] + pads[a][1];
    const included = pads[a].some(Boolean) ? ", padding included" : "";
    if (padding !== "same" && span > padded)
      throw new RangeError(`the kernel spans ${span} positions and finds only ${padded}${included}`);
  });
  return geometry(n, kernel, { stride, padding, dilation });
};

const filters = (layer: Layer, perFilter: number, filters: number): { weights: number; parameters: number } => {
  const weights = perFilter * filters;
  return {
    weights,
    parameters: weights + (valueOf(layer, "bias") ? whole(layer, layer.kind === "linear" ? "units" : "channels") : 0),
  };
};

const STEPS: Record<Kind, (layer: Layer, shape: readonly number[]) => Step> = {
  conv: (layer, shape) => {
    const n = positions("a convolution", shape);
    const out = whole(layer, "channels");
    const g = windowed(layer, n, axes(layer, "stride", n.length), axes(layer, "dilation", n.length));
    const { weights, parameters } = filters(layer, (shape[0] / groupsOf(layer, shape[0])) * product(g.kernel), out);
    return {
      size: [out, ...g.output],
      parameters,
      multiplyAdds: weights * product(g.output),
      window: { geometry: g, transposed: false },
    };
  },
  conv_transpose: (layer, shape) => {
    const n = positions("a transposed convolution", shape);
    const out = whole(layer, "channels");
    const [kernel, stride, dilation, outputPadding] = (["kernel", "stride", "dilation", "output_padding"] as const).map(
      (name) => axes(layer, name, n.length),
    );
    const padding = paddingOf(layer);
    if (padding === "same")
      throw new RangeError("padding must be numbers here: “same” has no one meaning for a transposed convolution");
    outputPadding.forEach((extra, a) => {
      const least = Math.max(stride[a], dilation[a]);
      if (extra >= least)
        throw new RangeError(`output padding must be less than the stride or the dilation, ${least}; got ${extra}`);
    });
    const g = transposeGeometry(n, kernel, { stride, padding, dilation, outputPadding });
    const { weights, parameters } = filters(layer, (out / groupsOf(layer, shape[0])) * product(kernel), shape[0]);
    return {
      size: [out, ...g.input],
      parameters,
      multiplyAdds: weights * product(n),
      window: { geometry: g, transposed: true },
    };
  },
  pool: (layer, shape) => {
    const n = positions("pooling", shape);
    const stride = axes(layer, layer.stride === undefined ? "kernel" : "stride", n.length);
    const g = windowed(
      layer,
      n,
      stride,
      n.map(() => 1),
    );
    g.kernel.forEach((k, a) => {
      if (Math.max(...g.padding[a]) > k >> 1)
        throw new RangeError(
          `padding must be at most half the kernel, ⌊${k}/2⌋ = ${k >> 1}, got ${Math.max(...g.padding[a])}`,
        );
    });
    return {
      size: [shape[0], ...g.output],
      parameters: 0,
      multiplyAdds: 0,
      window: { geometry: g, transposed: false },
    };
  },
  flatten: (_, shape) => ({ size: [product(shape)], parameters: 0, multiplyAdds: 0 }),
  linear: (layer, shape) => {
    const units = whole(layer, "units");
    if (shape.length > 1)
      throw new RangeError(
        `a linear layer must get numbers in a row, got ${shape.join(" × ")}: put a flatten before it`,
      );
    const { weights, parameters } = filters(layer, shape[0], units);
    return { size: [units], parameters, multiplyAdds: weights };
  },
};

/** The sight along every axis after one more layer; none once positions are gone. */
const seenThrough = (sights: Sight[] | undefined, { window }: Step): Sight[] | undefined => {
  if (!window) return undefined;
  const { geometry: g, transposed } = window;
  return sights?.map((sight, a) =>
    sight.through({
      stride: g.stride[a],
      before: g.padding[a][0],
      reach: g.dilation[a] * (g.kernel[a] - 1),
      transposed,
    }),
  );
};

/** What an output of the last window sees; behind a transposed layer that differs, and the largest is looked for. */
const seen = (
  sights: Sight[],
  { geometry: g, transposed }: Window,
): Required<Pick<Row, "receptiveField" | "jump" | "dropped">> => ({
  receptiveField: sights.map((sight) => sight.field()),
  jump: sights.map((sight) => sight.jump()),
  dropped: g.input.map((n, a) =>
    transposed ? 0 : (n + g.padding[a][0] + g.padding[a][1] - g.dilation[a] * (g.kernel[a] - 1) - 1) % g.stride[a],
  ),
});

const label = (layer: Layer, shape: readonly number[] | undefined): string => {
  const { kind } = layer;
  const rank = Math.max(1, (shape?.length ?? 2) - 1);
  const kernel = valueOf(layer, "kernel");
  const parts = [
    layer.channels ?? layer.units,
    kernel != null && write(Array.isArray(kernel) ? kernel : Array(rank).fill(kernel), " × "),
  ];
  for (const name of ["stride", "padding", "output_padding", "dilation", "groups"] as const)
    if (name in KINDS[kind] && differs(layer, name)) parts.push(`${LETTERS[name]} ${write(layer[name]!, " × ")}`);
  if (layer.bias === false) parts.push("no bias");
  const depthwise = (layer.groups as number) > 1 && layer.groups === shape?.[0] ? " (depthwise)" : "";
  return (
    `${TITLES[kind]} ${parts.filter((part) => part !== undefined && part !== false).join(", ")}`.trim() + depthwise
  );
};

const differs = (layer: Layer, name: Parameter): boolean =>
  layer[name] !== undefined && JSON.stringify(layer[name]) !== JSON.stringify(KINDS[layer.kind][name]);

// ---- text: fields and links ------------------------------------------------------------------------

/** One parameter as text: `3`, `3x5`, and unequal padding as before+after. */
export const write = (value: Value, between = "x"): string =>
  Array.isArray(value)
    ? value.map((item) => (Array.isArray(item) ? item.join("+") : item)).join(between)
    : String(typeof value === "boolean" ? +value : value);

/** The numbers that a text stands for, or undefined. People write × or , for x, and spaces anywhere. */
export const read = (text: string): Value | undefined =>
  readPlain(text.toLowerCase().replace(/\s+/g, "").replace(/[×,*]/g, "x"));

/** The same of a text as `write` writes it, as a link holds it. */
const readPlain = (plain: string): Value | undefined => {
  if (plain === "same" || plain === "valid") return plain;
  if (!/^\d{1,9}(\+\d{1,9})?(x\d{1,9}(\+\d{1,9})?){0,2}$/.test(plain)) return undefined;
  const items = plain.split("x").map((item) => (item.includes("+") ? item.split("+").map(Number) : Number(item)));
  return items.length === 1 && !Array.isArray(items[0]) ? items[0] : items;
};

/** Would `cnnviz.chain` take this value, whatever the number of axes? What it would not stays in its field. */
export const wellFormed = (name: Parameter, value: Value | undefined): boolean => {
  if (name === "bias") return typeof value === "boolean";
  if (name === "padding" && (value === "same" || value === "valid")) return true;
  const least = name.endsWith("padding") ? 0 : 1;
  const legal = (n: unknown) => Number.isInteger(n) && (n as number) >= least && (n as number) <= LARGEST;
  if (!Array.isArray(value)) return legal(value);
  if (["channels", "units", "groups"].includes(name) || value.length < 1 || value.length > 3) return false;
  const isPair = (item: unknown) => Array.isArray(item) && item.length === 2 && item.every(legal);
  return value.every((item) => legal(item) || (name === "padding" && isPair(item)));
};

/** Whether something is a layer, as `cnnviz.chain.check_layers` asks it: whether it fits what comes in is another
 * question. */
export const isLayer = (value: unknown): value is Layer => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { kind, ...given } = value as Layer;
  if (typeof kind !== "string" || !Object.hasOwn(KINDS, kind)) return false;
  return (
    Object.entries(given).every(([name, one]) => name in KINDS[kind] && wellFormed(name as Parameter, one)) &&
    parametersOf(kind).every((name) => KINDS[kind][name] !== null || name in given)
  );
};

/** One to four whole numbers, channels first. */
export const isShape = (value: unknown): value is number[] =>
  Array.isArray(value) &&
  value.length >= 1 &&
  value.length <= 4 &&
  value.every((n) => Number.isInteger(n) && n >= 1 && n <= LARGEST);

export const linkOf = (layers: readonly Layer[], inputShape: readonly number[]): string =>
  `#layers=${[
    inputShape.join("x"),
    ...layers.map((layer) => {
      const values = parametersOf(layer.kind)
        .filter((name) => differs(layer, name))
        .map((name) => LETTERS[name] + write(layer[name]!));
      return layer.kind + (values.length ? `:${values}` : "");
    }),
  ].join(";")}`;

/** Whether a link may hold this value: a field takes what people write, a link is written one way. */
const inLink = (text: string): boolean => /^(same|valid|[\d+x]+)$/.test(text);

/** The chain in a link; throws what can't be read. The same texts as `cnnviz.chain.from_link` takes. */
export const readLink = (text: string): { layers: Layer[]; inputShape: number[] } => {
  const [shape, ...parts] = text.split("#layers=").at(-1)!.split(";");
  const inputShape = inLink(shape) ? readShape(shape) : undefined;
  if (!inputShape) throw new RangeError(`a link must begin with the input's shape, such as 3x32x32; got “${shape}”`);
  if (parts.length > LONGEST) throw new RangeError(`layers must be at most ${LONGEST}, got ${parts.length}`);
  return { inputShape, layers: parts.map(readLayer) };
};

/** One to four whole numbers, channels first. */
export const readShape = (text: string): number[] | undefined => {
  const parts = text.trim().split(/\s*[x×,*]\s*/i);
  const numbers = parts.map((part) => (/^\d{1,9}$/.test(part) ? Number(part) : 0));
  return numbers.length <= 4 && numbers.every((n) => n >= 1 && n <= LARGEST) ? numbers : undefined;
};

const readLayer = (part: string): Layer => {
  const [kind, values = ""] = part.split(":") as [Kind, string?];
  if (!Object.hasOwn(KINDS, kind))
    throw new RangeError(`“${kind}” is no kind of layer: ${Object.keys(KINDS).join(", ")}`);
  const layer: Layer = { kind };
  for (const item of values ? values.split(",") : []) {
    const name = parametersOf(kind).find((one) => LETTERS[one] === item[0]);
    const value = name === "bias" ? { 0: false, 1: true }[item.slice(1)] : read(item.slice(1));
    if (!name || !inLink(item.slice(1)) || !wellFormed(name, value) || name in layer)
      throw new RangeError(`the part “${item}” of “${part}” can't be read`);
    layer[name] = value;
  }
  const missing = parametersOf(kind).find((name) => valueOf(layer, name) === null);
  if (missing) throw new RangeError(`“${part}” needs a number of ${missing}`);
  return layer;
};

export type { Pair };
