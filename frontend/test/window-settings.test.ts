// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import type { PaddingMode } from "../src/math/shapes";
import { planeAt, withNumber } from "../src/ui/array";
import { lensSide, middleOf } from "../src/ui/areas";
import { pixelBuffer } from "../src/ui/colour";
import { sizePanel } from "../src/ui/formula";
import { cellAt, single } from "../src/ui/grid";
import { presetMenu } from "../src/ui/preset-menu";
import { firstOf, fits, lastOf, mostDilation, PADDING_MODES, paddingLimits, perAxisText } from "../src/ui/window-settings";
import { SOBEL } from "./model";

const LARGEST = 9;
const upTo = (most: number): number[] => Array.from({ length: most + 1 }, (_, i) => i);
const WINDOWS: [input: number[], kernel: number[]][] = [[[8, 6], [3, 3]], [[4, 5], [7, 6]], [[1, 12], [1, 5]], [[9], [4]], [[4, 5, 6], [3, 5, 1]], [[2, 2], [2, 2]]];
const traits = (padding: number, dilation: number, mode: PaddingMode) => ({ stride: 1, padding, dilation, padding_mode: mode });

describe("the limits of a window's settings", () => {
  it.each(PADDING_MODES.flatMap(([mode]) => WINDOWS.map(([input, kernel]) => [mode, input, kernel] as const)))("%s padding of %j for %j is what fits", (mode, input, kernel) => {
    for (const dilation of [1, 2, 3]) {
      const legal = upTo(LARGEST).filter((padding) => fits(input, kernel, traits(padding, dilation, mode)));
      const [least, most] = paddingLimits(mode, input, kernel, LARGEST, dilation);
      expect(upTo(LARGEST).filter((padding) => padding >= least && padding <= most)).toEqual(legal);
    }
  });
  it.each(WINDOWS)("dilation of %j by %j is what fits, and at least 1", (input, kernel) => {
    for (const padding of [0, 1, 4]) {
      const legal = upTo(8).slice(1).filter((dilation) => fits(input, kernel, traits(padding, dilation, "zero")));
      expect(mostDilation(input, kernel, padding, 8)).toBe(Math.max(1, ...legal));
    }
  });
  it("fits with a number for each axis, too", () => {
    expect(fits([4, 4], [6, 3], { stride: [1, 2], padding: [[1, 1], [0, 0]], padding_mode: "zero" })).toBe(true);
    expect(fits([4, 4], [6, 3], { stride: [1, 2], padding: [[1, 0], [0, 0]], padding_mode: "zero" })).toBe(false);
  });
});

describe("numbers per axis", () => {
  it("have a first and a last", () => {
    expect([3, [1, 2], [[1, 2], [3, 4]] as [number, number][]].map((value) => [firstOf(value as number), lastOf(value as number)])).toEqual([[3, 3], [1, 2], [1, 4]]);
  });
  it("are written where they differ", () => {
    expect([perAxisText([2, 2], 2), perAxisText([], 5), perAxisText([2, 1, 2], 2), perAxisText([[0, 1], [0, 1]], 0), perAxisText([2, 3], 3, "×")]).toEqual(["2", "5", "2, 1", "0, 1", "2×3"]);
  });
});

describe("the menu of kernels", () => {
  it("knows a kernel by its numbers and its shape, and tells what was chosen", () => {
    const heard: unknown[] = [];
    const preset = { name: "sobel_x", label: "Sobel x", kernel: SOBEL };
    const menu = presetMenu([preset], (chosen) => heard.push(chosen));
    expect([menu.nameOf({ ...SOBEL }), menu.nameOf({ ...SOBEL, shape: [1, 9] }), menu.nameOf({ ...SOBEL, data: "" })]).toEqual(["sobel_x", "custom", "custom"]);
    menu.show("sobel_x");
    expect(heard).toEqual([]);
    for (const value of ["custom", "sobel_x"]) {
      (menu.el as HTMLSelectElement).value = value;
      menu.el.dispatchEvent(new Event("change"));
    }
    expect(heard).toEqual([undefined, preset]);
  });
});

describe("small things that views share", () => {
  it("changes one number of a copy, without the noise of tenths", () => {
    const values = Float64Array.of(1, 2);
    expect([[...withNumber(values, 1, 0.1 + 0.2)], [...values]]).toEqual([[1, 0.3], [1, 2]]);
  });
  it("takes a channel where it is", () => {
    const data = Float64Array.from({ length: 12 }, (_, i) => i);
    const plane = planeAt({ data, shape: [3, 2, 2] }, 1);
    expect([[...plane.data], plane.shape, plane.data.buffer === data.buffer]).toEqual([[4, 5, 6, 7], [2, 2], true]);
  });
  it("keeps a buffer while its size stays", () => {
    const pixels = pixelBuffer();
    const first = pixels(6);
    expect([first.length, pixels(6) === first, pixels(5).length]).toEqual([24, true, 20]);
  });
  it("finds cells, middles and the size of a lens", () => {
    expect([cellAt(7, 3), single("tap", { row: 1, col: 2 })]).toEqual([{ row: 2, col: 1 }, { kind: "tap", row: 1, col: 2, rows: 1, cols: 1 }]);
    expect([middleOf({ row: 2, col: 3, rows: 3, cols: 4 }), lensSide({ row: 0, col: 0, rows: 3, cols: 3 }), lensSide({ row: 0, col: 0, rows: 3, cols: 11 })]).toEqual([{ row: 3, col: 5 }, 9, 13]);
  });
  it("writes what ⌊ ⌋ drops below the formulas, and nothing for nothing", () => {
    const { el, show } = sizePanel();
    show([], [0, 2]);
    expect(el.textContent).toBe("⌊ ⌋ drops 2 columns: shaded in the input");
    show([], []);
    expect(el.textContent).toBe("");
  });
});
