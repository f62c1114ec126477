import { describe, expect, it } from "vitest";
import { lettering } from "../../../src/ui/grids/lettering";

const LEAST = [9, 12];

describe("the lettering of a grid", () => {
  it.each(LEAST)("keeps numbers apart, and none of them under %i px", (least) => {
    for (let cell = 9; cell <= 100; cell++)
      for (const width of [0.6, 1.5, 3.7, 5.2]) {
        const { size } = lettering(cell, width, 0, least);
        expect(size === 0 || size >= least).toBe(true);
        expect(size * width + 2).toBeLessThanOrEqual(cell + 1e-9);
        expect(size).toBeLessThanOrEqual(16);
      }
  });
  it.each(LEAST)("writes a note only where it and the number have a line each, least %i px", (least) => {
    for (let cell = 9; cell <= 100; cell++)
      for (const note of [1, 2, 4, 6]) {
        const { size, notes } = lettering(cell, 1.5, note, least);
        if (!notes) continue;
        expect(size + 12 + 4).toBeLessThanOrEqual(cell);
        expect(12 * note).toBeLessThan(cell);
      }
    expect(lettering(42, 0.64, 3.8, 12).notes).toBe(false); // an output of one cell, with "y −3.54"
    expect(lettering(64, 0.64, 3.8, 12).notes).toBe(true);
  });
});
