// The browser's arithmetic against torch's, on the cases that tests/write_math_cases.py writes.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type NdArray } from "../../src/math/array";
import * as embeddings from "../../src/math/embeddings";
import * as fields from "../../src/math/field";
import * as ops from "../../src/math/ops";
import * as shapes from "../../src/math/shapes";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const RELATIVE_ERROR = 1e-12;

type Json = { shape: number[]; data: number[] };
// A case's arguments go to the function as they are: their types are the writer's to keep.
type Case = { kind: string; expect: Record<string, any> } & Record<string, any>;

/** The cases from $CNNVIZ_MATH_CASES, or written now; throws, which fails this file, if it can't. */
function readCases(): Case[] {
  const given = process.env.CNNVIZ_MATH_CASES;
  if (given) return JSON.parse(readFileSync(given, "utf8")) as Case[];
  const folder = mkdtempSync(join(tmpdir(), "cnnviz-math-"));
  try {
    const path = join(folder, "cases.json");
    const own = join(ROOT, ".venv/bin/python");
    const python = existsSync(own) ? own : "python3";
    const script = join(ROOT, "tests/write_math_cases.py");
    const run = spawnSync(python, [script, path], { encoding: "utf8" });
    if (run.status !== 0)
      throw new Error(
        `${python} could not write the cases. They need torch (make test installs it into .venv), ` +
          `or a file of cases named in CNNVIZ_MATH_CASES.\n${run.error ?? run.stderr}`,
      );
    return JSON.parse(readFileSync(path, "utf8")) as Case[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const array = ({ shape, data }: Json): NdArray => ({ shape, data: Float64Array.from(data) });

/** Relative to the largest answer: a sum whose terms cancel is no better than its terms. */
function agree(got: NdArray, want: Json, what: string): void {
  expect(got.shape, `${what}: shape`).toEqual(want.shape);
  expect(got.data.length, `${what}: length`).toBe(want.data.length);
  const scale = want.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const worst = want.data.reduce((most, value, i) => {
    const error = Math.abs(got.data[i] - value);
    return error <= most ? most : error; // NaN is not ≤ anything, and is kept
  }, 0);
  expect(worst / scale, `${what}: relative error`).toBeLessThanOrEqual(RELATIVE_ERROR);
}

const CHECKS: Record<string, (c: Case) => void> = {
  correlate: (c) => agree(ops.correlate(array(c.x), array(c.kernel), c.options), c.expect.y, "y"),
  convolve: (c) => agree(ops.convolve(array(c.x), array(c.kernel), c.options), c.expect.y, "y"),
  conv: (c) => {
    const [x, weight] = [array(c.x), array(c.weight)];
    agree(ops.conv(x, weight, array(c.bias), c.options), c.expect.y, "y");
    const { dx, dweight, dbias } = ops.convBackward(array(c.grad), x, weight, c.options);
    agree(dx, c.expect.dx, "dx");
    agree(dweight, c.expect.dweight, "dweight");
    agree(dbias, c.expect.dbias, "dbias");
  },
  convTranspose: (c) =>
    agree(ops.convTranspose(array(c.x), array(c.weight), array(c.bias), c.options), c.expect.y, "y"),
  pool: (c) => {
    const x = array(c.x);
    agree(ops.pool(x, c.kernel, c.options), c.expect.y, "y");
    agree(ops.poolBackward(array(c.grad), x, c.kernel, c.options), c.expect.dx, "dx");
  },
  size: (c) => {
    expect(shapes.convOutputSize(c.n, c.kernel, c.options), "output").toEqual(c.expect.output);
    expect(shapes.dropped(c.n, c.kernel, c.options), "dropped").toEqual(c.expect.dropped);
    expect(shapes.samePadding(c.n, c.kernel, c.options), "same").toEqual(c.expect.same);
  },
  field: ({ graph, node, unit, position, expect: want }) => {
    const marks = (areas: (fields.Area | undefined)[]) => areas.map((area) => area && fields.marksOf(area).join(""));
    expect(fields.graphProblem(graph)).toBe("");
    const none = (masks: (string | null)[]) => masks.map((mask) => mask ?? undefined);
    expect(marks(fields.reach(graph, node, unit)), "reach").toEqual(none(want.reach));
    expect(marks(fields.seenBy(graph, 0, position)), "seenBy").toEqual(none(want.seenBy));
  },
  embeddings: ({ points, labels, margin, expect: want }) => {
    const rows = (some: embeddings.Point[]): NdArray => ({
      shape: [some.length, 2],
      data: Float64Array.from(some.flat()),
    });
    const triples = embeddings.triplets(labels);
    expect(triples).toEqual(want.triplets);
    expect(embeddings.tripletLoss(points, triples, margin)).toBeCloseTo(want.tripletLoss, 12);
    agree(rows(embeddings.tripletLossBackward(points, triples, margin)), want.tripletLossBackward, "triplet");
    expect(embeddings.contrastiveLoss(points, labels, margin)).toBeCloseTo(want.contrastiveLoss, 12);
    const slope = embeddings.contrastiveLossBackward(points, labels, margin);
    agree(rows(slope), want.contrastiveLossBackward, "contrastive");
    const all = embeddings.pairs(labels).map(({ places: [i, j], same }) => ({
      distance: Math.sqrt(embeddings.squaredDistance(points[i], points[j])),
      same,
    }));
    const curve = embeddings.operatingPoints(all);
    for (const rate of ["accepts", "rejects"] as const)
      curve.forEach((at, i) => expect(at[rate], rate).toBeCloseTo(want[rate][i], 12));
    expect(curve.length).toBe(want.accepts.length);
  },
  transposeSize: (c) => expect(shapes.convTransposeOutputSize(c.n, c.kernel, c.options)).toEqual(c.expect.output),
};

const cases = readCases();

test("there are cases of every kind, 2000 or more", () => {
  expect(new Set(cases.map((c) => c.kind))).toEqual(new Set(Object.keys(CHECKS)));
  expect(cases.length).toBeGreaterThanOrEqual(2000);
});

for (const [kind, check] of Object.entries(CHECKS))
  describe(kind, () => {
    const own = cases.filter((c) => c.kind === kind);
    test.each(own.map((c, i) => ({ i, c, given: JSON.stringify(c.options) })))("$i: $given", ({ c }) => check(c));
  });
