/** The convolution stepper's sums on their way, of a scene: each is added up when it is first seen, and kept. */
import type { NdArray } from "../../math/array";
import { short } from "../../ui/words/format";
import { addStamp, partial, type Scene, stamped, stepsOf } from "./math";

const MOST_LABELS = 2048;

export interface Sums {
  /** What channel c alone gives to channel k: a plane of partial sums. */
  part(k: number, c: number): NdArray;
  /** The uncut output after the stamps up to a step. It is good until the next step is asked for, which stamps on. */
  upTo(step: number): NdArray;
  /** The longest number on the output: sums grow while stamps are added, and the numbers keep the size that the
   * longest will have. */
  widest: string;
}

export const sumsOf = (scene: Scene): Sums => {
  const parts = new Map<string, NdArray>();
  let running: { step: number; y: NdArray } | undefined;
  return {
    part: (k, c) => {
      const key = `${k},${c}`;
      if (!parts.has(key)) parts.set(key, partial(scene, k, c));
      return parts.get(key)!;
    },
    upTo: (step) => {
      if (running?.step === step - 1) addStamp(scene, running.y, step);
      else if (running?.step !== step) running = { step, y: stamped(scene, step) };
      running.step = step;
      return running.y;
    },
    widest: scene.scatters
      ? Array.from(stamped(scene, stepsOf(scene)).data.subarray(0, MOST_LABELS), (y) => short(y)).reduce(
          (longest, text) => (text.length > longest.length ? text : longest),
          "",
        )
      : "",
  };
};
