/** What written-out arithmetic is made of: coloured terms, sums of products, and what rounding left. */
import { h } from "../dom";
import { factor, short, shown } from "./format";

const DIGITS = 4; // of a factor
const RESULT = 6; // of a sum

export type Nodes = (Node | string)[];
export type Tone = "input" | "kernel" | "output" | "gradient";

export interface Product {
  weight: number;
  value: number;
}

/** A term in the colour of what it comes from. */
export const tone = (name: Tone, text: string): Node => h("span", { class: `t-${name}` }, text);

/** What is said less loudly. */
export const muted = (text: string): Node => h("span", { class: "muted" }, text);

/** `w·x + w·x + …` */
export const sumNodes = (terms: Product[]): Nodes =>
  terms.length === 0
    ? ["0"]
    : terms.flatMap(({ weight, value }, i) => [
        i ? " + " : "",
        tone("kernel", factor(weight, DIGITS)),
        "·",
        tone("input", factor(value, DIGITS)),
      ]);

/** What the products come to as `sumNodes` shows them. */
export const shownSum = (terms: Product[]): number =>
  terms.reduce((sum, { weight, value }) => sum + shown(weight, DIGITS) * shown(value, DIGITS), 0);

/** What is missing to the result when the numbers as shown are worked out. */
export const rounding = (result: number, asShown: number): Nodes => {
  const rest = Number((shown(result, RESULT) - asShown).toFixed(10));
  return rest ? [muted(` ${rest < 0 ? "−" : "+"} ${String(Math.abs(rest)).replace("-", "−")} (rounding)`)] : [];
};

/** One input channel's share of a sum. */
export interface Share {
  label: string;
  terms: Product[];
  partial: number;
}

export interface Sum {
  name: string;
  shares: Share[];
  divisor?: number;
  bias?: number;
  value: number;
  /** What was left out of the terms, in words; "" for nothing. */
  left?: string;
}

/** `y[i, j] = w·x + … = …`, with the channels' partial sums, the divisor, the bias and what rounding left. */
export const writeSum = ({ name, shares, divisor = 1, bias = 0, value, left }: Sum): Nodes => {
  const divides = short(divisor, DIGITS) !== "1";
  /** A member of the chain of equations: a sum, divided and shifted, that gives the result. */
  const member = (sum: Nodes, asShown: number): Nodes => [
    " = ",
    ...(divides ? ["(", ...sum, ") / ", tone("kernel", short(divisor, DIGITS))] : sum),
    ...(bias ? [" + ", tone("kernel", factor(bias, DIGITS))] : []),
    ...rounding(value, (divides ? asShown / shown(divisor, DIGITS) : asShown) + shown(bias, DIGITS)),
  ];
  const several = shares.length > 1;
  const terms = shares.flatMap(({ label, terms }, c) =>
    several ? [c ? " + " : "", muted(label), " [", ...sumNodes(terms), "]"] : sumNodes(terms),
  );
  const nodes: Nodes = [
    h("b", { class: "t-output" }, name),
    ...member(
      terms,
      shares.reduce((sum, { terms }) => sum + shownSum(terms), 0),
    ),
  ];
  if (several)
    nodes.push(
      ...member(
        [shares.map(({ partial }) => factor(partial, RESULT)).join(" + ")],
        shares.reduce((sum, { partial }) => sum + shown(partial, RESULT), 0),
      ),
    );
  nodes.push(" = ", h("b", { class: "t-output" }, short(value, RESULT)));
  if (left) nodes.push(muted(` (${left} left out)`));
  return nodes;
};

const MOST_READERS = 60;

/** `x[i, j] = 3 is read by 9 outputs: y[…] by w, …` */
export const writeReaders = (
  name: string,
  value: string,
  verb: string,
  count: number,
  readers: { name: string; weight: string }[],
): Nodes => {
  const nodes: Nodes = [
    h("b", { class: "t-input" }, name),
    ` = ${value} ${verb} ${count} output${count === 1 ? "" : "s"}`,
  ];
  readers
    .slice(0, MOST_READERS)
    .forEach((reader, i) =>
      nodes.push(i ? ", " : ": ", tone("output", reader.name), " by ", tone("kernel", reader.weight)),
    );
  if (readers.length > MOST_READERS) nodes.push(` … and ${readers.length - MOST_READERS} more`);
  return nodes;
};

/** "2 zero weights", or "" for none. */
export const counted = (count: number, noun: string): string =>
  count ? `${count} ${noun}${count > 1 ? "s" : ""}` : "";
