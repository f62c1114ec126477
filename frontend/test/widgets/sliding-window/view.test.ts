// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { unpack, type Packed } from "../../../src/ui/state/packed";
import type { PlainLayer } from "../../../src/widgets/shared/network";
import {
  covered,
  cropper,
  planOf,
  searchOf,
  slideAll,
  windowsOf,
  workOf,
} from "../../../src/widgets/sliding-window/math";
import { SlidingWindow } from "../../../src/widgets/sliding-window/view";
import { differenceText, pixelText, scoreText } from "../../../src/widgets/sliding-window/words";
import { mount as mountView, type Mounted } from "../../help";
import { slidingState } from "../../model";

const mount = (changes = {}) => mountView(SlidingWindow, slidingState(changes));
const searched = (stride = 3) => {
  const { page, model } = slidingState() as { page: Packed; model: PlainLayer[] };
  const { data, shape } = unpack(page);
  return searchOf(planOf(model), { data: data.map((value) => value / 255), shape }, stride);
};
/** The texts of a table's body, line by line. */
const lines = (mounted: Mounted, nth: number) =>
  [...mounted.el.querySelectorAll(".figures")[nth].querySelectorAll("tbody tr")].map((row) =>
    [...row.children].map(({ textContent }) => textContent!),
  );
const whole = (text: string) => Number(text.replace(/\D/g, ""));

describe("the two forms", () => {
  it.each([3, 6, 12])("give the same scores at stride %d", (stride) => {
    const search = searched(stride);
    const [crop, slid] = [cropper(search), slideAll(search)];
    expect(slid).toHaveLength(search.rows * search.cols);
    slid.forEach((scores, i) => scores.forEach((score, k) => expect(score).toBeCloseTo(crop(i)[k], 9)));
    expect(new Set(slid.map((scores) => scores[0])).size).toBeGreaterThan(1);
  });
  it("multiply the same for one window, and cropping the same for each", () => {
    const search = searched();
    for (const { cropping, convolution } of workOf(search, 1)) expect(convolution).toBe(cropping);
    const [one, seven] = [1, 7].map((count) => workOf(search, count).at(-1)!);
    expect(seven.cropping).toBe(7 * one.cropping);
    expect(seven.convolution).toBeLessThan(seven.cropping);
  });
  it.each([
    [1, 3],
    [4, 1],
    [5, 5],
    [3, 7],
  ])("count each place of a map once: %d a side, %d apart", (side, apart) => {
    const held = new Set<string>();
    for (let count = 1; count <= 12; count++) {
      const [i, j] = [Math.floor((count - 1) / 4), (count - 1) % 4];
      for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) held.add(`${i * apart + y} ${j * apart + x}`);
      expect(covered(side, apart, 4, count)).toBe(held.size);
    }
  });
  it.each([3, 12, 30])("know the windows that hold a pixel at stride %d", (stride) => {
    const search = searched(stride);
    const { window } = search.plan;
    for (const [row, col] of [
      [0, 0],
      [20, 31],
      [35, 59],
      [29, 30],
    ]) {
      const holding: number[] = [];
      for (let i = 0; i < search.rows; i++)
        for (let j = 0; j < search.cols; j++) {
          const [y, x] = [row - i * stride, col - j * stride];
          if (y >= 0 && x >= 0 && y < window && x < window) holding.push(i * search.cols + j);
        }
      const found = windowsOf(search, row, col);
      expect(found ? found.rows * found.cols : 0).toBe(holding.length);
      if (found) expect(found.row * search.cols + found.col).toBe(holding[0]);
    }
  });
});

describe("the view", () => {
  it("shows the scores of the window by both forms, and what they took", () => {
    const slider = mount();
    const search = searched();
    const [crop, slid] = [cropper(search)(4), slideAll(search)[4]];
    expect(lines(slider, 0)).toEqual(Array.from(slid, (score, d) => [`${d}`, scoreText(crop[d]), scoreText(score)]));
    const work = workOf(search, 5);
    expect(lines(slider, 1).map(([name, a, b]) => [name, whole(a), whole(b)])).toEqual(
      work.map(({ name, cropping, convolution }) => [name, cropping, convolution]),
    );
    const [, count, one, all] = /Cropping: (.+?) · (.+?) = (.+?) multiply/.exec(slider.find(".sum").textContent!)!;
    expect(whole(count) * whole(one)).toBe(whole(all));
    expect(mount({ step: 0 }).find(".sum").textContent).toMatch(/, as many\.$/);
  });
  it("goes from window to window by its timeline and by its maps, and fills both maps up to there", () => {
    const slider = mount();
    const known = () => {
      for (let i = 0; i < 50; i++) slider.flush(); // windows are cropped a few a frame
      return slider.cells("output").filter((text) => text).length / 2;
    };
    expect(known()).toBe(5);
    slider.find("[aria-label='Step forward']").click();
    slider.flush();
    expect(slider.model.get("step")).toBe(5);
    expect(known()).toBe(6);
    slider.press(".panel.output .grid", "ArrowDown");
    expect(slider.model.get("step")).toBe(5 + searched().cols);
    slider.find("[aria-label='Last step']").click();
    expect(known()).toBe(searched().rows * searched().cols);
  });
  it("says of a pixel how many windows hold it, and marks them", () => {
    const slider = mount();
    slider.press(".panel.input .grid", "End");
    const found = windowsOf(searched(), 0, 59)!;
    expect(slider.find(".sum").textContent).toBe(pixelText(0, 59, found.rows * found.cols));
    expect(slider.el.querySelectorAll(".panel.output .marks .reach")).toHaveLength(2);
    expect(slider.el.querySelectorAll(".panel.input .marks .near")).toHaveLength(2);
  });
  it("keeps the window where it is when the stride changes", () => {
    const search = searched();
    const step = search.cols + 6; // 3 pixels down, 18 to the right
    const slider = mount({ step });
    slider.find("[data-value='6']").click();
    slider.flush();
    expect(slider.model.get("stride")).toBe(6);
    const cols = searched(6).cols;
    const now = slider.model.get("step") as number;
    expect([Math.abs(Math.floor(now / cols) * 6 - 3) <= 3, (now % cols) * 6]).toEqual([true, 18]);
    slider.find("[aria-label=Undo]").click();
    slider.flush();
    expect(slider.model.get("stride")).toBe(3);
  });
  it("shows one digit's scores where it is chosen", () => {
    const slider = mount();
    slider.choose("select", "7");
    expect(slider.model.get("digit")).toBe(7);
    expect(slider.cells("output")[0]).toBe(scoreText(slideAll(searched())[0][7]));
  });
  it("that is taken away leaves nothing behind", () => {
    const slider = mount();
    slider.unmount();
    expect(slider.model.listening).toBe(0);
    expect(slider.el.children).toHaveLength(0);
  });
});

it("says how far two answers are apart", () => {
  const one = Float64Array.of(1, 2);
  expect(differenceText(one, one.slice())).toMatch("equal");
  expect(differenceText(one, Float64Array.of(1, 2 + 4e-15))).toBe("they differ by 4·10⁻¹⁵ at most");
});
