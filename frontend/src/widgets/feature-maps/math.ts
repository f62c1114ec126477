/** One number of a map, and what it is made of: the answers of `cnnviz.widgets._recording`. No page. */
import { type NdArray, zeros } from "../../math/array";
import { unpack } from "../../ui/state/packed";
import type { Kind, Layer, Mode, PlainStep, PlainUnit } from "./state";

export interface Step {
  kind: PlainStep["kind"];
  label: string;
  /** Mean, variance, ε, weight and bias of a norm. */
  numbers: number[];
}

export interface Unit {
  layer: number;
  map: number;
  place: number[];
  kind: Kind;
  mode: Mode;
  /** The channel that the window begins with. */
  first: number;
  /** What it sees (C, kh, kw), 0 for padding; nothing where that is not known. */
  window?: NdArray;
  weight?: NdArray;
  bias: number;
  hasBias: boolean;
  divisor: number;
  rows: number[];
  columns: number[];
  size: number[];
  steps: Step[];
  /** What the model has. */
  value: number;
}

const stepOf = ({ kind, label, numbers }: PlainStep, channel: number): Step => {
  if (!numbers) return { kind, label, numbers: [] };
  const { data, shape } = unpack(numbers);
  return { kind, label, numbers: Array.from({ length: 5 }, (_, i) => data[i * shape[1] + channel]) };
};

/** A unit as it was recorded. */
export const unitOf = (plain: PlainUnit): Unit => ({
  ...plain,
  window: plain.window ? unpack(plain.window) : undefined,
  weight: plain.weight ? unpack(plain.weight) : undefined,
  bias: plain.bias ?? 0,
  hasBias: plain.bias !== null,
  steps: plain.steps.map((step) => stepOf(step, 0)),
});

const places = ([kernel, stride, before, dilation]: number[], at: number): number[] =>
  Array.from({ length: kernel }, (_, i) => stride * at - before + dilation * i);

const inside = (at: number, n: number): boolean => at >= 0 && at < n;

/** Whether a place of a unit's window lies outside of the map. */
export const isPadding = ({ rows, columns, size }: Unit, i: number, j: number): boolean =>
  !inside(rows[i], size[0]) || !inside(columns[j], size[1]);

const weights = new WeakMap<object, NdArray>();
const unpackedOnce = (packed: Parameters<typeof unpack>[0]): NdArray => {
  if (!weights.has(packed)) weights.set(packed, unpack(packed));
  return weights.get(packed)!;
};

/** The places along both axes, in runs [first, last], of the numbers that see a place of what a layer reads; nothing
 * where it is not known how the layer works. */
export const seenBy = (
  { does, size }: Pick<Layer, "does" | "size">,
  place: readonly number[],
): number[][][] | undefined =>
  does?.windows.map((window, axis) => {
    const runs: number[][] = [];
    for (let at = 0; at < size[axis]; at++) {
      if (!places(window, at).includes(place[axis])) continue;
      if (runs.at(-1)?.[1] === at - 1) runs.at(-1)![1] = at;
      else runs.push([at, at]);
    }
    return runs;
  });

/** A unit of a layer of which everything is known. */
export const unitIn = (
  layers: readonly Layer[],
  at: number,
  map: number,
  [row, column]: number[],
): Unit | undefined => {
  const layer = layers[at];
  const { does, from, maps } = layer;
  if (!does) return undefined;
  const [, height, width] = maps.shape;
  const flat = (map * height + row) * width + column;
  const unit: Unit = {
    layer: at,
    map,
    place: [row, column],
    kind: does.kind,
    mode: does.mode,
    first: map,
    bias: does.bias ? unpackedOnce(does.bias).data[map] : 0,
    hasBias: does.bias !== null,
    divisor: 1,
    rows: [row],
    columns: [column],
    size: [height, width],
    steps: does.steps.map((step) => stepOf(step, map)),
    value: maps.data[flat],
  };
  if (does.kind === "merge" || does.kind === "other") {
    const seen =
      does.mode === "copy" ? copied(layers, layer, map, flat) : from.map((one) => layers[one].maps.data[flat]);
    const known = seen.every((value) => value !== undefined) && seen.length > 0;
    return known ? { ...unit, window: { data: Float64Array.from(seen), shape: [seen.length, 1, 1] } } : unit;
  }
  const [, rows, cols] = does.input;
  const source = layers[from[0]].maps.data;
  const own = does.weight ? unpackedOnce(does.weight) : undefined;
  const count = own ? own.shape[1] : 1;
  const first = own ? Math.floor(map / (own.shape[0] / does.groups)) * count : map;
  const [down, across] = [places(does.windows[0], row), places(does.windows[1], column)];
  const window = zeros([count, down.length, across.length]);
  let to = 0;
  for (let c = first; c < first + count; c++)
    for (const r of down)
      for (const q of across) {
        if (inside(r, rows) && inside(q, cols)) window.data[to] = source[(c * rows + r) * cols + q];
        to++;
      }
  const area = window.data.length / count;
  const within = down.filter((r) => inside(r, rows)).length * across.filter((q) => inside(q, cols)).length;
  return {
    ...unit,
    first,
    window,
    weight: own && {
      data: own.data.subarray(map * count * area, (map + 1) * count * area),
      shape: window.shape,
    },
    divisor: does.divisor ?? within,
    rows: down,
    columns: across,
    size: [rows, cols],
  };
};

