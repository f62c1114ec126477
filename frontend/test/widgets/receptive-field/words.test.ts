import { expect, it } from "vitest";
import { spreadOf } from "../../../src/widgets/receptive-field/words";

/** A product of two lines. */
const product = (rows: number[], columns: number[]) => ({
  shape: [rows.length, columns.length],
  data: Float64Array.from(rows.flatMap((r) => columns.map((c) => r * c))),
});

it("of even magnitudes is that of an even distribution", () => {
  const line = Array<number>(40).fill(1);
  const { share, deviation, width } = spreadOf(product(line, line), [
    [0, 39],
    [0, 39],
  ]);
  expect(share).toBe(1 / 4);
  for (const one of deviation) expect(one).toBeCloseTo(Math.sqrt((40 ** 2 - 1) / 12), 12);
  expect(width).toEqual([39, 39]); // 2.5 % of 40 are one
});

it("of a point is nothing", () => {
  const point = [0, 0, 1, 0];
  const { share, deviation, width } = spreadOf(product(point, point), [
    [0, 3],
    [0, 3],
  ]);
  expect([share, deviation, width]).toEqual([1, [0, 0], [1, 1]]);
});

it("of a signal has one axis", () => {
  const data = Float64Array.from([0, 1, 2, 1, 0]);
  const { share, deviation } = spreadOf({ shape: [5], data }, [
    [0, 0],
    [0, 4],
  ]);
  expect(share).toBe(1);
  expect(deviation).toEqual([Math.sqrt(0.5)]);
});
