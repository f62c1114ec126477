/** What the training monitor's traits may be: what its Python half allows. */
import { size } from "../../math/array";
import {
  type Check,
  check,
  either,
  flag,
  listOf,
  none,
  packed,
  record,
  type Schema,
  text,
  whole,
} from "../../ui/state/checked";
import type { Recorded } from "./state";

const MOST_RUNS = 8;
const MOST_POINTS = 400;
const MOST_EPOCHS = 200;
const MOST_SNAPSHOTS = 32;
const FILTER_BYTES = 20_000;

const count = whole(1, Number.MAX_SAFE_INTEGER);
const place = whole(0, Number.MAX_SAFE_INTEGER);
const known = check("a finite number, or nothing", (value) => value === null || Number.isFinite(value));
const share = check(
  "a number from 0 to 1, or nothing",
  (value) => value === null || (Number.isFinite(value) && (value as number) >= 0 && (value as number) <= 1),
);
const positive = check("a number above 0", (value) => Number.isFinite(value) && (value as number) > 0);

const filters = record({
  step: listOf(place, MOST_SNAPSHOTS),
  channels: count,
  scale: listOf(positive, MOST_SNAPSHOTS),
  values: packed(
    "of 5 axes",
    (shape) => shape.length === 5 && size(shape) <= FILTER_BYTES && [1, 3].includes(shape[2]),
  ),
});

const parts = record({
  name: text,
  steps: place,
  per_epoch: count,
  step: listOf(count, MOST_POINTS),
  loss: listOf(known, MOST_POINTS),
  learning_rate: listOf(known, MOST_POINTS),
  epoch: listOf(count, MOST_EPOCHS),
  train_loss: listOf(known, MOST_EPOCHS),
  train_accuracy: listOf(share, MOST_EPOCHS),
  validation_loss: listOf(known, MOST_EPOCHS),
  validation_accuracy: listOf(share, MOST_EPOCHS),
  filters: either(none, filters),
  stopped: check("a reason to stop", (value) => ["", "stop", "Ctrl-C", "patience"].includes(value as string)),
});

const rises = (numbers: number[]): boolean => numbers.every((n, i) => i === 0 || n > numbers[i - 1]);

/** What does not go together in a run. */
const misfit = (run: Recorded): string => {
  const { step, loss, learning_rate, epoch, filters } = run;
  const measured = [run.train_loss, run.train_accuracy, run.validation_loss, run.validation_accuracy];
  if (![step, epoch, filters?.step ?? []].every(rises) || (step.at(-1) ?? 0) > run.steps)
    return "is damaged: its steps do not rise";
  if (loss.length !== step.length || ![0, step.length].includes(learning_rate.length))
    return "is damaged: it has not a number for each step";
  if (measured.some(({ length }) => length && length !== epoch.length))
    return "is damaged: it has not a number for each epoch";
  const shots = filters?.values.shape[0] ?? 0;
  return filters && (filters.step.length !== shots || filters.scale.length !== shots)
    ? "is damaged: it has not a step for each of its filters"
    : "";
};

/** A run; of the parts that its filters have, the array alone is large enough to be named by its shape. */
const run: Check = (value) => parts(value).replace("filters: its values", "filters") || misfit(value as Recorded);

export const SCHEMA: Schema = {
  traits: {
    runs: listOf(run, MOST_RUNS),
    run: place,
    step: either(none, place),
    log_scale: flag,
    training: flag,
    stopping: flag,
  },
};
