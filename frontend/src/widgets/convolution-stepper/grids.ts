/** The convolution stepper's grids for the hand: the input and the kernels are written, the parts and the outputs
 * are read. */
import { type Cell, Grid } from "../../ui/grids/grid";
import type { Hands as GridHands } from "../../ui/grids/hands";
import { weightGrid } from "../../ui/grids/weight-grid";
import type { Focus, Place } from "./places";

/** What of the page is written by hand. */
export type Written = "input" | "kernel";

export type Hands = GridHands<Focus, Written>;

const REFUSALS: Record<Written, string> = {
  input: "Padding can’t be changed: it follows from its mode.",
  kernel: "These channels are in other groups: no weight joins them.",
};

/** Makes the grid of a channel's slice. */
export type MakeGrid = (channel: number, slice: number) => Grid;

export const gridMakers = ({
  look,
  values,
  entry,
  change,
  endGroup,
  takeBack,
  say,
}: Hands): Record<Place, MakeGrid> => {
  const looker =
    (on: Place, channel: number, slice: number) =>
    (cell: Cell | undefined, aloud = false) =>
      look(cell && { on, channel, slice, cell }, aloud);
  const reader =
    (on: Place): MakeGrid =>
    (channel, slice) => {
      const see = looker(on, channel, slice);
      return new Grid("", { hover: (cell) => see(cell), move: (cell) => see(cell, true) });
    };
  const writer =
    (on: Written): MakeGrid =>
    (channel, slice) => {
      const where = (cell: Cell) => entry({ on, channel, slice, cell });
      return weightGrid(
        "",
        {
          all: () => values(on),
          get: (cell) => values(on)[where(cell) ?? -1] ?? 0,
          set: (cell, value, group) => {
            const at = where(cell);
            if (at === undefined) say(REFUSALS[on], true);
            else change(on, at, Number(value.toPrecision(12)), group);
          },
          endGroup,
          takeBack,
          say,
          look: looker(on, channel, slice),
        },
        on === "kernel" ? "weight" : "number",
      ).grid;
    };
  return { input: writer("input"), kernel: writer("kernel"), part: reader("part"), output: reader("output") };
};
