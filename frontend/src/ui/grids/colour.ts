/** Pixels from values. The tones are those of `cnnviz.figures`. */

export type RGB = readonly [number, number, number];

const NEGATIVE: RGB = [0x21, 0x66, 0xac];
const MIDDLE: RGB = [0xf7, 0xf7, 0xf7];
const POSITIVE: RGB = [0xb2, 0x18, 0x2b];

const mix = (from: RGB, to: RGB, t: number): RGB => [
  from[0] + (to[0] - from[0]) * t,
  from[1] + (to[1] - from[1]) * t,
  from[2] + (to[2] - from[2]) * t,
];

/** Signed scale, zero in the middle: `t` in −1 … 1. */
export const diverging = (t: number): RGB => mix(MIDDLE, t < 0 ? NEGATIVE : POSITIVE, Math.min(1, Math.abs(t)));

const TABLE = Uint8ClampedArray.from({ length: 513 * 3 }, (_, i) => diverging(Math.floor(i / 3) / 256 - 1)[i % 3]);

/** Paint signed values into RGBA pixels; `top` is the value that gets the full tone. */
export const paintSigned = (values: Float64Array, top: number, pixels: Uint8ClampedArray): void => {
  const scale = top > 0 ? 256 / top : 0;
  for (let i = 0, j = 0; i < values.length; i++, j += 4) {
    const t = Math.max(0, Math.min(512, (values[i] * scale + 256.5) | 0)) * 3;
    pixels[j] = TABLE[t];
    pixels[j + 1] = TABLE[t + 1];
    pixels[j + 2] = TABLE[t + 2];
    pixels[j + 3] = 255;
  }
};

/** Paint one plane (grey) or three (red, green, blue) into RGBA pixels; `low` is black, `high` full light. */
export const paintLight = (planes: Float64Array[], low: number, high: number, pixels: Uint8ClampedArray): void => {
  const scale = high > low ? 255 / (high - low) : 0;
  for (let channel = 0; channel < 3; channel++) {
    const plane = planes[planes.length === 3 ? channel : 0];
    // A clamped array rounds by itself.
    for (let i = 0, j = channel; i < plane.length; i++, j += 4) pixels[j] = (plane[i] - low) * scale;
  }
  for (let j = 3; j < pixels.length; j += 4) pixels[j] = 255;
};

/** Paint one plane: signed values with zero in the middle, others as light, 0 being black. */
export const paintValues = (values: Float64Array, low: number, high: number, pixels: Uint8ClampedArray): void =>
  low < 0 ? paintSigned(values, Math.max(-low, high), pixels) : paintLight([values], 0, high, pixels);

/** Room for the pixels of so many cells, the same as long as it is as many: a drag makes no new one every frame. */
export const pixelBuffer = (): ((cells: number) => Uint8ClampedArray<ArrayBuffer>) => {
  let buffer = new Uint8ClampedArray(0);
  return (cells) => (buffer.length === cells * 4 ? buffer : (buffer = new Uint8ClampedArray(cells * 4)));
};

/** Black or white, whichever has the higher contrast with a ground (WCAG 2): the rule of `cnnviz.palette.ink_on`. The
 * contrast of luminances a ≥ b is (a + 0.05) / (b + 0.05). */
export const inkOn = (r: number, g: number, b: number): string => {
  const linear = (c: number) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const luminance = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  return (luminance + 0.05) ** 2 > 1.05 * 0.05 ? "#000" : "#fff";
};

export const DIVERGING_CSS = `linear-gradient(90deg, rgb(${NEGATIVE}), rgb(${MIDDLE}), rgb(${POSITIVE}))`;
