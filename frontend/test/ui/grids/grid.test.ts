import { describe, expect, it } from "vitest";
import { cellAt, single } from "../../../src/ui/grids/grid";

describe("a grid's cells", () => {
  it("are numbered by rows", () => {
    expect([cellAt(7, 3), single("tap", { row: 1, col: 2 })]).toEqual([
      { row: 2, col: 1 },
      { kind: "tap", row: 1, col: 2, rows: 1, cols: 1 },
    ]);
  });
});
