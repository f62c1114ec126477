// @vitest-environment happy-dom
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type NdArray, resized, size, unravel } from "../../../src/math/array";
import { conv, convTranspose, correlate } from "../../../src/math/ops";
import { paddedShape } from "../../../src/math/shapes";
import { pack, unpack, type Packed } from "../../../src/ui/state/packed";
import { ConvolutionStepper } from "../../../src/widgets/convolution-stepper/view";
import {
  explainInput,
  explainOutput,
  explainPart,
  explainSoFar,
  explainStamp,
  writeIndices,
} from "../../../src/widgets/convolution-stepper/arithmetic";
import { callFor, codeFor } from "../../../src/widgets/convolution-stepper/code";
import {
  addStamp,
  behind,
  blockDiagonal,
  compute,
  extras,
  groupName,
  inputOf,
  inputsFor,
  legalGroups,
  meet,
  outputsFor,
  partial,
  placeOf,
  reached,
  type Scene,
  type Setting,
  sizesThatGive,
  stamped,
  stepsOf,
  swapped,
  weightOf,
} from "../../../src/widgets/convolution-stepper/math";
import { mount as mountView, summedUp, textOf } from "../../help";
import { settings } from "./settings";

const { random, draw, whole, setting } = settings(11);
const scenes = Array.from({ length: 240 }, () => compute(setting()));

const near = (got: ArrayLike<number>, want: ArrayLike<number>) => {
  expect(got.length).toBe(want.length);
  // One expectation for all, which takes no time; a NaN is not less than anything.
  let worst = 0;
  for (let i = 0; i < want.length; i++)
    worst = Math.abs(got[i] - want[i]) <= worst ? worst : Math.abs(got[i] - want[i]);
  expect(worst).toBeLessThan(1e-9);
};
/** The answer of `ops`, with the weights as torch has them. */
const answer = ({
  x,
  dense,
  bias,
  stride,
  padding,
  dilation,
  groups,
  mode,
  transposed,
  outputPadding,
}: Setting): NdArray => {
  const weight = blockDiagonal(dense, groups);
  const options = { stride, padding, dilation, groups };
  return transposed
    ? convTranspose(x, weight, bias, { ...options, outputPadding })
    : conv(x, weight, bias, { ...options, paddingMode: mode });
};
const each = (scene: Scene, visit: (k: number, at: number) => void) => {
  for (let k = 0; k < scene.outputs; k++) for (let at = 0; at < size(scene.out); at++) visit(k, at);
};

