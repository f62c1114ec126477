// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pageModel } from "../../../src/hosts/page-model";
import type { Model } from "../../../src/model";
import { ShapeCalculator } from "../../../src/widgets/shape-calculator/view";
import { mockModel } from "../../model";

const LAYERS = [
  { kind: "conv", channels: 16, kernel: 3, padding: 1 },
  { kind: "pool" },
  { kind: "flatten" },
  { kind: "linear", units: 10 },
];
const state = (changes: Record<string, unknown> = {}) => ({
  layers: LAYERS,
  input_shape: [3, 32, 32],
  selected: 1,
  presets: { "a small net": "3x32x32;conv:c16,k3,p1;pool;flatten;linear:u10", LeNet: "1x32x32;conv:c6,k5;pool" },
  ...changes,
});

let close = () => {};
const mount = (model: Model) => {
  const el = document.createElement("div");
  document.body.append(el);
  close = ShapeCalculator({ model, el });
  const $ = <E extends HTMLElement>(selector: string) => el.querySelector(selector) as E;
  const rows = () =>
    [...el.querySelectorAll<HTMLElement>(".chain > [role=row]:not(.heads, .open)")].map((row) =>
      [...row.children]
        .filter((c) => !(c as HTMLElement).hidden)
        .map((c) => c.textContent!.replaceAll("\u00a0", " ").replaceAll("\u202f", " ")),
    );
  const press = (text: string) =>
    [...el.querySelectorAll("button")]
      .find((b) => b.textContent === text || b.getAttribute("aria-label") === text)!
      .click();
  const fieldOf = (name: string) =>
    [...el.querySelectorAll<HTMLLabelElement>(".fields label")]
      .find((label) => label.textContent === name)!
      .querySelector("input")!;
  const type = (name: string, value: string) => {
    fieldOf(name).value = value;
    fieldOf(name).dispatchEvent(new Event("input"));
    vi.runAllTimers();
  };
  const key = (target: HTMLElement, name: string, more = {}) => (
    target.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, ...more })),
    vi.runAllTimers()
  );
  return {
    el,
    $,
    rows,
    press: (text: string) => (press(text), vi.runAllTimers()),
    fieldOf,
    type,
    key,
    chosen: () => $<HTMLButtonElement>(".chosen .layer"),
  };
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "requestAnimationFrame", "cancelAnimationFrame"] });
  location.hash = "";
});
afterEach(() => {
  close();
  document.body.replaceChildren();
  vi.useRealTimers();
});

describe("the table", () => {
  it("has a row for the input, for each layer, and the sums", () => {
    const { rows } = mount(mockModel(state()));
    expect(rows()).toEqual([
      ["input", "3 × 32 × 32", "1", "1", "", ""],
      ["1conv 16, 3 × 3, p 1", "16 × 32 × 32", "3", "1", "448", "442 368"],
      ["2pool 2 × 2", "16 × 16 × 16", "4", "2", "0", "0"],
      ["3flatten", "4 096", "–", "–", "0", "0"],
      ["4linear 10", "10", "–", "–", "40 970", "40 960"],
      ["Total", "", "41 418", "483 328"],
    ]);
  });
  it("shows how the chosen row's numbers come about", () => {
    const { $ } = mount(
      mockModel(state({ layers: [{ kind: "conv", channels: 8, kernel: 5, stride: 2, groups: 3 - 2 }], selected: 1 })),
    );
    expect($(".formula").textContent).toBe("H′ = W′=⌊32+2·0−1·(5−1)−12⌋+1=14⌊ ⌋ drops 1 row and 1 column");
    expect($(".working").textContent!.replaceAll("\u202f", " ")).toBe(
      "field1 + 1 · (5 − 1) · 1 = 5jump1 · 2 = 2parameters8 · 3 · 5 · 5 + 8 = 608" +
        "multiply–adds8 · 3 · 5 · 5 · 14 · 14 = 117 600",
    );
  });
  it("writes sums that add up, for every layer of every kind", () => {
    const layers = [
      { kind: "conv", channels: 12, kernel: [3, 2], groups: 3, stride: [1, 2], padding: [[0, 1], 1] },
      {
        kind: "conv_transpose",
        channels: 6,
        kernel: 4,
        stride: 2,
        padding: 1,
        output_padding: 1,
        groups: 2,
        bias: false,
      },
      { kind: "pool", kernel: 3, stride: 2 },
      { kind: "flatten" },
      { kind: "linear", units: 7 },
    ];
    const { el, chosen, key } = mount(mockModel(state({ layers, selected: 1 })));
    let sums = 0;
    for (let row = 1; row <= layers.length; row++) {
      for (const math of [...el.querySelectorAll("math")]) {
        const text = math
          .textContent!.replaceAll("−", "-")
          .replaceAll("·", "*")
          .replace(/^[^=]*=|^.*?′=/g, "");
        if (text.includes("⌊")) continue; // a fraction's text has no bar
        const [sum, result] = text.split("=").slice(-2);
        expect(Function(`return ${sum}`)()).toBe(Number(result));
        sums++;
      }
      for (const dd of [...el.querySelectorAll(".working span:nth-child(even)")])
        for (const part of dd.textContent!.split(", ")) {
          const [sum, result] = part
            .replaceAll("\u202f", "")
            .replaceAll("−", "-")
            .replaceAll("·", "*")
            .replaceAll("÷", "/")
            .split(" = ");
          if (!result) continue;
          expect(Function(`return ${sum}`)()).toBe(Function(`return ${result}`)());
          sums++;
        }
      key(chosen(), "ArrowDown");
    }
    expect(sums).toBeGreaterThan(9);
  });
});

