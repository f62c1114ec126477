// The browser's network against torch's on a hundred digits, which tests/write_digit_cases.py writes.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Packed, unpack } from "../../../src/ui/state/packed";
import { network, type PlainLayer } from "../../../src/widgets/shared/network";
import { centred } from "../../../src/widgets/digit-pad/placing";

const ROOT = join(process.cwd(), "..");

interface Cases {
  model: PlainLayer[];
  cases: { sheet: Packed; digit: Packed; scores: number[] }[];
}

const { model, cases } = ((): Cases => {
  const folder = mkdtempSync(join(tmpdir(), "cnnviz-digits-"));
  try {
    const path = join(folder, "cases.json");
    const own = join(ROOT, ".venv/bin/python");
    const run = spawnSync(existsSync(own) ? own : "python3", [join(ROOT, "tests/write_digit_cases.py"), path], {
      encoding: "utf8",
      env: { ...process.env, PYTHONPATH: ROOT },
    });
    if (run.status !== 0) throw new Error(`the digits could not be written: ${run.error ?? run.stderr}`);
    return JSON.parse(readFileSync(path, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
})();

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
};

test("there are a hundred of them", () => expect(cases).toHaveLength(100));

test("a drawing is placed as Python places it", () => {
  for (const { sheet, digit } of cases) {
    const { data, shape } = unpack(sheet);
    const placed = centred({ data, rows: shape[0], cols: shape[1] });
    expect(
      largestDifference(
        placed,
        unpack(digit).data.map((value) => value * 255),
      ),
    ).toBeLessThan(1e-9);
  }
}, 60_000);

test("the scores are torch's to 1e-4", () => {
  const run = network(model);
  for (const { digit, scores } of cases)
    expect(largestDifference(run(unpack(digit).data).at(-1)!.data, scores)).toBeLessThan(1e-4);
}, 60_000);
