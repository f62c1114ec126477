/** Arrays as the model holds them, `{dtype, shape, data: base64}`, to and from numbers. */
import type { NdArray } from "../../math/array";

export interface Packed {
  dtype: "uint8" | "int32" | "float32" | "float64";
  shape: number[];
  data: string;
}

const TYPES = { uint8: Uint8Array, int32: Int32Array, float32: Float32Array, float64: Float64Array };

export const unpack = ({ dtype, shape, data }: Packed): NdArray => {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  return { data: Float64Array.from(new TYPES[dtype](bytes.buffer)), shape };
};

export const pack = (values: ArrayLike<number>, shape: number[], dtype: Packed["dtype"] = "float64"): Packed => {
  const bytes = new Uint8Array(TYPES[dtype].from(values).buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return { dtype, shape, data: btoa(text) };
};

/** `unpack` (and what `shape` makes of it), done anew only when the packed array is another object. */
export const unpackOnce = (shape = (array: NdArray): NdArray => array): ((packed: Packed) => NdArray) => {
  let from: Packed | undefined;
  let to: NdArray;
  return (packed) => {
    if (packed !== from) to = shape(unpack((from = packed)));
    return to;
  };
};

/** Packed anew with other values; the kind of number is kept if it can hold them. */
export const repack = (values: Float64Array, { dtype, shape }: Packed): Packed => {
  const kept = dtype !== "float32" && TYPES[dtype].from(values).every((value, i) => value === values[i]);
  return pack(values, shape, kept ? dtype : "float64");
};

/** A copy with one number changed; a value that was stepped to comes without the noise of adding tenths. */
export const withNumber = (values: Float64Array, at: number, value: number): Float64Array => {
  const copy = values.slice();
  copy[at] = Number(value.toPrecision(12));
  return copy;
};

/** One channel of (C, rows, cols): its numbers where they are, not a copy. */
export const planeAt = ({ data, shape: [, rows, cols] }: NdArray, channel: number): NdArray => ({
  data: data.subarray(channel * rows * cols, (channel + 1) * rows * cols),
  shape: [rows, cols],
});
