/** What the training monitor's curves come to: scales, round ticks, places of steps. Pure. */

/** A run of training as Python thins it; null stands for what is not finite, or was not measured. */
export interface Run {
  name: string;
  /** How many steps there are, or are to be. */
  steps: number;
  per_epoch: number;
  /** The steps that were kept, from 1, and what was then; the learning rate may be unknown. */
  step: number[];
  loss: Values;
  learning_rate: Values;
  /** The epochs that were kept, from 1, and what was measured then. */
  epoch: number[];
  train_loss: Values;
  train_accuracy: Values;
  validation_loss: Values;
  validation_accuracy: Values;
  stopped: string;
}
export type Values = (number | null)[];

/** A curve over the epochs. */
export interface Curve {
  x: number[];
  y: Values;
}

const known = (values: Values): number[] => values.filter((value) => value !== null);

// ---- places ----------------------------------------------------------------------------------------
/** How many of these rising numbers are at most `limit`. */
export const upTo = (rising: number[], limit: number): number => {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Among the steps that were kept, the place of one, or of the last before it; of the last one for null. */
export const placeOf = ({ step }: Run, at: number | null): number =>
  at === null ? step.length - 1 : Math.max(0, upTo(step, at) - 1);

/** How many of the kept epochs were over after a step. */
export const epochsOver = ({ epoch, per_epoch, step }: Run, at: number): number =>
  at === step.at(-1) ? epoch.length : upTo(epoch, at / per_epoch);

/** The place that is nearest to a number of epochs. */
export const nearest = ({ step, per_epoch }: Run, epochs: number): number => {
  const after = Math.min(upTo(step, epochs * per_epoch), step.length - 1);
  const before = Math.max(0, after - 1);
  return epochs * per_epoch - step[before] < step[after] - epochs * per_epoch ? before : after;
};

/** The place of the end of an epoch before or after that of a step. */
export const epochAway = (run: Run, at: number, by: 1 | -1): number => {
  const { step, per_epoch } = run;
  const epochs = step[at] / per_epoch;
  return placeOf(run, (by > 0 ? Math.floor(epochs) + 1 : Math.ceil(epochs) - 1) * per_epoch);
};

/** How many epochs the axis of a run has. One that goes on has room to grow, but need not get all that it may take. */
export const epochsShown = ({ step, steps, per_epoch }: Run, training: boolean): number => {
  const last = step.at(-1)! / per_epoch;
  return training ? Math.min(steps / per_epoch, 8 * 2 ** Math.ceil(Math.log2(Math.max(1, last)))) : last;
};

// ---- curves ----------------------------------------------------------------------------------------
export const byStep = ({ step, per_epoch, loss }: Run): Curve => ({ x: step.map((at) => at / per_epoch), y: loss });

export const byEpoch = (
  { epoch, per_epoch, step, ...run }: Run,
  part: "train_accuracy" | "validation_accuracy" | "validation_loss",
): Curve => {
  const last = (step.at(-1) ?? 0) / per_epoch; // where an epoch was cut short
  return { x: epoch.map((at) => Math.min(at, last)), y: run[part] };
};

/** The extremes of curves; 0 and 1 where nothing is known. */
export const rangeOf = (curves: Curve[]): [number, number] => {
  let [low, high] = [Infinity, -Infinity];
  for (const { y } of curves)
    for (const value of known(y)) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  return low <= high ? [low, high] : [0, 1];
};

// ---- scales ----------------------------------------------------------------------------------------
/** An axis: where a value stands on it, from 0 to 1, and its round ticks. */
export interface Axis {
  place(value: number): number;
  ticks: number[];
}

/** The step between ticks that makes at most `most` of them: 1, 2 or 5 times a power of ten. */
export const roundStep = (length: number, most: number): number => {
  const power = 10 ** Math.floor(Math.log10(length / most));
  return power * ([1, 2, 5].find((digit) => length / (digit * power) <= most) ?? 10);
};

const multiples = (low: number, high: number, step: number): number[] =>
  Array.from({ length: Math.floor(high / step + 1e-9) - Math.ceil(low / step - 1e-9) + 1 }, (_, i) =>
    Number(((Math.ceil(low / step - 1e-9) + i) * step).toPrecision(12)),
  );

/** Equal steps, from `low` to at least `high`: the ends are ticks. */
export const linear = (low: number, high: number, most = 5): Axis => {
  const step = roundStep(high - low || Math.abs(high) || 1, most);
  const from = Math.floor(low / step + 1e-9) * step;
  const to = Math.max(Math.ceil(high / step - 1e-9) * step, from + step);
  return { place: (value) => (value - from) / (to - from), ticks: multiples(from, to, step) };
};

/** Equal steps that end where the numbers do: the ticks lie between. */
export const exact = (high: number, most = 6): Axis => ({
  place: (value) => value / high,
  ticks: multiples(0, high, Math.max(roundStep(high, most), high > 1 ? 1 : 0)),
});

/** Equal factors, from `low` above 0 to at least `high`. */
export const logarithmic = (low: number, high: number): Axis => {
  const digits = Math.log10(high / low) > 2 ? [1] : [1, 2, 5];
  const powers = Array.from(
    { length: Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 },
    (_, i) => Math.floor(Math.log10(low)) + i,
  );
  const all = powers.flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)));
  const from = all.findLast((tick) => tick <= low) ?? all[0];
  const to = all.find((tick) => tick >= high && tick > from) ?? all.at(-1)!;
  const every = Math.ceil(all.filter((tick) => tick >= from && tick <= to).length / 6);
  return {
    place: (value) => Math.log(value / from) / Math.log(to / from),
    ticks: all.filter((tick) => tick >= from && tick <= to).filter((_, i) => i % every === 0),
  };
};

// ---- drawing ---------------------------------------------------------------------------------------
/** The sides of the plane that paths are drawn in; y goes down. */
export const PLANE = 1000;

const points = ({ x, y }: Curve, across: Axis, up: Axis): ([number, number] | undefined)[] =>
  y.map((value, i) => {
    if (value === null) return undefined;
    const [left, bottom] = [across.place(x[i]) * PLANE, up.place(value) * PLANE];
    return Number.isFinite(bottom) ? [left, Math.max(0, Math.min(PLANE, PLANE - bottom))] : undefined;
  });

/** A curve as the path of an SVG; where nothing is known, there is a gap. A point between gaps is a short line. */
export const pathOf = (curve: Curve, across: Axis, up: Axis): string => {
  let pen = "M";
  return points(curve, across, up)
    .map((point, i, all) => {
      const text = point ? `${pen}${point.map((n) => n.toFixed(1)).join(" ")}` : "";
      const alone = point && pen === "M" && !all[i + 1] ? "h1" : "";
      pen = point ? "L" : "M";
      return text + alone;
    })
    .join("");
};

/** What lies between two curves with the same places; nothing where one is not known. */
export const between = (one: Curve, other: Curve, across: Axis, up: Axis): string => {
  const [above, below] = [points(one, across, up), points(other, across, up)];
  const both = above.map((_, i) => i).filter((i) => above[i] && below[i]);
  const round = [...both.map((i) => above[i]!), ...both.reverse().map((i) => below[i]!)];
  return both.length > 1 ? `M${round.map((point) => point.map((n) => n.toFixed(1)).join(" ")).join("L")}Z` : "";
};
