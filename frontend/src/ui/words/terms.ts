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

/** What lies between an expression and the result that it comes to when the numbers as shown are worked out: "=", or
 * "≈" where they differ by less than the last digit shown; else what is missing, and "=". */
export const comesTo = (result: number, asShown: number): Nodes => {
  const target = shown(result, RESULT);
  const missing = target - asShown;
  const last = target && 10 ** (Math.floor(Math.log10(Math.abs(target))) + 1 - RESULT);
  const noise = Math.max(1e-12 * Math.abs(target), target ? Math.min(5e-11, last / 1000) : 5e-11); // of doubles
  if (Math.abs(missing) <= noise) return [" = "];
  if (Math.abs(missing) < last) return [" ≈ "];
  const rest = String(Number(Math.abs(missing).toFixed(10))).replace("-", "−");
  return [muted(` ${missing < 0 ? "−" : "+"} ${rest} (rounding)`), " = "];
};

/** The same after a member and after one that is put between it and the result: a = b ≈ result says that a is b. */
export const bothComeTo = (result: number, first: number, second: number): [Nodes, Nodes] => {
  const [before, after] = [comesTo(result, first), comesTo(result, second)];
  const same = Math.abs(first - second) <= 1e-12 * Math.abs(result);
  if (after.at(-1) === " ≈ ") return [same ? [" = "] : [...before.slice(0, -1), " ≈ "], after];
  return [before, after];
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
  const member = (sum: Nodes): Nodes => [
    ...(divides ? ["(", ...sum, ") / ", tone("kernel", short(divisor, DIGITS))] : sum),
    ...(bias ? [" + ", tone("kernel", factor(bias, DIGITS))] : []),
  ];
  const worth = (each: (share: Share) => number): number =>
    shares.reduce((sum, share) => sum + each(share), 0) / (divides ? shown(divisor, DIGITS) : 1) + shown(bias, DIGITS);
  const several = shares.length > 1;
  const terms = shares.flatMap(({ label, terms }, c) =>
    several ? [c ? " + " : "", muted(label), " [", ...sumNodes(terms), "]"] : sumNodes(terms),
  );
  const [ofTerms, ofParts] = [worth(({ terms }) => shownSum(terms)), worth(({ partial }) => shown(partial, RESULT))];
  const [first, second] = several ? bothComeTo(value, ofTerms, ofParts) : [comesTo(value, ofTerms), []];
  const parts = several ? member([shares.map(({ partial }) => factor(partial, RESULT)).join(" + ")]) : [];
  const nodes: Nodes = [h("b", { class: "t-output" }, name), " = ", ...member(terms), ...first, ...parts, ...second];
  nodes.push(h("b", { class: "t-output" }, short(value, RESULT)));
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

/** A product: each factor in the colour of what it comes from. */
export type Factors = [name: Tone, value: number][];

const MOST_PRODUCTS = 40; // written out one by one

/** `a·b + c·(−d) = result`, after a title; products with a factor of 0 are left out. */
export const writeProducts = (title: Nodes, products: Factors[], value: number, name: Tone): Nodes => {
  const kept = products.filter((factors) => factors.every(([, one]) => one !== 0));
  const worth = kept.reduce((sum, each) => sum + each.reduce((one, [, x]) => one * shown(x, DIGITS), 1), 0);
  const written = kept
    .slice(0, MOST_PRODUCTS)
    .flatMap((factors, i) => [
      i ? " + " : "",
      ...factors.flatMap(([name, x], j) => [j ? "·" : "", tone(name, factor(x, DIGITS))]),
    ]);
  return [
    ...title,
    " = ",
    ...written,
    kept.length > MOST_PRODUCTS ? ` + … ${kept.length - MOST_PRODUCTS} more` : "",
    ...(kept.length ? comesTo(value, worth) : []),
    h("b", { class: `t-${name}` }, short(value, RESULT)),
  ];
};
