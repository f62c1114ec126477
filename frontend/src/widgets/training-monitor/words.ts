/** What the training monitor says. Pure. */
import { grouped, short } from "../../ui/words/format";
import type { Run } from "./math";
import type { Reading } from "./state";

/** What is not known, or not finite. */
const NONE = "–";

export const percent = (share: number | null): string => (share === null ? NONE : `${(100 * share).toFixed(1)}\u00a0%`);

export const value = (number: number | null): string => (number === null ? NONE : short(number));

/** How much better the network is on what it has been trained on, in points of a percentage. */
export const gap = ({ training, validation }: Pick<Reading, "training" | "validation">): string => {
  if (training === null || validation === null) return NONE;
  const points = 100 * (training - validation);
  const text = short(Number(points.toFixed(1)));
  return `${points >= 0.05 ? "+" : ""}${text} points`;
};

export const stepOf = ({ step, run }: Reading): string => `${grouped(step)} of ${grouped(run.steps)}`;

/** The numbers of a step, one by one: the name and the value of each. */
export const numbersOf = (reading: Reading): [name: string, value: string][] => [
  ["epoch", `${reading.epoch} of ${reading.epochs}`],
  ["step", stepOf(reading)],
  ["loss", value(reading.loss)],
  ["learning rate", value(reading.rate)],
  ["accuracy after epoch", String(reading.over || NONE)],
  ["training accuracy", percent(reading.training)],
  ["validation accuracy", percent(reading.validation)],
  ["gap", gap(reading)],
];

/** All of it, read out. */
export const spoken = (reading: Reading): string =>
  numbersOf(reading)
    .filter(([, text]) => text !== NONE)
    .map(([name, text]) => `${name} ${text}`)
    .join(", ");

/** When filters were as they are: after so many steps, with which an epoch may have ended. */
export const whenOf = ({ epoch, per_epoch, step: kept }: Run, step: number): string => {
  const ended = epoch.find((each) => Math.min(each * per_epoch, kept.at(-1)!) === step);
  return step === 0 ? "before training" : ended ? `after epoch ${ended}` : `after step ${grouped(step)}`;
};

const ENDS: Record<string, string> = {
  stop: "Stopped by the button",
  "Ctrl-C": "Interrupted",
  patience: "Ended by early stopping",
};

/** How far a run is, or how it ended. */
export const stateOf = ({ run, epochs }: Reading, training: boolean, stopping: boolean): string => {
  const last = run.epoch.at(-1) ?? 0;
  if (training && stopping) return "Stopping: the epoch is measured, then the cell goes on.";
  if (training) return `Training: epoch ${Math.min(epochs, last + 1)} of ${epochs}.`;
  return run.stopped ? `${ENDS[run.stopped]} in epoch ${last} of ${epochs}.` : "";
};

/** Some kernels read the button only when the cell is over. */
export const UNHEARD = "Not heard yet. If nothing happens, interrupt the kernel (■): the epoch ends as cleanly.";

export const EMPTY =
  "Nothing has been trained yet. Give this monitor's hooks to fit, in the next cell: what happens there is shown here.";