describe("what is shown", () => {
  it("is of every kind", () => {
    for (const rank of [1, 2, 3])
      for (const transposed of [false, true])
        expect(
          scenes.filter((scene) => scene.rank === rank && scene.setting.transposed === transposed).length,
        ).toBeGreaterThan(10);
    expect(scenes.filter(({ setting: { groups } }) => groups > 1).length).toBeGreaterThan(40);
    expect(new Set(scenes.map(({ setting: { mode } }) => mode)).size).toBe(4);
  });
  it("is the convolution", () =>
    scenes.forEach((scene) => {
      const want = answer(scene.setting);
      expect(scene.y.shape).toEqual(want.shape);
      near(scene.y.data, want.data);
    }));
  it("has partial sums that add up to it", () =>
    scenes.forEach((scene) => {
      const sums = new Float64Array(scene.y.data.length);
      for (let k = 0; k < scene.outputs; k++) {
        sums.fill(scene.setting.bias.data[k], k * size(scene.out), (k + 1) * size(scene.out));
        for (const c of inputsFor(scene, k))
          partial(scene, k, c).data.forEach((part, at) => (sums[k * size(scene.out) + at] += part));
      }
      near(sums, scene.y.data);
    }));
  it("is made of the products behind each output", () =>
    scenes.forEach((scene) => {
      const sums: number[] = [];
      each(scene, (k, at) => {
        let sum = scene.setting.bias.data[k];
        for (const c of inputsFor(scene, k))
          for (const { x, cell } of behind(scene, at)) sum += weightOf(scene, k, c, cell) * inputOf(scene, c, x);
        sums.push(sum);
      });
      near(sums, scene.y.data);
    }));
  it("meets the kernel in the grids where it does in the sum", () =>
    scenes
      .filter(({ scatters }) => !scatters)
      .forEach((scene) => {
        for (let at = 0; at < size(scene.out); at++) {
          const places = Array.from({ length: size(scene.g.kernel) }, (_, cell) =>
            placeOf(scene, unravel(at, scene.out), unravel(cell, scene.g.kernel)),
          );
          const sources = places.map((place) => place.map((i, a) => scene.seen[a].source[i]));
          const inputs = sources.map((source) =>
            source.some((i) => i < 0) ? -1 : source.reduce((index, i, a) => index * scene.n[a] + i, 0),
          );
          const products = new Map(behind(scene, at).map(({ x, cell }) => [cell, x]));
          expect(inputs.map((_, cell) => products.get(cell) ?? -1)).toEqual(inputs);
        }
      }));
  it("is, stuffed with zeros, an ordinary convolution with the flipped kernel", () =>
    scenes
      .filter(({ setting: { transposed }, scatters }) => transposed && !scatters)
      .forEach((scene) => {
        const {
          seen,
          g,
          n,
          setting: { dilation, bias },
        } = scene;
        const shape = seen.map(({ source }) => source.length);
        for (let k = 0; k < scene.outputs; k++) {
          const sum = new Float64Array(size(scene.out)).fill(bias.data[k]);
          for (const c of inputsFor(scene, k)) {
            const data = Float64Array.from({ length: size(shape) }, (_, i) => {
              const source = unravel(i, shape).map((at, a) => seen[a].source[at]);
              return source.some((s) => s < 0)
                ? 0
                : inputOf(
                    scene,
                    c,
                    source.reduce((index, s, a) => index * n[a] + s, 0),
                  );
            });
            const kernel = {
              shape: g.kernel,
              data: Float64Array.from({ length: size(g.kernel) }, (_, cell) => weightOf(scene, k, c, cell)).reverse(),
            };
            const y = correlate({ data, shape }, kernel, { dilation });
            expect(y.shape).toEqual(scene.out);
            y.data.forEach((part, i) => (sum[i] += part));
          }
          near(sum, scene.y.data.subarray(k * sum.length, (k + 1) * sum.length));
        }
      }));
  it("is, stamp by stamp, what the padding leaves of the uncut output", () =>
    scenes
      .filter(({ scatters }) => scatters)
      .forEach((scene) => {
        const full = paddedShape(scene.g);
        const last = stepsOf(scene) - 1;
        const y = stamped(scene, last);
        const kept: number[] = [];
        each(scene, (k, at) =>
          kept.push(
            y.data[
              k * size(full) +
                unravel(at, scene.out).reduce((index, i, a) => index * full[a] + i + scene.g.padding[a][0], 0)
            ],
          ),
        );
        near(kept, scene.y.data);
        const growing = stamped(scene, -1);
        for (let step = 0; step <= last; step++) {
          addStamp(scene, growing, step);
          if (step % 7 === 0 || step === last) near(growing.data, stamped(scene, step).data);
        }
      }));
  it("refuses what does not go together", () => {
    const legal = setting({ transposed: false, groups: 1 });
    expect(() => compute({ ...legal, groups: 7 })).toThrow(/groups/);
    expect(() => compute({ ...legal, x: whole([legal.x.shape[0] + 1, ...legal.x.shape.slice(1)]) })).toThrow(/weight/);
    expect(() => compute({ ...legal, bias: whole([99]) })).toThrow(/bias/);
    expect(() => compute({ ...setting({ transposed: true }), mode: "reflect" })).toThrow(/padding_mode/);
    expect(() => compute({ ...setting({ transposed: true }), outputPadding: 9 })).toThrow(/outputPadding/);
  });
});

