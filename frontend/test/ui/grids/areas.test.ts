import { describe, expect, it } from "vitest";
import { lensSide, middleOf, outlines } from "../../../src/ui/grids/areas";

describe("areas", () => {
  it("have a middle and a lens", () => {
    expect([
      middleOf({ row: 2, col: 3, rows: 3, cols: 4 }),
      lensSide({ row: 0, col: 0, rows: 3, cols: 3 }),
      lensSide({ row: 0, col: 0, rows: 3, cols: 11 }),
    ]).toEqual([{ row: 3, col: 5 }, 9, 13]);
  });
});

describe("outlines", () => {
  const block = (rows: number, cols: number) =>
    Array.from({ length: rows * cols }, (_, i) => ({ row: 2 + Math.floor(i / cols), col: 1 + (i % cols) }));
  it("are one around many cells that fill a rectangle", () =>
    expect(outlines(block(4, 5))).toEqual([{ row: 2, col: 1, rows: 4, cols: 5 }]));
  it("are one each around a few, or where one is missing", () => {
    expect(outlines(block(3, 4)).length).toBe(12);
    expect(outlines(block(4, 5).slice(1)).length).toBe(19);
    expect(outlines([])).toEqual([]);
  });
});
