import { describe, expect, it } from "vitest";
import { pack } from "../../../src/ui/state/packed";
import { compute } from "../../../src/widgets/volume-viewer/math";
import { settingOf, type State, type Traits, wouldFit } from "../../../src/widgets/volume-viewer/state";
import { array, seeded } from "../../help";

const zeros = (...shape: number[]) => pack(new Float64Array(shape.reduce((a, b) => a * b)), shape);
const reader = (changes: Partial<State> = {}): Traits["get"] => {
  const state = {
    volume: zeros(4, 5, 6),
    kernel: zeros(3, 3, 3),
    stride: [1, 2, 1],
    padding: 1,
    padding_mode: "reflect",
    axis: 2,
    index: 0,
    cursor: [0, 0, 0],
    ...changes,
  } as State;
  return (trait) => state[trait];
};

it("the traits are a setting, the arrays those given for them", () => {
  const random = seeded(2);
  const [volume, kernel] = [array([4, 5, 6], random), array([3, 3, 3], random)];
  expect(settingOf(reader(), volume, kernel)).toEqual({
    volume,
    kernel,
    stride: [1, 2, 1],
    padding: 1,
    mode: "reflect",
  });
});

describe("a change", () => {
  it.each<[string, Partial<State>, Partial<State>, boolean]>([
    ["none", {}, {}, true],
    ["a kernel as large as the padded volume", {}, { kernel: zeros(6, 7, 8) }, true],
    ["a larger one", {}, { kernel: zeros(7, 1, 1) }, false],
    ["a mode with room", { padding: 4, padding_mode: "zero" }, { padding_mode: "circular" }, true],
    ["a mode without", { padding: 4, padding_mode: "zero" }, { padding_mode: "reflect" }, false],
  ])("%s leaves a feature map, or none", (_, state, changes, fits) =>
    expect(wouldFit(reader(state), changes)).toBe(fits),
  );
});

describe("the padded volume", () => {
  const random = seeded(4);
  const setting = settingOf(reader(), array([4, 5, 6], random), array([3, 3, 3], random));
  const before = compute(setting);
  it("is the same as long as it would be padded alike", () => {
    const after = compute({ ...setting, kernel: array([2, 2, 2], random), stride: 1 }, before);
    expect([after.padded === before.padded, after.output.shape]).toEqual([true, [5, 6, 7]]);
  });
  it.each([{ padding: 0 }, { mode: "zero" as const }, { volume: array([4, 5, 6], random) }])(
    "is another with %j",
    (to) => {
      const after = compute({ ...setting, ...to }, before);
      expect(after.padded).not.toBe(before.padded);
      expect(after.padded).toEqual(compute({ ...setting, ...to }).padded);
    },
  );
});
