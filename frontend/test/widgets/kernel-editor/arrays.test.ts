import { describe, expect, it } from "vitest";
import type { NdArray } from "../../../src/math/array";
import { inGrey, rangeOf, resized, thrice, withChannels } from "../../../src/widgets/kernel-editor/arrays";

const of = (shape: number[], ...data: number[]): NdArray => ({ shape, data: Float64Array.from(data) });

describe("arrays made into others", () => {
  it("get a channel axis, once", () => {
    expect(withChannels(of([1, 2], 3, 4))).toEqual(of([1, 1, 2], 3, 4));
    expect(withChannels(of([1, 1, 2], 3, 4))).toEqual(of([1, 1, 2], 3, 4));
  });
  it("are three times the same, and grey again", () => {
    const colour = thrice(of([1, 1, 2], 3, 4));
    expect(colour).toEqual(of([3, 1, 2], 3, 4, 3, 4, 3, 4));
    expect(inGrey(colour)).toEqual(of([1, 2], 3, 4));
    expect(inGrey(of([3, 1, 2], 0, 10, 1, 10, 1, 11))).toEqual(of([1, 2], 1, 10));
  });
  it("are black and white at 0 and 1, at 0 and 255 for bytes, and else at their extremes", () => {
    expect([
      rangeOf(Float64Array.of(0.2, 0.7), false),
      rangeOf(Float64Array.of(0, 1), true),
      rangeOf(Float64Array.of(3, 90), true),
      rangeOf(Float64Array.of(-2, 7), false),
    ]).toEqual([
      [0, 1],
      [0, 1],
      [0, 255],
      [-2, 7],
    ]);
  });
  it("keep their middle when they are resized, in every channel", () => {
    const kernel = of([2, 1, 3], 1, 2, 3, 4, 5, 6);
    expect(resized(kernel, 3, 3)).toEqual(of([2, 3, 3], 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 4, 5, 6, 0, 0, 0));
    expect(resized(resized(kernel, 3, 5), 1, 3)).toEqual(kernel);
    expect(resized(kernel, 1, 1)).toEqual(of([2, 1, 1], 2, 5));
  });
});
