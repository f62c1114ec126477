import { describe, expect, it } from "vitest";
import { type Layer, LONGEST } from "../../../src/math/chain";
import { chainOf } from "../../../src/widgets/shared/chain";
import type { State, Traits } from "../../../src/widgets/shared/state";

const CONV: Layer = { kind: "conv", channels: 4, kernel: 3 };

/** A chain on traits that note what is done to them. */
const chain = (changes: Partial<State> = {}) => {
  const state: State = { layers: [CONV, { kind: "flatten" }], input_shape: [1, 6, 6], selected: 1, ...changes };
  const log: string[] = [];
  const traits = {
    get: (trait: keyof State) => state[trait],
    set: (wanted: Partial<State>, group?: unknown) => {
      log.push(`set ${Object.keys(wanted)}${group ? ` in ${group}` : ""}`);
      Object.assign(state, wanted);
    },
  } as unknown as Traits;
  const own = chainOf(traits, {
    say: (text) => log.push(text),
    announce: (text) => log.push(`announce ${text()}`),
    schedule: () => log.push("schedule"),
  });
  own.compute();
  return { own, state, log };
};

describe("the chosen row", () => {
  it("is the last where there are not so many", () => {
    const { own } = chain({ selected: 9 });
    expect([own.selected(), own.chosen()]).toEqual([2, { kind: "flatten" }]);
  });
  it("may be the input, which is no layer and stays", () => {
    const { own, log } = chain({ selected: 0 });
    own.remove();
    own.move(1);
    expect([own.chosen(), log]).toEqual([undefined, []]);
  });
});

describe("a change", () => {
  it("of the chain is read out", () => {
    const { own, state, log } = chain();
    own.insert("pool");
    expect([state.layers.map(({ kind }) => kind), state.selected]).toEqual([["conv", "pool", "flatten"], 2]);
    expect(log[0]).toBe("set layers,selected");
    expect(log[1]).toMatch(/^announce Layer 2/);
  });
  it("that would make it too long is refused, and changes nothing", () => {
    const { own, state, log } = chain({ layers: Array(LONGEST).fill({ kind: "flatten" }) });
    own.insert("pool");
    expect([state.layers.length, log]).toEqual([LONGEST, ["A chain has at most 200 layers."]]);
  });
  it("of a parameter is one group with its next ones; the rows tell of it once they are computed", () => {
    const { own, state, log } = chain();
    own.type("kernel", "5");
    expect([state.layers[0], log[0], log.at(-1)]).toEqual([
      { ...CONV, kernel: 5 },
      "set layers in 1 kernel",
      "schedule",
    ]);
    own.compute();
    expect(own.rows()[0].size).toEqual([4, 2, 2]);
  });
  it("that is half typed is in the rows and not in the traits", () => {
    const { own, state, log } = chain();
    own.type("kernel", "5x");
    own.compute();
    expect([state.layers[0], log.some((line) => line.startsWith("set"))]).toEqual([CONV, false]);
    expect(own.rows()[0].error).toContain("kernel must be");
    expect(own.link()).toBe("#layers=1x6x6;conv:c4,k3;flatten");
  });
  it("of the input's shape is taken once it is one", () => {
    const { own, state, log } = chain();
    own.typeShape("2 x");
    own.typeShape("2 x 8");
    expect([state.input_shape, log]).toEqual([
      [2, 8],
      ["schedule", "set input_shape in shape", "schedule"],
    ]);
  });
});
