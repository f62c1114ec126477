// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { sizeFormula, sizePanel } from "../../../src/ui/words/formula";

describe("the size formula", () => {
  it("always writes ⌊ ⌋, and 2p only where both sides are equal", () => {
    const terms = { n: 96, k: 3, s: 2, d: 1, before: 1, after: 1 };
    expect(sizeFormula("H′", "height", terms, 48).textContent).toBe("H′=⌊96+2·1−1·(3−1)−12⌋+1=48");
    expect(sizeFormula("H′", "height", { ...terms, after: 0 }, 48).textContent).toContain("96+1+0−1");
    expect(sizeFormula("H′", "height", terms, undefined).textContent).toContain("does not fit");
  });
  it("writes what ⌊ ⌋ drops below the formulas, and nothing for nothing", () => {
    const { el, show } = sizePanel();
    show([], [0, 2]);
    expect(el.textContent).toBe("⌊ ⌋ drops 2 columns: shaded in the input");
    show([], []);
    expect(el.textContent).toBe("");
  });
});