describe("hover", () => {
  it("is symmetric: an input reaches exactly the outputs that it is behind", () =>
    scenes.forEach((scene) => {
      const reads = new Set<string>();
      const reaches = new Set<string>();
      each(scene, (k, at) => {
        for (const c of inputsFor(scene, k))
          for (const { x, cell } of behind(scene, at)) if (x >= 0) reads.add(`${k} ${at} ${c} ${x} ${cell}`);
      });
      for (let c = 0; c < scene.inputs; c++)
        for (let x = 0; x < size(scene.n); x++)
          for (const k of outputsFor(scene, c))
            for (const { y, cell } of reached(scene, x)) reaches.add(`${k} ${y} ${c} ${x} ${cell}`);
      expect([...reaches].sort()).toEqual([...reads].sort());
    }));
  it("tells the truth: an input changes the outputs that it reaches, and no others", () =>
    scenes.slice(0, 60).forEach((scene) => {
      const ones = { ...scene.setting.dense, data: scene.setting.dense.data.map(() => 1) };
      const before = compute({ ...scene.setting, dense: ones });
      const [c, x] = [Math.floor(random() * scene.inputs), Math.floor(random() * size(scene.n))];
      const changed = scene.setting.x.data.slice();
      changed[c * size(scene.n) + x] += 1;
      const after = compute({ ...scene.setting, dense: ones, x: { ...scene.setting.x, data: changed } });
      const reach = new Set(
        outputsFor(scene, c).flatMap((k) => reached(scene, x).map(({ y }) => k * size(scene.out) + y)),
      );
      after.y.data.forEach((y, i) => expect(Math.abs(y - before.y.data[i]) > 1e-9, `output ${i}`).toBe(reach.has(i)));
    }));
});

/** Every member of a chain of equations, `y = … = … = 3 (2 zero weights left out)`, comes to its last. */
const addsUp = (text: string, value: number) => {
  const chain = text
    .replace(/ \([^()]*(left out|to come)\)/g, "")
    .replace(/: one of .*$/, "")
    .replace(/c = (\d+) \[/g, "[");
  const values = summedUp(chain);
  expect(values.length).toBeGreaterThan(1);
  expect(values.at(-1)).toBeCloseTo(value, 3);
};

describe("the arithmetic adds up", () => {
  it("behind outputs", () =>
    scenes.forEach((scene) => {
      const [k, at] = [Math.floor(random() * scene.outputs), Math.floor(random() * size(scene.out))];
      addsUp(textOf(explainOutput(scene, k, at)), scene.y.data[k * size(scene.out) + at]);
    }));
  it("in partial sums", () =>
    scenes.forEach((scene) => {
      const k = Math.floor(random() * scene.outputs);
      const [c] = inputsFor(scene, k);
      const at = Math.floor(random() * size(scene.out));
      const value = partial(scene, k, c).data[at];
      addsUp(textOf(explainPart(scene, k, c, at, value)), value);
    }));
  it("while stamps are added", () =>
    scenes
      .filter(({ scatters }) => scatters)
      .forEach((scene) => {
        const step = Math.floor(random() * stepsOf(scene));
        const y = stamped(scene, step);
        const full = paddedShape(scene.g);
        const now = (k: number, at: number) =>
          y.data[
            k * size(full) +
              unravel(at, scene.out).reduce((index, i, a) => index * full[a] + i + scene.g.padding[a][0], 0)
          ];
        const [k, at] = [Math.floor(random() * scene.outputs), Math.floor(random() * size(scene.out))];
        addsUp(textOf(explainSoFar(scene, k, at, step, now(k, at))), now(k, at));
        const stamp = textOf(explainStamp(scene, Math.floor(step / size(scene.n)), step % size(scene.n), now));
        for (const [one] of stamp.matchAll(/(?<=y\[[^\]]*\]) [^=≈]* [=≈] [^ ,]*/g)) summedUp(`y =${one}`);
      }));
  it("names what it sums", () => {
    const scene = compute({
      ...setting({ rank: 2, transposed: false }),
      x: whole([2, 5, 5]),
      dense: whole([4, 2, 3, 3]),
      bias: whole([4]),
      groups: 2,
      stride: 2,
      padding: 1,
      dilation: 1,
      mode: "zero",
    });
    const [letters, today] = writeIndices(scene, 3, 5).map(textOf);
    expect(letters).toBe(
      "y[o, i, j] = b[o] + Σc Σu Σv w[o, c, u, v] · x[c, s·i + d·u − p, s·j + d·v − p]   c in the group of o",
    );
    expect(today).toBe("y[3, 1, 2] = b[3] + Σc Σu Σv w[3, c − 1, u, v] · x[c, 1 + u, 3 + v]   c = 1");
    expect(textOf(explainInput(scene, 0, 0))).toMatch(
      /^x\[0, 0, 0\] = \S+ is read by 2 outputs: y\[0, 0, 0\] by \S+, y\[1, 0, 0\] by \S+$/,
    );
  });
});

