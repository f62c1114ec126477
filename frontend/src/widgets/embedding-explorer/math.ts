/** What the embedding explorer's traits come to: where points are after so many steps, names, triplets. Pure. */
import {
  accepted,
  contrastiveLoss,
  contrastiveLossBackward,
  equalErrorRate,
  excess,
  type Kind,
  KINDS,
  type Operating,
  operatingPoints,
  pairs,
  type Point,
  squaredDistance,
  type Triplet,
  tripletKind,
  tripletLoss,
  tripletLossBackward,
  triplets,
  type Verified,
} from "../../math/embeddings";

export interface State {
  points: Point[];
  labels: number[];
  loss: "triplet" | "contrastive";
  margin: number;
  triplet: Triplet;
  threshold: number;
  rate: number;
  step: number;
}

// As in cnnviz/widgets/_embedding_explorer.py.
export const [MOST_POINTS, MOST_IDENTITIES, STEPS] = [16, 4, 60];
export const [LARGEST_MARGIN, LARGEST_RATE, DIAGONAL] = [4, 2, 5];
/** The plane reaches from −2 to 2 and from −1.5 to 1.5. */
export const REACH: Point = [2, 1.5];

/** Twelve decimals, as Python keeps them. */
export const rounded = (value: number): number => Math.round(value * 1e12) / 1e12;

/** The point of the plane that is nearest. */
export const inside = (point: Point): Point =>
  point.map((value, axis) => Math.max(-REACH[axis], Math.min(REACH[axis], value))) as Point;

export type Setting = Pick<State, "labels" | "loss" | "margin">;

export const gradient = (points: Point[], { labels, loss, margin }: Setting): Point[] =>
  loss === "triplet"
    ? tripletLossBackward(points, triplets(labels), margin)
    : contrastiveLossBackward(points, labels, margin);

/** The points after each of so many steps down the gradient, the start first. The plane's edge holds them back. */
export const walk = (points: Point[], setting: Setting, rate: number, steps: number): Point[][] => {
  const way = [points];
  for (let step = 0; step < steps; step++) {
    const [now, slope] = [way[step], gradient(way[step], setting)];
    way.push(now.map(([x, y], i) => inside([x - rate * slope[i][0], y - rate * slope[i][1]])));
  }
  return way;
};

/** A1, A2, B1, …: whose picture it is, and which of theirs. */
export const nameOf = (labels: number[], i: number): string =>
  "ABCD"[labels[i]] + labels.slice(0, i + 1).filter((label) => label === labels[i]).length;

// ---- triplets --------------------------------------------------------------------------------------
export const isTriplet = (labels: number[], [a, p, n]: Triplet): boolean =>
  a !== p && labels[a] === labels[p] && labels[a] !== labels[n] && [a, p, n].every((i) => i < labels.length);

/** The triplet of an anchor that is furthest from being right: the farthest positive, the nearest negative. Nothing
 * where the anchor is alone. */
export const hardest = (points: Point[], labels: number[], a: number): Triplet | undefined => {
  const all = triplets(labels).filter(([anchor]) => anchor === a);
  const worst = Math.max(...all.map((each) => excess(points, each, 0)));
  return all.find((each) => excess(points, each, 0) === worst);
};

/** The triplet that a choice leads to: a picture of the anchor's identity, or of another. */
export const chosenBy = (labels: number[], [a, p, n]: Triplet, i: number): Triplet =>
  i === a ? [a, p, n] : labels[i] === labels[a] ? [a, i, n] : [a, p, i];

/** The next triplet of a kind, round and round; nothing where there is none. */
export const nextOf = (kinds: Kind[], kind: Kind, after: number): number | undefined => {
  const order = kinds.map((_, i) => (after + 1 + i) % kinds.length);
  return order.find((i) => kinds[i] === kind);
};

// ---- all that is shown -----------------------------------------------------------------------------
export interface Reading extends State {
  /** Where the points are now, and the negative gradient there. */
  now: Point[];
  pull: Point[];
  /** The longest pull at the start: arrows are drawn to its scale. */
  longest: number;
  value: number;
  triples: Triplet[];
  kinds: Kind[];
  kind: Kind;
  counts: Record<Kind, number>;
  pairs: Verified[];
  curve: Operating[];
  falseAccepts: [count: number, of: number];
  falseRejects: [count: number, of: number];
  equal: number;
}

const away = (slopes: Point[]): Point[] => slopes.map(([x, y]) => [-x, -y]);

export const read = (state: State, way: Point[][]): Reading => {
  const { labels, margin, loss, threshold, triplet } = state;
  const now = way[state.step];
  const triples = triplets(labels);
  const kinds = triples.map((each) => tripletKind(now, each, margin));
  const all = pairs(labels).map(({ places: [i, j], same }) => ({
    distance: Math.sqrt(squaredDistance(now[i], now[j])),
    same,
  }));
  const curve = operatingPoints(all);
  const [own, ofOwn] = accepted(all, true, threshold);
  return {
    ...state,
    now,
    pull: away(gradient(now, state)),
    longest: Math.max(...gradient(way[0], state).map(([x, y]) => Math.hypot(x, y))),
    value: loss === "triplet" ? tripletLoss(now, triples, margin) : contrastiveLoss(now, labels, margin),
    triples,
    kinds,
    kind: tripletKind(now, triplet, margin),
    counts: Object.fromEntries(KINDS.map((kind) => [kind, kinds.filter((each) => each === kind).length])) as never,
    pairs: all,
    curve,
    falseAccepts: accepted(all, false, threshold),
    falseRejects: [ofOwn - own, ofOwn],
    equal: equalErrorRate(curve),
  };
};
