/** What the volume viewer's grids show: a slice of each array, and all of its slices as thumbnails. No page. */
import { extremes, largest, type NdArray } from "../../math/array";
import { hatched, LENS, lensOn, lensSide, middleOf, windowArea } from "../../ui/grids/areas";
import { paintSigned, paintValues } from "../../ui/grids/colour";
import type { Thumb } from "../../ui/grids/film-strip";
import type { Area, Cell, Content } from "../../ui/grids/grid";
import { short } from "../../ui/words/format";
import { across, type Result, slice } from "./math";
import { AXES, cellOf, planeAcross, type Spot } from "./places";

type Paint = (values: Float64Array, pixels: Uint8ClampedArray) => void;

/** An array in slices across an axis, one of them shown. */
export interface Sliced {
  array: NdArray;
  axis: number;
  index: number;
  /** How many slices come before that of position 0. */
  before: number;
  paint: Paint;
  /** The shape that the reader knows it by. */
  shape: number[];
  textures?: Content["textures"];
  /** Where to zoom in, so many cells a side. */
  lens?: { middle: Cell; side: number };
}

const signed = ({ data }: NdArray): Paint => {
  const top = largest(data);
  return (values, pixels) => paintSigned(values, top, pixels);
};
const light = ({ data }: NdArray): Paint => {
  const [low, high] = extremes(data);
  return (values, pixels) => paintValues(values, low, high, pixels);
};

// ---- the three of them -----------------------------------------------------------------------------
/** The volume without its padding. */
export const bareSliced = (volume: NdArray, axis: number, index: number): Sliced => ({
  array: volume,
  axis,
  index,
  before: 0,
  paint: light(volume),
  shape: volume.shape,
});

export const inputSliced = ({ geometry: g, padded, setting }: Result, { axis, at, slices, before }: Spot): Sliced => {
  const plane = planeAcross(g, axis);
  const window = windowArea(plane, cellOf(at, axis));
  const depth = slices.input - before;
  const [rows, cols] = across(axis).map((a) => padded.shape[a]);
  return {
    ...bareSliced(setting.volume, axis, slices.input),
    array: padded,
    before,
    textures:
      depth >= 0 && depth < g.input[axis]
        ? hatched(plane)
        : [{ kind: g.mode === "zero" ? "pad zero" : "pad", row: 0, col: 0, rows, cols }],
    lens: { middle: middleOf(window), side: lensSide(window) },
  };
};

export const kernelSliced = (kernel: NdArray, axis: number, index: number): Sliced => ({
  array: kernel,
  axis,
  index,
  before: 0,
  paint: signed(kernel),
  shape: kernel.shape,
});

export const outputSliced = ({ output }: Result, { axis, at, slices }: Spot): Sliced => ({
  ...kernelSliced(output, axis, slices.output),
  lens: { middle: cellOf(at, axis), side: LENS },
});

// ---- what is seen of one ---------------------------------------------------------------------------
/** All slices, painted; their names count from the volume's first. */
export const filmOf = ({ array, axis, before, paint }: Sliced): Thumb[] => {
  const [rows, cols] = across(axis).map((a) => array.shape[a]);
  return Array.from({ length: array.shape[axis] }, (_, i) => {
    const pixels = new Uint8ClampedArray(4 * rows * cols);
    paint(slice(array, axis, i), pixels);
    return { rows, cols, pixels, name: `${AXES[axis]} = ${short(i - before)}` };
  });
};

/** The shown slice, in the pixels of its thumbnail. */
export const sliceContent = ({ array, axis, index, textures }: Sliced, { rows, cols, pixels }: Thumb): Content => {
  const values = slice(array, axis, index);
  return { rows, cols, pixels, textures, label: ({ row, col }) => short(values[row * cols + col]) };
};

/** What a lens leaves of a slice; nothing where it is all seen. */
export const zoomedOn = ({ lens }: Sliced, { rows, cols }: Thumb): Area | undefined =>
  lens && lensOn(rows, cols, lens.middle, lens.side);

/** The height of a stage, by its width: as high as the highest slice across any axis needs, so that to choose another
 * axis moves nothing. */
export const stageHeight = ({ array: { shape } }: Sliced): number =>
  Math.min(1, Math.max(...AXES.map((_, axis) => across(axis).map((a) => shape[a])).map(([rows, cols]) => rows / cols)));
