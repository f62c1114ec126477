/** Native MathML for output sizes, with today's numbers in the colours of what they count. */
import { m } from "./dom";

const num = (value: number | string, tone?: string) => m("mn", { class: tone && `t-${tone}` }, String(value).replace("-", "−"));
const op = (text: string, props = {}) => m("mo", props, text);

export interface SizeTerms {
  n: number;
  k: number;
  s: number;
  d: number;
  before: number;
  after: number;
}

/** `⌊(n + 2p − d(k − 1) − 1)/s⌋ + 1 = out`; with unequal padding the two sides are written out. */
export const sizeFormula = (symbol: string, name: string, { n, k, s, d, before, after }: SizeTerms, out: number | undefined): MathMLElement => {
  const padding = before === after ? [num(2), op("·"), num(before)] : [num(before), op("+"), num(after)];
  const top = m("mrow", {}, num(n, "input"), op("+"), ...padding, op("−"), num(d), op("·"), op("("), num(k, "kernel"), op("−"), num(1), op(")"), op("−"), num(1));
  const result = out === undefined ? m("mtext", {}, "does not fit") : num(out, "output");
  return m("math", { "aria-label": `${name} of the output: floor of (${n} + ${before} + ${after} − ${d} times (${k} − 1) − 1) over ${s}, plus 1, is ${out ?? "not defined"}` },
    m("mrow", {},
      m("mi", { mathvariant: "normal", class: "t-output" }, symbol), op("="),
      op("⌊", { stretchy: "true", form: "prefix" }), m("mfrac", {}, top, num(s)), op("⌋", { stretchy: "true", form: "postfix" }),
      op("+"), num(1), op("="), result));
};
