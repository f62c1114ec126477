/** Steps down the gradient, triplets that a choice leads to, sums that add up. */
import { describe, expect, it } from "vitest";
import { equalErrorRate, excess, type Point, type Triplet, tripletKind } from "../../../src/math/embeddings";
import {
  chosenBy,
  gradient,
  hardest,
  inside,
  isTriplet,
  nameOf,
  nextOf,
  read,
  type State,
  walk,
} from "../../../src/widgets/embedding-explorer/math";
import { seeded } from "../../help";
import { embeddingState } from "../../model";

const state = (changes: Partial<State> = {}) => embeddingState(changes as never) as unknown as State;
const reading = (changes: Partial<State> = {}) => {
  const all = state(changes);
  return read(all, walk(all.points, all, all.rate, 60));
};

describe("the way down", () => {
  it.each(["triplet", "contrastive"] as const)(
    "follows the %s loss's gradient, which finite differences find",
    (loss) => {
      const all = state({ loss, margin: 1.3 });
      const slope = gradient(all.points, all);
      const at = (i: number, axis: number, by: number) => {
        const points = all.points.map((point, j) => point.map((x, k) => (j === i && k === axis ? x + by : x)) as Point);
        return read({ ...all, points }, [points]).value;
      };
      all.points.forEach((_, i) =>
        [0, 1].forEach((axis) =>
          expect((at(i, axis, 1e-6) - at(i, axis, -1e-6)) / 2e-6).toBeCloseTo(slope[i][axis], 6),
        ),
      );
      const [start, next] = walk(all.points, all, 0.2, 1);
      start.forEach(([x, y], i) => {
        expect(next[i][0]).toBeCloseTo(x - 0.2 * slope[i][0], 12);
        expect(next[i][1]).toBeCloseTo(y - 0.2 * slope[i][1], 12);
      });
    },
  );
  it("is a function of the step alone, and loses less and less", () => {
    const values = [0, 5, 20, 60].map((step) => reading({ step }).value);
    expect([...values].sort((a, b) => b - a)).toEqual(values);
    expect(reading({ step: 20 }).now).toEqual(reading({ step: 20 }).now);
  });
  it("ends at the plane's edge", () => expect(inside([-9, 1.7])).toEqual([-2, 1.5]));
});

describe("triplets", () => {
  const { points, labels, triplet } = state();
  it("have names", () => expect(labels.map((_, i) => nameOf(labels, i))).toEqual(["A1", "A2", "B1", "B2", "C1"]));
  it("are two of one identity and one of another", () => {
    expect(isTriplet(labels, [0, 1, 4])).toBe(true);
    for (const none of [
      [0, 0, 4],
      [0, 1, 1],
      [0, 2, 4],
      [4, 4, 0],
      [0, 1, 9],
    ] as Triplet[])
      expect(isTriplet(labels, none)).toBe(false);
  });
  it("take a chosen point as positive or negative", () => {
    expect(chosenBy(labels, triplet, 4)).toEqual([0, 1, 4]);
    expect(chosenBy(labels, [2, 3, 0], 3)).toEqual([2, 3, 0]);
    expect(chosenBy([0, 0, 0, 1], [0, 1, 3], 2)).toEqual([0, 2, 3]);
    expect(chosenBy(labels, triplet, 0), "the anchor stays").toEqual(triplet);
  });
  it("are the hardest of a new anchor, if it is not alone", () => {
    const found = hardest(points, labels, 3)!;
    expect(found.slice(0, 2)).toEqual([3, 2]);
    for (const n of [0, 1, 4]) expect(excess(points, [3, 2, n], 0)).toBeLessThanOrEqual(excess(points, found, 0));
    expect(hardest(points, labels, 4)).toBeUndefined();
  });
  it("come round by their kind", () => {
    const kinds = ["hard", "easy", "hard", "easy"] as const;
    expect(nextOf([...kinds], "hard", 0)).toBe(2);
    expect(nextOf([...kinds], "hard", 2)).toBe(0);
    expect(nextOf([...kinds], "easy", 3)).toBe(1);
    expect(nextOf([...kinds], "semi-hard", 0)).toBeUndefined();
  });
  it("are counted by kinds that fit their losses", () => {
    const { triples, kinds, counts, margin, now } = reading();
    expect(Object.values(counts).reduce((a, b) => a + b)).toBe(triples.length);
    triples.forEach((each, i) => {
      expect(kinds[i] === "easy").toBe(excess(now, each, margin) <= 0);
      expect(tripletKind(now, each, 0), "without a margin nothing is semi-hard").not.toBe("semi-hard");
    });
  });
});

it("the equal error rate is a half by chance, 0 apart and 1 the wrong way round", () => {
  const rate = (own: number[], others: number[]) =>
    equalErrorRate(
      reading({
        points: [
          [0, 0],
          [own[0], 0],
          [0, others[0]],
        ] as Point[],
        labels: [0, 0, 1],
        triplet: [0, 1, 2],
      }).curve,
    );
  expect(rate([0.1], [1])).toBe(0);
  expect(rate([1.5], [0.1])).toBeCloseTo(0.5, 12); // the third pair, √(1.5² + 0.1²), is farther still
  const random = seeded(4);
  for (let t = 0; t < 20; t++) {
    const points = Array.from({ length: 9 }, (): Point => [4 * random() - 2, 3 * random() - 1.5]);
    const { equal } = reading({ points, labels: [0, 1, 2, 0, 1, 2, 0, 1, 2], triplet: [0, 3, 1] });
    expect(equal).toBeGreaterThanOrEqual(0);
    expect(equal).toBeLessThanOrEqual(1);
  }
});
