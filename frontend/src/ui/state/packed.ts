/** Arrays as the model holds them, `{dtype, shape, data: base64}`, to and from numbers. */
import { type NdArray, resized } from "../../math/array";

export interface Packed {
  dtype: keyof typeof TYPES;
  shape: number[];
  data: string;
}

const TYPES = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** The bytes that a number of this kind takes; nothing for what is no such kind. */
export const itemSize = (dtype: unknown): number | undefined =>
  typeof dtype === "string" && Object.hasOwn(TYPES, dtype)
    ? TYPES[dtype as Packed["dtype"]].BYTES_PER_ELEMENT
    : undefined;

const numbersOf = ({ dtype, data }: Packed) => {
  const text = atob(data);
  const bytes = new Uint8Array(text.length); // `Uint8Array.from` takes several times as long
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new TYPES[dtype](bytes.buffer);
};

export const unpack = (packed: Packed): NdArray => ({
  data: Float64Array.from(numbersOf(packed)),
  shape: packed.shape,
});

/** Whether there is neither NaN nor an infinity in it; whole numbers are not even looked at. */
export const isFinitePacked = (packed: Packed): boolean =>
  !packed.dtype.startsWith("float") || numbersOf(packed).every(Number.isFinite);

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

/** The same for several arrays by their names: of the next state, those alone are unpacked that are other ones. */
export const unpackEach = <Name extends string>(
  names: readonly Name[],
): ((now: Record<Name, Packed>) => Record<Name, NdArray>) => {
  const each = names.map((name) => [name, unpackOnce()] as const);
  return (now) => Object.fromEntries(each.map(([name, once]) => [name, once(now[name])])) as Record<Name, NdArray>;
};

/** An array of another size, of the same kind of number. */
export const reshaped = (array: NdArray, shape: number[], { dtype }: Packed): Packed =>
  pack(resized(array, shape).data, shape, dtype);

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
