// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from "vitest";
import { ReceptiveField } from "../../../src/widgets/receptive-field/view";
import { mount, type Mounted } from "../../help";
import { fieldState, GRAPH } from "../../model";

const LAYERS = [
  { kind: "conv", channels: 4, kernel: 3 },
  { kind: "pool" },
  { kind: "conv", channels: 4, kernel: 3, dilation: 2 },
  { kind: "flatten" },
];
const chain = (changes: Record<string, unknown> = {}) =>
  fieldState({ layers: LAYERS, input_shape: [1, 20, 20], selected: 3, unit: [2, 2], ...changes });

let view: Mounted;
const open = (state: Record<string, unknown>) => (view = mount(ReceptiveField, state));
afterEach(() => (view.unmount(), vi.useRealTimers()));

/** The numbers of the layer and the unit by their names. */
const facts = () =>
  Object.fromEntries(
    [...view.el.querySelectorAll(".facts:not([hidden]) > div")].map(({ children: [name, value] }) => [
      name.textContent,
      value.textContent,
    ]),
  );
const point = (selector: string, type: string, x = 0, y = 0) => {
  const target = view.find(selector);
  vi.spyOn(target, "getBoundingClientRect").mockReturnValue(new DOMRect(0, 0, 200, 200));
  target.dispatchEvent(new MouseEvent(type, { clientX: x, clientY: y, bubbles: true }));
  view.flush();
};
const press = (text: string) => {
  [...view.el.querySelectorAll("button")]
    .find((one) => one.textContent === text || one.ariaLabel === text || one.getAttribute("aria-label") === text)!
    .click();
  view.flush();
};

it("says what a unit of a chain sees, holes left out", () => {
  open(chain());
  expect(facts()).toEqual({
    Field: "12",
    Jump: "2",
    Start: "5.5",
    "This unit sees": "12 × 12",
    Positions: "144",
    Where: "rows 4–15, columns 4–15",
  });
});

it("says how far branches are out of line", () => {
  open(fieldState({ graph: GRAPH, selected: 1 }));
  expect(facts()).toMatchObject({ Field: "5", Misaligned: "by 0.5 × 0", Positions: "9 of 25" });
  expect(view.find<HTMLElement>(".editing").hidden).toBe(true);
});

it("follows a pointer over any map, and comes back when it leaves", () => {
  open(chain());
  const before = facts();
  point(".maps button:nth-child(2) canvas", "pointermove", 5, 5);
  expect(facts()).toMatchObject({ Field: "3", Where: "rows 0–2, columns 0–2" });
  point(".maps button:nth-child(2) canvas", "pointerleave");
  expect(facts()).toEqual(before);
  expect(view.model.saved).toBe(0);
});

it("shows every unit that sees a position of the input", () => {
  open(chain());
  point(".panel.input canvas", "pointermove", 5, 5);
  expect(facts()).toMatchObject({ "Units that see it": "1 × 1", Positions: "1", Where: "row 0, column 0" });
});

it("keeps a unit that is clicked, in whatever map", () => {
  open(chain());
  point(".maps button:nth-child(3) canvas", "click", 199, 0);
  expect([view.model.get("selected"), view.model.get("unit")]).toEqual([2, [0, 8]]);
  expect(facts().Where).toBe("rows 0–3, columns 16–19");
});

it("goes by keys: the unit, the place in the input, the layer", () => {
  open(chain());
  view.press(".panel.output .field", "ArrowRight");
  view.press(".panel.output .field", "ArrowUp");
  expect(view.model.get("unit")).toEqual([1, 3]);
  view.press(".panel.output .field", "End");
  expect(view.model.get("unit")).toEqual([1, 4]);
  view.press(".panel.input .field", "ArrowDown");
  expect(facts()["Units that see it"]).toBeDefined();
  view.find(".panel.input .field").dispatchEvent(new FocusEvent("blur"));
  view.flush();
  view.press('.maps [aria-checked="true"]', "ArrowLeft");
  expect(view.model.get("selected")).toBe(2);
  view.press('.maps [aria-checked="true"]', "Home");
  expect(view.model.get("selected")).toBe(0);
});

