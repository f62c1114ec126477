/** Native MathML for output sizes, with today's numbers in the colours of what they count. */
import type { Geometry } from "../../math/shapes";
import { h, m } from "../dom";

const num = (value: number | string, tone?: string) =>
  m("mn", { class: tone && `t-${tone}` }, String(value).replace("-", "−"));
const op = (text: string, props = {}) => m("mo", props, text);

export interface SizeTerms {
  n: number;
  k: number;
  s: number;
  /** Left out where windows have no holes: then the formula is n + 2p − k over s. */
  d?: number;
  before: number;
  after: number;
}

/** `⌊(n + 2p − d(k − 1) − 1)/s⌋ + 1 = out`; with unequal padding the two sides are written out. */
export const sizeFormula = (
  symbol: string,
  name: string,
  { n, k, s, d, before, after }: SizeTerms,
  out: number | undefined,
): MathMLElement => {
  const padding = before === after ? [num(2), op("·"), num(before)] : [num(before), op("+"), num(after)];
  const reach =
    d === undefined
      ? [num(k, "kernel")]
      : [num(d), op("·"), op("("), num(k, "kernel"), op("−"), num(1), op(")"), op("−"), num(1)];
  const top = m("mrow", {}, num(n, "input"), op("+"), ...padding, op("−"), ...reach);
  const result = out === undefined ? m("mtext", {}, "does not fit") : num(out, "output");
  const said = `(${n} + ${before} + ${after} − ${d === undefined ? k : `${d} times (${k} − 1) − 1`})`;
  return m(
    "math",
    { "aria-label": `${name} of the output: floor of ${said} over ${s}, plus 1, is ${out ?? "not defined"}` },
    m(
      "mrow",
      {},
      m("mi", { mathvariant: "normal", class: "t-output" }, symbol),
      op("="),
      op("⌊", { stretchy: "true", form: "prefix" }),
      m("mfrac", {}, top, num(s)),
      op("⌋", { stretchy: "true", form: "postfix" }),
      op("+"),
      num(1),
      op("="),
      result,
    ),
  );
};

export interface TransposedTerms extends Required<SizeTerms> {
  /** Output padding. */
  extra: number;
}

/** `(n − 1)s − 2p + d(k − 1) + 1 + e = out`, the size of a transposed convolution. */
export const transposedFormula = (
  symbol: string,
  name: string,
  { n, k, s, d, before, after, extra }: TransposedTerms,
  out: number | undefined,
): MathMLElement => {
  const padding =
    before === after ? [op("−"), num(2), op("·"), num(before)] : [op("−"), num(before), op("−"), num(after)];
  const result = out === undefined ? m("mtext", {}, "does not fit") : num(out, "output");
  const said = `(${n} − 1) times ${s} − ${before} − ${after} + ${d} times (${k} − 1) + 1 + ${extra}`;
  return m(
    "math",
    { "aria-label": `${name} of the output: ${said} is ${out ?? "not defined"}` },
    m(
      "mrow",
      {},
      m("mi", { mathvariant: "normal", class: "t-output" }, symbol),
      op("="),
      op("("),
      num(n, "input"),
      op("−"),
      num(1),
      op(")"),
      op("·"),
      num(s),
      ...padding,
      op("+"),
      num(d),
      op("·"),
      op("("),
      num(k, "kernel"),
      op("−"),
      num(1),
      op(")"),
      op("+"),
      num(1),
      op("+"),
      num(extra),
      op("="),
      result,
    ),
  );
};

const AXES = [
  ["D′", "depth"],
  ["H′", "height"],
  ["W′", "width"],
];

/** A formula for each axis (the last ones of D, H, W); axes that read the same share one. */
export const sizeFormulas = <Terms extends SizeTerms>(
  sides: Terms[],
  output: number[] | undefined,
  formula: (symbol: string, name: string, terms: Terms, out: number | undefined) => MathMLElement = sizeFormula,
): MathMLElement[] => {
  const keys = sides.map((side) => JSON.stringify(side));
  return [...new Set(keys)].map((key) => {
    const names = AXES.slice(-sides.length).filter((_, axis) => keys[axis] === key);
    const axis = keys.indexOf(key);
    return formula(
      names.map(([symbol]) => symbol).join(" = "),
      names.map(([, name]) => name).join(" and "),
      sides[axis],
      output?.[axis],
    );
  });
};

/** The terms of every axis; without `dilated`, as where windows have no holes. */
export const sidesOf = (g: Geometry, dilated = true): SizeTerms[] =>
  g.input.map((n, a) => ({
    n,
    k: g.kernel[a],
    s: g.stride[a],
    ...(dilated && { d: g.dilation[a] }),
    before: g.padding[a][0],
    after: g.padding[a][1],
  }));

/** What ⌊ ⌋ drops, in words, and where it is seen; "" for nothing. `rests` has an item per axis, the last ones of D,
 * H, W. */
export const lostText = (rests: number[], where = ": shaded in the input"): string => {
  const kinds = ["slice", "row", "column"].slice(-rests.length);
  const parts = rests.map((rest, axis) => rest && `${rest} ${kinds[axis]}${rest > 1 ? "s" : ""}`).filter(Boolean);
  return parts.length ? `⌊ ⌋ drops ${parts.join(" and ")}${where}` : "";
};

export interface SizePanel {
  el: HTMLElement;
  /** Show these formulas, and what ⌊ ⌋ drops on each axis. */
  show(formulas: MathMLElement[], rests: number[]): void;
}

/** The formulas of the output's size, and below them what ⌊ ⌋ drops. */
export const sizePanel = (): SizePanel => {
  const now = h("div", { class: "formula" });
  const lost = h("div", { class: "note" });
  return {
    el: h("div", { class: "formula" }, now, lost),
    show: (formulas, rests) => {
      now.replaceChildren(...formulas);
      lost.textContent = lostText(rests);
    },
  };
};
