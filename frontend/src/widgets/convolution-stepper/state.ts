/** The convolution stepper's traits: what they say, whether they are legal, and what a wish changes in them. No
 * page. */
import type { NdArray } from "../../math/array";
import type { Pair, PaddingMode, PerAxis } from "../../math/shapes";
import { pack, type Packed, repack, reshaped, unpackEach } from "../../ui/state/packed";
import { legalGroups, type Reading, resolve, type Setting, swapped } from "./math";

/** The traits of the Python class that can be undone. */
export interface Traits {
  x: Packed;
  dense: Packed;
  bias: Packed;
  stride: PerAxis;
  padding: number | Pair[];
  dilation: PerAxis;
  groups: number;
  padding_mode: PaddingMode;
  transposed: boolean;
  output_padding: PerAxis;
  reading: Reading;
}
export const KEYS: (keyof Traits)[] = [
  "x",
  "dense",
  "bias",
  "stride",
  "padding",
  "dilation",
  "groups",
  "padding_mode",
  "transposed",
  "output_padding",
  "reading",
];

/** All of them: steps are not undone. */
export interface State extends Traits {
  step: number;
}

export const traitsOf = (get: <K extends keyof Traits>(trait: K) => Traits[K]): Traits =>
  Object.fromEntries(KEYS.map((key) => [key, get(key)])) as unknown as Traits;

/** The numbers of a state. */
export interface Arrays {
  x: NdArray;
  dense: NdArray;
  bias: NdArray;
}

/** Unpacks the arrays of a state. */
export const unpacker = () => unpackEach(["x", "dense", "bias"]);

// ---- what they say ---------------------------------------------------------------------------------
/** As if it had channels: an array without channels has one, and so has each side of a weight. */
const withChannels = (array: NdArray, channels: number): NdArray => ({
  ...array,
  shape: [...Array(channels).fill(1), ...array.shape],
});
const isPlain = ({ x, dense }: Pick<Traits, "x" | "dense">): boolean => x.shape.length === dense.shape.length;

export const rankOf = (now: Traits): number => now.x.shape.length - (isPlain(now) ? 0 : 1);

/** The numbers of channels. */
export const countsOf = (now: Traits): [inputs: number, outputs: number] => {
  const [a, b] = isPlain(now) ? [1, 1] : now.dense.shape;
  return now.transposed ? [a, b] : [b, a];
};

export const settingOf = (now: Traits, { x, dense, bias }: Arrays): Setting => ({
  x: withChannels(x, isPlain(now) ? 1 : 0),
  dense: withChannels(dense, isPlain(now) ? 2 : 0),
  bias,
  plain: isPlain(now),
  stride: now.stride,
  padding: now.padding,
  dilation: now.dilation,
  groups: now.groups,
  mode: now.padding_mode,
  transposed: now.transposed,
  outputPadding: now.output_padding,
  reading: now.reading,
});

/** Why a state is not legal; "" if it is. Of its arrays, only the shapes matter. */
export const objection = (now: Traits): string => {
  const only = ({ shape }: Packed): NdArray => ({ data: new Float64Array(0), shape });
  try {
    resolve(settingOf(now, { x: only(now.x), dense: only(now.dense), bias: only(now.bias) }));
    return "";
  } catch (error) {
    return (error as Error).message.replace("outputPadding", "output padding");
  }
};

// ---- what a wish changes in them -------------------------------------------------------------------
/** An array with one number changed. */
export const withNumber = (packed: Packed, { data }: NdArray, index: number, value: number): Packed => {
  const copy = data.slice();
  copy[index] = value;
  return repack(copy, packed);
};

/** The shape of x or of the weights with sides of this length. */
export const sidesShape = (now: Traits, name: "x" | "dense", side: number): number[] => [
  ...now[name].shape.slice(0, -rankOf(now)),
  ...Array(rankOf(now)).fill(side),
];
export const withSides = (now: Traits, arrays: Arrays, name: "x" | "dense", side: number): Partial<State> => ({
  [name]: reshaped(arrays[name], sidesShape(now, name, side), now[name]),
});

/** As many groups as other numbers of channels still allow. */
export const fewerGroups = (now: Traits, inputs: number, outputs: number): number =>
  legalGroups(inputs, outputs)
    .filter((g) => g <= now.groups)
    .at(-1)!;

/** Other numbers of channels, with as many groups as these still allow. */
export const withCounts = (now: Traits, arrays: Arrays, inputs: number, outputs: number): Partial<State> => {
  const { x, dense } = settingOf(now, arrays);
  return {
    x: reshaped(x, [inputs, ...now.x.shape.slice(-rankOf(now))], now.x),
    dense: reshaped(
      dense,
      [...(now.transposed ? [inputs, outputs] : [outputs, inputs]), ...now.dense.shape.slice(-rankOf(now))],
      now.dense,
    ),
    bias: pack(
      Float64Array.from({ length: outputs }, (_, k) => arrays.bias.data[k] ?? 0),
      [outputs],
      now.bias.dtype,
    ),
    groups: fewerGroups(now, inputs, outputs),
  };
};

/** An ordinary convolution turned into a transposed one over as many channels, and the other way round. */
export const turned = (now: Traits, { dense }: Arrays): Partial<State> => {
  const weights = isPlain(now) ? undefined : swapped(dense);
  return {
    transposed: !now.transposed,
    output_padding: 0,
    padding_mode: "zero",
    step: 0,
    ...(weights && { dense: pack(weights.data, weights.shape, now.dense.dtype) }),
  };
};
