// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { NdArray } from "../../../src/math/array";
import { conv } from "../../../src/math/ops";
import { pack, unpack, type Packed } from "../../../src/ui/state/packed";
import { explainInput, explainOutput } from "../../../src/widgets/kernel-editor/arithmetic";
import { KernelEditor } from "../../../src/widgets/kernel-editor/view";
import { compute, type Setting } from "../../../src/widgets/kernel-editor/math";
import { summedUp } from "../../help";
import { editorState, mockModel } from "../../model";

const seeded = (seed: number) => () => (seed = (seed * 16807) % 2147483647) / 2147483647;
const random = seeded(7);
const array = (shape: number[], make = random): NdArray => ({
  shape,
  data: Float64Array.from({ length: shape.reduce((a, b) => a * b) }, make),
});
const setting = (changes: Partial<Setting> = {}): Setting => ({
  image: array([1, 9, 11]),
  kernel: array([1, 3, 4]),
  flip: false,
  normalise: false,
  bias: 0,
  stride: 1,
  dilation: 1,
  padding: 0,
  mode: "zero",
  ...changes,
});

/** The feature map by one plain call of `conv`. */
const direct = ({ image, kernel, flip, normalise, bias, stride, dilation, padding, mode }: Setting): Float64Array => {
  const [channels] = image.shape;
  const plane = kernel.shape[1] * kernel.shape[2];
  const weights = Float64Array.from({ length: channels * plane }, (_, i) => {
    const c = kernel.shape[0] === 1 ? 0 : Math.floor(i / plane);
    const at = i % plane;
    return kernel.data[c * plane + (flip ? plane - 1 - at : at)];
  });
  const total = normalise ? weights.reduce((sum, w) => sum + Math.abs(w), 0) : 1;
  const weight = { data: weights.map((w) => w / total), shape: [1, channels, ...kernel.shape.slice(1)] };
  return conv(
    image,
    weight,
    { data: Float64Array.of(bias), shape: [1] },
    { stride, dilation, padding, paddingMode: mode },
  ).data;
};

const CASES: Partial<Setting>[] = [
  {},
  { flip: true },
  { normalise: true, bias: 2.5 },
  { stride: [2, 3], dilation: 2, padding: 3 },
  {
    padding: [
      [1, 2],
      [0, 3],
    ],
    mode: "reflect",
  },
  { image: array([3, 9, 11]) },
  { image: array([3, 9, 11]), kernel: array([3, 2, 2]), flip: true, normalise: true },
  { padding: 2, mode: "circular" },
  { padding: 2, mode: "replicate", stride: 2 },
];

describe("the feature map", () => {
  it.each(CASES.map((changes, i) => [i, changes] as const))("case %i is the convolution", (_, changes) => {
    const now = setting(changes);
    const { output } = compute(now);
    direct(now).forEach((y, i) => expect(output.data[i]).toBeCloseTo(y, 12));
  });
  it.each(CASES.map((changes, i) => [i, changes] as const))(
    "case %i: changing one weight adds its shifted image",
    (_, changes) => {
      let now = setting(changes);
      let result = compute(now);
      for (let step = 0; step < 5; step++) {
        const kernel = { ...now.kernel, data: now.kernel.data.slice() };
        kernel.data[Math.floor(random() * kernel.data.length)] = random();
        now = { ...now, kernel };
        const before = result.parts;
        result = compute(now, result);
        expect(result.parts).toBe(before); // not computed anew
        direct(now).forEach((y, i) => expect(result.output.data[i]).toBeCloseTo(y, 12));
      }
    },
  );
  it("refuses a kernel that does not fit", () =>
    expect(() => compute(setting({ kernel: array([1, 10, 2]) }))).toThrow(/kernel/));
});

