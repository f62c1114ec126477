/** A network laid over a page: window by window, and as one convolution. What `SlidingWindow` in Python answers. */
import type { NdArray } from "../../math/array";
import { network, namesOf, type PlainLayer, shapesOf, SIDE } from "../shared/network";

/** How a network is laid over a page. */
export interface Plan {
  /** The window's side in pixels: with real pixels where the first layer would pad. */
  window: number;
  /** Pixels that two windows are apart at the least. */
  jump: number;
  /** The first layer that sees the whole window. */
  last: number;
  /** By layer: the side of a window's maps, and the pixels between two of their places. */
  sides: number[];
  strides: number[];
  /** The layers without that padding. */
  layers: PlainLayer[];
}

/** Throws where padding can't be real pixels. */
export const planOf = (model: PlainLayer[]): Plan => {
  const [first, ...others] = model;
  if (others.some(({ padding }) => padding > 0)) throw new RangeError("only the first layer may pad");
  const sides = shapesOf(model).map((shape) => shape[2] ?? 1);
  const last = sides.indexOf(1);
  let product = 1;
  const strides = model.map(({ stride }) => (product *= stride));
  return {
    window: SIDE + 2 * first.padding,
    jump: last ? strides[last - 1] : 1,
    last,
    sides,
    strides,
    layers: [{ ...first, padding: 0 }, ...others],
  };
};

/** A layer that sees maps of `side` × `side`, as one that slides over larger ones. A linear layer's weights stay where
 * they are: they are only called (units, maps, side, side). */
const slid = (layer: PlainLayer, side: number, stride: number): PlainLayer => {
  if (layer.kind !== "linear") return { ...layer, stride };
  const weight = layer.weight!;
  const [units, inputs] = weight.shape;
  const shape = [units, inputs / side ** 2, side, side];
  return { ...layer, kind: "conv", kernel: side, stride, weight: { ...weight, shape } };
};

/** The network whose every layer slides. */
export const convolved = ({ layers, sides, window, last, jump }: Plan, stride: number): PlainLayer[] =>
  layers.map((layer, i) => (i < last ? layer : slid(layer, i ? sides[i - 1] : window, i === last ? stride / jump : 1)));

/** A page (H, W) of light from 0 to 1, and where its windows are. */
export interface Search {
  plan: Plan;
  page: NdArray;
  stride: number;
  rows: number;
  cols: number;
}

export const searchOf = (plan: Plan, page: NdArray, stride: number): Search => {
  const [rows, cols] = page.shape.map((n) => Math.floor((n - plan.window) / stride) + 1);
  return { plan, page, stride, rows, cols };
};

/** A rectangle of the page. */
const cut = ({ data, shape: [, across] }: NdArray, top: number, left: number, rows: number, cols: number) => {
  const out = new Float64Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    const from = (top + i) * across + left;
    out.set(data.subarray(from, from + cols), i * cols);
  }
  return out;
};

/** The scores of a window, cropped: each computed once and kept. */
export const cropper = ({
  plan,
  page,
  stride,
  cols,
}: Search): ((index: number) => Float64Array) & { knows(index: number): boolean } => {
  const run = network(plan.layers);
  const known: Float64Array[] = [];
  const { window } = plan;
  const scores = (index: number): Float64Array => {
    const [row, col] = [Math.floor(index / cols), index % cols];
    return (known[index] ??= run(cut(page, row * stride, col * stride, window, window), [window, window]).at(-1)!.data);
  };
  return Object.assign(scores, { knows: (index: number) => index in known });
};

/** The scores of all windows by one convolution: by window, then by class. */
export const slideAll = ({ plan, page, stride, rows, cols }: Search): Float64Array[] => {
  const size = [rows, cols].map((n) => plan.window + (n - 1) * stride);
  const { data, shape } = network(convolved(plan, stride))(cut(page, 0, 0, size[0], size[1]), size).at(-1)!;
  const [classes, high, wide] = shape;
  return Array.from({ length: rows * cols }, (_, i) => {
    const at = Math.floor(i / cols) * wide + (i % cols);
    return Float64Array.from({ length: classes }, (_, k) => data[k * high * wide + at]);
  });
};

// ---- the work --------------------------------------------------------------------------------------
/** How many places of a line so many windows hold. */
const span = (side: number, apart: number, windows: number): number =>
  windows ? side + (windows - 1) * Math.min(side, apart) : 0;

/** How many places of a map the first `count` windows hold, each counted once; `cols` windows are in a row. */
export const covered = (side: number, apart: number, cols: number, count: number): number => {
  const rows = Math.floor(count / cols);
  const fresh = span(side, apart, rows + 1) - span(side, apart, rows);
  return span(side, apart, rows) * span(side, apart, cols) + fresh * span(side, apart, count % cols);
};

/** What a layer has multiplied. */
export interface Work {
  name: string;
  cropping: number;
  convolution: number;
}

/** What both forms multiply for the first `count` windows: the layers, and their sum. */
export const workOf = ({ plan, stride, cols }: Search, count: number): Work[] => {
  const names = namesOf(plan.layers);
  const layers = plan.layers.flatMap(({ weight }, i) => {
    if (!weight) return [];
    const each = weight.shape.reduce((a, b) => a * b);
    const side = plan.sides[i];
    const apart = i < plan.last ? stride / plan.strides[i] : 1;
    const cropping = each * side * side * count;
    return [{ name: names[i], cropping, convolution: each * covered(side, apart, cols, count) }];
  });
  const sum = (form: "cropping" | "convolution") => layers.reduce((total, layer) => total + layer[form], 0);
  return [...layers, { name: "all", cropping: sum("cropping"), convolution: sum("convolution") }];
};

// ---- what holds what -------------------------------------------------------------------------------
/** The windows that hold a pixel: from the first row and column to the last; nothing where there is none. */
export const windowsOf = (
  { plan: { window }, stride, rows, cols }: Search,
  row: number,
  col: number,
): { row: number; col: number; rows: number; cols: number } | undefined => {
  const range = (at: number, count: number) => {
    const from = Math.max(0, Math.ceil((at - window + 1) / stride));
    return [from, Math.min(count - 1, Math.floor(at / stride)) - from + 1];
  };
  const [[top, high], [left, wide]] = [range(row, rows), range(col, cols)];
  return high > 0 && wide > 0 ? { row: top, col: left, rows: high, cols: wide } : undefined;
};
