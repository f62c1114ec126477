// What the backpropagation stepper computes, against its Python half and against itself.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { unravel } from "../../../src/math/array";
import { correlate } from "../../../src/math/ops";
import {
  compute,
  countOf,
  daAfter,
  doneOf,
  dxAfter,
  entryOf,
  finished,
  inputsOf,
  mapOf,
  momentAt,
  type Name,
  outputsOf,
  PARTS,
  pathsOf,
  planeOf,
  readersOf,
  type Scene,
  stepAt,
  stepsOf,
  tapsOf,
  upTo,
  valueOf,
} from "../../../src/widgets/backprop-stepper/math";
import { settingOf, traitsOf, unpacker } from "../../../src/widgets/backprop-stepper/state";
import { settings } from "./settings";

const ROOT = join(process.cwd(), "..");
const { scene: draw, setting, whole } = settings(5);
const scenes = upTo(120).map(() => draw());

const near = (got: ArrayLike<number>, want: ArrayLike<number>, what = "") => {
  expect(got.length, what).toBe(want.length);
  const scale = Array.from(want).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  let worst = 0;
  for (let i = 0; i < want.length; i++)
    worst = Math.abs(got[i] - want[i]) <= worst ? worst : Math.abs(got[i] - want[i]); // NaN is kept
  expect(worst / scale, what).toBeLessThan(1e-12);
};

