/** What the settings of a window share wherever they are chosen: padding modes and limits, numbers per axis, whether
 * it fits. */
import { extent, geometry, ROOM, type Pair, type PaddingMode, type PerAxis } from "../../math/shapes";

/** Padding as a trait holds it: one number for all sides, or [before, after] on each axis. */
export type Sides = number | Pair[];

/** The traits that say how a window goes over an input. */
export interface WindowTraits {
  stride: PerAxis;
  padding: Sides;
  padding_mode: PaddingMode;
}

/** The padding modes, with the words for them. */
export const PADDING_MODES: [PaddingMode, string][] = [
  ["zero", "zeros"],
  ["reflect", "reflect"],
  ["replicate", "replicate"],
  ["circular", "circular"],
];
export const MODES = PADDING_MODES.map(([mode]) => mode);

/** The least padding that makes room for the window on all axes, and the most that the mode allows, up to `largest`. */
export const paddingLimits = (
  mode: PaddingMode,
  input: number[],
  kernel: number[],
  largest: number,
  dilation = 1,
): [least: number, most: number] => [
  Math.max(0, ...input.map((n, axis) => Math.ceil((extent(kernel[axis], dilation) - n) / 2))),
  Math.min(largest, ...input.map((n) => n + ROOM[mode])),
];

/** The most dilation that leaves the window room on all axes, up to `largest`. */
export const mostDilation = (input: number[], kernel: number[], padding: number, largest: number): number =>
  Math.max(
    1,
    Math.min(
      largest,
      ...input.map((n, axis) => (kernel[axis] > 1 ? Math.floor((n + 2 * padding - 1) / (kernel[axis] - 1)) : largest)),
    ),
  );

/** Whether the window has a place on the input. */
export const fits = (
  input: number[],
  kernel: number[],
  { stride, padding, padding_mode: paddingMode, dilation }: WindowTraits & { dilation?: PerAxis },
): boolean => {
  try {
    geometry(input, kernel, { stride, padding, dilation, paddingMode });
    return true;
  } catch {
    return false;
  }
};

/** The first of the numbers of a value per axis, where a control shows one for all of them. */
export const firstOf = (value: PerAxis | Sides | Pair): number => [value].flat(2)[0] as number;

/** The last of the numbers of a value per axis. */
export const lastOf = (value: PerAxis | Sides | Pair): number => [value].flat(2).at(-1) as number;

/** What a slider for all axes shows: its number, or the axes' where they differ. */
export const perAxisText = (numbers: readonly (number | Pair)[], value: number, by = ", "): string => {
  const distinct = [...new Set(numbers.flat())];
  return distinct.length > 1 ? distinct.join(by) : String(value);
};
