// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { pool, poolBackward } from "../../../src/math/ops";
import { pack, unpack, type Packed } from "../../../src/ui/state/packed";
import {
  explainGradient,
  explainInput,
  explainInputGradient,
  explainOutput,
} from "../../../src/widgets/pooling-stepper/arithmetic";
import {
  compute,
  gradient,
  type Mode,
  readCounts,
  readers,
  type Setting,
  share,
  winners,
} from "../../../src/widgets/pooling-stepper/math";
import { PoolingStepper } from "../../../src/widgets/pooling-stepper/view";
import { array, mount, seeded, summedUp, textOf } from "../../help";

const random = seeded(11);
const digit = () => Math.floor(random() * 10) - 4;
const setting = (changes: Partial<Setting> = {}): Setting => ({
  x: array([7, 6], digit),
  kernel: 2,
  stride: null,
  padding: 0,
  mode: "max",
  ...changes,
});

const MODES: Mode[] = ["max", "mean", "l2"];
const WINDOWS: Partial<Setting>[] = [
  {},
  { kernel: 3, stride: 1, padding: 1 },
  {
    kernel: [2, 3],
    stride: [1, 2],
    padding: [
      [1, 0],
      [0, 1],
    ],
  },
  { kernel: "global" },
  { x: array([11], digit), kernel: 3, stride: 2, padding: [[1, 0]] },
  { x: array([3, 5, 5], random), kernel: 3, stride: 1 },
  { x: array([12, 12], digit), kernel: 10, stride: 1 },
];
const CASES = WINDOWS.flatMap((changes, i) =>
  MODES.map((mode): [string, Setting] => [`${mode} ${i}`, setting({ ...changes, mode })]),
);

describe("pooling", () => {
  it.each(CASES)("%s is what ops.pool and ops.poolBackward say", (_, now) => {
    const result = compute(now);
    const rank = Math.min(2, now.x.shape.length);
    const kernel =
      now.kernel === "global"
        ? now.x.shape.slice(-2)
        : [now.kernel].flat().length === rank
          ? ([now.kernel].flat() as number[])
          : Array<number>(rank).fill(now.kernel as number);
    const options = { stride: now.stride ?? kernel, padding: now.padding, mode: now.mode };
    const y = pool(now.x, kernel, options);
    expect([...result.y.data]).toEqual([...y.data]);
    const ones = { shape: y.shape, data: y.data.map(() => 1) };
    expect([...gradient(result).dx.data]).toEqual([...poolBackward(ones, now.x, kernel, options).data]);
  });
  it.each(CASES)("%s: an input gets its share from every output that holds it", (_, now) => {
    const result = compute(now);
    const { dx } = gradient(result);
    for (let input = 0; input < dx.data.length; input++)
      expect(readers(result, input).reduce((sum, output) => sum + share(result, output, input), 0)).toBeCloseTo(
        dx.data[input],
        12,
      );
  });
  it("sends one output's gradient only where its window is", () => {
    const result = compute(setting({ mode: "mean", kernel: 3, stride: 1 }));
    const { dy, dx } = gradient(result, 5);
    expect([dy.data.filter(Boolean).length, dx.data.filter(Boolean).length]).toEqual([1, 9]);
  });
  it("knows all that tie, the first in reading order first", () => {
    const x = { shape: [2, 3], data: Float64Array.of(1, 7, 7, 7, 2, 7) };
    expect(winners(compute(setting({ x, kernel: [2, 3] })), 0)).toEqual([1, 2, 3, 5]);
  });
  it("counts in how many windows a position lies", () => {
    const result = compute(setting({ kernel: 3, stride: 2, padding: 1 }));
    const [rows, cols] = readCounts(result.geometry);
    for (let input = 0; input < 42; input++)
      expect(rows[Math.floor(input / 6) + 1] * cols[(input % 6) + 1]).toBe(readers(result, input).length);
  });
  it("refuses a window of padding alone", () =>
    expect(() => compute(setting({ padding: 2 }))).toThrow(/half the kernel/));
});

