import { describe, expect, it } from "vitest";
import { factor, short, shown } from "../../../src/ui/words/format";

describe("numbers as the reader sees them", () => {
  it.each([
    [0, "0"],
    [-0, "0"],
    [-2, "−2"],
    [1234567, "1234567"],
    [0.1 + 0.2, "0.3"],
    [-0.5, "−0.5"],
    [2 / 3, "0.667"],
    [-1e-7, "−1e−7"],
    [12345.678, "12300"],
    [1e12, "1e+12"],
  ])("%f is %s", (value, text) => expect(short(value)).toBe(text));
  it("puts negative factors in brackets", () => expect([factor(-1), factor(3)]).toEqual(["(−1)", "3"]));
  it("knows what it showed", () => {
    for (const value of [2 / 3, -1e-7, -12345.678, 42, 1e12]) expect(short(shown(value))).toBe(short(value));
  });
});
