import { describe, expect, it } from "vitest";
import { compute, type Result, type Setting } from "../../../src/widgets/volume-viewer/math";
import {
  cellOf,
  clamped,
  planeAcross,
  spotOf,
  toAxis,
  toCell,
  toKernel,
  toOutput,
  type Where,
} from "../../../src/widgets/volume-viewer/places";
import { array, seeded } from "../../help";

const random = seeded(17);
const convolved = (changes: Partial<Setting> = {}): Result =>
  compute({
    volume: array([8, 6, 7], random),
    kernel: array([3, 2, 3], random),
    stride: 1,
    padding: 0,
    mode: "zero",
    ...changes,
  });
const where = (changes: Partial<Where> = {}): Where => ({ axis: 0, index: 0, cursor: [0, 0, 0], ...changes });

describe("what is shown", () => {
  it("are slices that meet in the pinned output", () => {
    expect(spotOf(convolved(), where({ index: 4, cursor: [3, 1, 2] }))).toEqual({
      axis: 0,
      slices: { input: 4, kernel: 1, output: 3 },
      before: 0,
      at: [3, 1, 2],
    });
  });
  it("is another output where the pinned one does not read the slice", () => {
    const { at, slices } = spotOf(convolved(), where({ index: 6, cursor: [0, 1, 2] }));
    expect([at, slices]).toEqual([[5, 1, 2], { input: 6, kernel: 1, output: 5 }]);
  });
  it("counts the padding's slices, which have negative indices", () => {
    const result = convolved({ padding: 2 });
    expect(spotOf(result, where({ axis: 1, index: -1 }))).toEqual({
      axis: 1,
      slices: { input: 1, kernel: 1, output: 0 },
      before: 2,
      at: [0, 0, 0],
    });
  });
  it("stays inside, for outputs and slices that are gone too", () => {
    const far = spotOf(convolved(), where({ index: 99, cursor: [99, 99, 99] }));
    expect([far.slices.input, far.at]).toEqual([7, [5, 4, 4]]);
    expect(spotOf(convolved(), where({ index: -9 })).slices.input).toBe(0);
    expect([clamped(-1, 3), clamped(1, 3), clamped(3, 3)]).toEqual([0, 1, 2]);
  });
  it("is the kernel's nearest slice where a stride leaves a gap", () => {
    const { slices } = spotOf(convolved({ kernel: array([1, 1, 1], random), stride: 3 }), where({ index: 4 }));
    expect(slices).toEqual({ input: 4, kernel: 0, output: 1 });
  });
  it("leaves the cursor of the traits as it was", () => {
    const cursor = [0, 1, 2];
    spotOf(convolved(), where({ index: 6, cursor }));
    expect(cursor).toEqual([0, 1, 2]);
  });
  it("has the two other axes in a slice", () => {
    const { geometry } = convolved({ stride: [1, 2, 3] });
    expect([0, 1, 2].map((axis) => planeAcross(geometry, axis).stride)).toEqual([
      [2, 3],
      [1, 3],
      [1, 2],
    ]);
    expect([0, 1, 2].map((axis) => cellOf([4, 5, 6], axis))).toEqual([
      { row: 5, col: 6 },
      { row: 4, col: 6 },
      { row: 4, col: 5 },
    ]);
  });
});

describe("a wish", () => {
  const result = convolved({ stride: 2, padding: [1, 0, 1] as never });
  const before = where({ axis: 0, index: 2, cursor: [1, 1, 1] });
  const spot = spotOf(result, before);
  const after = (changes: Partial<Where>) => spotOf(result, { ...before, ...changes });
  it("for a slice of the kernel shows it, through the same output", () => {
    for (const slice of [0, 1, 2]) {
      const now = after(toKernel(result, spot, slice));
      expect([now.slices.kernel, now.at]).toEqual([slice, spot.at]);
    }
  });
  it("for a slice of the feature map shows it, and the kernel's as before", () => {
    for (const slice of [0, 1, 2]) {
      const now = after(toOutput(result, spot, slice));
      expect([now.slices.kernel, now.at]).toEqual([spot.slices.kernel, [slice, 1, 1]]);
    }
  });
  it("for a cell of the feature map stays in the slice", () => {
    expect(toCell(spot, { row: 2, col: 0 })).toEqual({ cursor: [1, 2, 0] });
    expect(toCell({ ...spot, axis: 2 }, { row: 2, col: 0 })).toEqual({ cursor: [2, 0, 1] });
  });
  it("for another axis shows the kernel's middle slice, through the same output", () => {
    for (const axis of [0, 1, 2]) {
      const now = after(toAxis(result, spot, axis));
      expect([now.axis, now.at, now.slices.kernel]).toEqual([axis, spot.at, result.geometry.kernel[axis] >> 1]);
    }
  });
});
