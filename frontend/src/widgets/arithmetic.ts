/** The sum behind one output, and the outputs behind one input, written out so that what is shown adds up. */
import { inputsOf, outputsOf, type Tap } from "../math/ops";
import { h } from "../ui/dom";
import { factor, short, shown } from "../ui/format";
import { weightAt, type Result } from "./kernel-math";

const DIGITS = 4; // of a factor
const RESULT = 6; // of a sum
const tone = (name: string, text: string) => h("span", { class: `t-${name}` }, text);
const CHANNELS = ["R", "G", "B"];

interface Product {
  weight: number;
  value: number;
}

/** The non-zero products of one channel behind an output. */
const products = ({ setting }: Result, taps: Tap[], channel: number): Product[] => {
  const [, rows, cols] = setting.image.shape;
  const kernelCols = setting.kernel.shape[2];
  return taps
    .map(({ kernel, input }) => ({
      weight: weightAt(setting, channel, Math.floor(kernel / kernelCols), kernel % kernelCols),
      value: input < 0 ? 0 : setting.image.data[channel * rows * cols + input],
    }))
    .filter(({ weight }) => weight !== 0);
};

const sumNodes = (terms: Product[]): (Node | string)[] =>
  terms.length === 0
    ? ["0"]
    : terms.flatMap(({ weight, value }, i) => [i ? " + " : "", tone("kernel", factor(weight, DIGITS)), "·", tone("input", factor(value, DIGITS))]);

const shownSum = (terms: Product[]): number => terms.reduce((sum, { weight, value }) => sum + shown(weight, DIGITS) * shown(value, DIGITS), 0);

/** What is missing to the result when the numbers as shown are added up. */
const rounding = (result: number, asShown: number): (Node | string)[] => {
  const rest = Number((shown(result, RESULT) - asShown).toFixed(10));
  return rest ? [h("span", { class: "muted" }, ` ${rest < 0 ? "−" : "+"} ${String(Math.abs(rest)).replace("-", "−")} (rounding)`)] : [];
};

/** `y[i, j] = w·x + … = …`, with the channels' partial sums, the divisor, the bias and what rounding left. */
export const explainOutput = (result: Result, row: number, col: number): { nodes: (Node | string)[]; text: string } => {
  const { setting: { image, bias }, geometry, divisor, output, parts } = result;
  const index = row * geometry.output[1] + col;
  const taps = inputsOf(index, geometry);
  const channels = image.shape[0];
  const value = output.data[index];
  const perChannel = Array.from({ length: channels }, (_, c) => products(result, taps, c));
  const divides = short(divisor, DIGITS) !== "1";
  /** A member of the chain of equations: a sum, divided and shifted, that gives the result. */
  const member = (sum: (Node | string)[], asShown: number): (Node | string)[] => [
    " = ", ...(divides ? ["(", ...sum, ") / ", tone("kernel", short(divisor, DIGITS))] : sum),
    ...(bias ? [" + ", tone("kernel", factor(bias, DIGITS))] : []),
    ...rounding(value, (divides ? asShown / shown(divisor, DIGITS) : asShown) + shown(bias, DIGITS)),
  ];
  const name = `y[${row}, ${col}]`;
  const nodes: (Node | string)[] = [h("b", { class: "t-output" }, name)];
  const sums = perChannel.map(sumNodes);
  const asChannels = sums.flatMap((sum, c) => [c ? " + " : "", h("span", { class: "muted" }, CHANNELS[c]), " [", ...sum, "]"]);
  nodes.push(...member(channels > 1 ? asChannels : sums[0], perChannel.reduce((sum, terms) => sum + shownSum(terms), 0)));
  if (channels > 1) {
    const partials = parts.map(({ data }) => data[index]);
    nodes.push(...member([partials.map((part) => factor(part, RESULT)).join(" + ")], partials.reduce((sum, part) => sum + shown(part, RESULT), 0)));
  }
  nodes.push(" = ", h("b", { class: "t-output" }, short(value, RESULT)));
  const zeros = taps.length * channels - perChannel.reduce((sum, terms) => sum + terms.length, 0);
  if (zeros) nodes.push(h("span", { class: "muted" }, ` (${zeros} zero weight${zeros > 1 ? "s" : ""} left out)`));
  return { nodes, text: `${name} is ${short(value, RESULT)}` };
};

/** Every output that reads an input, with the weight it reads it by. */
export const explainInput = (result: Result, row: number, col: number): { nodes: (Node | string)[]; text: string; outputs: number[] } => {
  const { setting, geometry } = result;
  const [channels, rows, cols] = setting.image.shape;
  const kernelCols = setting.kernel.shape[2];
  const taps = outputsOf(row * cols + col, geometry);
  const outputs = [...new Set(taps.map(({ output }) => output))];
  const values = Array.from({ length: channels }, (_, c) => short(setting.image.data[(c * rows + row) * cols + col], DIGITS)).join(", ");
  const text = `x[${row}, ${col}] = ${values} is read by ${outputs.length} output${outputs.length === 1 ? "" : "s"}`;
  const nodes: (Node | string)[] = [h("b", { class: "t-input" }, `x[${row}, ${col}]`), ` = ${values} is read by ${outputs.length} output${outputs.length === 1 ? "" : "s"}`];
  taps.slice(0, 60).forEach(({ output, kernel }, i) => {
    const weights = Array.from({ length: setting.kernel.shape[0] }, (_, c) => short(weightAt(setting, c, Math.floor(kernel / kernelCols), kernel % kernelCols), DIGITS));
    nodes.push(i ? ", " : ": ", tone("output", `y[${Math.floor(output / geometry.output[1])}, ${output % geometry.output[1]}]`), " by ", tone("kernel", weights.join("/")));
  });
  if (taps.length > 60) nodes.push(` … and ${taps.length - 60} more`);
  return { nodes, text, outputs };
};
