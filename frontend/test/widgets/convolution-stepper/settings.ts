/** Settings of the convolution stepper that repeat, of every kind. */
import { type NdArray, size } from "../../../src/math/array";
import { resolve, type Setting } from "../../../src/widgets/convolution-stepper/math";
import { seeded } from "../../help";

export const settings = (seed: number) => {
  const random = seeded(seed);
  const draw = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)];
  const whole = (shape: number[], bound = 4): NdArray => ({
    shape,
    data: Float64Array.from({ length: size(shape) }, () => Math.floor(random() * (2 * bound + 1)) - bound),
  });
  const fractions = (shape: number[]): NdArray => ({
    shape,
    data: Float64Array.from({ length: size(shape) }, () => Math.round((random() - 0.5) * 2000) / 1000),
  });

  /** A random setting that is legal. */
  const setting = (wanted: Partial<Setting> & { rank?: number } = {}): Setting => {
    for (;;) {
      const rank = wanted.rank ?? draw([1, 2, 3]);
      const transposed = wanted.transposed ?? draw([false, true]);
      const groups = draw([1, 1, 2, 3]);
      const [inputs, outputs] = [groups * draw([1, 2]), groups * draw([1, 2])];
      const each = (choices: number[]): number[] => Array.from({ length: rank }, () => draw(choices));
      const array = draw([whole, whole, fractions]);
      const stride = each([1, 1, 2, 3]);
      const dilation = each([1, 1, 2]);
      const made: Setting = {
        x: array([inputs, ...each(rank === 3 ? [2, 3, 4] : [2, 3, 5, 6])]),
        dense: array([
          ...(transposed ? [inputs, outputs] : [outputs, inputs]),
          ...each(rank === 3 ? [1, 2] : [1, 2, 3]),
        ]),
        bias: array([outputs]),
        stride,
        dilation,
        groups,
        transposed,
        padding: Array.from({ length: rank }, (): [number, number] => [draw([0, 0, 1, 2]), draw([0, 1, 2])]),
        mode: transposed ? "zero" : draw(["zero", "reflect", "replicate", "circular"] as const),
        outputPadding: transposed ? stride.map((s, a) => Math.floor(random() * Math.max(s, dilation[a]))) : 0,
        reading: draw(["scatter", "stuffed"] as const),
        plain: false,
        ...wanted,
      };
      try {
        resolve(made);
        return made;
      } catch {
        /* draw again */
      }
    }
  };
  return { random, draw, whole, setting };
};