describe("editing", () => {
  it("takes what is typed, live, and undoes a burst of typing at once", () => {
    const model = mockModel(state());
    const { type, rows, press, fieldOf } = mount(model);
    type("kernel", "5");
    type("kernel", "5x");
    type("kernel", "5x7");
    expect(model.get("layers")).toEqual([{ ...LAYERS[0], kernel: [5, 7] }, ...LAYERS.slice(1)]);
    expect(rows()[1][1]).toBe("16 × 30 × 28");
    expect(fieldOf("kernel").value).toBe("5x7"); // not rewritten under the hand
    fieldOf("kernel").dispatchEvent(new Event("blur"));
    expect(fieldOf("kernel").value).toBe("5 × 7");
    press("Undo");
    expect(model.get("layers")).toEqual(LAYERS);
    expect(fieldOf("kernel").value).toBe("3");
    expect(model.saved).toBe(3);
  });
  it.each([
    ["kernel", "", "kernel must be"],
    ["kernel", "3x", "kernel must be"],
    ["channels", "0", "channels must be"],
    ["channels", "2.5", "channels must be"],
    ["padding", "sam", "padding must be"],
    ["kernel", "60", "the kernel spans 60 positions and finds only 34"],
    ["groups", "5", "groups must divide"],
  ])("%s %j is explained in its row and stays as typed", (name, text, says) => {
    const model = mockModel(state());
    const { type, rows, fieldOf, el } = mount(model);
    type(name, text);
    expect(rows()[1][1]).toContain(`does not fit: ${says}`);
    expect(rows()[2][1]).toBe("waits for layer 1");
    expect(rows().at(-1)![0]).toBe("Total so far");
    expect(fieldOf(name).value).toBe(text);
    expect(fieldOf(name).getAttribute("aria-invalid")).toBe("true");
    fieldOf(name).dispatchEvent(new Event("blur"));
    expect(fieldOf(name).value).toBe(text);
    expect(el.querySelector("[aria-live]")!.textContent).toContain(says);
    type(name, "1");
    expect(rows()[1].length).toBe(6);
    expect(fieldOf(name).getAttribute("aria-invalid")).toBe("false");
  });
  it("keeps a half-typed number with its layer when that moves, and never sends it", () => {
    const model = mockModel(state());
    const { type, press, rows, fieldOf } = mount(model);
    type("kernel", "3x");
    press("Move down");
    expect(rows()[2][1]).toContain("kernel must be");
    expect(fieldOf("kernel").value).toBe("3x");
    expect(JSON.stringify(model.get("layers"))).not.toContain("3x");
  });
  it("leaves a pool's stride to its kernel when the field is empty", () => {
    const model = mockModel(state({ selected: 2 }));
    const { type, rows } = mount(model);
    type("stride", "1");
    expect(rows()[2][1]).toBe("16 × 31 × 31");
    type("stride", "");
    expect(rows()[2][1]).toBe("16 × 16 × 16");
    expect(model.get("layers")).toEqual(LAYERS);
  });
  it("adds below the chosen layer, moves and removes", () => {
    const model = mockModel(state());
    const { press } = mount(model);
    const kinds = () => (model.get("layers") as { kind: string }[]).map(({ kind }) => kind);
    press("+ pool");
    expect(kinds()).toEqual(["conv", "pool", "pool", "flatten", "linear"]);
    expect(model.get("selected")).toBe(2);
    press("Move up");
    expect(kinds()).toEqual(["pool", "conv", "pool", "flatten", "linear"]);
    press("Remove");
    expect(kinds()).toEqual(["conv", "pool", "flatten", "linear"]);
    for (let i = 0; i < 6; i++) press("Remove");
    expect(kinds()).toEqual([]);
    press("+ transposed conv");
    expect(model.get("layers")).toEqual([{ kind: "conv_transpose", channels: 16, kernel: 3 }]);
  });
  it("turns a layer into another kind and keeps what both have", () => {
    const model = mockModel(state());
    const { $ } = mount(model);
    const select = $<HTMLSelectElement>(".fields select");
    select.value = "conv_transpose";
    select.dispatchEvent(new Event("change"));
    expect((model.get("layers") as unknown[])[0]).toEqual({
      kind: "conv_transpose",
      channels: 16,
      kernel: 3,
      padding: 1,
    });
  });
  it("edits the input's shape, and with it the number of axes", () => {
    const model = mockModel(state({ selected: 0, layers: LAYERS.slice(0, 2) }));
    const { type, rows, $ } = mount(model);
    type("shape", "3 × 8 × 9 × 10");
    expect(rows()[2].slice(0, 2)).toEqual(["2pool 2 × 2 × 2", "16 × 4 × 4 × 5"]);
    type("shape", "3 x");
    expect($(".working").textContent).toContain("“3 x” is no shape; it stays 3 × 8 × 9 × 10");
    expect(model.get("input_shape")).toEqual([3, 8, 9, 10]);
    type("shape", "64");
    expect(rows()[1][1]).toContain("64 numbers in a row");
  });
});

