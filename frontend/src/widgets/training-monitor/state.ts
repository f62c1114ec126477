/** The training monitor's traits, and what they come to at the step that is looked at. */
import type { NdArray } from "../../math/array";
import { type Packed, unpack } from "../../ui/state/packed";
import type { Store } from "../../ui/state/store";
import { epochsOver, placeOf, type Run, upTo } from "./math";

/** The first layer's filters after some steps: whole numbers times a scale, (T, K, C, kh, kw). */
export interface Filters {
  step: number[];
  /** How many the layer has; the first alone is here, unless there are one or three. */
  channels: number;
  scale: number[];
  values: Packed;
}
export interface Recorded extends Run {
  filters: Filters | null;
}

export interface State {
  runs: Recorded[];
  run: number;
  step: number | null;
  log_scale: boolean;
  training: boolean;
  stopping: boolean;
}
export const KEYS: (keyof State)[] = ["runs", "run", "step", "log_scale", "training", "stopping"];

export type Traits = Store<State>;

/** The numbers of a step. */
export interface Reading {
  run: Recorded;
  /** The place of the step among those that were kept. */
  at: number;
  step: number;
  /** The epoch that the step belongs to, from 1, and of how many. */
  epoch: number;
  epochs: number;
  loss: number | null;
  rate: number | null;
  /** The last epoch that was over, 0 for none, and what was measured then. */
  over: number;
  training: number | null;
  validation: number | null;
  /** The place of the filters that are known last. */
  filters: number;
}

/** The run that is shown in full; nothing where no step has been taken. */
export const shownRun = (get: Traits["get"]): Recorded | undefined => {
  const runs = get("runs");
  const run = runs[Math.min(get("run"), runs.length - 1)];
  return run?.step.length ? run : undefined;
};

export const read = (run: Recorded, at: number): Reading => {
  const step = run.step[at];
  const over = epochsOver(run, step);
  const measured = (values: Recorded["loss"]) => values[over - 1] ?? null;
  return {
    run,
    at,
    step,
    epoch: Math.ceil(step / run.per_epoch),
    epochs: Math.ceil(run.steps / run.per_epoch),
    loss: run.loss[at],
    rate: run.learning_rate[at] ?? null,
    over: run.epoch[over - 1] ?? 0,
    training: measured(run.train_accuracy),
    validation: measured(run.validation_accuracy),
    filters: run.filters ? Math.max(0, upTo(run.filters.step, step) - 1) : 0,
  };
};

/** Where the cursor is: where the hand points, or else where it was set. */
export const cursorOf = (get: Traits["get"], run: Recorded, pointed?: number): number =>
  pointed === undefined ? placeOf(run, get("step")) : Math.min(pointed, run.step.length - 1);

/** The filters' numbers, unpacked once for each run. */
export const filterReader = (): ((filters: Filters) => NdArray) => {
  const seen = new WeakMap<Filters, NdArray>();
  return (filters) => {
    const values = seen.get(filters) ?? unpack(filters.values);
    seen.set(filters, values);
    return values;
  };
};
