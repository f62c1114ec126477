import { expect, it } from "vitest";
import { anchored, scored, type State, stepOf, suppression, targetOf } from "../../../src/widgets/box-playground/state";
import { boxesState } from "../../model";

const state = (changes: Record<string, unknown> = {}) => boxesState(changes) as unknown as State;

it("keeps the best, and lets fall what overlaps it, round by round", () => {
  const at = (step: number) => suppression(state({ step }));
  expect(at(0).fates).toEqual(["waiting", "waiting", "waiting", "below"]);
  expect(at(1).fates).toEqual(["falls", "kept", "waiting", "below"]);
  expect(at(2).fates).toEqual(["fallen", "kept", "kept", "below"]);
  expect(at(99)).toMatchObject({ step: 2, fates: at(2).fates });
  expect(at(2).felled.get(0)).toEqual({ by: 1, iou: (34 * 40) / (2 * 1600 - 34 * 40) });
  expect(at(0).order).toEqual([1, 2, 0, 3]);
});

it("has every step follow from its number alone", () => {
  const there = [0, 1, 2, 1, 0].map((step) => suppression(state({ step })).fates);
  expect(there[3]).toEqual(there[1]);
  expect(there[4]).toEqual(there[0]);
});

it("lets classes fall by themselves where it is told to", () => {
  const low = { score_threshold: 0, step: 9 };
  expect(suppression(state(low)).fates[3]).toBe("falls");
  expect(suppression(state({ ...low, by_class: true })).fates[3]).toBe("kept");
});

it("gives each object to the cell of its centre, and the first has it", () => {
  expect(targetOf(state(), 0)).toEqual({ cell: [1, 1], y: [1, 0.25, 0.5625, 1.25, 1.25, 1, 0], owner: 0, lost: [] });
  const both = state({ grid: [1, 1] });
  expect(targetOf(both, 1)).toMatchObject({ cell: [0, 0], y: targetOf(both, 0)!.y, owner: 0, lost: [1] });
});

it("gives no cell to what has its centre outside, or no area", () => {
  const odd = [
    [-90, 0, 4, 4, 0],
    [5, 5, 5, 9, 0],
  ];
  for (const at of [0, 1]) expect(targetOf(state({ objects: odd }), at)).toBeUndefined();
});

it("finds each object by an anchor, however little that overlaps it", () => {
  const { boxes, assigned } = anchored(state({ positive: 1, anchor_sizes: [[4, 4]] }));
  expect(boxes.length).toBe(12);
  expect(new Set(assigned)).toEqual(new Set([-1, 0, 1]));
});

it("counts what is found, at the threshold and below", () => {
  const { matched, precision, recall, average, shown, right, found } = scored(state({ score_threshold: 0.78 }));
  expect(matched).toEqual([-1, 0, 1, -1]); // the object of the first is taken by a better one
  expect(precision).toEqual([1, 1, 2 / 3, 1 / 2]);
  expect(recall).toEqual([0.5, 1, 1, 1]);
  expect([average, shown, right, [...found]]).toEqual([1, 2, 2, [0, 1]]);
});

it("moves by a power of two, so that sums of steps are exact", () =>
  expect(
    [
      [96, 128],
      [64, 64],
      [480, 640],
      [1, 1],
    ].map((size) => stepOf(size as [number, number])),
  ).toEqual([1, 0.5, 4, 2 ** -7]));
