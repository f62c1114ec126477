// Sizes beyond torch's cases: brute force, both spellings of an argument, and what is refused.
import { describe, expect, test } from "vitest";
import { size, unravel, zeros } from "../../src/math/array";
import {
  convOutputSize,
  convTransposeOutputSize,
  dropped,
  geometry,
  type Padding,
  samePadding,
} from "../../src/math/shapes";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

test("the size of an array and the positions in it", () => {
  expect(size([2, 3, 4])).toBe(24);
  expect(size([])).toBe(1);
  expect(zeros([2, 3])).toEqual({ data: new Float64Array(6), shape: [2, 3] });
  expect(range(24).map((i) => unravel(i, [2, 3, 4]).join(""))).toEqual(
    range(2).flatMap((a) => range(3).flatMap((b) => range(4).map((c) => `${a}${b}${c}`))),
  );
});

test("convOutputSize and dropped count windows, for every small size", () => {
  for (const n of [1, 2, 3, 4, 5, 8, 9])
    for (const kernel of [1, 2, 3, 5])
      for (const stride of [1, 2, 3, 4])
        for (const dilation of [1, 2, 3])
          for (const [before, after] of [
            [0, 0],
            [1, 1],
            [2, 0],
            [0, 3],
          ] as const) {
            const padded = n + before + after;
            const reach = dilation * (kernel - 1);
            const starts = range(padded).filter((i) => i % stride === 0 && i + reach < padded);
            const options = { stride, dilation, padding: [before, after] };
            if (starts.length === 0) {
              expect(() => convOutputSize(n, kernel, options)).toThrow(/^kernel must be no larger/);
              continue;
            }
            expect(convOutputSize(n, kernel, options)).toBe(starts.length);
            expect(dropped(n, kernel, options)).toBe(padded - 1 - starts.at(-1)! - reach);
          }
});

test("samePadding gives ⌈n/s⌉ outputs with the least padding, the odd one after", () => {
  for (const n of range(12).map((i) => i + 1))
    for (const kernel of [1, 2, 3, 4, 7])
      for (const stride of [1, 2, 3]) {
        const [before, after] = samePadding(n, kernel, { stride });
        expect([0, 1]).toContain(after - before);
        expect(convOutputSize(n, kernel, { stride, padding: [before, after] })).toBe(Math.ceil(n / stride));
        expect(convOutputSize(n, kernel, { stride, padding: "same" })).toBe(Math.ceil(n / stride));
      }
  expect(samePadding(5, 2)).toEqual([0, 1]);
  expect(samePadding([7, 8], 3, { stride: 2 })).toEqual([
    [1, 1],
    [0, 1],
  ]);
});

test("convTransposeOutputSize undoes convOutputSize, with what was dropped as outputPadding", () => {
  for (const n of range(20).map((i) => i + 5))
    for (const kernel of [1, 2, 3])
      for (const stride of [1, 2, 3]) {
        const small = convOutputSize(n, kernel, { stride, padding: 1 });
        const outputPadding = dropped(n, kernel, { stride, padding: 1 });
        expect(convTransposeOutputSize(small, kernel, { stride, padding: 1, outputPadding })).toBe(n);
      }
});

test("a list anywhere makes the answer a list; a number stands for every axis", () => {
  expect(convOutputSize([28, 32], 3, { stride: 2, padding: 1 })).toEqual([14, 16]);
  expect(convOutputSize(9, [3, 4])).toEqual([7, 6]);
  expect(convOutputSize(9, 3, { stride: [1, 2] })).toEqual([7, 4]);
  expect(convOutputSize(9, 3, { padding: [0, 1] })).toBe(8);
  expect(
    convOutputSize(9, 3, {
      padding: [
        [0, 1],
        [2, 2],
      ],
    }),
  ).toEqual([8, 11]);
  expect(convOutputSize([9, 9], 3, { padding: [0, 1] })).toEqual([7, 9]);
  expect(convTransposeOutputSize(4, 3, { outputPadding: [0, 1], stride: 2 })).toEqual([9, 10]);
  expect(dropped([8, 9], 3, { stride: 2 })).toEqual([1, 0]);
});

test("geometry resolves every number per axis", () => {
  expect(geometry([5, 6], 3, { padding: "same", stride: [1, 2], paddingMode: "reflect" })).toEqual({
    input: [5, 6],
    kernel: [3, 3],
    stride: [1, 2],
    dilation: [1, 1],
    padding: [
      [1, 1],
      [0, 1],
    ],
    mode: "reflect",
    output: [5, 3],
  });
});

describe("bad arguments are refused by name", () => {
  const bad: [string, () => unknown, RegExp][] = [
    ["n", () => convOutputSize(0, 3), /^n must be an integer ≥ 1, or one for each of 1 axes, got 0/],
    ["kernel", () => convOutputSize(5, 2.5), /^kernel must be .* got 2\.5/],
    ["NaN", () => convOutputSize(5, NaN), /^kernel must be .* got NaN/],
    ["too large", () => convOutputSize(3, 5), /^kernel must be no larger.* padded input of 3, got 5/],
    ["stride", () => convOutputSize(5, 3, { stride: 0 }), /^stride must be an integer ≥ 1.* got 0/],
    ["dilation", () => convOutputSize(5, 3, { dilation: 0 }), /^dilation must be .* got 0/],
    ["axes", () => convOutputSize([5, 5], [3, 3, 3]), /^kernel must be .* of 2 axes, got \[3,3,3\]/],
    ["padding", () => convOutputSize(5, 3, { padding: -1 }), /^padding must be .* got -1/],
    ["word", () => convOutputSize(5, 3, { padding: "full" as Padding }), /^padding must be .* got "full"/],
    [
      "triple",
      () => convOutputSize([5, 5], 3, { padding: [[1, 2, 3], 1] as unknown as Padding }),
      /^padding must be .* got \[1,2,3\]/,
    ],
    ["missing", () => convOutputSize(5, null as unknown as number), /^kernel must be .* got null/],
    [
      "outputPadding",
      () => convTransposeOutputSize(5, 3, { stride: 2, outputPadding: 2 }),
      /^outputPadding must be at most 1 here, got 2/,
    ],
    ["nothing left", () => convTransposeOutputSize(1, 3, { padding: 2 }), /^padding must be less than 3/],
    [
      "same, transposed",
      () => convTransposeOutputSize(5, 3, { padding: "same" as "valid" }),
      /^padding must be an integer ≥ 0, "valid", or .* got "same"/,
    ],
  ];
  test.each(bad)("%s", (_, call, message) => {
    expect(call).toThrow(RangeError);
    expect(call).toThrow(message);
  });
});
