/** Settings of the backpropagation stepper, drawn at random. */
import { size } from "../../../src/math/array";
import { geometry } from "../../../src/math/shapes";
import { compute, type Scene, type Setting } from "../../../src/widgets/backprop-stepper/math";
import { array, seeded } from "../../help";

export const settings = (seed: number) => {
  const random = seeded(seed);
  const draw = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)];
  const whole = (shape: number[]) => array(shape, () => Math.floor(random() * 7) - 3);
  /** One that is legal; `wish` is kept, and the rest drawn around it. */
  const setting = (wish: Partial<Setting> = {}): Setting => {
    for (;;) {
      const plain = wish.plain ?? random() < 0.3;
      const [channels, kernels] = plain ? [1, 1] : [draw([1, 2, 3]), draw([1, 2, 3])];
      const fraction = random() < 0.25 ? draw([0.25, 1 / 3]) : 0;
      const numbers = (shape: number[]) => {
        const made = whole(shape);
        return { ...made, data: made.data.map((value) => value + fraction) };
      };
      const made: Setting = {
        x: numbers([channels, draw([3, 4, 5, 8]), draw([3, 5, 7])]),
        weight: numbers([kernels, channels, draw([1, 2, 3]), draw([1, 2, 3])]),
        bias: whole([kernels]),
        grad: whole([1]),
        stride: draw([1, 1, 2, [2, 1]]),
        padding: draw([
          0,
          1,
          [
            [0, 1],
            [1, 0],
          ] as const,
        ]) as Setting["padding"],
        dilation: draw([1, 1, 2]),
        pool: draw(["max", "max", "mean", "none"] as const),
        poolKernel: draw([1, 2, 2, [1, 2]]),
        poolStride: draw([null, 1, 2]),
        route: draw(["scatter", "gather"] as const),
        plain,
        ...wish,
      };
      try {
        const { output } = geometry(made.x.shape.slice(1), made.weight.shape.slice(2), made);
        const window = { stride: made.poolStride ?? made.poolKernel };
        const out = made.pool === "none" ? output : geometry(output, made.poolKernel, window).output;
        return { ...made, grad: wish.grad ?? numbers([kernels, ...out]) };
      } catch {
        continue;
      }
    }
  };
  const scene = (wish?: Partial<Setting>): Scene => compute(setting(wish));
  return { random, draw, whole, setting, scene, size };
};
