/** What the tests of views have in common: numbers that repeat, a view in a page, and a reader with a calculator. */
import { vi } from "vitest";
import type { View } from "../src/model";
import type { NdArray } from "../src/math/array";
import { mockModel, type MockModel } from "./model";

export const seeded = (seed: number) => () => (seed = (seed * 16807) % 2147483647) / 2147483647;

export const array = (shape: number[], make: () => number): NdArray => ({
  shape,
  data: Float64Array.from({ length: shape.reduce((a, b) => a * b) }, make),
});

/** What arithmetic comes to as it is written. */
export const evaluate = (text: string): number => {
  const expression = text
    .replaceAll("−", "-")
    .replaceAll("·", "*")
    .replaceAll("²", "**2")
    .replaceAll("√", "Math.sqrt")
    .replaceAll("max{", "Math.max(")
    .replaceAll("}", ")")
    .replaceAll("[", "(")
    .replaceAll("]", ")")
    .replace(/ \((rounding|the [^)]*)\)/g, "")
    .replace(/[RGB] \(/g, "(")
    .replace(/-∞/g, "-Infinity");
  return Function(`return (${expression})`)() as number;
};

/** The values of `y = a = b ≈ c`, the last the result: neighbours are equal where it says "=", and all are the result
 * to the last of the six digits shown. */
export const summedUp = (text: string): number[] => {
  const [, , ...rest] = text.split(/ (=|≈) /);
  const values = rest.filter((_, i) => i % 2 === 0).map(evaluate);
  const signs = rest.filter((_, i) => i % 2 === 1);
  const result = values.at(-1)!;
  const last = result && 10 ** (Math.floor(Math.log10(Math.abs(result))) - 5);
  values.forEach((value, i) => {
    const rounded = Math.abs(value - result) <= 1e-9 * Math.max(1, Math.abs(result)) + last;
    const equal = signs[i] !== "=" || Math.abs(value - values[i + 1]) <= 1e-9 * Math.max(1, Math.abs(result));
    if (!rounded || !equal) throw new Error(`${value} is not what comes after it: ${text}`);
  });
  return values;
};

export const textOf = (nodes: (Node | string)[]): string =>
  nodes.map((node) => (typeof node === "string" ? node : node.textContent)).join("");

export interface Mounted {
  model: MockModel;
  el: HTMLElement;
  unmount(): void;
  find<T extends Element = HTMLElement>(selector: string): T;
  /** The texts of a panel's cells. */
  cells(panel: string): (string | null)[];
  /** Draw what waits for the next frame. */
  flush(): void;
  press(selector: string, key: string): void;
  /** Move a slider or choose an option. */
  choose(selector: string, value: string): void;
}

/** A view in a page of its own, whose frames come when they are asked for. */
export const mount = (view: View, state: Record<string, unknown>): Mounted => {
  const frames: (() => void)[] = [];
  vi.stubGlobal("requestAnimationFrame", (callback: () => void) => frames.push(callback));
  vi.stubGlobal("cancelAnimationFrame", () => {});
  const model = mockModel(state);
  const el = document.createElement("div");
  document.body.replaceChildren(el);
  const unmount = view({ model, el });
  const find = <T extends Element = HTMLElement>(selector: string) => el.querySelector<T>(selector)!;
  const flush = () => frames.splice(0).forEach((callback) => callback());
  return {
    model,
    el,
    unmount,
    find,
    flush,
    cells: (panel) => [...el.querySelectorAll(`.panel.${panel} [role="gridcell"]`)].map((cell) => cell.textContent),
    press: (selector, key) => {
      find(selector).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      flush();
    },
    choose: (selector, value) => {
      const input = find<HTMLInputElement>(selector);
      input.value = value;
      for (const type of ["input", "change"]) input.dispatchEvent(new Event(type));
      flush();
    },
  };
};
