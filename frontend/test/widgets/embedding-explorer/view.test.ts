// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from "vitest";
import type { Point, Triplet } from "../../../src/math/embeddings";
import { read, type State, walk } from "../../../src/widgets/embedding-explorer/math";
import { EmbeddingExplorer } from "../../../src/widgets/embedding-explorer/view";
import { sumOf } from "../../../src/widgets/embedding-explorer/words";
import { mount, type Mounted, seeded, summedUp, textOf } from "../../help";
import { embeddingState } from "../../model";

let view: Mounted;
const open = (changes: Record<string, unknown> = {}) => (view = mount(EmbeddingExplorer, embeddingState(changes)));
afterEach(() => (view?.unmount(), vi.useRealTimers()));

const dots = () => [...view.el.querySelectorAll<HTMLElement>(".dot")];
const facts = () =>
  Object.fromEntries(
    [...view.el.querySelectorAll(".facts > div")].map(({ children: [name, value] }) => [
      name.textContent,
      value.textContent?.replace(/\u00a0/g, " "),
    ]),
  );
const key = (i: number, name: string, more: KeyboardEventInit = {}) => {
  dots()[i].dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, ...more }));
  view.flush();
};
const button = (text: string) =>
  [...view.el.querySelectorAll("button")].find((each) => each.textContent?.startsWith(text))!;
const click = (element: HTMLElement) => (element.click(), view.flush());

it("writes out the chosen triplet, and what a threshold gets wrong", () => {
  open();
  expect([...view.el.querySelectorAll(".sum > div")].map((line) => line.textContent)).toEqual([
    "d(A1, A2)² = (0 − 1)² + (0 − 0)² = 1",
    "d(A1, B1)² = (0 − 0)² + (0 − 1.2)² = 1.44",
    "d(a, p)² − d(a, n)² + α = 1 − 1.44 + 0.5 = 0.06: its loss. " +
      "Semi-hard: the right way round, but within the margin.",
  ]);
  expect(facts()).toMatchObject({ "False accepts": "0 of 8, 0 %", "False rejects": "1 of 2, 50 %" });
});

it("writes sums that add up, wherever the points are", () => {
  const random = seeded(7);
  for (let t = 0; t < 60; t++) {
    const points = Array.from({ length: 5 }, (): Point => [4 * random() - 2, 3 * random() - 1.5]);
    const margin = Number((4 * random()).toFixed(2));
    const all = embeddingState({
      points,
      margin,
      loss: t % 2 ? "triplet" : "contrastive",
      step: t,
    }) as unknown as State;
    for (const nodes of sumOf(read(all, walk(points, all, 0.2, 60)))) summedUp(textOf(nodes).replace(/:.*/, ""));
  }
});

it("moves a point with the keys, undoes it, and starts anew from where the steps have led", () => {
  open({ step: 3 });
  const before = view.model.get("points");
  const now = read(
    embeddingState({ step: 3 }) as unknown as State,
    walk(before as Point[], embeddingState() as never, 0.2, 3),
  ).now;
  key(4, "ArrowLeft");
  key(4, "ArrowUp", { shiftKey: true });
  const points = view.model.get("points") as Point[];
  expect(view.model.get("step")).toBe(0);
  expect(points[4][0]).toBeCloseTo(now[4][0] - 0.05, 2);
  expect(points[4][1]).toBeCloseTo(now[4][1] + 0.25, 2);
  expect(points[0][0]).toBeCloseTo(now[0][0], 11);
  click(view.find("[aria-label=Undo]"));
  expect(view.model.get("points")).toEqual(before);
  for (let i = 0; i < 99; i++) key(4, "ArrowRight");
  expect((view.model.get("points") as Point[])[4][0], "the plane ends").toBe(2);
});

it("takes a point as positive, negative or anchor", () => {
  open();
  key(4, "Enter");
  expect(view.model.get("triplet")).toEqual([0, 1, 4]);
  key(3, "a");
  expect((view.model.get("triplet") as Triplet).slice(0, 2)).toEqual([3, 2]);
  key(4, "a"); // alone: there is no positive
  expect((view.model.get("triplet") as Triplet)[0]).toBe(3);
  view.choose("label:first-child select", "0");
  expect((view.model.get("triplet") as Triplet).slice(0, 2)).toEqual([0, 1]);
  expect(dots()[0].getAttribute("aria-label")).toBe("A1 at (0, 0), anchor");
});

it("goes through the triplets of a kind", () => {
  open();
  const seen = new Set<string>();
  for (let i = 0; i < 12; i++) {
    click(button("easy"));
    seen.add(String(view.model.get("triplet")));
  }
  expect(seen.size).toBe(Number(button("easy").querySelector("b")!.textContent));
  expect(button("easy").getAttribute("aria-pressed")).toBe("true");
});

it("changes the loss and what belongs to it", () => {
  open({ margin: 2 });
  click(view.find("[data-value=contrastive]"));
  expect(view.model.get("loss")).toBe("contrastive");
  expect(view.el.querySelectorAll(".sum > div").length).toBe(4);
  expect(view.find(".kinds").className).toContain("off");
  view.choose("label.slider:nth-of-type(1) input", "20");
  expect(view.model.get("margin")).toBe(1);
});

it("reads out where a point has come to, and the loss", () => {
  vi.useFakeTimers();
  open();
  key(1, "ArrowLeft");
  vi.advanceTimersByTime(500);
  expect(view.find("[aria-live]").textContent).toMatch(/^A2 at \(0\.95, 0\), positive\. triplet loss /);
});

it("gives the points as code", () => {
  open({ step: 4 });
  click(button("Copy as code"));
  expect(view.find("pre").textContent).toContain("for _ in range(4):");
  click(view.find("[data-value=PyTorch]"));
  expect(view.find("pre").textContent).toContain("torch.autograd.grad");
});