describe("the arithmetic", () => {
  const agree = (nodes: (Node | string)[], value: number) => {
    const text = textOf(nodes)
      .replace(/ \((\d+ tie|held|the shares|no output)[^)]*\)/, "")
      .replace(/ from y\[[^\]]*\]/g, "");
    const values = summedUp(text);
    expect(values.at(-1)).toBeCloseTo(value, 4);
    return values.length;
  };
  it.each(CASES)("%s adds up as it is written", (_, now) => {
    const result = compute(now);
    result.y.data.forEach((y, index) =>
      expect(agree(explainOutput(result, index), y)).toBe(now.mode === "max" ? 2 : 3),
    );
  });
  it.each(CASES)("%s: so do the gradients", (_, now) => {
    const result = compute(now);
    const { dy, dx } = gradient(result);
    for (let input = 0; input < dx.data.length; input += 3)
      agree(explainInputGradient(result, input, dy.data, dx.data), dx.data[input]);
  });
  it("writes padding as −∞ for a maximum and as a zero that counts for a mean", () => {
    const x = { shape: [1], data: Float64Array.of(-3) };
    const text = (mode: Mode) => textOf(explainOutput(compute(setting({ x, kernel: 3, padding: 1, mode })), 0));
    expect(text("max")).toContain("max{−∞, (−3), −∞} = −3");
    expect(text("mean")).toContain("(0 + (−3) + 0) / 3 = (−3) / 3 = −1");
    expect(text("l2")).toContain("√((0² + (−3)² + 0²) / 3) = √(9 / 3) ≈ 1.73205");
  });
  it("puts what is too much to write together, and says so", () => {
    const x = array([10, 10], () => 1);
    expect(textOf(explainOutput(compute(setting({ x, kernel: "global", mode: "mean" })), 0))).toContain(
      "36 (the other 36)) / 100 = 100 / 100 = 1",
    );
    expect(textOf(explainOutput(compute(setting({ x, kernel: "global" })), 0))).toContain(
      "1 (the largest of the other 36)} = 1 (100 tie; the first, x[0, 0]",
    );
  });
  it("says where a gradient goes", () => {
    const x = { shape: [2, 2], data: Float64Array.of(3, 4, 0, 4) };
    const text = (mode: Mode) => {
      const result = compute(setting({ x, mode }));
      return textOf(explainGradient(result, 0, gradient(result).dy.data));
    };
    expect(text("max")).toContain("goes whole to x[0, 1], the first of 2");
    expect(text("mean")).toContain("each gets 1 / 4 = 0.25");
    expect(text("l2")).toContain("x[0, 1] gets 1·4 / (4·3.20156)");
    const zero = compute(setting({ x: array([2, 2], () => 0), mode: "l2" }));
    expect(textOf(explainGradient(zero, 0, gradient(zero).dy.data))).toContain("every input gets 0");
  });
  it("says what an input is to the outputs that hold it", () => {
    const x = { shape: [3], data: Float64Array.of(5, 5, 1) };
    const result = compute(setting({ x, kernel: 2, stride: 1 }));
    expect(textOf(explainInput(result, 1))).toBe(
      "x[1] = 5 lies in 2 windows: y[0] (ties, not the first), y[1] (the largest)",
    );
  });
});

const state = (changes: Record<string, unknown> = {}) => ({
  x: pack([1, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 1, 1, 0], [4, 4], "int32"),
  kernel: 2,
  stride: null,
  padding: 0,
  mode: "max",
  gradient: "off",
  step: 0,
  ...changes,
});
const stepper = (changes = {}) => mount(PoolingStepper, state(changes));
const INPUT = ".panel.input .grid";
const radio = (text: string, el: HTMLElement) =>
  [...el.querySelectorAll<HTMLElement>('[role="radio"]')].find((button) => button.textContent === text)!;