describe("groups", () => {
  it("run from dense to depthwise, over what divides both", () => {
    expect([legalGroups(4, 8), legalGroups(6, 4), legalGroups(1, 5)]).toEqual([[1, 2, 4], [1, 2], [1]]);
    expect([1, 2, 4].map((g) => groupName(g, 4))).toEqual(["dense", "grouped", "depthwise"]);
  });
  it("use the blocks on the diagonal, and give no sum to the others", () => {
    const dense = whole([4, 4, 3]);
    const blocks = blockDiagonal(dense, 2);
    expect(blocks.shape).toEqual([4, 2, 3]);
    const zeroed = {
      ...dense,
      data: dense.data.map((w, i) => (Math.floor(i / 24) === Math.floor((i % 12) / 6) ? w : 0)),
    };
    const legal = setting({ rank: 1, transposed: false });
    const common = {
      ...legal,
      x: whole([4, 6]),
      bias: whole([4]),
      stride: 1,
      padding: 0,
      dilation: 1,
      mode: "zero" as const,
    };
    near(compute({ ...common, dense, groups: 2 }).y.data, compute({ ...common, dense: zeroed, groups: 1 }).y.data);
  });
  it("meet only within a group", () => {
    const scene = scenes.find(({ setting: { groups } }) => groups === 3)!;
    for (let k = 0; k < scene.outputs; k++)
      expect(inputsFor(scene, k).every((c) => outputsFor(scene, c).includes(k) && meet(scene, k, c))).toBe(true);
    expect(inputsFor(scene, 0).length).toBe(scene.inputs / 3);
  });
});

describe("sizes", () => {
  it("that give n are those that output padding chooses from", () =>
    scenes
      .filter(({ setting: { transposed } }) => transposed)
      .forEach((scene) => {
        const { g } = scene;
        const [least, most] = sizesThatGive(g, 0);
        const sizes = Array.from({ length: most - least + 1 }, (_, i) => least + i);
        expect(sizes.length).toBe(g.stride[0]);
        if (extras(g)[0] < g.stride[0]) expect(sizes).toContain(scene.out[0]);
        const span = g.dilation[0] * (g.kernel[0] - 1) + 1;
        for (const length of sizes.filter((n) => n >= 1 && n + g.padding[0][0] + g.padding[0][1] >= span))
          expect(
            conv(whole([1, length]), whole([1, 1, g.kernel[0]]), null, {
              stride: g.stride[0],
              padding: [g.padding[0]],
              dilation: g.dilation[0],
            }).shape[1],
          ).toBe(g.output[0]);
      }));
  it("change by repeating, and keep what fits", () => {
    const array = { data: Float64Array.of(1, 2, 3, 4), shape: [2, 2] };
    expect([...resized(array, [3, 3]).data]).toEqual([1, 2, 1, 3, 4, 3, 1, 2, 1]);
    expect([...resized(array, [1, 2]).data]).toEqual([1, 2]);
    const dense = whole([2, 3, 2]);
    expect(swapped(swapped(dense))).toEqual(dense);
  });
});

