// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { largest } from "../src/math/array";
import { pack, unpack } from "../src/ui/array";
import { diverging, inkOn, paintLight, paintSigned } from "../src/ui/colour";
import { segments, slider } from "../src/ui/controls";
import { h } from "../src/ui/dom";
import { factor, short, shown } from "../src/ui/format";
import { sizeFormula } from "../src/ui/formula";
import { History } from "../src/ui/history";
import { followTheme } from "../src/ui/theme";
import { timeline } from "../src/ui/timeline";

describe("numbers as the reader sees them", () => {
  it.each([
    [0, "0"], [-0, "0"], [-2, "−2"], [1234567, "1234567"], [0.1 + 0.2, "0.3"], [-0.5, "−0.5"],
    [2 / 3, "0.667"], [-1e-7, "−1e−7"], [12345.678, "12300"], [1e12, "1e+12"],
  ])("%f is %s", (value, text) => expect(short(value)).toBe(text));
  it("puts negative factors in brackets", () => expect([factor(-1), factor(3)]).toEqual(["(−1)", "3"]));
  it("knows what it showed", () => {
    for (const value of [2 / 3, -1e-7, -12345.678, 42, 1e12]) expect(short(shown(value))).toBe(short(value));
  });
});

describe("arrays on the wire", () => {
  it.each(["uint8", "int32", "float32", "float64"] as const)("keeps %s", (dtype) => {
    const packed = pack([0, 1, 2, 250, 7, 9], [2, 3], dtype);
    expect(unpack(packed)).toEqual({ data: Float64Array.of(0, 1, 2, 250, 7, 9), shape: [2, 3] });
  });
  it("packs many numbers", () => expect(unpack(pack(new Float64Array(50_000).fill(1.5), [50_000])).data[49_999]).toBe(1.5));
});

describe("colours", () => {
  it("has zero in the middle and opposite ends", () => {
    expect([diverging(0), diverging(-1), diverging(1)].map(String)).toEqual(["247,247,247", "33,102,172", "178,24,43"]);
    const pixels = new Uint8ClampedArray(12);
    paintSigned(Float64Array.of(-4, 0, 4), 4, pixels);
    expect([...pixels]).toEqual([33, 102, 172, 255, 247, 247, 247, 255, 178, 24, 43, 255]);
  });
  it("paints a map of zeros in the middle tone", () => {
    const pixels = new Uint8ClampedArray(4);
    paintSigned(Float64Array.of(0), 0, pixels);
    expect([...pixels]).toEqual([247, 247, 247, 255]);
  });
  it("paints grey and colour", () => {
    const pixels = new Uint8ClampedArray(8);
    paintLight([Float64Array.of(0, 255)], 0, 255, pixels);
    expect([...pixels]).toEqual([0, 0, 0, 255, 255, 255, 255, 255]);
    paintLight([[1, 0], [0, 1], [0.5, 0]].map((plane) => Float64Array.from(plane)), 0, 1, pixels);
    expect([...pixels]).toEqual([255, 0, 128, 255, 0, 255, 0, 255]);
  });
  it("chooses ink that can be read", () => expect([inkOn(255, 255, 255), inkOn(0, 0, 0), inkOn(33, 102, 172)]).toEqual(["#000", "#fff", "#fff"]));
  it("finds the largest magnitude", () => expect(largest(Float64Array.of(1, -3, 2))).toBe(3));
});

describe("history", () => {
  it("goes back and forth", () => {
    const history = new History<number>();
    history.before(1, undefined);
    history.before(2, undefined);
    expect([history.undo(3), history.undo(2), history.undo(1)]).toEqual([2, 1, undefined]);
    expect([history.redo(1), history.redo(2), history.redo(3)]).toEqual([2, 3, undefined]);
  });
  it("counts a group once, and a new change forgets the future", () => {
    const history = new History<number>();
    for (const value of [1, 2, 3]) history.before(value, "drag");
    expect(history.undo(4)).toBe(1);
    history.before(1, "drag");
    expect(history.canRedo).toBe(false);
    expect(history.undo(9)).toBe(1);
  });
});

