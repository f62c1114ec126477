// @vitest-environment happy-dom
import { expect, it } from "vitest";
import { anchored, scored, type State, suppression, type ViewName } from "../../../src/widgets/box-playground/state";
import { linesOf } from "../../../src/widgets/box-playground/words";
import { evaluate, seeded, textOf } from "../../help";
import { boxesState } from "../../model";

const linesFor = (changes: Record<string, unknown> = {}) => {
  const state = boxesState(changes) as unknown as State;
  const answers = {
    ...(state.view === "nms" && { nms: suppression(state) }),
    ...(state.view === "anchors" && { anchors: anchored(state) }),
    ...(state.view === "pr" && { pr: scored(state) }),
  };
  return linesOf(state, answers).map(textOf);
};

/** What stands on both sides of each sign of a line, worked out; names and words are left out. */
const members = (line: string): [values: number[], signs: string[]] => {
  const plain = line
    .replace(/: (they|yet|falls|stays|positive|another|it is).*$/, "")
    .replace(/ (>|<|≤|≥) [\d.]+.*$/, "")
    .replace(/ \(\d+ of .*\)$/, "");
  const parts = plain.split(/ (=|≈) /);
  const math = (text: string) =>
    evaluate(
      text
        .replaceAll("min(", "Math.min(")
        .replaceAll("max(", "Math.max(")
        .replaceAll("ln(", "Math.log(")
        .replace(/⌊(.*)⌋/, "Math.floor($1)"),
    );
  const values = parts
    .filter((_, i) => i % 2 === 0)
    .flatMap((part) => (/^[\d(−⌊]|^(min|ln)\(/.test(part) ? [math(part)] : []));
  return [values, parts.filter((_, i) => i % 2).slice(-(values.length - 1))];
};

const addsUp = (line: string) => {
  for (const each of line.split("; ")) {
    const [values, signs] = members(each);
    const result = values.at(-1)!;
    values.slice(0, -1).forEach((value, i) => {
      const last = result && 10 ** (Math.floor(Math.log10(Math.abs(result))) - 5);
      const allowed = signs[i] === "=" ? 1e-9 * Math.max(1, Math.abs(result)) : last;
      expect(Math.abs(value - values[i + 1]), each).toBeLessThanOrEqual(allowed);
    });
  }
};

it("writes out the overlap, the union and all three measures", () =>
  expect(linesFor()).toEqual([
    "width = min(60, 70) − max(20, 30) = 60 − 30 = 30",
    "height = min(70, 70) − max(30, 30) = 70 − 30 = 40",
    "overlap = 30·40 = 1200",
    "union = 40·40 + 40·40 − 1200 = 2000",
    "IoU = 1200 / 2000 = 0.6",
    "GIoU = IoU − (around − union) / around = 0.6 − (2000 − 2000) / 2000 = 0.6",
    "DIoU = IoU − d² / c² = 0.6 − 100 / 4100 ≈ 0.57561",
  ]));

it("says why boxes that do not meet have an overlap of 0", () => {
  const lines = linesFor({ selected: [0, 2] });
  expect(lines[0]).toBe("width = min(60, 122) − max(20, 82) = 60 − 82 = −22: they do not meet, so it counts as 0");
  expect(lines[2]).toBe("overlap = 0·30 = 0");
});

it("says what falls, what stays, and why", () => {
  expect(linesFor({ view: "nms", step: 1 })).toEqual([
    "Keep detection 1, cat 0.90: the highest score left",
    "with 0: IoU = 1360 / (1600 + 1600 − 1360) ≈ 0.73913 > 0.5: falls",
  ]);
  expect(linesFor({ view: "nms", step: 1, iou_threshold: 0.8 })[1]).toMatch(/≤ 0.8: stays$/);
  const low = { view: "nms", step: 2, score_threshold: 0 };
  expect(linesFor(low)[1]).toMatch(/^with 3: .* > 0.5: falls$/);
  expect(linesFor({ ...low, by_class: true })[1]).toMatch(/: another class, stays$/);
  expect(linesFor({ view: "nms" })[0]).toBe("3 detections (1 of a score below 0.30 left out)");
});

it("writes out the target of the cell", () =>
  expect(linesFor({ view: "target" }).slice(0, 7)).toEqual([
    "centre x = (20 + 60) / 2 = 40",
    "centre y = (30 + 70) / 2 = 50",
    "column = ⌊40·4 / 128⌋ = 1; row = ⌊50·3 / 96⌋ = 1",
    "b_x = 40·4 / 128 − 1 = 0.25",
    "b_y = 50·3 / 96 − 1 = 0.5625",
    "b_h = 40·3 / 96 = 1.25",
    "b_w = 40·4 / 128 = 1.25",
  ]));

it("warns where two objects share a cell", () =>
  expect(linesFor({ view: "target", grid: [1, 1] })[0]).toBe(
    "Lost: object 1. The cell holds one, the first: object 0.",
  ));

it("writes out precision, recall, and the average precision as fractions", () => {
  const detections = [
    [20, 30, 60, 70, 0.9, 0],
    [0, 0, 9, 9, 0.8, 0],
    [80, 20, 120, 60, 0.7, 1],
  ];
  expect(linesFor({ view: "pr", detections }).slice(0, 3)).toEqual([
    "precision = 2 / 3 ≈ 0.666667 (2 of 3 detections shown)",
    "recall = 2 / 2 = 1 (2 of 2 objects)",
    "AP = (1/1 + 2/3) / 2 ≈ 0.833333",
  ]);
});

it("adds up for any boxes", () => {
  const random = seeded(11);
  const row = (...more: number[]) => {
    const [x, y] = [random() * 80, random() * 60];
    return [x, y, x + 5 + random() * 40, y + 5 + random() * 30, ...more];
  };
  for (let i = 0; i < 40; i++) {
    const objects = [row(0), row(1)];
    const detections = [row(random(), 0), row(random(), 1), row(random(), 1)];
    for (const view of ["iou", "nms", "target", "anchors", "pr"] as ViewName[])
      for (const line of linesFor({
        view,
        objects,
        detections,
        step: 1 + (i % 2),
        score_threshold: 0,
        iou_threshold: 0.1,
      }))
        if (/ (=|≈) /.test(line) && !/^AP = 0/.test(line)) addsUp(line);
  }
});

it("says so where there are no boxes", () => {
  const none = { objects: [], detections: [] };
  for (const view of ["iou", "target", "anchors"]) expect(linesFor({ view, ...none })[0]).toMatch(/^There is no/);
  expect(linesFor({ view: "pr", ...none })).toContain("recall: there are no objects");
});
