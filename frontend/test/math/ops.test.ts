// What torch has no word for: which input meets which output, one changed cell, bad arguments.
import { describe, expect, test } from "vitest";
import { type NdArray, size, unravel, zeros } from "../../src/math/array";
import * as ops from "../../src/math/ops";
import { type GeometryOptions, geometry, type PaddingMode } from "../../src/math/shapes";

const array = (shape: number[], data: ArrayLike<number>): NdArray => ({
  shape,
  data: Float64Array.from(data),
});

/** Whole numbers that repeat late (a linear congruential generator), so that sums are exact. */
function numbers(shape: number[], seed = 1): NdArray {
  const x = zeros(shape);
  let state = seed;
  for (let i = 0; i < x.data.length; i++) {
    state = (state * 1103515245 + 12345) % 2147483648;
    x.data[i] = (state >> 16) % 10;
  }
  return x;
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

const MODES: PaddingMode[] = ["zero", "reflect", "replicate", "circular"];
const GEOMETRIES: [number[], number[], GeometryOptions][] = [
  [[7], [3], { stride: 2, padding: [[2, 1]] }],
  [[5, 6], [3, 3], { padding: "same" }],
  [[5, 4], [2, 3], { stride: [1, 2], padding: [3, [0, 2]] }],
  [[6, 7], [4, 2], { stride: 2, dilation: [1, 3], padding: 2 }],
  [[4, 3, 5], [2, 3, 2], { stride: [2, 1, 2], dilation: [2, 1, 1], padding: [[1, 2], 1, 2] }],
];
const ALL = GEOMETRIES.flatMap(([input, kernel, options]) =>
  MODES.map((paddingMode) => ({ input, kernel, options: { ...options, paddingMode } })),
);

test("padIndex is what numpy.pad shows, however far out", () => {
  // numpy.pad([0, 1, 2, 3], 9, mode), modes constant (−1), reflect, edge and wrap
  const expected: Record<PaddingMode, string> = {
    zero: "- - - - - - - - - 0 1 2 3 - - - - - - - - -",
    reflect: "3 2 1 0 1 2 3 2 1 0 1 2 3 2 1 0 1 2 3 2 1 0",
    replicate: "0 0 0 0 0 0 0 0 0 0 1 2 3 3 3 3 3 3 3 3 3 3",
    circular: "3 0 1 2 3 0 1 2 3 0 1 2 3 0 1 2 3 0 1 2 3 0",
  };
  for (const mode of MODES) {
    const shown = range(22).map((i) => ops.padIndex(i - 9, 4, mode));
    expect(shown.join(" ").replaceAll("-1", "-"), mode).toBe(expected[mode]);
  }
  expect(ops.padIndex(-2, 1, "reflect")).toBe(0);
});

test("pad takes one number for all axes, or a list for the last ones", () => {
  const x = array([2, 2], [1, 2, 3, 4]);
  expect(ops.pad(x, 1)).toEqual(array([4, 4], [0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0]));
  expect(ops.pad(x, [[1, 0]], "replicate")).toEqual(array([2, 3], [1, 1, 2, 3, 3, 4]));
  expect(ops.pad(x, [0, [0, 1]], "circular")).toEqual(array([2, 3], [1, 2, 1, 3, 4, 3]));
  expect(ops.pad(x, 0).data).not.toBe(x.data);
});

describe.each(ALL)("windows of $input by $kernel, $options", ({ input, kernel, options }) => {
  const g = geometry(input, kernel, options);
  const key = ({ output, kernel, input }: ops.Tap): string => `${output} ${kernel} ${input}`;
  const image = numbers(input);
  const weights = numbers(kernel, 7);

  test("inputsOf lists every kernel cell once, in order", () => {
    for (const output of range(size(g.output)))
      expect(ops.inputsOf(output, g).map((tap) => tap.kernel)).toEqual(range(size(kernel)));
  });

  test("inputsOf, multiplied and summed, is correlate", () => {
    const sums = range(size(g.output)).map((output) =>
      ops
        .inputsOf(output, g)
        .reduce((sum, t) => sum + weights.data[t.kernel] * (t.input < 0 ? 0 : image.data[t.input]), 0),
    );
    expect(array(g.output, sums)).toEqual(ops.correlate(image, weights, options));
  });

  test("outputsOf is the inverse of inputsOf", () => {
    const forward = range(size(g.output)).flatMap((output) => ops.inputsOf(output, g));
    const backward = range(size(g.input)).flatMap((from) => {
      const taps = ops.outputsOf(from, g);
      expect(taps.every((tap) => tap.input === from)).toBe(true);
      return taps;
    });
    const read = forward.filter((tap) => tap.input >= 0);
    expect(backward.map(key).sort()).toEqual(read.map(key).sort());
    expect(new Set(backward.map(key)).size).toBe(backward.length);
  });

  test("outputsOf is where the answer changes when the input does", () => {
    const ones = { shape: kernel, data: new Float64Array(size(kernel)).fill(1) };
    const before = ops.correlate(image, ones, options);
    for (const from of range(size(input))) {
      const changed = { ...image, data: image.data.slice() };
      changed.data[from] += 1;
      const after = ops.correlate(changed, ones, options);
      const moved = range(after.data.length).filter((o) => after.data[o] !== before.data[o]);
      const reached = new Set(ops.outputsOf(from, g).map((tap) => tap.output));
      expect([...reached].sort((a, b) => a - b)).toEqual(moved);
    }
  });

  if (input.length === 2)
    test("addShifted is what recomputing gives", () => {
      const padded = ops.pad(image, g.padding, g.mode);
      for (const cell of range(size(kernel))) {
        const [ku, kv] = unravel(cell, kernel);
        const y = ops.correlate(image, weights, options);
        ops.addShifted(y, padded, -3, ku, kv, g);
        const changed = { ...weights, data: weights.data.slice() };
        changed.data[cell] -= 3;
        expect(y).toEqual(ops.correlate(image, changed, options));
      }
    });
});

test("with 3×3 and padding 1 a corner is used 4 times, an edge 6 times, the inside 9 times", () => {
  const g = geometry([8, 8], 3, { padding: 1 });
  expect([0, 3, 27].map((input) => ops.outputsOf(input, g).length)).toEqual([4, 6, 9]);
});

test("nothing writes to its arguments", () => {
  const x = numbers([2, 5, 5]);
  const weight = numbers([2, 2, 3, 3], 3);
  const before = [x.data.slice(), weight.data.slice()];
  const y = ops.conv(x, weight, array([2], [1, 2]));
  ops.convBackward(y, x, weight);
  ops.convTranspose(x, weight);
  ops.poolBackward(ops.pool(x, 2), x, 2);
  ops.convolve({ ...x, shape: [10, 5] }, { ...weight, shape: [6, 6] }, { padding: 3 });
  expect([x.data, weight.data]).toEqual(before);
});

test("the l2 norm's gradient where a window is all zeros is 0, not NaN", () => {
  const x = array([1, 2, 4], [0, 0, 3, 3, 0, 0, 3, 3]);
  const grad = array([1, 1, 2], [5, 8]);
  expect(ops.poolBackward(grad, x, 2, { mode: "l2" }).data).toEqual(Float64Array.of(0, 0, 2, 2, 0, 0, 2, 2));
});

test("pool with a number pools the last two axes, the only one, or three of five", () => {
  expect(ops.pool(numbers([4, 6]), 2).shape).toEqual([2, 3]);
  expect(ops.pool(numbers([6]), 2).shape).toEqual([3]);
  expect(ops.pool(numbers([2, 4, 6]), 2).shape).toEqual([2, 2, 3]);
  expect(ops.pool(numbers([1, 2, 4, 6, 2]), 2).shape).toEqual([1, 2, 2, 3, 1]);
  expect(ops.pool(numbers([2, 4, 6]), [2]).shape).toEqual([2, 4, 3]);
});

describe("bad arguments are refused by name", () => {
  const x = numbers([2, 5, 5]);
  const weight = numbers([4, 2, 3, 3]);
  const plane = numbers([5, 5]);
  const g = geometry([5, 5], 3);
  // Types keep most of these out of the code, but not out of a widget's state.
  const bad: [string, () => unknown, RegExp][] = [
    ["no channels", () => ops.conv(plane, weight), /^x must be of 3 to 4 axes, got \[5,5\]/],
    ["channels", () => ops.conv(x, numbers([4, 3, 3, 3])), /^weight\.shape must be \[4,2,3,3\]/],
    ["no kernels", () => ops.conv(x, zeros([0, 2, 3, 3])), /^weight\.shape must be an integer ≥ 1/],
    ["rank", () => ops.conv(x, numbers([4, 2])), /^kernel must be for 1, 2 or 3 axes, got 0/],
    ["4-D", () => ops.correlate(numbers([2, 2, 2, 2]), numbers([1, 1, 1, 1])), /^kernel must be for 1/],
    ["groups", () => ops.conv(x, weight, null, { groups: 3 }), /^groups must be a divisor .* got 3/],
    ["no groups", () => ops.conv(x, weight, null, { groups: 0 }), /^groups must be an integer ≥ 1/],
    ["bias", () => ops.conv(x, weight, numbers([3])), /^bias\.shape must be \[4\], .* got \[3\]/],
    ["stride 0", () => ops.conv(x, weight, null, { stride: 0 }), /^stride must be .* got 0/],
    ["NaN", () => ops.pool(x, NaN), /^kernel must be an integer ≥ 1, .* got NaN/],
    ["negative", () => ops.conv(x, weight, null, { padding: -1 }), /^padding must be .* got -1/],
    ["too large", () => ops.correlate(plane, numbers([7, 7])), /^kernel must be no larger.* of 5, got 7/],
    ["empty", () => ops.correlate(zeros([0, 3]), plane), /^x\.shape must be an integer ≥ 1/],
    ["ranks", () => ops.correlate(plane, numbers([3])), /^kernel\.shape must be of 2 axes/],
    ["data", () => ops.correlate({ ...plane, shape: [5, 6] }, plane), /^x\.shape must be \[1,5,6\], with/],
    ["padded data", () => ops.pad({ ...plane, shape: [5, 6] }, 1), /^x\.shape must be \[5,6\], with/],
    [
      "padding mode",
      () => ops.pad(plane, 1, "mirror" as PaddingMode),
      /^paddingMode must be one of zero, reflect, replicate, circular, got "mirror"/,
    ],
    ["reflect", () => ops.pad(plane, 5, "reflect"), /^padding must be at most 4 where it is reflect/],
    ["circular", () => ops.pad(plane, 6, "circular"), /^padding must be at most 5 where it is circ/],
    ["pool mode", () => ops.pool(x, 2, { mode: "min" as "max" }), /^mode must be max, mean or l2/],
    ["pool padding", () => ops.pool(x, 3, { padding: 2 }), /^padding must be at most half .*1, got \[2,2\]/],
    ["pool grad", () => ops.poolBackward(plane, x, 2), /^grad\.shape must be \[2,2,2\]/],
    ["conv grad", () => ops.convBackward(plane, x, weight), /^grad\.shape must be \[4,3,3\]/],
    ["transpose", () => ops.convTranspose(x, numbers([3, 2, 3, 3])), /^weight\.shape must be \[2,2,3,3\]/],
    ["output index", () => ops.inputsOf(9, g), /^output must be an index from 0 to 8, got 9/],
    ["input index", () => ops.outputsOf(-1, g), /^input must be an index from 0 to 24, got -1/],
    ["ku", () => ops.addShifted(zeros([3, 3]), plane, 1, 3, 0, g), /^ku must be .* 0 to 2, got 3/],
    ["kv", () => ops.addShifted(zeros([3, 3]), plane, 1, 0, 0.5, g), /^kv must be .* got 0\.5/],
    ["y", () => ops.addShifted(plane, plane, 1, 0, 0, g), /^y\.shape must be \[3,3\]/],
    ["padded", () => ops.addShifted(zeros([3, 3]), zeros([7, 7]), 1, 0, 0, g), /^padded\.shape must be/],
  ];
  test.each(bad)("%s", (_, call, message) => {
    expect(call).toThrow(RangeError);
    expect(call).toThrow(message);
  });
});
