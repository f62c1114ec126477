// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from "vitest";
import { BoxPlayground } from "../../../src/widgets/box-playground/view";
import { mount, type Mounted } from "../../help";
import { boxesState } from "../../model";

const PIXELS = [512, 384] as const; // 4 px a unit

let view: Mounted;
const open = (changes: Record<string, unknown> = {}) => {
  view = mount(BoxPlayground, boxesState(changes));
  const field = view.find(".boxes-field");
  vi.spyOn(field, "getBoundingClientRect").mockReturnValue(new DOMRect(0, 0, ...PIXELS));
  vi.spyOn(field, "clientWidth", "get").mockReturnValue(PIXELS[0]);
  vi.spyOn(field, "clientHeight", "get").mockReturnValue(PIXELS[1]);
  return field;
};
afterEach(() => (view.unmount(), vi.useRealTimers()));

const rows = (kind: string) => view.model.get(kind) as number[][];
const pointer = (type: string, x: number, y: number, pointerType = "mouse") => {
  const event = new MouseEvent(type, { clientX: x, clientY: y, bubbles: true, cancelable: true });
  view.find(".boxes-field").dispatchEvent(Object.assign(event, { pointerId: 1, pointerType }));
  view.flush();
};
const drag = (from: readonly [number, number], to: readonly [number, number], pointerType?: string) => {
  pointer("pointerdown", ...from, pointerType);
  pointer("pointermove", (from[0] + to[0]) / 2, (from[1] + to[1]) / 2, pointerType);
  pointer("pointermove", ...to, pointerType);
  pointer("pointerup", ...to, pointerType);
};
const facts = () =>
  Object.fromEntries(
    [...view.el.querySelectorAll(".facts > div")].map(({ children: [name, value] }) => [
      name.textContent,
      value.textContent,
    ]),
  );
const press = (selector: string, key: string, held: object = {}) => {
  view.find(selector).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...held }));
  view.flush();
};
const button = (text: string) =>
  [...view.el.querySelectorAll("button")].find((one) => (one.getAttribute("aria-label") || one.textContent) === text)!;
const click = (text: string) => (button(text).click(), view.flush());

it("drags a body, a side and a corner, and each is undone at once", () => {
  open();
  drag([4 * 40, 4 * 40], [4 * 50, 4 * 35]); // over both: the smaller one, or of equal ones the later
  expect(rows("detections")[1]).toEqual([34, 25, 74, 65, 0.9, 0]);
  expect(view.model.get("selected")).toEqual([0, 1]);
  drag([4 * 74, 4 * 40], [4 * 80, 4 * 80]);
  expect(rows("detections")[1].slice(0, 4)).toEqual([34, 25, 80, 65]);
  drag([4 * 34, 4 * 25], [4 * 30, 4 * 20]);
  expect(rows("detections")[1].slice(0, 4)).toEqual([30, 20, 80, 65]);
  click("Undo");
  click("Undo");
  expect(rows("detections")[1].slice(0, 4)).toEqual([34, 25, 74, 65]);
  click("Undo");
  expect(rows("detections")).toEqual(boxesState().detections);
});

it("shows the pair's measures, and the sum that goes with them", () => {
  open();
  expect(facts()).toMatchObject({ IoU: "0.6", GIoU: "0.6", "Object 0": "(20, 30, 60, 70)" });
  expect(view.find(".sum").textContent).toContain("IoU = 1200 / 2000 = 0.6");
});

it("has a finger tap a box before it drags it up and down", () => {
  open({ view: "target" });
  drag([4 * 40, 4 * 50], [4 * 40, 4 * 20], "touch"); // a swipe: the page scrolls
  expect(rows("objects")).toEqual(boxesState().objects);
  pointer("pointerdown", 4 * 40, 4 * 50, "touch");
  pointer("pointerup", 4 * 40, 4 * 50, "touch");
  expect(document.activeElement).toBe(view.find(".handle.object"));
  drag([4 * 40, 4 * 50], [4 * 40, 4 * 40], "touch");
  expect(rows("objects")[0]).toEqual([20, 20, 60, 60, 0]);
});