describe("the arithmetic", () => {
  it.each(CASES.map((changes, i) => [i, changes] as const))("case %i adds up as it is written", (_, changes) => {
    const now = setting(changes);
    const result = compute(now);
    const [rows, cols] = result.geometry.output;
    for (const [row, col] of [
      [0, 0],
      [rows - 1, cols - 1],
      [rows >> 1, cols >> 1],
    ]) {
      const text = explainOutput(result, row, col)
        .nodes.map((node) => (typeof node === "string" ? node : node.textContent))
        .join("");
      const members = summedUp(text.replace(/ \(\d+ zero weights? left out\)$/, ""));
      expect(members.length).toBe(now.image.shape[0] > 1 ? 3 : 2);
      expect(members.at(-1)).toBeCloseTo(result.output.data[row * cols + col], 4);
    }
  });
  it("is exact for whole numbers, with nothing to round", () => {
    const now = setting({
      image: array([1, 5, 5], () => Math.floor(random() * 256)),
      kernel: { data: Float64Array.of(-1, 0, 2, 3), shape: [1, 2, 2] },
    });
    const { nodes } = explainOutput(compute(now), 1, 1);
    const text = nodes.map((node) => (typeof node === "string" ? node : node.textContent)).join("");
    expect(text).not.toContain("rounding");
    expect(text).toContain("(1 zero weight left out)");
  });
  it("finds every output that an input reaches, through the padding too", () => {
    const now = setting({ image: array([1, 4, 4]), kernel: array([1, 3, 3]), padding: 1, mode: "circular" });
    expect(explainInput(compute(now), 0, 0).outputs.length).toBe(9);
    expect(explainInput(compute({ ...now, mode: "zero" }), 0, 0).outputs.length).toBe(4);
  });
});

