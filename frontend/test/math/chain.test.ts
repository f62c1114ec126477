// The browser's chains against Python's, on the chains that tests/chain_cases.py writes.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import {
  KINDS,
  linkOf,
  read,
  readLink,
  readShape,
  rowsOf,
  wellFormed,
  write,
  type Layer,
  type Row,
} from "../../src/math/chain";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

interface Case {
  layers: Layer[];
  input_shape: number[];
  link: string;
  rows: Record<string, unknown>[];
}

const cases = ((): Case[] => {
  const folder = mkdtempSync(join(tmpdir(), "cnnviz-chain-"));
  try {
    const path = join(folder, "cases.json");
    const own = join(ROOT, ".venv/bin/python");
    const run = spawnSync(existsSync(own) ? own : "python3", [join(ROOT, "tests/chain_cases.py"), path], {
      encoding: "utf8",
      env: { ...process.env, PYTHONPATH: ROOT },
    });
    if (run.status !== 0)
      throw new Error(
        `Python could not write the chains (make test installs what it needs):\n${run.error ?? run.stderr}`,
      );
    return JSON.parse(readFileSync(path, "utf8")) as Case[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
})();

/** A row as Python has it. The two say in their own words what is wrong. */
const plain = ({ layer, size, receptiveField, jump, dropped, parameters, multiplyAdds, error }: Row) => ({
  layer,
  size: size ?? null,
  receptive_field: receptiveField ?? null,
  jump: jump ?? null,
  dropped: dropped ?? null,
  parameters: parameters ?? null,
  multiply_adds: multiplyAdds ?? null,
  error: error === undefined ? null : error.startsWith("waits") ? error : "is explained",
});
const expected = (row: Record<string, unknown>) => ({
  ...row,
  error: row.error === null || String(row.error).startsWith("waits") ? row.error : "is explained",
});

describe("chains", () => {
  test("there are 500 or more, legal and illegal", () => {
    expect(cases.length).toBeGreaterThanOrEqual(500);
    expect(cases.filter(({ rows }) => rows.some(({ error }) => error)).length).toBeGreaterThan(100);
  });
  test("a long link takes time by its length", () => {
    const best = (repeats: number): number => {
      const up = ";conv_transpose:c1,k2,s2;conv:c1,k2,s2".repeat(repeats);
      const { layers, inputShape } = readLink(`#layers=1x8x8${up}`);
      const times = [0, 1, 2, 3, 4].map(() => {
        const start = performance.now();
        expect(rowsOf(layers, inputShape).at(-1)!.size).toEqual([1, 8, 8]);
        return performance.now() - start;
      });
      return Math.min(...times);
    };
    best(100); // compiled
    expect(best(100)).toBeLessThan(16 * best(25)); // by its square it would be 16
  });
  test.each(cases.map((c, i) => ({ i, c, link: c.link.slice(0, 120) })))("$i: $link", ({ c }) => {
    expect(rowsOf(c.layers, c.input_shape).map(plain)).toEqual(c.rows.map(expected));
    expect(linkOf(c.layers, c.input_shape)).toBe(c.link);
    const back = readLink(`https://example.org/x.html${c.link}`);
    expect(back.inputShape).toEqual(c.input_shape);
    expect(rowsOf(back.layers, back.inputShape).map(plain)).toEqual(c.rows.map(expected));
  });
});

describe("text", () => {
  test.each([
    ["3", 3],
    ["3x5", [3, 5]],
    [" 3 × 5 ", [3, 5]],
    ["3,5", [3, 5]],
    ["same", "same"],
    ["0+1", [[0, 1]]],
    ["0+1 x 2", [[0, 1], 2]],
    ["1X2x3", [1, 2, 3]],
    ["", undefined],
    ["x", undefined],
    ["3x", undefined],
    ["-1", undefined],
    ["2.5", undefined],
    ["1x1x1x1", undefined],
    ["1e3", undefined],
    ["1234567890", undefined],
  ])("%j is read as %j", (text, value) => {
    expect(read(text)).toEqual(value);
    if (value !== undefined) expect(read(write(value))).toEqual(value);
  });
  test.each([
    ["3x32x32", [3, 32, 32]],
    ["3 × 32", [3, 32]],
    ["7", [7]],
    ["", undefined],
    ["3x0", undefined],
    ["1x2x3x4x5", undefined],
    ["1.5", undefined],
  ])("the shape %j is %j", (text, shape) => {
    expect(readShape(text)).toEqual(shape);
  });
  test.each([
    "",
    "#layers=",
    "3x3;conv",
    "3x3;conv:c3,k",
    "3x3;conv:c3,k3,z5",
    "3x3;conv:c3,k3,k3",
    "3x3;relu",
    "3x3;toString",
    "3x3;conv:c0,k3",
    "3x3;conv:c3,k3,b2",
    "3x3;conv:c3,ksame",
    "3x3;pool:k0+1",
    `3x3${";flatten".repeat(201)}`,
    "3X32;flatten",
    "3×32;flatten",
    "3*32;flatten",
    " 3x32;flatten",
    "3,32;flatten",
    "3x3;pool:k2X2",
    "3x3;pool:k2×2",
    "3x3;pool:k2*2",
    "3x3;pool:k2 x 2",
    "3x3;pool:k2,pSAME",
    "3X3;pool",
    "3,3;pool",
    "3x3;pool:k 2",
  ])("the link %j is refused", (text) => {
    expect(() => readLink(text)).toThrow(RangeError);
  });
});

describe("what is still being typed", () => {
  const row = (layer: Partial<Layer>, shape = [6, 9, 9]) =>
    rowsOf([{ kind: "conv", channels: 4, kernel: 3, ...layer } as Layer], shape)[0];
  test.each([
    [{ kernel: "" }, /kernel must be a whole number of at least 1, or 2 with × between, got ""/],
    [{ channels: "4.5" }, /channels must be a whole number of at least 1, got "4.5"/],
    [{ padding: "sam" }, /padding must be .* same or valid, got "sam"/],
    [{ kernel: 10 }, /the kernel spans 10 positions and finds only 9$/],
    [{ kernel: 12, padding: 1 }, /spans 12 positions and finds only 11, padding included/],
    [{ kernel: [3, 3, 3] }, /kernel must be/],
    [{ groups: 3 }, /6 in and 4 out; got 3/],
    [{ kernel: 2_000_000 }, /at most 1000000/],
  ] as [Partial<Layer>, RegExp][])("%j is explained", (layer, says) => expect(row(layer).error).toMatch(says));
  test("a value that Python would refuse is not well formed", () => {
    for (const [name, value] of [
      ["kernel", 0],
      ["kernel", "same"],
      ["channels", [3, 3]],
      ["kernel", [[0, 1]]],
      ["stride", 2e6],
      ["bias", 1],
    ] as const)
      expect(wellFormed(name, value as never)).toBe(false);
    for (const [name, value] of [
      ["kernel", [3, 5]],
      ["padding", 0],
      ["padding", "same"],
      ["padding", [[0, 1], 2]],
      ["output_padding", 0],
      ["bias", false],
    ] as const)
      expect(wellFormed(name, value as never)).toBe(true);
  });
  test("each kind has a row", () =>
    expect(
      Object.keys(KINDS).map(
        (kind) =>
          rowsOf([{ kind, channels: 2, units: 2, kernel: 1 } as Layer], kind === "linear" ? [5] : [5, 9])[0].error,
      ),
    ).toEqual(Array(5).fill(undefined)));
});