it("has a finger drag sideways at once, and gives back what it did not mean", () => {
  open({ view: "target" });
  drag([4 * 40, 4 * 50], [4 * 50, 4 * 51], "touch");
  expect(rows("objects")[0]).toEqual([30, 31, 70, 71, 0]);
  pointer("pointerdown", 4 * 50, 4 * 51, "touch");
  pointer("pointermove", 4 * 60, 4 * 51, "touch");
  expect(rows("objects")[0][0]).toBe(40);
  pointer("pointercancel", 4 * 60, 4 * 51, "touch");
  expect(rows("objects")[0]).toEqual([30, 31, 70, 71, 0]);
});

it("moves by the keys, resizes, goes to another box, and removes one", () => {
  open();
  press(".handle.object", "ArrowRight");
  press(".handle.object", "ArrowDown", { shiftKey: true });
  press(".handle.object", "ArrowLeft", { altKey: true });
  expect(rows("objects")[0]).toEqual([20, 30, 61, 71, 0]);
  press(".handle.object", "PageDown");
  expect(view.model.get("selected")).toEqual([1, 0]);
  press(".handle.object", "PageDown");
  press(".handle.object", "PageUp");
  expect(view.model.get("selected")).toEqual([1, 0]);
  expect(view.find(".handle.object").getAttribute("aria-label")).toBe("object 1, dog: (80, 20, 120, 60)");
  press(".handle.object", "Delete");
  expect(rows("objects").length).toBe(1);
  expect(view.find(".handle.object").getAttribute("aria-label")).toContain("object 0, cat");
  press(".handle.object", "Delete");
  expect(view.find(".handle.object").hidden).toBe(true);
  click("Reset");
  expect(rows("objects")).toEqual(boxesState().objects);
});

it("goes through suppression step by step", () => {
  open({ view: "nms" });
  const fates = () => [...view.el.querySelectorAll(".listed span")].map((each) => each.textContent);
  expect(fates()).toEqual(["waits", "waits", "waits", "score too low"]);
  click("Step forward");
  expect(view.model.get("step")).toBe(1);
  expect(fates()).toEqual(["✓ kept", "waits", "✕ IoU 0.74 with 1", "score too low"]);
  click("Last step");
  expect(view.find(".count").textContent).toBe("round 2 of 2");
  click("First step");
  expect(fates()[0]).toBe("waits");
});

it("shows in each view what it is about", () => {
  open({ score_threshold: 0.78 });
  const shown = () => [".facts", ".scroller", ".precision", ".timeline"].map((part) => !view.find(part).hidden);
  expect(shown()).toEqual([true, false, false, false]);
  click("NMS");
  expect(shown()).toEqual([false, true, false, true]);
  click("Target");
  expect(view.find(".listed").textContent).toContain("c_1 cat 1");
  click("Anchors");
  expect(shown()).toEqual([true, true, false, false]);
  expect(
    Object.values(facts())
      .map(Number)
      .reduce((a, b) => a + b),
  ).toBe(3 * 4 * 2);
  click("Precision–recall");
  expect(shown()).toEqual([true, false, true, false]);
  expect(facts()).toEqual({ Precision: "1", Recall: "1", AP: "1" });
});

it("adds boxes, and changes a class and a score", () => {
  open();
  click("+ detection");
  expect(rows("detections")[4]).toEqual([32, 24, 64, 48, 0.5, 0]);
  expect(view.model.get("selected")).toEqual([0, 4]);
  view.choose(".editing select", "1");
  expect(rows("detections")[4][5]).toBe(1);
  const score = [...view.el.querySelectorAll(".slider")].find((each) => each.textContent!.startsWith("score0"))!;
  const input = score.querySelector("input")!;
  input.value = "70";
  input.dispatchEvent(new Event("input"));
  expect(rows("detections")[4][4]).toBe(0.7);
});

it("reads out the box and its arithmetic", () => {
  vi.useFakeTimers();
  open();
  press(".handle.object", "ArrowRight");
  vi.advanceTimersByTime(500);
  expect(view.find("[aria-live]").textContent).toMatch(/^object 0, cat: \(21, 30, 61, 70\); width = min\(61, 70\)/);
});

it("writes the code of what is shown", () => {
  open({ view: "nms" });
  click("Copy as code");
  const code = view.find(".code pre");
  expect(code.textContent).toContain("boxes.nms_steps(left[:, :4], left[:, 4], 0.5)");
  click("by class");
  expect(code.textContent).toContain("labels=left[:, 5].astype(int)");
});