describe("the view", () => {
  const frames: (() => void)[] = [];
  const flush = () => frames.splice(0).forEach((callback) => callback());
  beforeEach(() => {
    frames.length = 0;
    vi.stubGlobal("requestAnimationFrame", (callback: () => void) => frames.push(callback));
    vi.stubGlobal("cancelAnimationFrame", () => {});
  });
  const mount = (changes = {}) => {
    const model = mockModel(editorState(changes));
    const el = document.createElement("div");
    document.body.replaceChildren(el);
    const unmount = KernelEditor({ model, el });
    const find = <T extends Element>(selector: string) => el.querySelector<T>(selector)!;
    return { model, el, unmount, find };
  };
  const labels = (el: Element, panel: string) =>
    [...el.querySelectorAll(`.panel.${panel} [role="gridcell"]`)].map((cell) => cell.textContent);

  it("shows the numbers of small grids", () => {
    const { el, model } = mount();
    const image = unpack(model.get("image") as Packed);
    expect(labels(el, "input")).toEqual([...image.data].map(String));
    const expected = compute({
      ...setting(),
      image: { ...image, shape: [1, 8, 8] },
      kernel: { ...unpack(model.get("kernel") as Packed), shape: [1, 3, 3] },
    });
    expect(labels(el, "output")).toEqual([...expected.output.data].map((y) => String(y).replace("-", "−")));
  });
  it("follows the model", () => {
    const { el, model } = mount();
    model.set("stride", 2);
    flush();
    expect(el.querySelectorAll('.panel.output [role="gridcell"]').length).toBe(9);
    expect(el.textContent).toContain("⌊ ⌋ drops 1 row and 1 column");
  });
  it("writes to the model, saves, undoes and redoes", () => {
    const { model, find } = mount();
    const preset = find<HTMLSelectElement>('select[aria-label="Kernel preset"]');
    preset.value = "box";
    preset.dispatchEvent(new Event("change"));
    flush();
    expect([model.get("preset"), model.saved > 0]).toEqual(["box", true]);
    find<HTMLButtonElement>('[aria-label="Undo"]').click();
    flush();
    expect(model.get("preset")).toBe("sobel_x");
    find<HTMLButtonElement>('[aria-label="Redo"]').click();
    flush();
    expect(model.get("preset")).toBe("box");
  });
  it("switches to custom on an edit, and back when the kernel is the preset's again", () => {
    const { model, find } = mount();
    const grid = find<HTMLElement>(".panel.kernel .grid");
    const press = (key: string) => (grid.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })), flush());
    press("+");
    expect([model.get("preset"), unpack(model.get("kernel") as Packed).data[0]]).toEqual(["custom", 0]);
    press("-"); // opens the field, where a minus sign may begin a number
    const field = find<HTMLInputElement>("input.celledit");
    field.value = "−1";
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    flush();
    expect([model.get("preset"), unpack(model.get("kernel") as Packed).data[0]]).toEqual(["sobel_x", -1]);
  });
  it("refuses a number that may be read in two ways, beside the cell, and keeps the field", () => {
    const { model, find } = mount();
    find(".panel.kernel .grid").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    const field = find<HTMLInputElement>("input.celledit");
    const enter = (text: string) => {
      field.value = text;
      field.dispatchEvent(new Event("input"));
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
      flush();
    };
    enter("1,000");
    expect(find(".cellnote").textContent).toContain("may be 1000 or 1");
    expect([field.isConnected, field.getAttribute("aria-invalid")]).toEqual([true, "true"]);
    expect(unpack(model.get("kernel") as Packed).data[0]).toBe(-1);
    enter("0,5");
    expect([field.isConnected, find(".cellnote")]).toEqual([false, null]);
    expect(unpack(model.get("kernel") as Packed).data[0]).toBe(0.5);
  });
  describe("under a finger", () => {
    const finger = (model: ReturnType<typeof mount>["model"], grid: HTMLElement) => {
      grid.getBoundingClientRect = () => ({ left: 0, top: 0, width: 90, height: 90 }) as DOMRect;
      const send = (type: string, clientX: number, clientY: number) => {
        const event = new MouseEvent(type, { clientX, clientY, button: 0, bubbles: true });
        grid.dispatchEvent(Object.assign(event, { pointerType: "touch", pointerId: 1 }));
        flush();
      };
      return { send, weights: () => [...unpack(model.get("kernel") as Packed).data] };
    };
    const before = [-1, 0, 1, -2, 0, 2, -1, 0, 1];
    it("a kernel is not changed by a swipe, and is by a drag sideways", () => {
      const { model, find } = mount();
      const { send, weights } = finger(model, find(".panel.kernel .grid"));
      for (const [type, x, y] of [
        ["pointerdown", 45, 45],
        ["pointermove", 50, 5],
        ["pointermove", 99, 5],
        ["pointercancel", 99, 5],
      ] as const)
        send(type, x, y);
      expect(weights()).toEqual(before);
      send("pointerdown", 45, 45);
      send("pointermove", 49, 46); // a tremble
      expect(weights()).toEqual(before);
      send("pointermove", 69, 65);
      send("pointerup", 69, 65);
      expect(weights()[4]).toBe(3); // 24 px, up and down not counted
      find<HTMLButtonElement>('button[aria-label="Undo"]').click();
      expect(weights()).toEqual(before);
    });
    it("what the page takes over is given back, with nothing to undo", () => {
      const { model, find } = mount();
      const { send, weights } = finger(model, find(".panel.kernel .grid"));
      send("pointerdown", 45, 45);
      send("pointermove", 69, 45);
      expect(weights()[4]).toBe(3);
      send("pointercancel", 69, 45);
      expect(weights()).toEqual(before);
      expect(find<HTMLButtonElement>('button[aria-label="Undo"]').disabled).toBe(true);
    });
    it("an output is pinned by a tap and a drag sideways, not by a swipe", () => {
      const { model, find } = mount();
      const { send } = finger(model, find(".panel.output .grid"));
      send("pointerdown", 5, 80);
      send("pointermove", 5, 20);
      send("pointercancel", 5, 20);
      expect(model.get("cursor")).toEqual([2, 3]);
      send("pointerdown", 5, 5);
      send("pointerup", 5, 5);
      expect(model.get("cursor")).toEqual([0, 0]);
      send("pointerdown", 5, 50);
      send("pointermove", 80, 50);
      expect(model.get("cursor")).toEqual([3, 5]);
      send("pointercancel", 80, 50);
      expect(model.get("cursor")).toEqual([0, 0]);
    });
  });
  it("explains a size that does not fit and keeps the kernel", () => {
    const { model, find } = mount();
    const rows = find<HTMLSelectElement>('select[aria-label="Kernel rows"]');
    rows.value = "9";
    rows.dispatchEvent(new Event("change"));
    flush();
    expect(find('[role="status"]').textContent).toContain("does not fit");
    expect([unpack(model.get("kernel") as Packed).shape, rows.value]).toEqual([[3, 3], "3"]);
  });
  it("explains a state from Python that has no feature map", () => {
    const { model, find } = mount();
    model.set("kernel", pack(new Float64Array(100), [10, 10]));
    flush();
    expect(find(".sum").textContent).toContain("no feature map");
    model.set("padding", 1);
    flush();
    expect(find(".sum").textContent).toContain("y[");
  });
  it("resizes round the middle", () => {
    const { model, find } = mount();
    for (const [label, value] of [
      ["Kernel rows", "5"],
      ["Kernel columns", "5"],
    ]) {
      const input = find<HTMLSelectElement>(`select[aria-label="${label}"]`);
      input.value = value;
      input.dispatchEvent(new Event("change"));
      flush();
    }
    const { data, shape } = unpack(model.get("kernel") as Packed);
    expect(shape).toEqual([5, 5]);
    expect([...data.slice(5, 10)]).toEqual([0, -1, 0, 1, 0]);
  });
  it("leaves nothing behind", () => {
    const { model, el, unmount } = mount();
    expect(model.listening).toBeGreaterThan(0);
    unmount();
    expect([model.listening, el.childElementCount]).toEqual([0, 0]);
  });
});
