// The browser's boxes against cnnviz.boxes, on the cases that tests/write_box_cases.py writes.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as boxes from "../../src/math/boxes";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

// A case's arguments go to the function as they are: their types are the writer's to keep.
type Case = { kind: string; expect: Record<string, any> } & Record<string, any>;

const cases = ((): Case[] => {
  const folder = mkdtempSync(join(tmpdir(), "cnnviz-boxes-"));
  try {
    const path = join(folder, "cases.json");
    const own = join(ROOT, ".venv/bin/python");
    const run = spawnSync(existsSync(own) ? own : "python3", [join(ROOT, "tests/write_box_cases.py"), path], {
      encoding: "utf8",
    });
    if (run.status !== 0) throw new Error(`the cases could not be written: ${run.error ?? run.stderr}`);
    return JSON.parse(readFileSync(path, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
})();

/** Equal lists of numbers, of any depth, but for what doubles leave. */
const agree = (got: unknown, want: unknown) => {
  const flat = (value: unknown): number[] => (Array.isArray(value) ? value.flatMap(flat) : [value as number]);
  const [mine, theirs] = [flat(got), flat(want)];
  expect(mine.length).toBe(theirs.length);
  mine.forEach((value, i) => expect(Math.abs(value - theirs[i])).toBeLessThanOrEqual(1e-12));
};

const CHECKS: Record<string, (c: Case) => void> = {
  pair: ({ one, other, expect: want }) => {
    for (const measure of ["iou", "giou", "diou"] as const) agree(boxes[measure](one, other), want[measure]);
  },
  nms: ({ boxes: all, scores, labels, threshold, expect: want }) => {
    const rounds = boxes.nmsSteps(all, scores, threshold);
    expect(rounds.map(({ kept }) => kept)).toEqual(want.steps.map(({ kept }: { kept: number }) => kept));
    rounds.forEach(({ falls }, i) => {
      const sorted = falls.toSorted((a, b) => a.index - b.index);
      agree(
        sorted.map(({ index, iou }) => [index, iou]),
        want.steps[i].falls,
      );
    });
    expect(boxes.nms(all, scores, threshold, labels)).toEqual(want.byClass);
  },
  grid: ({ boxes: all, labels, grid, size, classes, said, expect: want }) => {
    agree(boxes.encodeGrid(all, labels, grid, size, classes), want.target);
    const [where, scores, kinds] = want.decoded;
    agree(
      said.map((cell: number[], i: number) =>
        boxes.decodeCell(cell, [Math.floor(i / grid[1]), i % grid[1]], grid, size),
      ),
      where,
    );
    const sure = said.map(boxes.scoreOfCell);
    agree(
      sure.map(({ score }: { score: number }) => score),
      scores,
    );
    expect(sure.map(({ label }: { label: number }) => label)).toEqual(kinds);
  },
  anchors: ({ grid, stride, sizes, objects, solid, positive, negative, expect: want }) => {
    const made = boxes.anchors(grid, stride, sizes);
    agree(made, want.anchors);
    expect(boxes.assign(made, objects, positive, negative)).toEqual(want.assigned);
    agree(
      solid.map((box: boxes.Box, i: number) => boxes.encodeDeltas(box, made[i])),
      want.deltas,
    );
  },
  precision: ({ found, scores, objects, threshold, expect: want }) => {
    const matched = boxes.match(found, scores, objects, threshold);
    expect(matched).toEqual(want.matched);
    const hits = matched.map((object) => object >= 0);
    const count = objects.boxes.length;
    const { precision, recall } = boxes.precisionRecall(scores, hits, count);
    agree([precision, recall], [want.precision, want.recall]);
    agree(boxes.averagePrecision(scores, hits, count), want.average);
  },
};

test("there are cases of each kind", () =>
  expect([...new Set(cases.map(({ kind }) => kind))].sort()).toEqual(Object.keys(CHECKS).sort()));

test("without objects there is nothing to be precise about", () =>
  expect(boxes.averagePrecision([0.5], [false], 0)).toBeNaN());

test.each(cases.map((each, i) => [`${each.kind} ${i}`, each] as const))("%s", (_, each) => CHECKS[each.kind](each));
