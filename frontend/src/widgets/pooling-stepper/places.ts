/** What stands where in the pooling stepper's grids, and what its steps are: an output each, channel by channel. No
 * page. */
import { size, unravel } from "../../math/array";
import { unpadded } from "../../ui/grids/areas";
import { type Cell, within } from "../../ui/grids/grid";
import type { Result } from "./math";

/** The cell that the pointer or the keyboard is on. */
export interface Focus {
  on: "input" | "output";
  cell: Cell;
}

/** An input or an output, by its index in x or y. */
export interface Target {
  on: Focus["on"];
  index: number;
}

const planeOf = ({ geometry }: Result): number => size(geometry.output);

export const stepsOf = ({ y }: Result): number => size(y.shape);
export const channelOf = (result: Result, step: number): number => Math.floor(step / planeOf(result));

/** The step at the same place in another channel. */
export const stepIn = (result: Result, channel: number, step: number): number =>
  channel * planeOf(result) + (step % planeOf(result));

export const outputCell = ({ y }: Result, output: number): Cell => {
  const [, row, col] = unravel(output, y.shape);
  return { row, col };
};
export const outputAt = (result: Result, channel: number, { row, col }: Cell): number =>
  channel * planeOf(result) + row * result.geometry.output[1] + col;

/** Where the padded plane has an input. */
export const inputCell = ({ geometry: { padding }, x }: Result, input: number): Cell => {
  const [, row, col] = unravel(input, x.shape);
  return { row: row + padding[0][0], col: col + padding[1][0] };
};
/** The index in x of a cell of the padded plane; nothing for padding. */
export const inputAt = ({ geometry: g }: Result, channel: number, cell: Cell): number | undefined => {
  const at = unpadded(g, cell);
  return at && (channel * g.input[0] + at.row) * g.input[1] + at.col;
};

/** What is looked at: the focus or, without one, on the padding, and where its cell is gone, the step's output. */
export const targetOf = (result: Result, step: number, focus: Focus | undefined): Target => {
  const channel = channelOf(result, step);
  const input = focus?.on === "input" ? inputAt(result, channel, focus.cell) : undefined;
  if (input !== undefined) return { on: "input", index: input };
  const there = focus?.on === "output" && within(focus.cell, result.geometry.output);
  return { on: "output", index: there ? outputAt(result, channel, focus.cell) : step };
};
