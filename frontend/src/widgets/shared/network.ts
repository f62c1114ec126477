/** What a network makes of a digit: the answers of `cnnviz.widgets._network`, layer by layer. */
import { type NdArray, size, zeros } from "../../math/array";
import { conv, pool } from "../../math/ops";
import { convOutputSize } from "../../math/shapes";
import { type Packed, unpack } from "../../ui/state/packed";

/** Height and width of a digit, and how many there are. */
export const SIDE = 28;
export const CLASSES = 10;

/** A layer as the model holds it: `weight` times `scale`, one for each output, is what it multiplies by. */
export interface PlainLayer {
  kind: "conv" | "max" | "mean" | "linear";
  activation: "none" | "relu" | "tanh";
  kernel: number;
  stride: number;
  padding: number;
  weight?: Packed;
  scale?: Packed;
  bias?: Packed;
}

/** One layer: from maps (C, H, W) to maps, or to units (K). */
export type Layer = (x: NdArray) => NdArray;

const ACTIVATIONS = { none: undefined, relu: (v: number) => (v > 0 ? v : 0), tanh: Math.tanh };

const matrixTimes = ({ data, shape: [units, inputs] }: NdArray, x: NdArray): NdArray => {
  const y = zeros([units]);
  for (let k = 0, at = 0; k < units; k++) {
    let sum = 0;
    for (let i = 0; i < inputs; i++) sum += data[at++] * x.data[i];
    y.data[k] = sum;
  }
  return y;
};

/** float32 products, as Python makes them. */
const scaled = (weight: NdArray, scale: NdArray): NdArray => {
  const each = weight.data.length / scale.data.length;
  return { ...weight, data: weight.data.map((value, i) => Math.fround(value * scale.data[Math.floor(i / each)])) };
};

const linearPart = (plain: PlainLayer): Layer => {
  const { kind, kernel, stride, padding } = plain;
  if (kind === "max" || kind === "mean") return (x) => pool(x, kernel, { stride, mode: kind });
  const weight = scaled(unpack(plain.weight!), unpack(plain.scale!));
  const bias = unpack(plain.bias!);
  const flat = { data: weight.data, shape: [weight.shape[0], size(weight.shape.slice(1))] };
  const times: Layer = (x) => {
    const y = matrixTimes(flat, x);
    return { ...y, data: y.data.map((sum, k) => sum + bias.data[k]) };
  };
  if (kind === "linear") return times;
  // A window as large as its input stands in one place: as the sums of a linear layer it is several times as fast.
  const isWhole = ({ shape }: NdArray) => padding === 0 && shape[1] === kernel && shape[2] === kernel;
  return (x) =>
    isWhole(x) ? { ...times(x), shape: [weight.shape[0], 1, 1] } : conv(x, weight, bias, { stride, padding });
};

const layerOf = (plain: PlainLayer): Layer => {
  const part = linearPart(plain);
  const bend = ACTIVATIONS[plain.activation];
  if (!bend) return part;
  return (x) => {
    const { data, shape } = part(x);
    for (let i = 0; i < data.length; i++) data[i] = bend(data[i]);
    return { data, shape };
  };
};

/** What every layer makes of a picture (H, W), a digit if nothing is said, from 0 to 1; the last are the scores. */
export const network = (model: PlainLayer[]): ((picture: Float64Array, size?: number[]) => NdArray[]) => {
  const layers = model.map(layerOf);
  return (picture, size = [SIDE, SIDE]) => {
    let x: NdArray = { data: picture, shape: [1, ...size] };
    return layers.map((layer) => (x = layer(x)));
  };
};

const LETTERS = { conv: "C", max: "S", mean: "S", linear: "F" };
/** As LeNet-5's layers are called: C1, S2, C3 …, and the last one output. */
export const namesOf = (model: PlainLayer[]): string[] =>
  model.map(({ kind }, i) => (i === model.length - 1 ? "output" : `${LETTERS[kind]}${i + 1}`));

/** The shape that comes out of each layer, without computing anything; throws where a layer does not fit. */
export const shapesOf = (model: PlainLayer[]): number[][] => {
  let shape = [1, SIDE, SIDE];
  return model.map(({ kind, kernel, stride, padding, weight }) => {
    const wanted = weight?.shape ?? [];
    if (kind === "linear") {
      if (wanted[1] !== size(shape)) throw new RangeError(`a layer for ${wanted[1]} numbers gets ${size(shape)}`);
      return (shape = [wanted[0]]);
    }
    if (shape.length < 3) throw new RangeError("a layer for maps stands behind one of units");
    const sides = shape.slice(1).map((n) => convOutputSize(n, kernel, { stride, padding }));
    if (kind !== "conv") return (shape = [shape[0], ...sides]);
    if (`${wanted.slice(1)}` !== `${[shape[0], kernel, kernel]}`)
      throw new RangeError(`weights (${wanted.join(", ")}) get ${shape[0]} maps and a ${kernel} × ${kernel} window`);
    return (shape = [wanted[0], ...sides]);
  });
};

/** Whether a layer has maps, each a picture of its own, and not single units, which are one picture together. */
export const hasMaps = (shape: readonly number[]): boolean => shape.length === 3 && shape[1] * shape[2] > 1;

export const softmax = (scores: Float64Array): Float64Array => {
  const top = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = scores.map((score) => Math.exp(score - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
};

/** The digits from the likeliest to the least likely; of equal ones the smaller first. */
export const ranked = (shares: Float64Array): number[] =>
  Array.from(shares, (_, digit) => digit).sort((a, b) => shares[b] - shares[a] || a - b);
