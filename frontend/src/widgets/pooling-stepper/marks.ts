/** Which cells of the pooling stepper's grids tell the same story: of an output, or of an input. No page. */
import { size } from "../../math/array";
import { paddedShape } from "../../math/shapes";
import { windowArea } from "../../ui/grids/areas";
import { type Mark, single, within } from "../../ui/grids/grid";
import { readers, type Result, winners } from "./math";
import { inputCell, outputCell, type Target } from "./places";

const MOST_CELLS = 256; // of a plane in numbers, whose cells have notes

export interface Marks {
  input: Mark[];
  output: Mark[];
}

export const marksOf = (result: Result, { on, index }: Target): Marks =>
  on === "input"
    ? {
        input: [single("here input", inputCell(result, index))],
        output: readers(result, index).map((output) => single("reach", outputCell(result, output))),
      }
    : {
        input: [...neighbours(result, index), windowOf(result, index, "window"), ...holders(result, index)],
        output: [single("here output", outputCell(result, index))],
      };

const windowOf = (result: Result, output: number, kind: Mark["kind"]): Mark => ({
  kind,
  ...windowArea(result.geometry, outputCell(result, output)),
});

/** The inputs that hold a maximum: the first gets its gradient. */
const holders = (result: Result, output: number): Mark[] =>
  result.setting.mode === "max"
    ? winners(result, output).map((input, i) => single(i ? "tied" : "winner", inputCell(result, input)))
    : [];

/** In a picture, where cells have no notes: the windows next to this one that overlap it. */
const neighbours = (result: Result, output: number): Mark[] => {
  const { geometry: g } = result;
  if (size(paddedShape(g)) <= MOST_CELLS || !g.stride.some((s, a) => s < g.kernel[a])) return [];
  const { row, col } = outputCell(result, output);
  return [
    { row: row - 1, col },
    { row: row + 1, col },
    { row, col: col - 1 },
    { row, col: col + 1 },
  ]
    .filter((cell) => cell.row >= 0 && cell.col >= 0 && within(cell, g.output))
    .map((cell) => ({ kind: "near", ...windowArea(g, cell) }));
};
