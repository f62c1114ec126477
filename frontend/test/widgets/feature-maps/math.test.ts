/** One number of a map, and the maps themselves: against sums made by hand. */
import { describe, expect, it } from "vitest";
import { pack } from "../../../src/ui/state/packed";
import {
  contributions,
  isPadding,
  partials,
  resultOf,
  seenBy,
  type Unit,
  unitIn,
  unitOf,
  workedOut,
} from "../../../src/widgets/feature-maps/math";
import { layoutOf } from "../../../src/widgets/feature-maps/sheets";
import { placeAt } from "../../../src/widgets/shared/sheet";
import {
  flagOf,
  largeOf,
  layerOf,
  type PlainLayer,
  type PlainUnit,
  strongest,
  topOf,
} from "../../../src/widgets/feature-maps/state";
import { mapsState } from "../../model";

const layers = (mapsState().recorded as PlainLayer[]).map(layerOf);
const unit = (mapsState().units as PlainUnit[])[0];

describe("a place of the input", () => {
  const windows = (...both: number[][]) => ({ size: [6, 5], does: { ...layers[1].does!, windows: both } });
  const runsOf = ([kernel, stride, before, dilation]: number[], size: number, at: number) => {
    const sees = (y: number) =>
      Array.from({ length: kernel }, (_, i) => stride * y - before + dilation * i).includes(at);
    return Array.from({ length: size }, (_, y) => y).filter(sees);
  };
  it.each([
    [3, 1, 0, 1],
    [3, 2, 1, 1],
    [2, 3, 0, 1],
    [3, 1, 2, 2],
    [4, 2, 3, 3],
  ])("is seen by the numbers whose windows hold it: kernel %i, stride %i, padding %i, dilation %i", (...window) => {
    const layer = windows(window, [1, 1, 0, 1]);
    for (let at = 0; at < 12; at++) {
      const [down, across] = seenBy(layer, [at, 2])!;
      const each = down.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
      expect(each).toEqual(runsOf(window, 6, at));
      expect(across).toEqual([[2, 2]]);
    }
  });
  it("is seen by nobody knows whom where a layer's windows are not known", () => {
    expect(seenBy({ does: null, size: [2, 2] }, [0, 0])).toBeUndefined();
  });
});

describe("a number of a convolution", () => {
  // The input is [[0, 2.5], [1.5, 0.5]], the kernels [0, 2.5] and [1.5, 0.5], the biases 0 and 2.5; one row of padding.
  const at = (map: number, row: number, column: number) => unitIn(layers, 1, map, [row, column])!;

  it("sees its window, with zeros for padding", () => {
    const one = at(1, 0, 1);
    expect([one.rows, one.columns]).toEqual([[-1, 0], [1]]);
    expect([...one.window!.data]).toEqual([0, 2.5]);
    expect([isPadding(one, 0, 0), isPadding(one, 1, 0)]).toEqual([true, false]);
  });
  it("is the sum of its products and its bias", () => {
    expect([...partials(at(1, 0, 1))]).toEqual([2.5 * 0.5]);
    expect(resultOf(at(1, 0, 1))).toBe(2.5 * 0.5 + 2.5);
    expect(resultOf(at(0, 1, 0))).toBe(1.5 * 2.5);
  });
  it("goes through a batch norm and a ReLU", () => {
    const [sum, norm, relu] = workedOut(at(0, 0, 0));
    expect(sum).toBe(0);
    expect(norm).toBeCloseTo((0 - 0.5) / Math.sqrt(1), 12); // variance 1, ε 0, weight 1, bias 0
    expect(relu).toBe(0);
  });
  it("is what the channels' contributions add up to", () => {
    const { data, shape } = contributions(layers, 1, 1)!;
    expect(shape).toEqual([1, 2, 2]);
    for (let i = 0; i < 4; i++) expect(data[i] + 2.5).toBe(resultOf(at(1, Math.floor(i / 2), i % 2)));
  });
});

describe("other operations", () => {
  const other = (changes: Partial<Unit>): Unit => ({ ...unitOf(unit), steps: [], ...changes });
  const window = { data: Float64Array.of(3, -4, 2), shape: [3, 1, 1] };
  const merged = { kind: "merge" as const, window, rows: [0], columns: [0] };

  it("are a mean over what is inside, a largest, a sum, a difference, a product", () => {
    const pool = { rows: [0], columns: [0, 1, 2], window: { data: Float64Array.of(-3, -1, 0), shape: [1, 1, 3] } };
    expect(resultOf(other({ ...pool, mode: "mean", divisor: 2, size: [1, 2] }))).toBe(-2);
    expect(resultOf(other({ ...pool, mode: "max", size: [1, 2] }))).toBe(-1); // the 0 is padding
    expect(resultOf(other({ ...merged, mode: "add" }))).toBe(1);
    expect(resultOf(other({ ...merged, mode: "subtract" }))).toBe(3 + 4 - 2);
    expect(resultOf(other({ ...merged, mode: "multiply" }))).toBe(-24);
  });
});

describe("maps", () => {
  it("of bytes are what the bytes stand for", () => {
    expect([...layers[2].maps.data]).toEqual([100 * (2 / 255), 255 * (3 / 255)]);
    expect(layers[2].exact).toBe(false);
  });
  it("are as large as they are known", () => {
    expect(largeOf(layers[2], 1, undefined)).toMatchObject({ rows: 1, cols: 1, block: 2 });
    const large = largeOf(layers[2], 1, unit);
    expect(large).toMatchObject({ rows: 2, cols: 1, block: 1 });
    expect(strongest(large)).toEqual([1, 0]);
  });
  it("have the full tone for the largest of a map, a layer or the network", () => {
    const two = [
      layers[0],
      layerOf({ ...layers[1], top: null, maps: pack([1, 2, 3, 8], [2, 1, 2], "float32") }),
      layers[2],
    ];
    expect(["map", "layer", "network"].map((scale) => topOf(two, 1, 0, scale as never))).toEqual([2, 8, 8]);
    expect(topOf(two, 2, 0, "network")).toBe(8);
  });
  it("that say nothing are named", () => {
    expect([0, 1].map((map) => flagOf({ dead: [0], twins: [[1, 0]] }, map))).toEqual([
      "dead: the same everywhere for this picture",
      "duplicates map 0",
    ]);
  });
});

describe("a sheet", () => {
  it.each([
    [[6, 28, 28], 760],
    [[512, 7, 7], 300],
    [[120, 1, 1], 343],
    [[3, 224, 224], 343],
  ])("of %j in %i px keeps inside, and every map is found where it stands", (shape, room) => {
    const layout = layoutOf(shape, room);
    expect(layout.width * layout.zoom).toBeLessThanOrEqual(room);
    const { columns, cell, cols, rows, gap } = layout;
    for (let map = 0; map < shape[0]; map++) {
      const [x, y] = [(map % columns) * (cols * cell + gap), Math.floor(map / columns) * (rows * cell + gap)];
      expect(placeAt(layout, x + 0.5, y + 0.5)).toEqual([map, 0, 0]);
      expect(placeAt(layout, x + cols * cell - 0.5, y + rows * cell - 0.5)).toEqual([map, rows - 1, cols - 1]);
    }
    expect(placeAt(layout, layout.width + gap, 0)).toBe(undefined);
  });
});
