/**
 * What the outputs of a chain of layers see along one axis, kept up from layer to layer: the algorithm of `_Sight` in
 * `cnnviz/chain.py`.
 *
 * Up to the first transposed layer every output sees as much: `size` positions, `step` apart from output to output.
 * Behind it, that differs from output to output, in a pattern that repeats, and the most is looked for.
 *
 * Seen from the positions before the first transposed layer, output y sees those from low[⌊(y + a) / s⌋] to
 * high[⌊(y + b) / s⌋]. The lists hold one turn of the pattern: one turn further on, all is `advance` further on. A
 * layer of stride t, which begins `before` the first position and reaches to `reach` after that, is put in front of
 * both:
 *
 * - transposed, y is seen from ⌈(y + before − reach) / t⌉ to ⌊(y + before) / t⌋. Two divisions that round down are one
 *   by the product: s becomes ts, the lists stay.
 * - otherwise, y sees from ty − before to ty − before + reach. A common factor of t and s goes out, for rounding down
 *   is the same before and after it. If that leaves t = 1, the lists stay; else they are written out anew, for s = 1.
 *
 * So the lists stay short, mostly of one number, where a chain goes down by what it went up. If they grow beyond
 * `PHASES`, they are given up for a bound. The numbers are big integers: strides multiply up from layer to layer.
 */

const PHASES = 4096n;

/** One layer's window on an axis. */
export interface Slide {
  stride: number;
  before: number;
  reach: number;
  transposed: boolean;
}

export interface Sight {
  /** The sight after one more layer. */
  through(slide: Slide): Sight;
  /** The size of the largest field, its gaps counted as seen. */
  field(): number;
  /** The distance between neighbouring outputs' fields, a fraction if it is one. */
  jump(): number;
}

interface Behind extends Slide {
  earlier: Behind | undefined;
}

interface State {
  size: bigint;
  step: bigint;
  low: bigint[];
  high: bigint[];
  advance: bigint;
  s: bigint;
  a: bigint;
  b: bigint;
  grown: bigint;
  shrunk: bigint;
  /** The first transposed layer and those after it, the last one first. */
  behind: Behind | undefined;
}

const gcd = (a: bigint, b: bigint): bigint => (b ? gcd(b, a % b) : a);
/** ⌊a / b⌋ for b > 0; the language rounds towards 0. */
const floor = (a: bigint, b: bigint): bigint => (a >= 0n ? a / b : -((b - 1n - a) / b));

const bits = (a: bigint): number => a.toString(2).length;

/** a / b for b > 0, rounded once, however large they are. */
const ratio = (a: bigint, b: bigint): number => {
  const shift = Math.max(0, 66 + bits(b) - bits(a)); // so many bits that a rest can be marked by the last of them
  const scaled = a << BigInt(shift);
  const quotient = scaled / b;
  const half = shift >> 1; // 2 to the −shift may be too small for a number
  return Number(quotient | (scaled % b ? 1n : 0n)) * 2 ** -half * 2 ** (half - shift);
};

/** A value of a list that repeats, one turn further on by `advance` more. */
const at = (values: bigint[], advance: bigint, index: bigint): bigint => {
  const turns = floor(index, BigInt(values.length));
  return values[Number(index - turns * BigInt(values.length))] + turns * advance;
};

/** The same sight of output ty as one of y, whose lists need no division. */
const writtenOut = (state: State, t: bigint): State => {
  const { low, high, advance, s, a, b } = state;
  const turn = BigInt(low.length);
  const again = turn && turn / gcd(turn, t); // after so many steps of s outputs the pattern repeats
  if (!turn || again * s > PHASES) return { ...state, low: [], high: [] };
  const outputs = Array.from({ length: Number(again * s) }, (_, y) => t * BigInt(y));
  return {
    ...state,
    low: outputs.map((y) => at(low, advance, floor(y + a, s))),
    high: outputs.map((y) => at(high, advance, floor(y + b, s))),
    advance: ((again * t) / turn) * advance,
    s: 1n,
    a: 0n,
    b: 0n,
  };
};

const after = (state: State, slide: Slide): State => {
  const [t, before, reach] = [slide.stride, slide.before, slide.reach].map(BigInt);
  if (!slide.transposed && !state.behind)
    return { ...state, size: state.size + reach * state.step, step: state.step * t };
  const behind = { ...slide, earlier: state.behind };
  const { s, a, b, grown, shrunk } = state;
  if (slide.transposed)
    return { ...state, behind, s: s * t, a: a * t + before - reach + t - 1n, b: b * t + before, shrunk: shrunk * t };
  const common = gcd(t, s);
  const next = {
    ...state,
    behind,
    s: s / common,
    a: floor(a - before, common),
    b: floor(b - before + reach, common),
    grown: grown * t,
  };
  return t === common ? next : writtenOut(next, t / common);
};

/** The most that an end is ahead of its start. */
const widest = ({ low, high, advance, s, a, b }: State): bigint => {
  const ahead = -floor(a - b, s); // ⌈(b − a) / s⌉: how much further `high` is read
  return low
    .map((start, i) => at(high, advance, ahead + BigInt(i)) - start)
    .reduce((most, each) => (each > most ? each : most));
};

/** How far a field may reach if its ends could be rounded at every layer at will. It does where no stride down has a
 * factor in common with a stride up before it. */
const bound = ({ behind }: State): bigint => {
  let width = 0n;
  for (let layer = behind; layer; layer = layer.earlier) {
    const [stride, reach] = [BigInt(layer.stride), BigInt(layer.reach)];
    width = layer.transposed ? (width + reach) / stride : width * stride + reach;
  }
  return width;
};

const sight = (state: State): Sight => ({
  through: (slide) => sight(after(state, slide)),
  field: () => {
    const width = state.low.length ? widest(state) : bound(state);
    return Number(state.size + state.step * (width > 0n ? width : 0n)); // less than 0 where outputs see nothing
  },
  jump: () => ratio(state.step * state.grown, state.shrunk),
});

/** The sight of the input itself. */
export const START: Sight = sight({
  size: 1n,
  step: 1n,
  low: [0n],
  high: [0n],
  advance: 1n,
  s: 1n,
  a: 0n,
  b: 0n,
  grown: 1n,
  shrunk: 1n,
  behind: undefined,
});
