import { describe, expect, it } from "vitest";
import { lensSide, middleOf } from "../../../src/ui/grids/areas";

describe("areas", () => {
  it("have a middle and a lens", () => {
    expect([
      middleOf({ row: 2, col: 3, rows: 3, cols: 4 }),
      lensSide({ row: 0, col: 0, rows: 3, cols: 3 }),
      lensSide({ row: 0, col: 0, rows: 3, cols: 11 }),
    ]).toEqual([{ row: 3, col: 5 }, 9, 13]);
  });
});
