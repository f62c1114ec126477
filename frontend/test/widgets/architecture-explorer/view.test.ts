// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from "vitest";
import { ArchitectureExplorer } from "../../../src/widgets/architecture-explorer/view";
import { mount, type Mounted } from "../../help";
import { explorerState, RESIDUAL } from "../../model";

let view: Mounted;
const open = (changes: Record<string, unknown> = {}) => (view = mount(ArchitectureExplorer, explorerState(changes)));
afterEach(() => (view.unmount(), vi.useRealTimers()));

const lines = (at = 0) => [...view.el.querySelectorAll("[role=tree]")[at].querySelectorAll<HTMLElement>(".line")];
const facts = () =>
  Object.fromEntries(
    [...view.el.querySelectorAll(".facts > div")].map(({ children: [name, value] }) => [
      name.textContent,
      value.textContent?.replace(/\u202f/g, " "),
    ]),
  );
const key = (line: HTMLElement, name: string, more: KeyboardEventInit = {}) => {
  line.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, ...more }));
  view.flush();
};
const click = (line: HTMLElement) => {
  line.click();
  view.flush();
};

it("shows the ledger's row, its share and that of all before", () => {
  open({ selected: [0, 3, 4] });
  expect(facts()).toEqual({
    Output: "4 × 4 × 4",
    Parameters: "60",
    "Multiply–adds": "1 000",
    Activations: "64",
    Memory: "256 bytes",
    Field: "7 × 6",
    Jump: "2",
    Share: "15.0 %",
    "Up to here": "50.0 %",
  });
});

it("selects and folds a group by a click, with the sums of all in it", () => {
  open();
  expect(lines().length).toBe(8);
  click(lines()[1]);
  expect(view.model.get("selected")).toEqual([0, 1, 5]);
  expect(lines().length).toBe(4);
  expect(view.model.get("opened")).toEqual([[], ["block.0"]]); // the other stays as it is
  expect(facts()).toMatchObject({ Parameters: "100", Output: "4 × 4 × 4", Share: "25.0 %" });
  click(lines()[1]);
  expect(lines().length).toBe(8);
});

it("walks with the keys, folds and opens", () => {
  open({ selected: [0, 0, 1] });
  key(lines()[0], "ArrowDown");
  expect(view.model.get("selected")).toEqual([0, 1, 5]);
  key(lines()[1], "ArrowLeft");
  expect(lines().length).toBe(4);
  key(lines()[1], "ArrowRight");
  expect(lines().length).toBe(8);
  key(lines()[7], "End");
  expect(view.model.get("selected")).toEqual([0, 6, 7]);
  key(lines()[3], "ArrowLeft"); // to the group around it
  expect(lines()[1].getAttribute("aria-selected")).toBe("true");
  key(lines()[1], "Home");
  expect(view.model.get("selected")).toEqual([0, 0, 1]);
  key(lines()[0], "End", { ctrlKey: true });
  expect(view.model.get("selected")).toEqual([0, 0, 1]);
  expect(lines().filter(({ tabIndex }) => tabIndex === 0).length).toBe(1);
});

it("shows what is under the pointer, and comes back", () => {
  open();
  lines(1)[0].dispatchEvent(new MouseEvent("pointermove", { bubbles: true, clientY: 5 }));
  view.flush();
  expect(facts()).toMatchObject({ Parameters: "100", "Up to here": "71.4 %" });
  expect(view.model.get("selected")).toEqual([0, 6, 7]);
  view.el.querySelectorAll("[role=tree]")[1].dispatchEvent(new MouseEvent("pointerleave"));
  view.flush();
  expect(facts()).toMatchObject({ Parameters: "200" });
});

it("draws on a common scale, or on each network's own", () => {
  open();
  const longest = (at: number) =>
    Math.max(...lines(at).map((line) => parseFloat(line.querySelector<HTMLElement>(".block")!.style.width)));
  expect([longest(0), longest(1)]).toEqual([100, 50]);
  [...view.el.querySelectorAll("button")].find((one) => one.textContent === "Common scale")!.click();
  view.flush();
  expect(view.model.get("scale")).toBe("own");
  expect([longest(0), longest(1)]).toEqual([100, 100]);
});

it("marks what costs nothing with a hairline", () => {
  open();
  expect(lines()[3].querySelector(".block")!.classList.contains("none")).toBe(true);
  expect(lines()[2].querySelector(".block")!.classList.contains("none")).toBe(false);
});

it("opens the groups around a row that is clicked in the bar", () => {
  open({ opened: [[], []] });
  const bar = view.find<HTMLElement>(".whole");
  vi.spyOn(bar, "getBoundingClientRect").mockReturnValue(new DOMRect(0, 0, 400, 48));
  bar.dispatchEvent(new MouseEvent("click", { clientX: 0.3 * 400, bubbles: true }));
  view.flush();
  expect(view.model.get("selected")).toEqual([0, 1, 2]);
  expect(lines().length).toBe(8);
});

it("reads a selection out", () => {
  vi.useFakeTimers();
  open();
  key(lines()[7], "Home");
  vi.advanceTimersByTime(500);
  expect(view.find(".cnn-hidden").textContent).toBe(
    "stem, conv 4, 3 × 3: output 4 × 8 × 8, 100 parameters, 25.0 % of small, 25.0 % up to here, field 3",
  );
});

it("shows other networks when they come", () => {
  open();
  view.model.set("selected", [0, 0, 1]);
  view.model.set("networks", [{ ...RESIDUAL, title: "alone" }]);
  view.flush();
  expect(view.el.querySelectorAll("[role=tree]").length).toBe(1);
  expect(view.find(".head b").textContent).toBe("alone");
});
