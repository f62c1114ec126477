import { describe, expect, it } from "vitest";
import type { Mark } from "../../../src/ui/grids/grid";
import { marksOf } from "../../../src/widgets/pooling-stepper/marks";
import { compute, type Setting } from "../../../src/widgets/pooling-stepper/math";
import { array, seeded } from "../../help";

const random = seeded(31);
const written = (marks: Mark[]) =>
  marks.map(({ kind, row, col, rows, cols }) => `${kind} ${row},${col} ${rows}x${cols}`);
const marks = (shape: number[], changes: Partial<Setting>, on: "input" | "output", index: number) => {
  const setting: Setting = { x: array(shape, random), kernel: 2, stride: null, padding: 0, mode: "mean", ...changes };
  const { input, output } = marksOf(compute(setting), { on, index });
  return { input: written(input), output: written(output) };
};

describe("an output", () => {
  it("has a window, in the padding too, and in its own channel", () => {
    expect(marks([2, 4, 4], { kernel: [2, 3], stride: [1, 2], padding: 1 }, "output", 13)).toEqual({
      input: ["window 1,2 2x3"],
      output: ["here output 1,1 1x1"],
    });
  });
  it("shows which inputs hold a maximum: the first, and those that tie", () => {
    const x = { shape: [2, 3], data: Float64Array.of(1, 7, 7, 7, 2, 0) };
    const changes = { x, kernel: [2, 3], padding: [[1, 0], 0] as never, mode: "max" as const, stride: 1 };
    expect(marks([1], changes, "output", 1).input).toEqual([
      "window 1,0 2x3",
      "winner 1,1 1x1",
      "tied 1,2 1x1",
      "tied 2,0 1x1",
    ]);
    expect(marks([1], { ...changes, mode: "l2" }, "output", 1).input).toEqual(["window 1,0 2x3"]);
  });
  it("has neighbours where windows overlap in a picture, those that there are", () => {
    const changes = { kernel: 3, stride: 2 };
    expect(marks([17, 17], changes, "output", 0).input).toEqual(["near 2,0 3x3", "near 0,2 3x3", "window 0,0 3x3"]);
    expect(marks([17, 17], changes, "output", 63).input).toEqual([
      "near 12,14 3x3",
      "near 14,12 3x3",
      "window 14,14 3x3",
    ]);
    expect(marks([17, 17], changes, "output", 9).input).toEqual([
      "near 0,2 3x3",
      "near 4,2 3x3",
      "near 2,0 3x3",
      "near 2,4 3x3",
      "window 2,2 3x3",
    ]);
  });
  it("has none in a plane of numbers, or where windows only touch", () => {
    expect(marks([16, 16], { kernel: 3, stride: 2 }, "output", 0).input).toEqual(["window 0,0 3x3"]);
    expect(marks([20, 20], { kernel: 2 }, "output", 0).input).toEqual(["window 0,0 2x2"]);
  });
});

describe("an input", () => {
  it("is in every window that holds it, padding put aside", () => {
    expect(marks([2, 3, 3], { kernel: 2, stride: 1, padding: [[1, 0], 0] as never }, "input", 13)).toEqual({
      input: ["here input 2,1 1x1"],
      output: ["reach 1,0 1x1", "reach 1,1 1x1", "reach 2,0 1x1", "reach 2,1 1x1"],
    });
  });
  it("may be in none", () => expect(marks([5], {}, "input", 4).output).toEqual([]));
});