describe("the keyboard", () => {
  it("chooses, moves and removes layers, and steps numbers", () => {
    const model = mockModel(state());
    const { key, chosen, fieldOf } = mount(model);
    expect(document.querySelectorAll(".layer[tabindex='0']").length).toBe(1);
    key(chosen(), "ArrowDown");
    expect(model.get("selected")).toBe(2);
    expect(document.activeElement).toBe(chosen());
    key(chosen(), "ArrowUp", { altKey: true });
    expect((model.get("layers") as { kind: string }[])[0].kind).toBe("pool");
    expect(model.get("selected")).toBe(1);
    key(chosen(), "Delete");
    expect((model.get("layers") as unknown[]).length).toBe(3);
    key(chosen(), "End");
    expect(model.get("selected")).toBe(3);
    key(chosen(), "Home");
    key(chosen(), "Delete"); // the input stays
    expect((model.get("layers") as unknown[]).length).toBe(3);
    key(chosen(), "ArrowDown");
    key(fieldOf("channels"), "ArrowUp");
    expect((model.get("layers") as unknown[])[0]).toMatchObject({ channels: 17 });
    for (let i = 0; i < 5; i++) key(fieldOf("kernel"), "ArrowDown");
    expect((model.get("layers") as unknown[])[0]).toMatchObject({ kernel: 1 });
  });
});

describe("links", () => {
  it("in Jupyter shows the text and leaves the page's address alone", () => {
    location.hash = "#layers=1x9;flatten";
    const model = mockModel(state());
    const { press, $ } = mount(model);
    expect(model.get("layers")).toEqual(LAYERS);
    press("Copy link");
    expect($<HTMLInputElement>(".address").value).toBe("#layers=3x32x32;conv:c16,k3,p1;pool;flatten;linear:u10");
    expect($(".address").hidden).toBe(false);
    expect(location.hash).toBe("#layers=1x9;flatten");
  });
  it("on a page reads the address at the start, follows it, and writes it", () => {
    location.hash = "#layers=1x9;conv:c2,k3";
    const model = pageModel(state());
    const { press, $, rows, type } = mount(model);
    expect(rows().map((row) => row[0])).toEqual(["input", "1conv 2, 3", "Total"]);
    expect($(".status").textContent).toContain("layers of the link");
    type("channels", "5");
    press("Copy link");
    expect(location.hash).toBe("#layers=1x9;conv:c5,k3");
    expect($<HTMLInputElement>(".address").value).toMatch(/^http.*#layers=1x9;conv:c5,k3$/);
    location.hash = "#layers=4;linear:u2";
    dispatchEvent(new Event("hashchange"));
    vi.runAllTimers();
    expect(model.get("layers")).toEqual([{ kind: "linear", units: 2 }]);
  });
  it.each(["#layers=", "#layers=1x9;conv", "#layers=1x9;<b>", "#layers=%"])("says that %j can't be read", (hash) => {
    location.hash = hash;
    const { $, rows } = mount(pageModel(state()));
    expect($(".status").textContent).toContain("can't be read");
    expect(rows().length).toBe(6);
    expect($("b")).toBeNull();
  });
  it("opens a known network, names it, and forgets the name when it is changed", () => {
    const model = mockModel(state());
    const { $, type } = mount(model);
    const select = $<HTMLSelectElement>("select[aria-label^=Start]");
    expect(select.value).toBe("a small net");
    select.value = "LeNet";
    select.dispatchEvent(new Event("change"));
    vi.runAllTimers();
    expect(model.get("input_shape")).toEqual([1, 32, 32]);
    type("channels", "7");
    expect(select.value).toBe("");
  });
});

it("leaves nothing behind", () => {
  const model = mockModel(state());
  const { el } = mount(model);
  close();
  expect(model.listening).toBe(0);
  expect(el.childElementCount).toBe(0);
  close = () => {};
});
