/** The size formulas of a row of the shape calculator, and how its sums are written out. */
import type { Row, Window } from "../../math/chain";
import { h } from "../../ui/dom";
import { lostText, sidesOf, sizeFormulas, transposedFormula, type TransposedTerms } from "../../ui/words/formula";
import { muted, type Nodes, tone } from "../../ui/words/terms";
import type { Sum } from "./sums";

/** The terms of a transposed convolution's size: what goes in is the output of the convolution it runs backwards. */
const transposedSides = ({ geometry: g }: Window): TransposedTerms[] =>
  g.output.map((n, a) => {
    const [k, s, d] = [g.kernel[a], g.stride[a], g.dilation[a]];
    const [before, after] = g.padding[a];
    return { n, k, s, d, before, after, extra: g.input[a] - ((n - 1) * s + d * (k - 1) + 1 - before - after) };
  });

/** The formulas of a window's output, and what ⌊ ⌋ drops. */
export const writeSizes = ({ window, size, dropped }: Row): Nodes => {
  if (!window || !size) return [];
  const out = size.slice(1);
  const formulas = window.transposed
    ? sizeFormulas(transposedSides(window), out, transposedFormula)
    : sizeFormulas(sidesOf(window.geometry), out);
  return [...formulas, h("div", { class: "note" }, lostText(dropped ?? [], ""))];
};

export const writeSums = (sums: Sum[]): Nodes =>
  sums.flatMap(({ title, parts }) => [
    muted(title),
    h("span", {}, ...parts.map((part) => (typeof part === "string" ? part : tone(part.tone, part.text)))),
  ]);
