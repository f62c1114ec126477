import { describe, expect, it } from "vitest";
import { pack, unpack } from "../../../src/ui/state/packed";
import { resized } from "../../../src/math/array";
import { compute } from "../../../src/widgets/convolution-stepper/math";
import {
  countsOf,
  fewerGroups,
  KEYS,
  objection,
  rankOf,
  settingOf,
  type State,
  sidesShape,
  type Traits,
  traitsOf,
  turned,
  unpacker,
  withCounts,
  withNumber,
  withSides,
} from "../../../src/widgets/convolution-stepper/state";

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const traits = (changes: Partial<Traits> = {}): Traits => ({
  x: pack(range(4 * 25), [4, 5, 5], "int32"),
  dense: pack(range(8 * 9), [2, 4, 3, 3], "int32"),
  bias: pack([1, 2], [2]),
  stride: 1,
  padding: 0,
  dilation: 1,
  groups: 1,
  padding_mode: "zero",
  transposed: false,
  output_padding: 0,
  reading: "scatter",
  ...changes,
});
const plain = traits({ x: pack(range(25), [5, 5]), dense: pack(range(9), [3, 3]), bias: pack([0], [1]) });
const arraysOf = unpacker();
const after = (now: Traits, changes: Partial<State>): Traits => ({ ...now, ...changes });

describe("traits", () => {
  it("are read one by one, without the step", () => {
    const now = traits();
    const asked: string[] = [];
    expect(traitsOf((key) => (asked.push(key), now[key]))).toEqual(now);
    expect(asked).toEqual(KEYS);
  });
  it("say how many axes and channels there are, with channels or without", () => {
    expect([rankOf(traits()), countsOf(traits()), countsOf(traits({ transposed: true }))]).toEqual([2, [4, 2], [2, 4]]);
    expect([rankOf(plain), countsOf(plain), settingOf(plain, arraysOf(plain))]).toMatchObject([
      2,
      [1, 1],
      { plain: true, x: { shape: [1, 5, 5] }, dense: { shape: [1, 1, 3, 3] } },
    ]);
  });
  it("are unpacked again only where they are others", () => {
    const now = traits();
    const unpacked = unpacker();
    const first = unpacked(now);
    const second = unpacked({ ...now, bias: pack([3, 4], [2]) });
    expect([second.x === first.x, second.dense === first.dense, [...second.bias.data]]).toEqual([true, true, [3, 4]]);
  });
  it("are objected to with the reason, in the words of the page", () => {
    expect(objection(traits())).toBe("");
    expect(objection(traits({ dilation: 3 }))).toContain("kernel must be no larger, dilated, than the padded input");
    expect(objection(traits({ groups: 3 }))).toContain("groups must be a divisor of the channels, 4 in and 2 out");
    expect(objection(traits({ x: pack(range(50), [2, 5, 5]), transposed: true, output_padding: 1 }))).toMatch(
      /^output padding must be at most 0/,
    );
  });
});

describe("a wish", () => {
  it("for another number keeps the others, and whole ones where they are whole", () => {
    const now = traits();
    const change = (value: number) => withNumber(now.x, unpack(now.x), 3, value);
    expect([change(7).dtype, change(0.5).dtype]).toEqual(["int32", "float64"]);
    expect([...unpack(change(0.5)).data]).toEqual(range(100).map((i) => (i === 3 ? 0.5 : i)));
    expect(unpack(now.x).data[3]).toBe(3);
  });
  it("for other sides repeats what is there", () => {
    for (const now of [traits(), plain])
      for (const name of ["x", "dense"] as const) {
        const made = after(now, withSides(now, arraysOf(now), name, 4));
        expect(made[name].shape).toEqual(sidesShape(now, name, 4));
        expect(unpack(made[name])).toEqual(resized(unpack(now[name]), made[name].shape));
        expect([made[name].dtype, objection(made)]).toEqual([now[name].dtype, ""]);
      }
  });
  it("for other channels is legal: the groups give way", () => {
    for (const now of [
      traits(),
      traits({ groups: 2 }),
      traits({ dense: pack(range(16 * 9), [4, 4, 3, 3]), bias: pack(range(4), [4]), groups: 4, transposed: true }),
      plain,
    ])
      for (const inputs of [1, 2, 3, 4, 8])
        for (const outputs of [1, 2, 3, 4, 8]) {
          const made = after(now, withCounts(now, arraysOf(now), inputs, outputs));
          expect([objection(made), countsOf(made), made.groups]).toEqual([
            "",
            [inputs, outputs],
            fewerGroups(now, inputs, outputs),
          ]);
          expect(compute(settingOf(made, arraysOf(made))).outputs).toBe(outputs);
        }
    expect(fewerGroups(traits({ groups: 4 }), 4, 6)).toBe(2);
  });
  it("for the other kind of convolution turns the weights, and comes back", () => {
    for (const now of [traits(), plain]) {
      const there = turned(now, arraysOf(now));
      expect(there).toMatchObject({ transposed: true, padding_mode: "zero", output_padding: 0, step: 0 });
      const made = after(now, there);
      expect([objection(made), countsOf(made)]).toEqual(["", countsOf(now)]);
      expect(after(made, turned(made, arraysOf(made)))).toMatchObject(now);
    }
  });
});
