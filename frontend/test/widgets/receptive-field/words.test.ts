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

it("of even magnitudes is a quarter in the middle, whatever the side", () => {
  for (let n = 1; n < 30; n++) {
    const line = Array<number>(n).fill(1);
    const bounds: [number, number] = [0, n - 1];
    expect(spreadOf(product(line, line), [bounds, bounds]).share).toBeCloseTo(1 / 4, 12);
    const signal = { shape: [n], data: Float64Array.from(line) };
    expect(spreadOf(signal, [[0, 0], bounds]).share).toBeCloseTo(1 / 2, 12);
  }
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
  expect(share).toBe(7 / 8); // of positions 1 and 3 three quarters are in the middle half
  expect(deviation).toEqual([Math.sqrt(0.5)]);
});
