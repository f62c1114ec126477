/** What stands where in the convolution stepper's grids: their cells, by the indices of what they show. No page. */
import { size, unravel } from "../../math/array";
import type { Cell } from "../../ui/grids/grid";
import { meet, type Scene, stepAt, stepsOf, weightIndex } from "./math";

/** The places of the grids, in the order in which they are read. */
export type Place = "input" | "kernel" | "part" | "output";
export const PLACES: Place[] = ["input", "kernel", "part", "output"];

/** A grid's cell that the pointer or the keyboard is on. */
export interface Focus {
  on: Place;
  channel: number;
  slice: number;
  cell: Cell;
}

/** Depth, height and width, whatever the number of axes. */
export const lift = <T>(list: readonly T[], one: T): [T, T, T] => [one, one, one, ...list].slice(-3) as [T, T, T];
export const flatten = (at: number[], shape: number[]): number =>
  at.reduce((index, i, axis) => index * shape[axis] + i, 0);

/** Whether there is something between kernels and output: stamps, or partial sums. */
export const hasParts = ({ scatters, inputs }: Scene): boolean => scatters || inputs > 1;
export const isStuffed = ({ scatters, setting: { transposed } }: Scene): boolean => transposed && !scatters;

/** The flat index, in a plane of x or of y, of what a cell stands for; nothing for padding and for what is cut off. */
export const indexAt = ({ rank, seen, scatters, g, n, out }: Scene, { on, slice, cell }: Focus): number | undefined => {
  const place = [slice, cell.row, cell.col].slice(-rank);
  const at = place.map((i, a) => (on === "input" ? seen[a].source[i] : i - (scatters ? g.padding[a][0] : 0)));
  const shape = on === "input" ? n : out;
  return at.every((i, a) => i >= 0 && i < shape[a]) ? flatten(at, shape) : undefined;
};

/** An output's place in the grids: where it scatters, they show what is cut off, too. */
export const placeOfOutput = ({ out, scatters, g }: Scene, y: number): number[] =>
  unravel(y, out).map((i, a) => i + (scatters ? g.padding[a][0] : 0));

/** A kernel's cell by its place in the grids, which show it flipped where the input is stuffed. */
export const kernelCell = (scene: Scene, slice: number, { row, col }: Cell): number => {
  const at = flatten([slice, row, col].slice(-scene.rank), scene.g.kernel);
  return isStuffed(scene) ? size(scene.g.kernel) - 1 - at : at;
};

// ---- steps -----------------------------------------------------------------------------------------
/** What a step belongs to: an output or, where it scatters, an input. */
export const stepped = ({ scatters }: Scene): Place => (scatters ? "input" : "output");

/** The last step where there are not so many. */
export const pinned = (scene: Scene, step: number): number => Math.min(step, stepsOf(scene) - 1);

/** The step of a cell; nothing if none belongs to it. */
export const stepOf = (scene: Scene, focus: Focus): number | undefined => {
  const at = focus.on === stepped(scene) ? indexAt(scene, focus) : undefined;
  return at === undefined ? undefined : focus.channel * size(scene.scatters ? scene.n : scene.out) + at;
};

/** Whose kernels are shown, those of an output channel or where it scatters of an input channel, and where its
 * window is: at the focus, else at the pinned step. */
export const pivotOf = (scene: Scene, step: number, focus: Focus | undefined): { channel: number; at: number } =>
  stepAt(scene, (focus && stepOf(scene, focus)) ?? step);

// ---- the numbers that a hand can change ------------------------------------------------------------
/** The channels that a row of the kernels of a channel joins. */
export const pairOf = ({ scatters }: Scene, channel: number, row: number): [k: number, c: number] =>
  scatters ? [row, channel] : [channel, row];

/** Where in x, or in the weights where those of a channel are shown, a cell's number stands; nothing for padding and
 * where no weight is. */
export const entryOf = (scene: Scene, channel: number, focus: Focus): number | undefined => {
  if (focus.on === "input") {
    const at = indexAt(scene, focus);
    return at === undefined ? undefined : focus.channel * size(scene.n) + at;
  }
  const [k, c] = pairOf(scene, channel, focus.channel);
  return meet(scene, k, c) ? weightIndex(scene, k, c, kernelCell(scene, focus.slice, focus.cell)) : undefined;
};
