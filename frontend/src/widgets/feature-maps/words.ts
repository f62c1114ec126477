/** A number written out: the products of one channel, the sum over channels, and what is done to it. */
import { factor, short, shown } from "../../ui/words/format";
import { comesTo, muted, type Nodes, shownSum, sumNodes, tone } from "../../ui/words/terms";
import { h } from "../../ui/dom";
import { partials, pooled, type Step, type Unit, workedOut } from "./math";

const DIGITS = 6;
const MOST = 9; // terms written out one by one: as many as a window of 3 × 3 has

/** What is said where nothing of a number was recorded. */
export const NOT_RECORDED = "Not recorded: run the cell in JupyterLab to open it.";
export const ASKING = "Asking the kernel. If none runs, run the cell again.";

export const placeText = ([row, column]: readonly number[]): string => `[${row}, ${column}]`;

const result = (value: number): Node => h("b", { class: "t-output" }, short(value, DIGITS));

/** Numbers added up, all but the first ones in one; zeros are left out. */
const added = (values: ArrayLike<number>, noun: string): { nodes: Nodes; asShown: number } => {
  const list = Array.from(values).filter((value) => value !== 0);
  const zeros = values.length - list.length;
  if (!list.length) return { nodes: ["0"], asShown: 0 };
  const [written, more] = list.length > MOST + 1 ? [list.slice(0, MOST), list.slice(MOST)] : [list, []];
  const rest = more.reduce((a, b) => a + b, 0);
  const nodes: Nodes = [written.map((value) => factor(value, DIGITS)).join(" + ")];
  if (more.length) nodes.push(` + ${factor(rest, DIGITS)}`, muted(` (${more.length} more ${noun})`));
  if (zeros) nodes.push(muted(` (${zeros} ${zeros > 1 ? noun : noun.slice(0, -1)} of 0 left out)`));
  const all = more.length ? [...written, rest] : written;
  return { nodes, asShown: all.reduce((sum, value) => sum + shown(value, DIGITS), 0) };
};

const line = (...nodes: Nodes): Nodes => nodes;

/** The products of one channel of a convolution. */
const productsLine = (unit: Unit, channel: number): Nodes => {
  const { window, weight, first } = unit;
  const each = window!.data.length / window!.shape[0];
  const terms = Array.from({ length: each }, (_, i) => ({
    weight: weight!.data[channel * each + i],
    value: window!.data[channel * each + i],
  })).filter(({ weight, value }) => weight !== 0 && value !== 0);
  const lost = each - terms.length;
  const [kept, more] = [terms.slice(0, MOST), terms.slice(MOST)];
  const rest = more.reduce((sum, { weight, value }) => sum + weight * value, 0);
  const partial = partials(unit)[channel];
  return line(
    h("b", { class: "t-input" }, `channel ${first + channel}`),
    ": ",
    ...sumNodes(kept),
    ...(more.length ? [` + ${factor(rest, DIGITS)}`, muted(` (${more.length} more products)`)] : []),
    ...comesTo(partial, shownSum(kept) + (more.length ? shown(rest, DIGITS) : 0)),
    short(partial, DIGITS),
    ...(lost ? [muted(` (${lost} of 0 left out)`)] : []),
  );
};

const SIGNS: Record<string, string> = { add: " + ", subtract: " − ", multiply: " · " };

/** What the layer's own operation comes to. */
const ownLine = (unit: Unit, name: string, label: string, value: number): Nodes => {
  const start: Nodes = [h("b", { class: "t-output" }, name), " = "];
  const { window, mode, bias, hasBias, divisor, kind } = unit;
  if (!window) return line(...start, result(value), muted(kind === "other" ? ` (${label}: not written out)` : ""));
  const list = Array.from(window.data);
  if (kind === "other")
    return line(
      muted(`${label} of `),
      tone("input", list.map((v) => short(v, DIGITS)).join(", ")),
      " → ",
      result(value),
    );
  if (mode === "copy") return line(...start, tone("input", short(list[0], DIGITS)), muted(" (as it was)"));
  if (mode === "max") {
    const seen = pooled(unit);
    const some = seen.slice(0, MOST).map((v) => short(v, DIGITS));
    return line(
      ...start,
      "max(",
      tone("input", some.join(", ")),
      seen.length > MOST ? ", …" : "",
      ") = ",
      result(value),
    );
  }
  if (mode === "mean") {
    const { nodes, asShown } = added(pooled(unit), "numbers");
    return line(...start, "(", ...nodes, `) / ${divisor}`, ...comesTo(value, asShown / divisor), result(value));
  }
  if (mode !== "sum") {
    const parts = list.map((v) => shown(v, DIGITS));
    const asShown = parts.reduce((a, b) => (mode === "add" ? a + b : mode === "subtract" ? a - b : a * b));
    const nodes: Nodes = list.flatMap((v, i) => [i ? SIGNS[mode] : "", tone("input", factor(v, DIGITS))]);
    return line(...start, ...nodes, ...comesTo(value, asShown), result(value));
  }
  const { nodes, asShown } = added(partials(unit), "channels");
  const tail: Nodes = hasBias ? [" + ", tone("kernel", factor(bias, DIGITS)), muted(" (bias)")] : [];
  return line(...start, ...nodes, ...tail, ...comesTo(value, asShown + shown(bias, DIGITS)), result(value));
};

