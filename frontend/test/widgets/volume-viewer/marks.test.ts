import { describe, expect, it } from "vitest";
import type { Mark } from "../../../src/ui/grids/grid";
import { storyOf, targetOf } from "../../../src/widgets/volume-viewer/marks";
import { compute, type Setting } from "../../../src/widgets/volume-viewer/math";
import { type Focus, spotOf, type Where } from "../../../src/widgets/volume-viewer/places";
import { array, seeded } from "../../help";

const random = seeded(29);
const written = (marks: Mark[]) =>
  marks.map(({ kind, row, col, rows, cols }) => `${kind} ${row},${col} ${rows}x${cols}`);
const scene = (changes: Partial<Setting & Where> = {}) => {
  const { axis = 0, index = 2, cursor = [1, 1, 1], ...setting } = changes;
  const result = compute({
    volume: array([5, 6, 7], random),
    kernel: array([3, 2, 3], random),
    stride: 1,
    padding: 0,
    mode: "zero",
    ...setting,
  });
  return { result, spot: spotOf(result, { axis, index, cursor }) };
};
const story = (changes: Partial<Setting & Where>, focus?: Focus) => {
  const { result, spot } = scene(changes);
  const { target, marks, takesInput, takesOutput } = storyOf(result, spot, focus);
  const taking = (takes: (slice: number) => boolean) => [...Array(9).keys()].filter(takes);
  return {
    target,
    input: written(marks.input),
    kernel: written(marks.kernel),
    output: written(marks.output),
    slices: [taking(takesInput), taking(takesOutput)],
  };
};
const at = (on: Focus["on"], row: number, col: number): Focus => ({ on, cell: { row, col } });

describe("an output", () => {
  it("has a window, of as many slices as the kernel", () => {
    expect(story({})).toEqual({
      target: { on: "output", at: [1, 1, 1] },
      input: ["window 1,1 2x3"],
      kernel: [],
      output: ["here output 1,1 1x1"],
      slices: [[1, 2, 3], []],
    });
  });
  it("has it across another axis, with a stride", () => {
    expect(story({ axis: 2, index: 3, stride: 2, padding: 1 })).toMatchObject({
      input: ["window 2,2 3x2"],
      slices: [[2, 3, 4], []],
    });
  });
  it("may be another of the slice", () => {
    expect(story({}, at("output", 3, 0))).toMatchObject({
      target: { on: "output", at: [1, 3, 0] },
      input: ["window 3,0 2x3"],
      output: ["here output 3,0 1x1"],
    });
  });
  it("has no window on a slice that lies in a gap between strides", () => {
    expect(story({ kernel: array([1, 2, 2], random), stride: 2, index: 3 }, at("kernel", 0, 1))).toMatchObject({
      input: [],
      kernel: ["here kernel 0,1 1x1"],
    });
  });
});

it("a weight is where the window has it", () => {
  expect(story({}, at("kernel", 1, 2))).toMatchObject({
    target: { on: "output", at: [1, 1, 1] },
    input: ["window 1,1 2x3", "here kernel 2,3 1x1"],
    kernel: ["here kernel 1,2 1x1"],
  });
});

describe("a voxel", () => {
  it("is read by outputs of several slices, and those of the shown one are marked", () => {
    expect(story({}, at("input", 0, 1))).toEqual({
      target: { on: "input", at: [2, 0, 1] },
      input: ["here input 0,1 1x1"],
      kernel: [],
      output: ["reach 0,0 1x1", "reach 0,1 1x1"],
      slices: [[], [0, 1, 2]],
    });
  });
  it("stands behind the padding, across any axis", () => {
    const padded = { padding: [1, 0, 2] as never };
    expect(story({ ...padded, axis: 1, index: 3 }, at("input", 1, 2)).target).toEqual({ on: "input", at: [0, 3, 0] });
    expect(story({ ...padded, axis: 1, index: 3 }, at("input", 1, 2)).input).toEqual(["here input 1,2 1x1"]);
  });
});

describe("what is looked at", () => {
  it.each<[string, Partial<Setting & Where>, Focus]>([
    ["padding in a slice", { padding: 1 }, at("input", 0, 3)],
    ["a slice of padding", { padding: 1, index: -1, cursor: [0, 1, 1] }, at("input", 3, 3)],
    ["an output that is gone", {}, at("output", 5, 0)],
  ])("is the pinned output on %s", (_, changes, focus) => {
    const { result, spot } = scene(changes);
    expect(targetOf(result, spot, focus)).toEqual({ on: "output", at: spot.at });
  });
});