describe("the view", () => {
  it("shows input and output, and marks the winner and those that tie apart", () => {
    const { cells, el } = stepper();
    expect([cells("input").length, cells("output")]).toEqual([16, ["1", "1", "1", "1"]]);
    expect(
      ["window", "winner", "tied"].map((kind) => el.querySelectorAll(`.panel.input .marks .${kind}`).length),
    ).toEqual([1, 1, 1]);
  });
  it("pools anew when asked to, and says the size", () => {
    const { cells, el, flush, model, find } = stepper();
    radio("average", el).click();
    flush();
    expect([model.get("mode"), cells("output")]).toEqual(["mean", ["0.5", "1", "0.5", "0.5"]]);
    model.set("stride", 3);
    flush();
    expect(cells("output")).toEqual(["0.5"]);
    expect(find("math").textContent).toContain("⌊4+2·0−23⌋+1=1");
    expect(el.textContent).toContain("⌊ ⌋ drops 2 rows and 2 columns");
  });
  it("shows how often overlapping windows read a pixel", () => {
    const { el } = stepper({ stride: 1 });
    const notes = [...el.querySelectorAll<HTMLElement>('.panel.input [role="gridcell"]')].map(
      (cell) => cell.getAttribute("aria-label")!.match(/×\d/)?.[0] ?? "",
    );
    expect(notes.slice(0, 8)).toEqual(["", "×2", "×2", "", "×2", "×4", "×4", "×2"]);
  });
  it("takes a typed number, and no number for padding", () => {
    const { find, press, flush, model } = stepper({ padding: 1 });
    const type = (text: string) => {
      press(INPUT, "Enter");
      const field = find<HTMLInputElement>("input.celledit");
      field.value = text;
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
      flush();
    };
    const before = model.get("x");
    type("8");
    expect([model.get("x") === before, find('[role="status"]').textContent]).toEqual([
      true,
      expect.stringContaining("−∞"),
    ]);
    press(INPUT, "ArrowDown");
    press(INPUT, "ArrowRight");
    type("8");
    expect([...unpack(model.get("x") as Packed).data].slice(0, 3)).toEqual([8, 1, 1]);
    type("0.5");
    expect((model.get("x") as Packed).dtype).toBe("float64");
    find<HTMLButtonElement>('[aria-label="Undo"]').click();
    flush();
    expect([...unpack(model.get("x") as Packed).data].slice(0, 3)).toEqual([8, 1, 1]);
  });
  it("shows where the gradient goes, and keeps the input from being changed meanwhile", () => {
    const { cells, el, find, flush, press, model } = stepper({ step: 1 });
    radio("all", el).click();
    flush();
    expect(cells("input")).toEqual("1 0 1 0 0 0 0 0 0 1 1 0 0 0 0 0".split(" "));
    radio("this y", el).click();
    flush();
    expect(
      cells("input")
        .map(Number)
        .flatMap((v, i) => (v ? [i] : [])),
    ).toEqual([2]);
    expect(find(".sum").textContent).toContain("∂L/∂y[0, 1] = 1 goes whole to x[0, 2], the first of 4");
    const before = model.get("x");
    press(INPUT, "+");
    expect([model.get("x") === before, find('[role="status"]').textContent]).toEqual([
      true,
      expect.stringContaining("Switch the gradient off"),
    ]);
  });
  it("steps through all channels", () => {
    const { cells, find, flush, model } = stepper({ x: pack([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]) });
    expect(cells("output")).toEqual(["4"]);
    find<HTMLButtonElement>('[aria-label="Last step"]').click();
    flush();
    expect([model.get("step"), cells("input"), cells("output")]).toEqual([1, ["5", "6", "7", "8"], ["8"]]);
    find('[aria-label="Channel of the input"] [aria-label="channel 0"]').click();
    flush();
    expect([model.get("step"), cells("output")]).toEqual([0, ["4"]]);
  });
  it("marks every output that holds the input in focus", () => {
    const { el, press } = stepper({ stride: 1 });
    press(INPUT, "ArrowDown");
    press(INPUT, "ArrowRight");
    expect(el.querySelectorAll(".panel.output .marks .reach").length).toBe(4);
  });
  it("takes one window as large as the input, and back", () => {
    const { cells, el, flush, model, choose, find } = stepper({ padding: 1, mode: "mean" });
    const global = [...el.querySelectorAll<HTMLElement>("button")].find((button) => button.textContent === "global")!;
    global.click();
    flush();
    expect([model.get("kernel"), model.get("padding"), cells("output")]).toEqual(["global", 0, ["0.625"]]);
    global.click();
    flush();
    choose(".settings .slider input", "3");
    expect([model.get("kernel"), cells("output").length, find(".settings .slider input").getAttribute("max")]).toEqual([
      3,
      1,
      "4",
    ]);
  });
  it("explains a state from Python that has no output, and recovers", () => {
    const { find, flush, model } = stepper();
    model.set("kernel", 9);
    flush();
    expect(find(".sum").textContent).toContain("no output: kernel must be no larger");
    model.set("kernel", 2);
    flush();
    expect(find(".sum").textContent).toContain("y[0, 0] = max{1, 1, 0, 0} = 1");
  });
  it("writes code for PyTorch and NumPy", () => {
    const { el, flush, find } = stepper({ padding: 1, kernel: 3 });
    [...el.querySelectorAll<HTMLElement>("button")].find((button) => button.textContent === "Copy as code")!.click();
    flush();
    expect(find("pre").textContent).toContain(
      't = F.pad(t, (1, 1, 1, 1), value=float("-inf"))\n    y = F.max_pool2d(t, (3, 3), stride=(3, 3))',
    );
    radio("NumPy", el).click();
    expect(find("pre").textContent).toContain("x = np.pad(x, ((1, 1), (1, 1)), constant_values=-np.inf)");
  });
  it("leaves nothing behind", () => {
    const { model, el, unmount } = stepper();
    expect(model.listening).toBeGreaterThan(0);
    unmount();
    expect([model.listening, el.childElementCount]).toEqual([0, 0]);
  });
});
