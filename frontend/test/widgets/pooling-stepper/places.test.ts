import { describe, expect, it } from "vitest";
import { size } from "../../../src/math/array";
import { compute, type Result, type Setting } from "../../../src/widgets/pooling-stepper/math";
import {
  channelOf,
  inputAt,
  inputCell,
  outputAt,
  outputCell,
  stepIn,
  stepsOf,
  targetOf,
} from "../../../src/widgets/pooling-stepper/places";
import { settingOf, type State } from "../../../src/widgets/pooling-stepper/state";
import { array, seeded } from "../../help";

const random = seeded(23);
const pooled = (shape: number[], changes: Partial<Setting> = {}): Result =>
  compute({ x: array(shape, random), kernel: 2, stride: null, padding: 0, mode: "max", ...changes });
const CASES: [string, Result][] = [
  ["a signal", pooled([9], { kernel: 3, stride: 2, padding: [[1, 0]] })],
  ["a plane", pooled([5, 6], { padding: 1 })],
  [
    "channels",
    pooled([3, 5, 4], {
      stride: 1,
      padding: [
        [1, 0],
        [0, 1],
      ],
    }),
  ],
];

it("a state is a setting, its x the numbers given for it", () => {
  const state = { x: undefined, kernel: [2, 3], stride: null, padding: 1, mode: "l2", gradient: "off", step: 4 };
  const x = array([4, 4], random);
  expect(settingOf((trait) => (state as unknown as State)[trait], x)).toEqual({
    x,
    kernel: [2, 3],
    stride: null,
    padding: 1,
    mode: "l2",
  });
});

describe.each(CASES)("in %s", (_, result) => {
  it("every step is an output, at the cell it is shown in", () => {
    expect(stepsOf(result)).toBe(result.y.data.length);
    for (let step = 0; step < stepsOf(result); step++) {
      const channel = channelOf(result, step);
      expect(channel).toBe(Math.floor((step * result.channels) / stepsOf(result)));
      expect(outputAt(result, channel, outputCell(result, step))).toBe(step);
    }
  });
  it("every input has a cell, and padding none", () => {
    const [rows, cols] = result.geometry.input.map((n, a) => n + result.geometry.padding[a][0]);
    const plane = size(result.geometry.input);
    for (let input = 0; input < result.x.data.length; input++)
      expect(inputAt(result, Math.floor(input / plane), inputCell(result, input))).toBe(input);
    for (let row = 0; row <= rows; row++) expect(inputAt(result, 0, { row, col: cols })).toBeUndefined();
    const [[top], [left]] = result.geometry.padding;
    if (top) expect(inputAt(result, 0, { row: 0, col: left })).toBeUndefined();
    if (left) expect(inputAt(result, 0, { row: top, col: 0 })).toBeUndefined();
  });
});

describe("another channel", () => {
  it("is gone to at the same place", () => {
    const result = pooled([3, 4, 6]); // outputs of 2 × 3
    expect([stepIn(result, 2, 1), stepIn(result, 0, 17), stepIn(result, 1, 11)]).toEqual([13, 5, 11]);
  });
});

describe("what is looked at", () => {
  const result = pooled([2, 4, 4], { padding: 1 }); // outputs of 3 × 3
  it("is the step's output, where nothing else is", () => {
    expect(targetOf(result, 10, undefined)).toEqual({ on: "output", index: 10 });
  });
  it("is an output or an input of the step's channel", () => {
    expect(targetOf(result, 10, { on: "output", cell: { row: 2, col: 0 } })).toEqual({ on: "output", index: 15 });
    expect(targetOf(result, 10, { on: "input", cell: { row: 1, col: 2 } })).toEqual({ on: "input", index: 17 });
  });
  it("is not padding, nor an output that is gone", () => {
    for (const focus of [
      { on: "input", cell: { row: 0, col: 2 } },
      { on: "output", cell: { row: 3, col: 0 } },
    ] as const)
      expect(targetOf(result, 4, focus)).toEqual({ on: "output", index: 4 });
  });
});
