/** The feature maps' traits, and the layers and numbers that they hold. No page. */
import type { NdArray } from "../../math/array";
import { type Packed, unpack } from "../../ui/state/packed";
import type { Store } from "../../ui/state/store";

/** What is done to each number by itself behind a layer; of a norm, `numbers` (5, K) are mean, variance, ε, weight and
 * bias. */
export interface PlainStep {
  kind: "norm" | "relu" | "tanh" | "sigmoid";
  label: string;
  numbers: Packed | null;
}

export type Kind = "conv" | "pool" | "merge" | "other";
export type Mode = "" | "sum" | "max" | "mean" | "add" | "subtract" | "multiply" | "copy";

/** How a layer works, where everything of it is known. */
export interface Does {
  kind: Kind;
  mode: Mode;
  /** The shape (C, H, W) in which it reads what comes in. */
  input: number[];
  weight: Packed | null;
  bias: Packed | null;
  /** [kernel, stride, padding before, dilation] along both axes. */
  windows: number[][];
  groups: number;
  divisor: number | null;
  steps: PlainStep[];
}

export interface PlainLayer {
  name: string;
  label: string;
  from: number[];
  size: number[];
  /** How many positions along each axis are one in `maps`. */
  block: number;
  maps: Packed;
  /** What the largest byte stands for in each map; null where `maps` are the numbers themselves. */
  top: Packed | null;
  dead: number[];
  twins: number[][];
  does: Does | null;
}

/** One number, and what it is made of. */
export interface PlainUnit {
  layer: number;
  map: number;
  place: number[];
  kind: Kind;
  mode: Mode;
  first: number;
  window: Packed | null;
  weight: Packed | null;
  bias: number | null;
  divisor: number;
  rows: number[];
  columns: number[];
  size: number[];
  steps: PlainStep[];
  value: number;
  big: Packed | null;
  top: number;
}

export type Scale = "map" | "layer" | "network";

export interface State {
  selected: number[];
  scale: Scale;
}
export const KEYS: (keyof State)[] = ["selected", "scale"];
export const ALSO = ["recorded", "units", "found"];

export type Traits = Store<State>;

/** A layer's maps as numbers. */
export interface Layer extends Omit<PlainLayer, "maps" | "top"> {
  maps: NdArray;
  /** The largest magnitude of each map. */
  tops: Float64Array;
  /** Whether these are the model's own numbers, and not bytes that stand for them. */
  exact: boolean;
  /** Whether a map of it has numbers below 0. */
  signed: boolean;
}

const mostOf = ({ dtype }: Packed): number => (dtype === "int8" ? 127 : 255);

/** Bytes as the numbers that they stand for. */
const restored = (packed: Packed, top: (map: number) => number): NdArray => {
  const { data, shape } = unpack(packed);
  const each = data.length / shape[0];
  for (let map = 0, i = 0; map < shape[0]; map++) {
    const step = top(map) / mostOf(packed);
    for (const end = i + each; i < end; i++) data[i] *= step;
  }
  return { data, shape };
};

export const layerOf = (plain: PlainLayer): Layer => {
  const top = plain.top && unpack(plain.top).data;
  const maps = top ? restored(plain.maps, (map) => top[map]) : unpack(plain.maps);
  const tops = new Float64Array(maps.shape[0]);
  const each = maps.data.length / tops.length;
  let signed = false;
  for (let map = 0, i = 0; map < tops.length; map++)
    for (const end = i + each; i < end; i++) {
      const value = maps.data[i];
      if (value < 0) signed = true;
      tops[map] = Math.max(tops[map], Math.abs(value));
    }
  return { ...plain, maps, tops, exact: plain.top === null, signed };
};

/** One map, as large as it is known. */
export interface Large {
  data: Float64Array;
  rows: number;
  cols: number;
  /** Positions that are one here. */
  block: number;
}

/** A map of a layer: that of a unit where it has one, for the overview's may be smaller. */
export const largeOf = (layer: Layer, map: number, unit: PlainUnit | undefined): Large => {
  if (unit?.big && layer.block > 1) {
    const [rows, cols] = layer.size;
    const { top, big } = unit;
    return { data: restored({ ...big, shape: [1, rows, cols] }, () => top).data, rows, cols, block: 1 };
  }
  const [, rows, cols] = layer.maps.shape;
  const each = rows * cols;
  return { data: layer.maps.data.subarray(map * each, (map + 1) * each), rows, cols, block: layer.block };
};

/** The place of the largest magnitude, in the layer's own positions. */
export const strongest = ({ data, cols, block }: Large): [number, number] => {
  let at = 0;
  for (let i = 1; i < data.length; i++) if (Math.abs(data[i]) > Math.abs(data[at])) at = i;
  return [Math.floor(at / cols) * block, (at % cols) * block];
};

/** What the full tone stands for in a map. */
export const topOf = (layers: readonly Layer[], at: number, map: number, scale: Scale): number => {
  const most = (tops: Float64Array) => tops.reduce((a, b) => Math.max(a, b), 0);
  if (scale === "map") return layers[at].tops[map];
  if (scale === "layer" || at === 0) return most(layers[at].tops);
  return layers.slice(1).reduce((top, { tops }) => Math.max(top, most(tops)), 0);
};

/** Why a map says nothing of its own; "" for those that do. */
export const flagOf = ({ dead, twins }: Pick<Layer, "dead" | "twins">, map: number): string => {
  if (dead.includes(map)) return "dead: the same everywhere for this picture";
  const twin = twins.find(([one]) => one === map);
  return twin ? `duplicates map ${twin[1]}` : "";
};