it("writes Python that gives the same numbers, in PyTorch and in NumPy", () => {
  const plain = (rank: number): Setting => ({
    ...setting({ rank, transposed: draw([false, true]) }),
    x: whole([1, ...Array(rank).fill(4)]),
    dense: whole([1, 1, ...Array(rank).fill(2)]),
    bias: whole([1]),
    groups: 1,
    plain: true,
    stride: 1,
    dilation: 1,
    padding: 1,
    outputPadding: 0,
  });
  const chosen = [...scenes.slice(0, 50), ...[1, 2, 3, 1, 2, 3].map((rank) => compute(plain(rank)))];
  const cases = chosen.flatMap((scene) =>
    (["PyTorch", "NumPy"] as const).map((library) => ({
      code: codeFor(library, scene),
      y: [...scene.y.data],
      shape: scene.setting.plain ? scene.out : scene.y.shape,
    })),
  );
  const calls = chosen.map((scene) => {
    const { x, dense, bias, groups, plain } = scene.setting;
    const w = blockDiagonal(dense, groups);
    return {
      call: callFor(scene),
      x: [...x.data],
      xs: plain ? scene.n : x.shape,
      w: [...w.data],
      ws: plain ? scene.g.kernel : w.shape,
      b: [...bias.data],
      y: [...scene.y.data],
      shape: plain ? scene.out : scene.y.shape,
    };
  });
  const script = `
import contextlib, io, json, sys
import numpy as np, torch
torch.set_num_threads(1)
job = json.load(sys.stdin)
for case in job["cases"]:
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(case["code"], names)
    y = np.asarray(names["y"])
    assert list(y.shape) == case["shape"], (case["code"], y.shape, case["shape"])
    assert np.allclose(y.ravel(), case["y"], atol=1e-9), case["code"]
for call in job["calls"]:
    x, w = (torch.tensor(call[n], dtype=torch.float64).reshape(call[n + "s"]) for n in "xw")
    y = eval(call["call"], {"torch": torch, "x": x, "w": w, "b": torch.tensor(call["b"], dtype=torch.float64)})
    assert list(y.shape) == call["shape"], (call["call"], y.shape, call["shape"])
    assert np.allclose(y.numpy().ravel(), call["y"], atol=1e-9), call["call"]
print(len(job["cases"]), len(job["calls"]))
`;
  const own = join(process.cwd(), "../.venv/bin/python");
  const run = spawnSync(existsSync(own) ? own : "python3", ["-c", script], {
    input: JSON.stringify({ cases, calls }),
    encoding: "utf8",
    env: { ...process.env, OMP_NUM_THREADS: "1" },
  });
  expect(run.stderr).toBe("");
  expect(run.stdout.trim()).toBe(`${cases.length} ${calls.length}`);
}, 120_000);

// ---- the view --------------------------------------------------------------------------------------

const X = [3, 3, 2, 1, 0, 0, 0, 1, 3, 1, 3, 1, 2, 2, 3, 2, 0, 0, 2, 2, 2, 0, 0, 0, 1];
const stepperState = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  x: pack(X, [5, 5], "int32"),
  dense: pack([0, 1, 2, 2, 2, 0, 0, 1, 2], [3, 3], "int32"),
  bias: pack([0], [1], "int32"),
  stride: 1,
  padding: 0,
  dilation: 1,
  groups: 1,
  padding_mode: "zero",
  transposed: false,
  output_padding: 0,
  reading: "scatter",
  step: 0,
  ...changes,
});
const channelled = (changes: Record<string, unknown> = {}) =>
  stepperState({
    x: pack(whole([4, 5, 5]).data, [4, 5, 5]),
    dense: pack(whole([4, 4, 3, 3]).data, [4, 4, 3, 3]),
    bias: pack([1, 2, 3, 4], [4]),
    ...changes,
  });

