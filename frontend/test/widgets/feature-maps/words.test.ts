// @vitest-environment happy-dom
/** What is written of a number adds up. */
import { expect, it } from "vitest";
import { h } from "../../../src/ui/dom";
import { type Unit } from "../../../src/widgets/feature-maps/math";
import { flagsText, mapsText, spokenUnit, writeUnit } from "../../../src/widgets/feature-maps/words";

const unit = (changes: Partial<Unit> = {}): Unit => ({
  ...{ layer: 1, map: 0, place: [0, 0], kind: "conv", mode: "sum", first: 4, bias: 0.5, hasBias: true, divisor: 1 },
  window: { data: Float64Array.of(1, 2, 0, 3), shape: [2, 1, 2] },
  weight: { data: Float64Array.of(2, -1, 5, 1), shape: [2, 1, 2] },
  rows: [0],
  columns: [0, 1],
  size: [1, 2],
  steps: [{ kind: "relu", label: "ReLU", numbers: [] }],
  value: 3.5,
  ...changes,
});
const lines = (one: Unit, channel = 0) =>
  writeUnit(one, "y[0, 0]", "conv", channel).map((nodes) => h("div", {}, ...nodes).textContent);

it("the products of a channel, the channels, the bias, and each step", () => {
  expect(lines(unit())).toEqual([
    "channel 4: 2·1 + (−1)·2 = 0",
    "y[0, 0] = 3 (1 channel of 0 left out) + 0.5 (bias) = 3.5",
    "ReLU: max(0, 3.5) = 3.5",
  ]);
  expect(lines(unit(), 1)[0]).toBe("channel 5: 1·3 = 3 (1 of 0 left out)");
});

it("what the model has is named where it differs", () => {
  expect(lines(unit({ value: 3.50001 })).at(-1)).toMatch(/is 3\.50001: .*from this one/);
});

it("rounding is named", () => {
  const third = unit({
    window: { data: Float64Array.of(1 / 3, 0, 0, 0), shape: [2, 1, 2] },
    steps: [],
    value: 2 / 3 + 0.5,
  });
  expect(lines(third)[0]).toMatch(/2·0\.3333 \+ 0\.000067 \(rounding\) = 0\.666667 \(1 of 0 left out\)$/);
});

it("poolings, merges, and what is not written out", () => {
  const bare = {
    weight: undefined,
    bias: 0,
    hasBias: false,
    steps: [],
    window: { data: Float64Array.of(1, 2), shape: [1, 1, 2] },
  };
  expect(lines(unit({ ...bare, kind: "pool", mode: "max", value: 2 }))).toEqual(["y[0, 0] = max(1, 2) = 2"]);
  expect(lines(unit({ ...bare, kind: "pool", mode: "mean", divisor: 2, value: 1.5 }))).toEqual([
    "y[0, 0] = (1 + 2) / 2 = 1.5",
  ]);
  const two = { ...bare, window: { data: Float64Array.of(1, -2), shape: [2, 1, 1] }, columns: [0] };
  expect(lines(unit({ ...two, kind: "merge", mode: "add", value: -1 }))).toEqual(["y[0, 0] = 1 + (−2) = −1"]);
  expect(lines(unit({ ...bare, kind: "other", mode: "", window: undefined, value: 7 }))).toEqual([
    "y[0, 0] = 7 (conv: not written out)",
  ]);
});

it("is read out", () => {
  expect(spokenUnit(unit(), "c1, map 0", 1)).toBe("c1, map 0 is 3.5, channel 5 adds 3 of 3, bias 0.5, after ReLU 3.5");
});

it("layers are counted", () => {
  expect(flagsText({ dead: [1, 2], twins: [[3, 0]] })).toBe("2 dead, 1 duplicate");
  expect([mapsText(6, [28, 28]), mapsText(10, [1, 1])]).toEqual(["6 maps of 28 × 28", "10 numbers"]);
});
