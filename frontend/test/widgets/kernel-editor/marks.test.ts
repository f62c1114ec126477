// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import type { NdArray } from "../../../src/math/array";
import type { Mark } from "../../../src/ui/grids/grid";
import { type Focus, storyOf } from "../../../src/widgets/kernel-editor/marks";
import { compute, type Setting } from "../../../src/widgets/kernel-editor/math";
import { array, seeded, textOf } from "../../help";

const random = seeded(3);
const of = (shape: number[], ...data: number[]): NdArray => ({ shape, data: Float64Array.from(data) });

describe("what is looked at", () => {
  const setting = (changes: Partial<Setting> = {}): Setting => ({
    image: array([1, 6, 6], random),
    kernel: array([1, 3, 2], random),
    flip: false,
    normalise: false,
    bias: 0,
    stride: 1,
    dilation: 1,
    padding: 1,
    mode: "zero",
    ...changes,
  });
  const story = (changes: Partial<Setting>, focus?: Focus) => {
    const { nodes, ...marks } = storyOf(compute(setting(changes)), focus, { row: 2, col: 1 });
    const places = (list: Mark[]) =>
      list.map(({ kind, row, col, rows, cols }) => `${kind} ${row},${col} ${rows}x${cols}`);
    return {
      input: places(marks.input),
      kernel: places(marks.kernel),
      output: places(marks.output),
      text: textOf(nodes),
    };
  };
  it("is the pinned output without a focus, and on the padding", () => {
    const told = story({});
    expect([told.input, told.kernel, told.output]).toEqual([["window 2,1 3x2"], [], ["here output 2,1 1x1"]]);
    expect(told.text).toContain("y[2, 1] = ");
    expect(
      story(
        { image: of([1, 6, 6], ...Array(36).fill(1)), kernel: of([1, 3, 2], 1, 2, 3, 4, 5, 6) },
        { on: "input", cell: { row: 0, col: 3 } },
      ).text,
    ).toContain("y[2, 1] = ");
  });
  it("marks every tap of a window with holes", () => {
    expect(story({ dilation: 2 }).input).toEqual([
      "tap 2,1 1x1",
      "tap 2,3 1x1",
      "tap 4,1 1x1",
      "tap 4,3 1x1",
      "tap 6,1 1x1",
      "tap 6,3 1x1",
    ]);
  });
  it("is another output, or every output that reads an input", () => {
    expect(story({ stride: 2 }, { on: "output", cell: { row: 1, col: 3 } }).input).toEqual(["window 2,6 3x2"]);
    const told = story({}, { on: "input", cell: { row: 1, col: 1 } });
    expect([told.input, told.output.length, told.kernel]).toEqual([["here input 1,1 1x1"], 4, []]);
    expect(told.output).toContain("reach 0,0 1x1");
    expect(told.text).toContain("is read by 4 outputs");
  });
  it("is a weight where the window has it, turned with the kernel", () => {
    const focus: Focus = { on: "kernel", cell: { row: 0, col: 1 } };
    expect([story({}, focus).kernel, story({}, focus).input, story({ flip: true }, focus).input]).toEqual([
      ["here kernel 0,1 1x1"],
      ["window 2,1 3x2", "here kernel 2,2 1x1"],
      ["window 2,1 3x2", "here kernel 4,1 1x1"],
    ]);
  });
});