/** What one step makes of a number. */
const stepLine = ({ kind, label, numbers }: Step, before: number, value: number): Nodes => {
  const start: Nodes = [h("b", {}, label), ": "];
  const x = shown(before, DIGITS);
  if (kind === "relu") return line(...start, `max(0, ${short(before, DIGITS)}) = `, result(value));
  if (kind === "tanh") return line(...start, `tanh(${short(before, DIGITS)}) ≈ `, result(value));
  if (kind === "sigmoid") return line(...start, `1 / (1 + e^(−${factor(before, DIGITS)})) ≈ `, result(value));
  const [mean, variance, epsilon, weight, bias] = numbers;
  const [m, v, e, w, b] = numbers.map((one) => shown(one, DIGITS));
  return line(
    ...start,
    `(${short(before, DIGITS)} − ${factor(mean, DIGITS)}) / √(${short(variance, DIGITS)} + ${short(epsilon, DIGITS)})`,
    "·",
    tone("kernel", factor(weight, DIGITS)),
    " + ",
    tone("kernel", factor(bias, DIGITS)),
    ...comesTo(value, ((x - m) / Math.sqrt(v + e)) * w + b),
    result(value),
  );
};

/** Anything that PyTorch's sums in float32 differ by. */
const modelLine = (value: number, model: number): Nodes | undefined =>
  short(value, DIGITS) === short(model, DIGITS)
    ? undefined
    : line(
        muted(`The model’s sum, made in another order and rounded on the way, is ${short(model, 9)}: `),
        muted(`${short(model - value, 2)} from this one.`),
      );

/** The lines of all that is written out. */
export const writeUnit = (unit: Unit, name: string, label: string, channel: number): Nodes[] => {
  const values = workedOut(unit);
  const lines: (Nodes | undefined)[] = [
    unit.mode === "sum" && unit.window ? productsLine(unit, channel) : undefined,
    ownLine(unit, name, label, values[0]),
    ...unit.steps.map((step, i) => stepLine(step, values[i], values[i + 1])),
    unit.window && unit.kind !== "other" ? modelLine(values.at(-1)!, unit.value) : undefined,
  ];
  return lines.filter((one): one is Nodes => one !== undefined);
};

/** All of it, read out. */
export const spokenUnit = (unit: Unit, name: string, channel: number): string => {
  const values = workedOut(unit);
  const sums = unit.mode === "sum" && unit.window;
  const [own] = sums ? [partials(unit)] : [undefined];
  const ofAll = short(values[0] - unit.bias, DIGITS);
  return [
    `${name} is ${short(unit.value, DIGITS)}`,
    ...(own
      ? [
          `channel ${unit.first + channel} adds ${short(own[channel], DIGITS)} of ${ofAll}`,
          unit.hasBias ? `bias ${short(unit.bias, DIGITS)}` : "no bias",
        ]
      : []),
    ...unit.steps.map(({ label }, i) => `after ${label} ${short(values[i + 1], DIGITS)}`),
  ].join(", ");
};

/** How many of a layer's maps say nothing of their own. */
export const flagsText = ({ dead, twins }: { dead: number[]; twins: number[][] }): string =>
  [dead.length && `${dead.length} dead`, twins.length && `${twins.length} duplicate${twins.length > 1 ? "s" : ""}`]
    .filter(Boolean)
    .join(", ");

export const mapsText = (channels: number, [rows, cols]: readonly number[]): string =>
  rows * cols > 1 ? `${channels} map${channels > 1 ? "s" : ""} of ${rows} × ${cols}` : `${channels} numbers`;
