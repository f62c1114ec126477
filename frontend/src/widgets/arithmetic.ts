/** The sum behind one output, and the outputs behind one input, written out so that what is shown adds up. */
import { inputsOf, outputsOf, type Tap } from "../math/ops";
import { h } from "../ui/dom";
import { factor, short, shown } from "../ui/format";
import { weightAt, type Result } from "./kernel-math";

const DIGITS = 4;
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

/** `y[i, j] = w·x + … = …`, with the channels' partial sums, the divisor, the bias and what rounding left. */
export const explainOutput = (result: Result, row: number, col: number): { nodes: (Node | string)[]; text: string } => {
  const { setting, geometry, divisor, output } = result;
  const taps = inputsOf(row * geometry.output[1] + col, geometry);
  const channels = setting.image.shape[0];
  const name = `y[${row}, ${col}]`;
  const value = output.data[row * geometry.output[1] + col];
  const perChannel = Array.from({ length: channels }, (_, c) => products(result, taps, c));
  const nodes: (Node | string)[] = [h("b", { class: "t-output" }, name), " = "];
  if (divisor !== 1) nodes.push("(");
  perChannel.forEach((terms, c) => {
    if (channels > 1) nodes.push(c ? " + " : "", h("span", { class: "muted" }, CHANNELS[c]), " [", ...sumNodes(terms), "]");
    else nodes.push(...sumNodes(terms));
  });
  if (divisor !== 1) nodes.push(") / ", tone("kernel", short(divisor, DIGITS)));
  if (setting.bias) nodes.push(" + ", tone("kernel", factor(setting.bias, DIGITS)));
  if (channels > 1) nodes.push(" = ", ...partials(result, row * geometry.output[1] + col));
  const rest = shown(value, 6) - (perChannel.reduce((sum, terms) => sum + shownSum(terms), 0) / shown(divisor, DIGITS) + shown(setting.bias, DIGITS));
  if (Math.abs(rest) > 1e-9 * Math.max(1, Math.abs(value))) nodes.push(h("span", { class: "muted" }, ` ${rest < 0 ? "−" : "+"} ${short(Math.abs(rest), 2)} (rounding)`));
  nodes.push(" = ", h("b", { class: "t-output" }, short(value, 6)));
  const left = taps.length * channels - perChannel.reduce((sum, terms) => sum + terms.length, 0);
  if (left) nodes.push(h("span", { class: "muted" }, ` (${left} zero weight${left > 1 ? "s" : ""} left out)`));
  return { nodes, text: `${name} is ${short(value, 6)}` };
};

const partials = ({ parts, divisor }: Result, index: number): (Node | string)[] => {
  const sums = parts.map(({ data }) => factor(data[index], 6));
  return [divisor !== 1 ? `(${sums.join(" + ")}) / ${short(divisor, DIGITS)}` : sums.join(" + ")];
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
