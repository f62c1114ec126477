import { expect, it } from "vitest";
import { short } from "../../../src/ui/words/format";
import { compute, inputsFor, partial, stamped, stepsOf } from "../../../src/widgets/convolution-stepper/math";
import { sumsOf } from "../../../src/widgets/convolution-stepper/sums";
import { settings } from "./settings";

const { random, setting } = settings(59);

it("keeps partial sums", () => {
  for (let i = 0; i < 20; i++) {
    const scene = compute(setting({ reading: "stuffed" }));
    const { part } = sumsOf(scene);
    for (let k = 0; k < scene.outputs; k++)
      for (const c of inputsFor(scene, k)) {
        expect(part(k, c)).toEqual(partial(scene, k, c));
        expect(part(k, c)).toBe(part(k, c));
      }
  }
});
it("stamps on from step to step, and back, and from anywhere to anywhere", () => {
  for (let i = 0; i < 40; i++) {
    const scene = compute(setting({ transposed: true, reading: "scatter" }));
    const { upTo, widest } = sumsOf(scene);
    const last = stepsOf(scene) - 1;
    const jumps = [
      0,
      1,
      1,
      2,
      1,
      last,
      last,
      0,
      ...Array.from({ length: 9 }, () => Math.floor(random() * (last + 1))),
    ].map((step) => Math.min(step, last));
    for (const step of jumps) {
      const got = upTo(step);
      const want = stamped(scene, step);
      expect(got.shape).toEqual(want.shape);
      expect(Math.max(...got.data.map((sum, at) => Math.abs(sum - want.data[at])))).toBeLessThan(1e-9);
    }
    expect(widest.length).toBe(Math.max(...[...stamped(scene, last).data].map((sum) => short(sum).length)));
  }
});
