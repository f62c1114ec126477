/** What stands where in the volume viewer's slices, and where a wish to see another one leads. No page. */
import { type Geometry, paddedShape } from "../../math/shapes";
import { planeOf } from "../../ui/grids/areas";
import type { Cell } from "../../ui/grids/grid";
import { across, outputSlice, place, type Result } from "./math";
import type { State } from "./state";

/** The axes as the page calls them. */
export const AXES = ["D", "H", "W"];

/** The three arrays, as they stand in their sentence. */
export type Name = "input" | "kernel" | "output";
export const NAMES: Name[] = ["input", "kernel", "output"];

/** The cell that the pointer or the keyboard is on. */
export interface Focus {
  on: Name;
  cell: Cell;
}

/** Where one looks, as the traits say it. */
export type Where = Pick<State, "axis" | "index" | "cursor">;

/** What is shown there: slices across an axis that meet in an output. */
export interface Spot {
  axis: number;
  /** The shown slice of each; the input's with its padding. */
  slices: Record<Name, number>;
  /** Slices of padding before the volume's first. */
  before: number;
  /** The pinned output. */
  at: number[];
}

/** The index itself, or the nearest of the first `count`. */
export const clamped = (index: number, count: number): number => Math.max(0, Math.min(count - 1, index));

export const spotOf = ({ geometry: g }: Result, { axis, index, cursor }: Where): Spot => {
  const before = g.padding[axis][0];
  const input = clamped(index + before, paddedShape(g)[axis]);
  const at = cursor.map((i, a) => Math.min(i, g.output[a] - 1));
  const offset = input - at[axis] * g.stride[axis];
  // The output moves to where the shown slice is in its window.
  if (offset < 0 || offset >= g.kernel[axis]) at[axis] = outputSlice(g, axis, input);
  // Where a stride leaves a gap, no slice of the kernel lies on the input's: then the nearest is shown.
  const kernel = clamped(input - at[axis] * g.stride[axis], g.kernel[axis]);
  return { axis, slices: { input, kernel, output: at[axis] }, before, at };
};

/** The geometry of the two axes that a slice has. */
export const planeAcross = (g: Geometry, axis: number): Geometry => planeOf(g, across(axis));

/** A place's cell in the slice across an axis. */
export const cellOf = (at: number[], axis: number): Cell => {
  const [row, col] = across(axis).map((a) => at[a]);
  return { row, col };
};

// ---- what a wish changes in the traits -------------------------------------------------------------
/** To a slice of the kernel: it lies on another slice of the input. */
export const toKernel = ({ geometry: g }: Result, { axis, at, before }: Spot, slice: number): Partial<State> => ({
  index: at[axis] * g.stride[axis] + slice - before,
});

/** To a slice of the feature map: the kernel's stays. */
export const toOutput = ({ geometry: g }: Result, spot: Spot, slice: number): Partial<State> => ({
  cursor: spot.at.with(spot.axis, slice),
  index: slice * g.stride[spot.axis] + spot.slices.kernel - spot.before,
});

/** To another output of the shown slice. */
export const toCell = ({ axis, at }: Spot, { row, col }: Cell): Partial<State> => ({
  cursor: place(axis, at[axis], row, col),
});

/** To slices across another axis, through the middle of the same output's window. */
export const toAxis = ({ geometry: g }: Result, { at }: Spot, axis: number): Partial<State> => ({
  axis,
  cursor: at,
  index: at[axis] * g.stride[axis] - g.padding[axis][0] + (g.kernel[axis] >> 1),
});
