/** Marks and arithmetic for what is looked at in the kernel editor: all three grids tell the same story. Pure. */
import { size } from "../../math/array";
import { unpadded, windowArea } from "../../ui/grids/areas";
import { type Cell, cellAt, type Mark, single, within } from "../../ui/grids/grid";
import type { Nodes } from "../../ui/words/terms";
import { explainInput, explainOutput } from "./arithmetic";
import type { Result } from "./math";

const MOST_TAPS = 225; // marked one by one where a window has holes

/** The cell that the pointer or the keyboard is on. */
export interface Focus {
  on: "input" | "output" | "kernel";
  cell: Cell;
}

export interface Story {
  input: Mark[];
  kernel: Mark[];
  output: Mark[];
  nodes: Nodes;
}

/** What the focus tells; without one, on the padding, and where its cell is gone, what the pinned output does. */
export const storyOf = (result: Result, focus: Focus | undefined, pinned: Cell): Story => {
  const {
    geometry: g,
    setting: { flip },
  } = result;
  const pixel = focus?.on === "input" ? unpadded(g, focus.cell) : undefined;
  if (focus && pixel) {
    const { nodes, outputs } = explainInput(result, pixel.row, pixel.col);
    return {
      input: [single("here input", focus.cell)],
      kernel: [],
      output: outputs.map((index) => single("reach", cellAt(index, g.output[1]))),
      nodes,
    };
  }
  const at = focus?.on === "output" && within(focus.cell, g.output) ? focus.cell : pinned;
  const area = windowArea(g, at);
  /** Where the window has the kernel's cell (u, v), as it is applied. */
  const tap = (u: number, v: number): Cell => ({
    row: area.row + u * g.dilation[0],
    col: area.col + v * g.dilation[1],
  });
  const [rows, cols] = g.kernel;
  const holes = g.dilation.some((d) => d > 1) && size(g.kernel) <= MOST_TAPS;
  const input: Mark[] = holes
    ? Array.from({ length: rows * cols }, (_, i) => single("tap", tap(Math.floor(i / cols), i % cols)))
    : [{ kind: "window", ...area }];
  const kernel: Mark[] = [];
  if (focus?.on === "kernel" && within(focus.cell, g.kernel)) {
    const { row, col } = focus.cell;
    kernel.push(single("here kernel", focus.cell));
    input.push(single("here kernel", flip ? tap(rows - 1 - row, cols - 1 - col) : tap(row, col)));
  }
  return { input, kernel, output: [single("here output", at)], nodes: explainOutput(result, at.row, at.col).nodes };
};