interface Case {
  state: Record<string, unknown>;
  steps: number;
  expect: Record<Name, { shape: number[]; data: number[] }>;
}
const cases = ((): Case[] => {
  const folder = mkdtempSync(join(tmpdir(), "cnnviz-backprop-"));
  try {
    const path = join(folder, "cases.json");
    const own = join(ROOT, ".venv/bin/python");
    const run = spawnSync(existsSync(own) ? own : "python3", [join(ROOT, "tests/backprop_cases.py"), path], {
      encoding: "utf8",
      env: { ...process.env, PYTHONPATH: ROOT },
    });
    if (run.status !== 0) throw new Error(`the cases could not be written: ${run.error ?? run.stderr}`);
    return JSON.parse(readFileSync(path, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
})();

describe("the Python half", () => {
  const scenesOf = cases.map(({ state }) => {
    const traits = traitsOf((name) => state[name] as never);
    return compute(settingOf(traits, unpacker()(traits)));
  });
  it("has answers to 300 settings and more", () => expect(cases.length).toBeGreaterThanOrEqual(300));
  it.each(["Z", "A", "P", "dP", "dA", "dZ", "dX", "dW", "db"] as const)("has the same %s", (name) =>
    scenesOf.forEach((scene, i) => {
      const { data } = cases[i].expect[name];
      const { x, weight, pool } = scene.setting;
      const exact = pool !== "mean" && [...x.data, ...weight.data].every(Number.isInteger);
      const got = scene[name];
      near(got, data, `${name} of case ${i}`);
      if (exact) expect([...got].map((x) => x + 0)).toEqual(data);
    }),
  );
  it("counts as many steps", () => scenesOf.forEach((scene, i) => expect(stepsOf(scene)).toBe(cases[i].steps)));
});

describe("steps", () => {
  const some = scenes.slice(0, 40);
  it("are told apart, and found again", () =>
    some.forEach((scene) =>
      upTo(stepsOf(scene)).forEach((step) => {
        const now = momentAt(scene, step, 0);
        expect(stepAt(scene, now)).toBe(step);
        expect(now.item).toBeLessThan(countOf(scene, now.part));
        expect(doneOf(scene, now, now.part, now.k)).toBe(now.item + 1);
      }),
    ));
  it("end at the last, however far one asks", () =>
    some.forEach((scene) => expect(stepAt(scene, momentAt(scene, 1e9, 0))).toBe(stepsOf(scene) - 1)));
  it("have done all of the parts before, and nothing of those after", () =>
    some.forEach((scene) => {
      const now = momentAt(scene, stepsOf(scene) >> 1, 0);
      PARTS.forEach((part, i) => {
        const done = doneOf(scene, now, part, 0);
        if (i < PARTS.indexOf(now.part)) expect(done).toBe(countOf(scene, part));
        if (i > PARTS.indexOf(now.part)) expect(done).toBe(0);
      });
    }));
  it("add dA and dX up to what they are", () =>
    some.forEach((scene) => {
      for (const k of upTo(scene.kernels)) {
        const last = outputsOf(scene) - 1;
        const before = [...daAfter(scene, k, last)];
        const p = valueOf(scene, "dP", k, 0, last);
        const gained = planeOf(scene.dA, k, mapOf(scene)).reduce((sum, x, i) => sum + x - before[i], 0);
        expect(gained).toBeCloseTo(p, 9);
      }
      const item = countOf(scene, "dx") - 1;
      near(dxAfter(scene, { part: "dx", k: scene.kernels - 1, item, c: 0 }), scene.dX);
      expect(dxAfter(scene, { part: "dz", k: 0, item: 0, c: 0 }).every((x) => x === 0)).toBe(true);
    }));
  it("add up without the noise of doubles", () => {
    const values = scenes.flatMap((scene) => {
      const now = momentAt(scene, Math.floor(stepsOf(scene) * 0.6), 0);
      const running = [dxAfter(scene, now), ...upTo(outputsOf(scene)).map((done) => daAfter(scene, 0, done))];
      return [...running, scene.Z, scene.dA, scene.dX, scene.dW, scene.db].flatMap((array) => [...array]);
    });
    expect(values.filter((value) => value !== 0 && Math.abs(value) < 1e-12)).toEqual([]);
  });
  it("finish elements of dX that nothing is added to any more", () =>
    some.forEach((scene) => {
      const steps = upTo(countOf(scene, "dx"));
      for (const item of steps.filter((i) => i % 3 === 0 || i === steps.length - 1)) {
        const now = { part: "dx" as const, k: scene.kernels - 1, item, c: 0 };
        const [dx, ready] = [dxAfter(scene, now), finished(scene, now)];
        near(
          upTo(dx.length)
            .filter(ready)
            .map((i) => dx[i]),
          upTo(dx.length)
            .filter(ready)
            .map((i) => scene.dX[i]),
        );
      }
    }));
});

describe("paths", () => {
  const everyElement = (scene: Scene, name: "X" | "W" | "b", visit: (k: number, c: number, at: number) => void) => {
    const kernels = name === "X" ? [0] : upTo(scene.kernels);
    const channels = name === "b" ? [0] : upTo(scene.inputs);
    const places = { X: inputsOf(scene), W: tapsOf(scene), b: 1 }[name];
    for (const k of kernels) for (const c of channels) for (const at of upTo(places)) visit(k, c, at);
  };
  it.each(["X", "W", "b"] as const)("from every element of %s bring back its gradient", (name) =>
    scenes.forEach((scene) => {
      const [got, want]: number[][] = [[], []];
      everyElement(scene, name, (k, c, at) => {
        const paths = pathsOf(scene, name, k, c, at);
        got.push(paths.reduce((sum, { dp, share, gate, factor }) => sum + dp * share * gate * factor, 0));
        want.push(valueOf(scene, `d${name}`, k, c, at));
      });
      near(got, want);
    }),
  );
  it("are as many as there are windows on windows", () => {
    const scene = draw({
      x: whole([1, 4, 4]),
      weight: whole([1, 1, 3, 3]),
      plain: true,
      padding: 0,
      stride: 1,
      dilation: 1,
      pool: "max",
      poolKernel: 2,
      poolStride: 1,
      bias: whole([1]),
    });
    expect(pathsOf(scene, "X", 0, 0, 5).length).toBe(4);
    expect(pathsOf(scene, "W", 0, 0, 0).length).toBe(4);
  });
  it("go both ways: an input is read by the elements whose window it is in", () =>
    scenes.slice(0, 40).forEach((scene) => {
      const reads = upTo(mapOf(scene)).flatMap((z) =>
        upTo(tapsOf(scene)).map((tap) => `${scene.meets[z * tapsOf(scene) + tap]} ${z} ${tap}`),
      );
      const reached = upTo(inputsOf(scene)).flatMap((at) =>
        readersOf(scene, at).map(({ output, cell }) => `${at} ${output} ${cell}`),
      );
      expect(reached.sort()).toEqual(reads.filter((one) => !one.startsWith("-1")).sort());
    }));
});

it("gathers dX as a correlation of dZ in zeros with the rotated kernel", () =>
  scenes.forEach((scene) => {
    const { g, kernels, inputs, setting, frame } = scene;
    const shape = frame.map(({ length }) => length);
    const dx = new Float64Array(scene.dX.length);
    for (const k of upTo(kernels)) {
      const data = Float64Array.from({ length: shape[0] * shape[1] }, (_, i) => {
        const [row, col] = unravel(i, shape).map((at, axis) => frame[axis][at]);
        return row < 0 || col < 0 ? 0 : valueOf(scene, "dZ", k, 0, row * g.output[1] + col);
      });
      for (const c of upTo(inputs)) {
        const from = entryOf(scene, "W", k, c, 0);
        const kernel = { shape: g.kernel, data: setting.weight.data.slice(from, from + tapsOf(scene)).reverse() };
        const part = correlate({ data, shape }, kernel, { dilation: g.dilation });
        expect(part.shape).toEqual(g.input);
        part.data.forEach((value, at) => (dx[entryOf(scene, "dX", k, c, at)] += value));
      }
    }
    near(dx, scene.dX);
  }));

it("gives a tied maximum's gradient to the first in reading order", () => {
  const x = { data: Float64Array.of(5, 5, 5, 5), shape: [1, 2, 2] };
  const one = { data: Float64Array.of(1), shape: [1, 1, 1, 1] };
  const zero = { data: Float64Array.of(0), shape: [1] };
  const legal = { ...setting({ plain: true }), x, weight: one, bias: zero, stride: 1, padding: 0, dilation: 1 };
  const grad = { data: Float64Array.of(3), shape: [1, 1, 1] };
  const tied = compute({ ...legal, pool: "max", poolKernel: 2, poolStride: null, grad });
  expect([...tied.dX]).toEqual([3, 0, 0, 0]);
  const mean = compute({ ...legal, pool: "mean", poolKernel: 2, poolStride: null, grad });
  expect([...mean.dX]).toEqual([0.75, 0.75, 0.75, 0.75]);
});

it("refuses what does not go together", () => {
  const legal = setting({ plain: true, pool: "max", poolKernel: 1, padding: 0 });
  expect(() => compute({ ...legal, x: whole([2, 3, 3]) })).toThrow(/weight/);
  expect(() => compute({ ...legal, bias: whole([3]) })).toThrow(/bias/);
  expect(() => compute({ ...legal, grad: whole([1, 9, 9]) })).toThrow(/grad/);
  expect(() => compute({ ...legal, padding: 9 })).toThrow(/padding must be no more than leaves 10/);
  expect(() => compute({ ...legal, poolKernel: 9 })).toThrow(/^pooling kernel/);
  expect(() => compute({ ...legal, stride: 0 })).toThrow(/stride/);
});