it("grows layer by layer with the timeline, over the same part of the picture", () => {
  open(chain({ selected: 1, unit: [9, 9] }));
  const widths = [facts().Field];
  for (let i = 0; i < 3; i++) {
    press("Step forward");
    widths.push(facts()["This unit sees"]);
  }
  expect(widths).toEqual(["3", "4 × 4", "12 × 12", "20 × 20"]);
  expect(view.el.querySelector(".timeline .count")!.textContent).toBe("layer 4 of 4");
});

it("is read out", () => {
  vi.useFakeTimers();
  open(chain());
  view.press(".panel.output .field", "ArrowLeft");
  vi.advanceTimersByTime(1000);
  expect(view.find("[aria-live]").textContent).toBe(
    "Unit (2, 1) of layer 3 sees rows 4–15, columns 2–13: 12 × 12 positions",
  );
});

it("lets the chain be changed, and undone", () => {
  open(chain());
  press("+ pool");
  expect((view.model.get("layers") as unknown[]).length).toBe(5);
  expect(view.find(".maps").children).toHaveLength(6);
  press("Undo");
  expect((view.model.get("layers") as unknown[]).length).toBe(4);
  press("Step back");
  const kernel = [...view.el.querySelectorAll("label")].find((one) => one.textContent === "kernel")!;
  kernel.querySelector("input")!.value = "5";
  kernel.querySelector("input")!.dispatchEvent(new Event("input"));
  view.flush();
  expect(facts()["This unit sees"]).not.toBe("12 × 12");
});

it("explains a layer that does not fit, and shows those before it", () => {
  open(chain({ layers: [LAYERS[0], { kind: "pool", kernel: 40 }, LAYERS[1]], selected: 1 }));
  expect(view.find(".why").textContent).toMatch(/^Layer 2 does not fit: .+40/);
  expect(view.el.querySelectorAll(".maps canvas")).toHaveLength(2);
  expect(view.el.querySelectorAll(".maps .bad")).toHaveLength(2);
  press("Layer 2, pool 40 × 40");
  expect(view.model.get("selected")).toBe(2);
  press("Remove");
  expect(view.find<HTMLElement>(".why").hidden).toBe(true);
});

it("says that a volume is not drawn, and what is too large", () => {
  open(chain({ input_shape: [1, 8, 8, 8] }));
  expect(view.find(".why").textContent).toContain("one or two axes");
  view.unmount();
  open(chain({ input_shape: [1, 5000, 5000] }));
  expect(view.find(".why").textContent).toContain("too large");
});

it("forgets what the pointer was over when the network is another", () => {
  open(chain());
  point(".panel.input canvas", "pointermove", 199, 199);
  view.model.set("input_shape", [1, 12, 12]);
  view.flush();
  expect(facts()).toMatchObject({ "This unit sees": "12 × 12" });
});

it("starts from a known network at its last map", () => {
  open(chain());
  view.choose("select[aria-label='Start from a known network']", "LeNet");
  expect([view.model.get("selected"), view.model.get("unit")]).toEqual([2, [7, 7]]);
});

it("lays a measured field over the unit that was measured, with its spread, and over no other", () => {
  open(fieldState({ graph: GRAPH, selected: 2, unit: [5, 3] }));
  expect(Object.keys(facts())).toContain("95 % width");
  expect(facts()["In the middle half"]).toMatch(/^\d+(\.\d+)? %$/);
  view.press(".panel.output .field", "ArrowUp");
  expect(Object.keys(facts())).not.toContain("95 % width");
  press("before training");
  expect([view.model.get("unit"), Object.keys(facts()).includes("95 % width")]).toEqual([[5, 3], true]);
});

it("shows signals in one axis", () => {
  open(chain({ input_shape: [1, 40], unit: [2] }));
  expect(facts().Where).toBe("positions 4–15");
  view.press(".panel.output .field", "ArrowRight");
  expect(view.model.get("unit")).toEqual([3]);
});
