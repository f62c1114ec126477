// What the browser makes of a detector's scores against Python, on the cases of tests/write_detection_cases.py.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { unpack } from "../../../src/ui/state/packed";
import { type Answer, answerOf, cellsOf } from "../../../src/widgets/detection-viewer/math";
import type { State } from "../../../src/widgets/detection-viewer/state";

const ROOT = join(process.cwd(), "..");

interface Case {
  state: State;
  expect: {
    values: number[][];
    boxes: number[][];
    scores: number[];
    labels: number[];
    fates: [kind: string, by: number, iou: number][];
    kept: number[];
    verdicts: [kind: string, object: number, iou: number][] | null;
    missed: number[] | null;
  };
}

const cases = ((): Case[] => {
  const folder = mkdtempSync(join(tmpdir(), "cnnviz-detections-"));
  try {
    const path = join(folder, "cases.json");
    const own = join(ROOT, ".venv/bin/python");
    const run = spawnSync(existsSync(own) ? own : "python3", [join(ROOT, "tests/write_detection_cases.py"), path], {
      encoding: "utf8",
      env: { ...process.env, PYTHONPATH: ROOT },
    });
    if (run.status !== 0) throw new Error(`the cases could not be written: ${run.error ?? run.stderr}`);
    return JSON.parse(readFileSync(path, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
})();

const answer = ({ state }: Case): Answer => {
  const [scores, { shape }] = [unpack(state.scores), state.images];
  const size = [shape[2], shape[3]] as const;
  const cells = cellsOf(scores, state.index, size);
  return answerOf(cells, { grid: [scores.shape[2], scores.shape[3]], size }, state, state.objects[state.index]);
};
/** Equal up to the last bits, in which sums and exponentials may differ. */
const agree = (found: number[], wanted: number[]) => {
  expect(found).toHaveLength(wanted.length);
  found.forEach((value, i) =>
    expect(Math.abs(value - wanted[i])).toBeLessThan(1e-9 * Math.max(1, Math.abs(wanted[i]))),
  );
};

test("there are many cases, of all fates and verdicts", () => {
  expect(cases.length).toBeGreaterThan(30);
  const fates = new Set(cases.flatMap(({ expect: { fates } }) => fates.map(([kind]) => kind)));
  expect([...fates].sort()).toEqual(["below", "kept", "suppressed"]);
  const verdicts = new Set(cases.flatMap(({ expect: { verdicts } }) => (verdicts ?? []).map(([kind]) => kind)));
  expect([...verdicts].sort()).toEqual(["both", "double", "label", "nothing", "overlap", "right"]);
});

test.each(cases.map((each, i) => [i, each] as const))("case %i is Python's", (_, each) => {
  const { cells, rounds, fates, felled, verdicts, missed } = answer(each);
  const wanted = each.expect;
  cells.forEach((cell, i) => {
    agree(cell.values, wanted.values[i]);
    agree([...cell.box], wanted.boxes[i]);
  });
  agree(
    cells.map(({ score }) => score),
    wanted.scores,
  );
  expect(cells.map(({ label }) => label)).toEqual(wanted.labels);
  expect(rounds.map(({ kept }) => kept)).toEqual(wanted.kept);
  wanted.fates.forEach(([kind, by, iou], cell) => {
    expect(fates[cell]).toBe({ below: "below", kept: "kept", suppressed: "fallen" }[kind]);
    expect(felled.get(cell)?.by ?? -1).toBe(by);
    agree([felled.get(cell)?.iou ?? 0], [iou]);
  });
  expect(missed ?? null).toEqual(wanted.missed);
  if (!wanted.verdicts) return expect(verdicts).toBeUndefined();
  wanted.verdicts.forEach(([kind, object, iou], i) => {
    const found = verdicts!.get(wanted.kept[i])!;
    expect([found.worth, found.object]).toEqual([kind, object]);
    agree([found.iou], [iou]);
  });
});