/** Of maps that are put behind one another, the number of the one that a map is from. */
const copied = (layers: readonly Layer[], { from, maps }: Layer, map: number, flat: number): number[] => {
  const each = maps.shape[1] * maps.shape[2];
  let at = flat;
  for (const one of from) {
    const { data } = layers[one].maps;
    if (at < data.length) return [data[at]];
    at -= data.length;
  }
  return [maps.data[map * each]];
};

/** What each channel of the window adds to the sum. */
export const partials = ({ window, weight }: Unit): Float64Array => {
  if (!window) return new Float64Array(0);
  const out = new Float64Array(window.shape[0]);
  const each = window.data.length / out.length;
  for (let c = 0, i = 0; c < out.length; c++)
    for (const end = i + each; i < end; i++) out[c] += window.data[i] * (weight ? weight.data[i] : 1);
  return out;
};

/** The numbers of a pooling's window that are not padding. */
export const pooled = (unit: Unit): number[] => {
  const cols = unit.columns.length;
  return Array.from(unit.window?.data ?? []).filter((_, i) => !isPadding(unit, Math.floor(i / cols), i % cols));
};

/** What the layer's own operation comes to. */
export const resultOf = (unit: Unit): number => {
  const { window, mode, bias, divisor } = unit;
  if (!window) return unit.value;
  const sum = partials(unit).reduce((a, b) => a + b, 0);
  if (mode === "max") return Math.max(...pooled(unit));
  if (mode === "mean") return sum / divisor;
  if (mode === "multiply") return window.data.reduce((a, b) => a * b, 1);
  if (mode === "subtract") return 2 * window.data[0] - sum;
  return sum + bias;
};

export const stepped = ({ kind, numbers: [mean, variance, epsilon, weight, bias] }: Step, value: number): number => {
  if (kind === "norm") return ((value - mean) / Math.sqrt(variance + epsilon)) * weight + bias;
  if (kind === "relu") return Math.max(value, 0);
  return kind === "tanh" ? Math.tanh(value) : 1 / (1 + Math.exp(-value));
};

/** What the operation comes to, and after it each step. */
export const workedOut = (unit: Unit): number[] => {
  const values = [resultOf(unit)];
  for (const step of unit.steps) values.push(stepped(step, values.at(-1)!));
  return values;
};

/** What each input channel adds to every position of a map, (C, H, W), where everything is known of a convolution. */
export const contributions = (layers: readonly Layer[], at: number, map: number): NdArray | undefined => {
  const { does, from, maps } = layers[at];
  const [, height, width] = maps.shape;
  if (does?.kind !== "conv" || !does.weight || height * width < 2) return undefined;
  const weight = unpackedOnce(does.weight);
  const [kept, count, kh, kw] = weight.shape;
  const first = Math.floor(map / (kept / does.groups)) * count;
  const [, rows, cols] = does.input;
  const source = layers[from[0]].maps.data;
  const out = zeros([count, height, width]);
  const [down, across] = [does.windows[0], does.windows[1]];
  let to = 0;
  for (let c = 0; c < count; c++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++, to++)
        for (let i = 0; i < kh; i++) {
          const r = down[1] * y - down[2] + down[3] * i;
          if (!inside(r, rows)) continue;
          for (let j = 0; j < kw; j++) {
            const q = across[1] * x - across[2] + across[3] * j;
            if (inside(q, cols))
              out.data[to] +=
                weight.data[((map * count + c) * kh + i) * kw + j] * source[((first + c) * rows + r) * cols + q];
          }
        }
  return out;
};
