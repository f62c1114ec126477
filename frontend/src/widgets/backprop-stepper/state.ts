/** The backpropagation stepper's traits: what they say, whether they are legal, and what a wish changes in them. No
 * page. */
import type { NdArray } from "../../math/array";
import type { PerAxis } from "../../math/shapes";
import { type Packed, repack, reshaped, unpackEach, withNumber } from "../../ui/state/packed";
import type { Sides } from "../../ui/state/window-settings";
import { type Pool, resolve, type Route, type Setting } from "./math";

/** The traits of the Python class that can be undone. */
export interface Traits {
  x: Packed;
  weight: Packed;
  bias: Packed;
  grad: Packed;
  stride: PerAxis;
  padding: Sides;
  dilation: PerAxis;
  pool: Pool;
  pool_kernel: PerAxis;
  pool_stride: PerAxis | null;
  route: Route;
}
export const KEYS: (keyof Traits)[] = [
  "x",
  "weight",
  "bias",
  "grad",
  "stride",
  "padding",
  "dilation",
  "pool",
  "pool_kernel",
  "pool_stride",
  "route",
];

/** All of them: steps are not undone. */
export interface State extends Traits {
  step: number;
}

/** The traits that hold numbers to be changed by hand. */
export const ARRAYS = ["x", "weight", "bias", "grad"] as const;
export type Arrays = Record<(typeof ARRAYS)[number], NdArray>;

export const traitsOf = (get: <K extends keyof Traits>(trait: K) => Traits[K]): Traits =>
  Object.fromEntries(KEYS.map((key) => [key, get(key)])) as unknown as Traits;

/** Unpacks the arrays of a state. */
export const unpacker = () => unpackEach(ARRAYS);

const isPlain = ({ x }: Pick<Traits, "x">): boolean => x.shape.length === 2;

/** The numbers of channels and of kernels. */
export const countsOf = (now: Pick<Traits, "x" | "weight">): [inputs: number, kernels: number] =>
  isPlain(now) ? [1, 1] : [now.x.shape[0], now.weight.shape[0]];

const withChannels = (array: NdArray, axes: number): NdArray => ({
  ...array,
  shape: [...Array(axes - array.shape.length).fill(1), ...array.shape],
});

export const settingOf = (now: Traits, { x, weight, bias, grad }: Arrays): Setting => ({
  x: withChannels(x, 3),
  weight: withChannels(weight, 4),
  bias,
  grad: withChannels(grad, 3),
  stride: now.stride,
  padding: now.padding,
  dilation: now.dilation,
  pool: now.pool,
  poolKernel: now.pool_kernel,
  poolStride: now.pool_stride,
  route: now.route,
  plain: isPlain(now),
});

/** The sizes that a state comes to; of its arrays, only the shapes matter. */
const sizesOf = (now: Traits) => {
  const only = ({ shape }: Packed): NdArray => ({ data: new Float64Array(0), shape });
  const shapes = Object.fromEntries(ARRAYS.map((name) => [name, only(now[name])])) as Arrays;
  return resolve(settingOf(now, shapes));
};

/** Why a state is not legal; "" if it is. */
export const objection = (now: Traits): string => {
  try {
    sizesOf(now);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};

/** Legal changes, and with them what they do to the gradient that is given: it gets the output's shape. */
export const refitted = (now: Traits, arrays: Arrays, changes: Partial<Traits>): Partial<Traits> => {
  const next = { ...now, ...changes };
  const [, q] = sizesOf(next);
  const shape = [...(isPlain(next) ? [] : [countsOf(next)[1]]), ...q.output];
  if (`${shape}` === `${now.grad.shape}`) return changes;
  return { ...changes, grad: reshaped(withChannels(arrays.grad, shape.length), shape, now.grad) };
};

/** An array with one number changed. */
export const changed = (packed: Packed, { data }: NdArray, index: number, value: number): Packed =>
  repack(withNumber(data, index, value), packed);

/** The shape of x or of the weights with sides of this length. */
export const sidesShape = (now: Traits, name: "x" | "weight", side: number): number[] => [
  ...now[name].shape.slice(0, -2),
  side,
  side,
];
export const withSides = (now: Traits, arrays: Arrays, name: "x" | "weight", side: number): Partial<Traits> => ({
  [name]: reshaped(arrays[name], sidesShape(now, name, side), now[name]),
});

/** Other numbers of channels and of kernels; channels that there were not are filled with what there is. */
export const withCounts = (now: Traits, arrays: Arrays, inputs: number, kernels: number): Partial<Traits> => ({
  x: reshaped(withChannels(arrays.x, 3), [inputs, ...now.x.shape.slice(-2)], now.x),
  weight: reshaped(withChannels(arrays.weight, 4), [kernels, inputs, ...now.weight.shape.slice(-2)], now.weight),
  bias: reshaped(arrays.bias, [kernels], now.bias),
});