describe("the view", () => {
  const mount = (state = stepperState()) => {
    const mounted = mountView(ConvolutionStepper, state);
    const { el, model, find, flush } = mounted;
    const dial = (label: string) =>
      [...el.querySelectorAll<HTMLElement>("label.slider")]
        .find((each) => each.textContent!.startsWith(label))!
        .querySelector("input")!;
    const slide = (label: string, value: number) => {
      const input = dial(label);
      input.value = String(value);
      input.dispatchEvent(new Event("input", { bubbles: true }));
      flush();
    };
    const status = () => find('[role="status"]').textContent!;
    const choose = (text: string) => {
      [...el.querySelectorAll<HTMLButtonElement>('[role="radio"]')]
        .find((button) => button.textContent === text)!
        .click();
      flush();
    };
    const press = (selector: string, key: string, at = 0) => {
      el.querySelectorAll(selector)[at].dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      flush();
    };
    const go = (step: number) => (model.set("step", step), flush());
    return { ...mounted, dial, slide, status, choose, press, go };
  };

  it("shows an output more at each step, and goes back", () => {
    const { cells, go, find } = mount();
    expect(cells("output")).toEqual(["12", ...Array(8).fill("")]);
    go(4);
    expect(cells("output")).toEqual(["12", "12", "17", "10", "17", "", "", "", ""]);
    expect(find(".sum").textContent).toBe("y[1, 1] = 1·1 + 2·3 + 2·1 + 2·2 + 1·0 + 2·2 = 17 (3 zero weights left out)");
    go(1);
    expect(cells("output")).toEqual(["12", "12", ...Array(7).fill("")]);
    go(99);
    expect(cells("output").at(-1)).toBe("14");
  });
  it("steps with the keyboard in the output, and pins what is clicked", () => {
    const { model, press, find } = mount();
    press(".panel.output .grid", "ArrowDown");
    press(".panel.output .grid", "ArrowRight");
    expect(model.get("step")).toBe(4);
    find<HTMLButtonElement>('[aria-label="Step back"]').click();
    expect([model.get("step"), model.saved > 0]).toEqual([3, true]);
  });
  it("marks every output that an input reaches, and the window of an output", () => {
    const { el, press, find } = mount(channelled());
    press(".panel.input .grid", "ArrowRight");
    expect(find(".sum").textContent).toMatch(/^x\[0, 0, 1\] = \S+ is read by 8 outputs/);
    expect(el.querySelectorAll(".panel.output .marks .reach").length).toBe(8);
    el.querySelector(".panel.input .grid")!.dispatchEvent(new Event("blur"));
    expect(el.querySelectorAll(".panel.input .marks .window").length).toBe(4);
  });
  it("gives the groups slider the divisors, keeps the dense weights, and comes back", () => {
    const { model, cells, slide, dial, el, go } = mount(channelled());
    go(4 * 9 - 1);
    const before = cells("output");
    const weights = model.get("dense");
    expect(dial("groups").max).toBe("2");
    slide("groups", 2);
    expect(model.get("groups")).toBe(4);
    expect(el.querySelectorAll(".panel.kernel .off").length).toBe(3);
    expect(cells("output")).not.toEqual(before);
    slide("groups", 0);
    expect(model.get("dense")).toBe(weights);
    expect(cells("output")).toEqual(before);
  });
  it("limits sliders to what is legal and says at the end why", () => {
    const { dial, slide, status, press, el } = mount();
    expect(dial("dilation").max).toBe("2");
    slide("dilation", 2);
    expect(status()).toContain("dilation 3 is not possible: kernel must be");
    const at = [...el.querySelectorAll("label.slider input")].indexOf(dial("k"));
    slide("dilation", 1);
    slide("k", 5);
    press("label.slider input", "ArrowRight", at);
    expect(status()).toContain("k 6 is not possible");
  });
  it("explains an illegal wish, and leaves all as it was", () => {
    const { model, find, status, flush } = mount(stepperState({ padding: 5 }));
    const mode = find<HTMLSelectElement>('select[aria-label="Padding mode"]');
    mode.value = "reflect";
    mode.dispatchEvent(new Event("change"));
    flush();
    expect(status()).toContain("padding must be at most 4 where it is reflect");
    expect([model.get("padding_mode"), mode.value]).toEqual(["zero", "zero"]);
  });
  it("stamps where inputs scatter, in steps over the input", () => {
    const { cells, go, choose, model, find } = mount(
      stepperState({ x: pack([1, 2], [2]), dense: pack([1, 10, 100], [3]), stride: 2, transposed: true }),
    );
    expect(cells("output")).toEqual(["1", "10", "100", "0", "0"]);
    expect(cells("part")).toEqual(["1", "10", "100"]);
    go(1);
    expect(cells("output")).toEqual(["1", "10", "102", "20", "200"]);
    expect(find(".sum").textContent).toBe(
      "x[1] = 2 stamps 2·w: y[2] 100 + 1·2 = 102, y[3] 0 + 10·2 = 20, y[4] 0 + 100·2 = 200",
    );
    choose("zero-stuffed");
    expect(model.get("step")).toBe(0);
    go(4);
    expect(cells("kernel")).toEqual(["100", "10", "1"]);
    expect(cells("input")).toEqual(["0", "0", "1", "0", "2", "0", "0"]);
    expect(cells("output")).toEqual(["1", "10", "102", "20", "200"]);
  });
  it("turns the weights when the convolution is transposed, and says what becomes of the padding mode", () => {
    const { model, choose, status } = mount(
      channelled({
        dense: pack(whole([2, 4, 3, 3]).data, [2, 4, 3, 3]),
        bias: pack([0, 0], [2]),
        padding: 1,
        padding_mode: "circular",
      }),
    );
    choose("transposed");
    expect((model.get("dense") as Packed).shape).toEqual([4, 2, 3, 3]);
    expect(model.get("padding_mode")).toBe("zero");
    expect(status()).toContain("zeros now");
    choose("ordinary");
    expect((model.get("dense") as Packed).shape).toEqual([2, 4, 3, 3]);
  });
  it("explains output padding by the sizes that it chooses from", () => {
    const { find, dial } = mount(stepperState({ transposed: true, stride: 2, padding: 1 }));
    expect(find(".note").textContent).toContain("makes 5 of 9 and of 10");
    expect(dial("output padding").max).toBe("1");
  });
  it("takes another number of channels, and says when groups must give way", () => {
    const { model, slide, status } = mount(channelled({ groups: 4 }));
    slide("channels out", 3);
    expect([model.get("groups"), (model.get("dense") as Packed).shape, (model.get("bias") as Packed).shape]).toEqual([
      1,
      [3, 4, 3, 3],
      [3],
    ]);
    expect(status()).toContain("4 groups don’t divide 4 and 3 channels: now 1");
  });
  it("gives plain arrays channels when they are asked for", () => {
    const { model, slide, el } = mount();
    slide("channels in", 2);
    expect([(model.get("x") as Packed).shape, (model.get("dense") as Packed).shape]).toEqual([
      [2, 5, 5],
      [1, 2, 3, 3],
    ]);
    expect(el.querySelectorAll(".panel.part .grid").length).toBe(2);
  });
  it("changes inputs and weights by hand, as whole numbers where they were, and undoes it", () => {
    const { model, press, find, flush } = mount();
    press(".panel.kernel .grid", "+");
    expect([unpack(model.get("dense") as Packed).data[0], (model.get("dense") as Packed).dtype]).toEqual([1, "int32"]);
    press(".panel.input .grid", "+");
    expect(unpack(model.get("x") as Packed).data[0]).toBe(4);
    find<HTMLButtonElement>('[aria-label="Undo"]').click();
    find<HTMLButtonElement>('[aria-label="Undo"]').click();
    flush();
    expect([...unpack(model.get("x") as Packed).data]).toEqual(X);
  });
  it("flips the place that a weight is changed at where the kernel is shown flipped", () => {
    const { model, press } = mount(stepperState({ transposed: true, reading: "stuffed" }));
    press(".panel.kernel .grid", "+"); // its first cell shows w[2, 2]
    expect([...unpack(model.get("dense") as Packed).data]).toEqual([0, 1, 2, 2, 2, 0, 0, 1, 3]);
  });
  it("does not change padding", () => {
    const { model, press, status } = mount(stepperState({ padding: 1 }));
    press(".panel.input .grid", "+");
    expect(status()).toContain("Padding can’t be changed");
    expect([...unpack(model.get("x") as Packed).data]).toEqual(X);
  });
  it("shows the slices of depth side by side, padding slices too", () => {
    const { el } = mount(
      stepperState({
        x: pack(new Float64Array(27), [3, 3, 3]),
        dense: pack(new Float64Array(8).fill(1), [2, 2, 2]),
        padding: 1,
      }),
    );
    expect([...el.querySelectorAll(".panel.input figcaption")].map((caption) => caption.textContent)).toEqual([
      "padding",
      "x[0]",
      "x[1]",
      "x[2]",
      "padding",
    ]);
    expect(el.querySelectorAll(".panel.input .marks .window").length).toBe(2);
  });
  it("explains a state from Python that has no output", () => {
    const { model, find, el, flush } = mount();
    model.set("dilation", 4);
    flush();
    expect(find(".sum").textContent).toContain("no output: kernel must be");
    expect(el.querySelectorAll(".grid").length).toBe(0);
    model.set("dilation", 1);
    flush();
    expect(find(".sum").textContent).toContain("y[0, 0] =");
  });
  it("leaves nothing behind", () => {
    const { model, el, unmount } = mount();
    expect(model.listening).toBeGreaterThan(0);
    unmount();
    expect([model.listening, el.childElementCount]).toEqual([0, 0]);
  });
});
