/** Which cells and slices of the volume viewer tell the same story: of an output, or of an input. No page. */
import { unravel } from "../../math/array";
import { unpadded, windowArea } from "../../ui/grids/areas";
import { type Mark, single, within } from "../../ui/grids/grid";
import { flat, place, readingOutputs, type Result } from "./math";
import { cellOf, type Focus, type Name, planeAcross, type Spot } from "./places";

/** A voxel of the volume or of the feature map. */
export interface Target {
  on: "input" | "output";
  at: number[];
}

export interface Story {
  target: Target;
  marks: Record<Name, Mark[]>;
  /** Which slices take part: of the padded volume, and of the feature map. */
  takesInput(slice: number): boolean;
  takesOutput(slice: number): boolean;
}

/** What is looked at: the focus or, without one, on the padding, and where its cell is gone, the pinned output. */
export const targetOf = (result: Result, spot: Spot, focus: Focus | undefined): Target => {
  const { geometry: g } = result;
  const { axis, at, slices, before } = spot;
  const plane = planeAcross(g, axis);
  const depth = slices.input - before;
  const pixel = focus?.on === "input" && depth >= 0 && depth < g.input[axis] && unpadded(plane, focus.cell);
  if (pixel) return { on: "input", at: place(axis, depth, pixel.row, pixel.col) };
  const there = focus?.on === "output" && within(focus.cell, plane.output);
  return { on: "output", at: there ? place(axis, at[axis], focus.cell.row, focus.cell.col) : at };
};

export const storyOf = (result: Result, spot: Spot, focus: Focus | undefined): Story => {
  const target = targetOf(result, spot, focus);
  return target.on === "input" ? ofInput(result, spot, target) : ofOutput(result, spot, focus, target);
};

const ofInput = (result: Result, { axis, at }: Spot, target: Target): Story => {
  const { geometry: g, output } = result;
  const { row, col } = cellOf(target.at, axis);
  const [[top], [left]] = planeAcross(g, axis).padding;
  const places = readingOutputs(result, flat(target.at, g.input)).map((index) => unravel(index, output.shape));
  return {
    target,
    marks: {
      input: [single("here input", { row: row + top, col: col + left })],
      kernel: [],
      output: places.filter((one) => one[axis] === at[axis]).map((one) => single("reach", cellOf(one, axis))),
    },
    takesInput: () => false,
    takesOutput: (slice) => places.some((one) => one[axis] === slice),
  };
};

const ofOutput = ({ geometry: g }: Result, { axis, slices }: Spot, focus: Focus | undefined, target: Target): Story => {
  const here = cellOf(target.at, axis);
  const area = windowArea(planeAcross(g, axis), here);
  const first = target.at[axis] * g.stride[axis];
  const takesInput = (slice: number) => slice >= first && slice < first + g.kernel[axis];
  const weight = focus?.on === "kernel" ? focus.cell : undefined;
  const input: Mark[] = [];
  if (takesInput(slices.input)) {
    input.push({ kind: "window", ...area });
    if (weight) input.push(single("here kernel", { row: area.row + weight.row, col: area.col + weight.col }));
  }
  return {
    target,
    marks: {
      input,
      kernel: weight ? [single("here kernel", weight)] : [],
      output: [single("here output", here)],
    },
    takesInput,
    takesOutput: () => false,
  };
};