describe("controls", () => {
  it("tells the slider's new value and shows values silently", () => {
    const heard: number[] = [];
    const { el, show } = slider("stride", 1, 8, (value) => heard.push(value));
    show(3);
    const input = el.querySelector("input")!;
    expect(input.value).toBe("3");
    input.value = "5";
    input.dispatchEvent(new Event("input"));
    expect([heard, el.querySelector("output")!.textContent]).toEqual([[5], "5"]);
  });
  it("moves through a radio group with the arrow keys, round the end", () => {
    const heard: string[] = [];
    const { el, show } = segments("how", [["a", "A"], ["b", "B"]], (value) => heard.push(value));
    document.body.append(el);
    show("b");
    const [a, b] = el.querySelectorAll("button");
    expect([a.tabIndex, b.tabIndex, b.getAttribute("aria-checked")]).toEqual([-1, 0, "true"]);
    b.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    expect(heard).toEqual(["a"]);
    el.remove();
  });
  it("puts text in as text", () => expect(h("p", {}, "<b>x</b>").children.length).toBe(0));
});

describe("the timeline", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const setUp = (steps: number) => {
    const heard: number[] = [];
    const line = timeline("position", (step) => (heard.push(step), line.show(step, steps)), (step) => `step ${step}`);
    line.show(0, steps);
    const press = (label: string) => line.el.querySelector<HTMLElement>(`[aria-label="${label}"]`)!.click();
    return { heard, line, press };
  };
  it("steps both ways and stays inside", () => {
    const { heard, press } = setUp(3);
    for (const label of ["Step forward", "Last step", "Step forward", "Step back", "First step", "Step back"]) press(label);
    expect(heard).toEqual([1, 2, 2, 1, 0, 0]);
  });
  it("stands still until played, plays to the end, pauses, and starts again from there", () => {
    const { heard, line, press } = setUp(3);
    vi.advanceTimersByTime(5000);
    expect(heard).toEqual([]);
    press("Play");
    vi.advanceTimersByTime(400);
    press("Pause");
    vi.advanceTimersByTime(5000);
    expect(heard).toEqual([1]);
    press("Play");
    vi.advanceTimersByTime(5000);
    expect(heard).toEqual([1, 2]);
    expect(line.el.querySelector('[aria-label="Play"]')).not.toBeNull();
    press("Play");
    expect(heard).toEqual([1, 2, 0]);
    line.stop();
  });
  it("scrubs", () => {
    const { heard, line } = setUp(9);
    const range = line.el.querySelector("input")!;
    range.value = "7";
    range.dispatchEvent(new Event("input"));
    expect(heard).toEqual([7]);
    expect(range.getAttribute("aria-valuetext")).toBe("step 7");
  });
});

describe("the size formula", () => {
  it("always writes ⌊ ⌋, and 2p only where both sides are equal", () => {
    const terms = { n: 96, k: 3, s: 2, d: 1, before: 1, after: 1 };
    expect(sizeFormula("H′", "height", terms, 48).textContent).toBe("H′=⌊96+2·1−1·(3−1)−12⌋+1=48");
    expect(sizeFormula("H′", "height", { ...terms, after: 0 }, 48).textContent).toContain("96+1+0−1");
    expect(sizeFormula("H′", "height", terms, undefined).textContent).toContain("does not fit");
  });
});

describe("the theme", () => {
  it("follows the book, JupyterLab and VS Code", async () => {
    const root = h("div");
    const stop = followTheme(root);
    const seen: (string | undefined)[] = [];
    const look = async () => (await new Promise((resolve) => setTimeout(resolve, 0)), seen.push(root.dataset.theme));
    document.documentElement.dataset.theme = "dark"; await look();
    document.documentElement.dataset.theme = "light"; await look();
    delete document.documentElement.dataset.theme;
    document.body.dataset.jpThemeLight = "false"; await look();
    document.body.dataset.jpThemeLight = "true"; await look();
    delete document.body.dataset.jpThemeLight;
    document.body.dataset.vscodeThemeKind = "vscode-high-contrast"; await look();
    document.body.dataset.vscodeThemeKind = "vscode-high-contrast-light"; await look();
    stop();
    document.body.dataset.vscodeThemeKind = "vscode-dark"; await look();
    delete document.body.dataset.vscodeThemeKind;
    expect(seen).toEqual(["dark", "light", "dark", "light", "dark", "light", "light"]);
  });
});
