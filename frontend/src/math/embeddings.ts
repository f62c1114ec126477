/** Losses on points in a plane, kinds of triplets, and what a threshold makes of pairs: `cnnviz.embeddings`. */

export type Point = [x: number, y: number];
/** Anchor, positive, negative: places in a list of points. */
export type Triplet = [number, number, number];

export const KINDS = ["easy", "semi-hard", "hard"] as const;
export type Kind = (typeof KINDS)[number];

export const squaredDistance = ([a, b]: Point, [c, d]: Point): number => (a - c) ** 2 + (b - d) ** 2;

// ---- pairs -----------------------------------------------------------------------------------------
export interface Pair {
  places: [number, number];
  same: boolean;
}

export const pairs = (labels: number[]): Pair[] =>
  labels.flatMap((one, i) =>
    labels.slice(i + 1).map((other, j): Pair => ({ places: [i, i + 1 + j], same: one === other })),
  );

/** ½ d² of one identity, ½ max(0, margin − d)² of two. */
export const pairLoss = (distance: number, same: boolean, margin: number): number =>
  (same ? distance : Math.max(0, margin - distance)) ** 2 / 2;

export const contrastiveLoss = (points: Point[], labels: number[], margin: number): number => {
  const all = pairs(labels);
  const losses = all.map(({ places: [i, j], same }) =>
    pairLoss(Math.sqrt(squaredDistance(points[i], points[j])), same, margin),
  );
  return sum(losses) / all.length;
};

export const contrastiveLossBackward = (points: Point[], labels: number[], margin: number): Point[] => {
  const all = pairs(labels);
  const gradient = points.map((): Point => [0, 0]);
  for (const { places, same } of all) {
    const [[x, y], [u, v]] = places.map((place) => points[place]);
    const distance = Math.hypot(x - u, y - v);
    // Two points that coincide have no direction in which to part.
    const factor = same ? 1 : distance > 0 ? -Math.max(0, margin - distance) / distance : 0;
    places.forEach((place, end) => {
      const share = (end ? -factor : factor) / all.length;
      gradient[place][0] += share * (x - u);
      gradient[place][1] += share * (y - v);
    });
  }
  return gradient;
};

// ---- triplets --------------------------------------------------------------------------------------
export const triplets = (labels: number[]): Triplet[] => {
  const places = labels.map((_, i) => i);
  return places.flatMap((a) =>
    places
      .filter((p) => p !== a && labels[p] === labels[a])
      .flatMap((p) => places.filter((n) => labels[n] !== labels[a]).map((n): Triplet => [a, p, n])),
  );
};

/** ‖a − p‖² − ‖a − n‖² + margin, the loss where it is above 0. */
export const excess = (points: Point[], [a, p, n]: Triplet, margin: number): number =>
  squaredDistance(points[a], points[p]) - squaredDistance(points[a], points[n]) + margin;

export const tripletLoss = (points: Point[], triples: Triplet[], margin: number): number =>
  sum(triples.map((each) => Math.max(0, excess(points, each, margin)))) / triples.length;

export const tripletLossBackward = (points: Point[], triples: Triplet[], margin: number): Point[] => {
  const gradient = points.map((): Point => [0, 0]);
  for (const triplet of triples) {
    if (excess(points, triplet, margin) <= 0) continue;
    const [a, p, n] = triplet;
    const add = (to: number, from: number, minus: number) => {
      for (const axis of [0, 1])
        gradient[to][axis] += (2 * (points[from][axis] - points[minus][axis])) / triples.length;
    };
    add(a, n, p);
    add(p, p, a);
    add(n, a, n);
  }
  return gradient;
};

export const tripletKind = (points: Point[], triplet: Triplet, margin: number): Kind =>
  excess(points, triplet, 0) >= 0 ? "hard" : excess(points, triplet, margin) > 0 ? "semi-hard" : "easy";

// ---- verification ----------------------------------------------------------------------------------
/** A pair's distance, and whether it is of one identity. */
export interface Verified {
  distance: number;
  same: boolean;
}

/** A threshold, and the shares of different pairs that it accepts and of same ones that it rejects. */
export interface Operating {
  threshold: number;
  accepts: number;
  rejects: number;
}

/** Of the pairs that are of one identity, or are not: how many there are, and how many are accepted. */
export const accepted = (all: Verified[], same: boolean, threshold: number): [count: number, of: number] => {
  const some = all.filter((pair) => pair.same === same);
  return [some.filter(({ distance }) => distance <= threshold).length, some.length];
};

/** Where each threshold that makes a difference stands, from the one that accepts nothing. */
export const operatingPoints = (all: Verified[]): Operating[] => {
  const distances = [...new Set(all.map(({ distance }) => distance))].sort((a, b) => a - b);
  return [-Infinity, ...distances].map((threshold) => {
    const [others, allOthers] = accepted(all, false, threshold);
    const [own, allOwn] = accepted(all, true, threshold);
    return { threshold, accepts: others / allOthers, rejects: 1 - own / allOwn };
  });
};

/** Where the ROC curve, its corners joined by straight lines, has both rates equal. */
export const equalErrorRate = (curve: Operating[]): number => {
  const lead = curve.map(({ accepts, rejects }) => rejects - accepts);
  const k = lead.findIndex((value) => value <= 0);
  const way = lead[k - 1] / (lead[k - 1] - lead[k]);
  return curve[k - 1].accepts + way * (curve[k].accepts - curve[k - 1].accepts);
};

const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
