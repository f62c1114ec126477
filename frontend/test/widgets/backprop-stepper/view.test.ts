// @vitest-environment happy-dom
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { pack } from "../../../src/ui/state/packed";
import { explain, ruleOf } from "../../../src/widgets/backprop-stepper/arithmetic";
import { codeFor, LIBRARIES } from "../../../src/widgets/backprop-stepper/code";
import { marksOf } from "../../../src/widgets/backprop-stepper/marks";
import { momentAt, type Moment, pools, type Scene, stepsOf, upTo } from "../../../src/widgets/backprop-stepper/math";
import {
  cellOf,
  type Focus,
  gridOf,
  indexAt,
  NAMES,
  type Place,
  PLACES,
  stepOfCell,
  subjectAt,
  subjectOf,
} from "../../../src/widgets/backprop-stepper/places";
import { headingOf, planeAt, topsOf } from "../../../src/widgets/backprop-stepper/planes";
import { BackpropStepper } from "../../../src/widgets/backprop-stepper/view";
import { mount as mountView, summedUp, textOf } from "../../help";
import { settings } from "./settings";

const { random, scene: draw } = settings(9);
const scenes = upTo(24).map(() => draw());
const anyMoment = (scene: Scene): Moment => momentAt(scene, Math.floor(random() * stepsOf(scene)), 0);
const everyFocus = (scene: Scene): Focus[] =>
  PLACES.filter((on) => pools(scene) || (on !== "a" && on !== "da")).flatMap((on) => {
    const [rows, cols] = gridOf(scene, on);
    return upTo(rows * cols).map((i) => ({ on, cell: { row: Math.floor(i / cols), col: i % cols } }));
  });

/** Each sum in a text, `name = … = value`, comes to what it says. */
const addsUp = (text: string) => {
  const told = text
    .replace(/ \([^()]*(left out|to come|more|no window holds it|not the largest)[^()]*\)/g, "")
    .replace(/c = (\d+) \[/g, "[")
    .replace(/ \((\d+ tie; the first|it is).*$/, "")
    .replace(/(: no gradient comes through|, since .*)$/, "");
  expect(told).not.toMatch(/NaN|undefined|Infinity/);
  const paths = /paths? to \w: (.*)$/.exec(told);
  if (paths) return summedUp(paths[1]);
  if (/stamps|goes to|of it to each/.test(told)) {
    for (const [, one] of told.matchAll(/d[AX]\[[^\]]*\] (−?[\d.e−]+ \+ [^,]*)/g)) summedUp(`y = ${one}`);
    return [];
  }
  if (/max\(0, Z\)|\[Z > 0\]|Padding|zero put in|given|nothing to stamp/.test(told)) return [];
  return summedUp(told.replace(/max\(0, [ZA]\[[^\]]*\]\) = max\(0, ([^)]*)\)/, "max{0, $1}"));
};

describe("the arithmetic adds up", () => {
  it("at every step", () => {
    for (const scene of scenes.slice(0, 12))
      for (const step of upTo(stepsOf(scene))) {
        const now = momentAt(scene, step, 0);
        addsUp(textOf(explain(scene, now, subjectOf(scene, now))));
      }
  }, 60_000);
  it(
    "of every cell",
    () =>
      scenes.forEach((scene) => {
        const now = anyMoment(scene);
        for (const focus of everyFocus(scene)) addsUp(textOf(explain(scene, now, subjectAt(scene, now, focus))));
      }),
    30_000,
  );
  it("to what the grids show", () => {
    const wrong: unknown[] = [];
    const number = (text: string) => Number(text.replaceAll("−", "-"));
    for (const scene of scenes)
      for (const now of [anyMoment(scene), anyMoment(scene), momentAt(scene, stepsOf(scene) - 1, 0)])
        for (const focus of everyFocus(scene).filter(({ on }) => ["z", "p", "da", "dx", "dw", "db"].includes(on))) {
          const subject = subjectAt(scene, now, focus);
          const { content } = planeAt(scene, topsOf(scene), now, subject, focus.on);
          const known = content.pixels[4 * (focus.cell.row * content.cols + focus.cell.col) + 3] > 0;
          if (!known || subject.at === undefined) continue;
          const said = explain(scene, now, subject);
          const bold = said.filter((node) => typeof node !== "string" && node.nodeName === "B");
          const [shown, summed] = [content.label(focus.cell), textOf([bold.at(-1)!])].map(number);
          if (!(Math.abs(shown - summed) <= 0.006 * Math.max(1, Math.abs(summed))))
            wrong.push([focus, content.label(focus.cell), textOf(said)]);
        }
    expect(wrong).toEqual([]);
  }, 60_000);
  it("under a rule in letters", () => {
    const rules = new Set<string>();
    for (const scene of scenes.slice(0, 20))
      for (const focus of everyFocus(scene)) {
        const now = anyMoment(scene);
        rules.add(textOf(ruleOf(scene, subjectAt(scene, now, focus))));
      }
    expect(rules.size).toBeGreaterThan(12);
    for (const rule of rules) expect(rule).toMatch(/=| is shared by| goes to| is given/);
  });
});

describe("marks", () => {
  const at = (scene: Scene, now: Moment, focus: Focus) => marksOf(scene, now, subjectAt(scene, now, focus), focus);
  it("lie in their grids, and mark what is looked at", () => {
    const wrong: unknown[] = [];
    for (const scene of scenes) {
      const now = anyMoment(scene);
      for (const focus of everyFocus(scene)) {
        const marks = at(scene, now, focus);
        for (const { place, mark } of marks) {
          const [rows, cols] = gridOf(scene, place);
          const inside = mark.row >= 0 && mark.col >= 0 && mark.row < rows && mark.col < cols;
          if (!inside && mark.kind !== "window" && place !== "scattered") wrong.push([focus, place, mark]);
        }
        const own = marks.filter(({ place }) => place === focus.on);
        if (
          focus.on !== "stamp" &&
          !own.some(({ mark: { row, col } }) => row === focus.cell.row && col === focus.cell.col)
        )
          wrong.push(focus);
      }
    }
    expect(wrong).toEqual([]);
  }, 60_000);
  it("are symmetric: an input reaches the elements of Z whose windows it is in", () => {
    for (const scene of scenes) {
      const now = anyMoment(scene);
      const [rows, cols] = gridOf(scene, "z");
      const windows = upTo(rows * cols).map((z) =>
        at(scene, now, { on: "z", cell: cellOf(scene, "z", z) }).filter(({ place }) => place === "x"),
      );
      for (const focus of everyFocus(scene).filter(({ on }) => on === "x")) {
        if (indexAt(scene, "x", focus.cell) === undefined) continue;
        const { row, col } = focus.cell;
        const reached = at(scene, now, focus)
          .filter(({ place, mark }) => place === "z" && mark.kind === "reach")
          .flatMap(({ mark }) =>
            upTo(mark.rows * mark.cols).map((i) => {
              const cell = { row: mark.row + Math.floor(i / mark.cols), col: mark.col + (i % mark.cols) };
              return indexAt(scene, "z", cell)!;
            }),
          );
        const whose = upTo(rows * cols).filter((z) =>
          windows[z].some(
            ({ mark }) =>
              mark.row <= row && mark.col <= col && row < mark.row + mark.rows && col < mark.col + mark.cols,
          ),
        );
        if (`${reached.sort((a, b) => a - b)}` !== `${whose}`) expect(reached).toEqual(whose);
      }
    }
  }, 60_000);
});

describe("planes", () => {
  it(
    "are hidden until they are known, and all known at the end",
    () =>
      scenes.forEach((scene) => {
        const hidden = (step: number) =>
          PLACES.filter((on) => pools(scene) || (on !== "a" && on !== "da")).reduce((count, on) => {
            const now = momentAt(scene, step, 0);
            const { content } = planeAt(scene, topsOf(scene), now, subjectOf(scene, now), on);
            return count + upTo(content.rows * content.cols).filter((i) => content.pixels[4 * i + 3] === 0).length;
          }, 0);
        expect(hidden(stepsOf(scene) - 1)).toBe(0);
        let last = Infinity;
        for (let step = 0; step < stepsOf(scene); step += 9) {
          const now = momentAt(scene, step, 0);
          const left = hidden(step);
          if (now.k === 0 && now.c === 0) {
            if (left > last) expect(left).toBeLessThanOrEqual(last);
            last = left;
          }
        }
      }),
    60_000,
  );
  it("have names and sizes", () =>
    scenes.forEach((scene) => {
      const now = anyMoment(scene);
      for (const on of PLACES) {
        const [title, dims] = headingOf(scene, now, subjectOf(scene, now), on);
        expect(title).toMatch(/^d?[A-Z]|^d?b/);
        expect(dims).toMatch(/^(\d+ × \d+|dZ\[.*\])?$/);
      }
    }));
});

it("pins the step of a cell, which tells of that cell", () =>
  scenes.forEach((scene) => {
    const now = momentAt(scene, stepsOf(scene) - 1, 0);
    for (const focus of everyFocus(scene)) {
      const step = stepOfCell(scene, now, focus);
      if (step === undefined) continue;
      const subject = subjectOf(scene, momentAt(scene, step, now.c));
      if (subject.on === "relu") continue;
      expect(subject.at).toBe(indexAt(scene, focus.on, focus.cell));
      expect(momentAt(scene, step, now.c)).toMatchObject({ k: now.k, c: now.c });
      const names = subject.on === "stamp" ? ["dZ"] : [NAMES[subject.on as Place]];
      expect(names).toContain(NAMES[focus.on]);
    }
  }));

it("writes Python that gives the same gradients, in PyTorch and in NumPy", () => {
  const cases = scenes.flatMap((scene) =>
    LIBRARIES.map((library) => ({
      code: codeFor(library, scene),
      gradients: [scene.dX, scene.dW, scene.db].map((values) => [...values]),
    })),
  );
  const script = `
import contextlib, io, json, sys
import numpy as np, torch
torch.set_num_threads(1)
cases = json.load(sys.stdin)
for case in cases:
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(case["code"], names)
    for got, want in zip(names["y"], case["gradients"], strict=True):
        assert np.allclose(np.asarray(got).ravel(), want, atol=1e-9), case["code"]
print(len(cases))
`;
  const own = join(process.cwd(), "../.venv/bin/python");
  const run = spawnSync(existsSync(own) ? own : "python3", ["-c", script], {
    input: JSON.stringify(cases),
    encoding: "utf8",
    env: { ...process.env, OMP_NUM_THREADS: "1" },
  });
  expect(run.stderr).toBe("");
  expect(run.stdout.trim()).toBe(String(cases.length));
}, 60_000);

// ---- the view --------------------------------------------------------------------------------------
const EXAMPLE = {
  x: pack([2, 0, 2, 2, 3, 0, 3, 0, 1, 1, 0, 1, 0, 2, 2, 3, 1, 3, 1, 1, 0, 2, 1, 1, 3], [5, 5], "int32"),
  weight: pack([0, 1, 2, -1, 0, 1, 1, -2, 0], [3, 3], "int32"),
  bias: pack([-1], [1], "int32"),
  grad: pack([1, 1, 1, 1], [2, 2], "int32"),
  stride: 1,
  padding: 0,
  dilation: 1,
  pool: "max",
  pool_kernel: 2,
  pool_stride: 1,
  route: "scatter",
  step: 37,
};
const mount = (changes: Record<string, unknown> = {}) => {
  const view = mountView(BackpropStepper, { ...EXAMPLE, ...changes });
  const cells = (place: Place) =>
    [...view.el.querySelectorAll(`.of-${place} [role="gridcell"]`)].map((cell) => cell.textContent);
  const sum = () => view.find(".sum").textContent!;
  const hover = (place: Place, row: number, col: number) => {
    const grid = view.find(`.of-${place} .grid`);
    const { rows, cols } = sizeOf(grid);
    grid.getBoundingClientRect = () => ({ left: 0, top: 0, width: 10 * cols, height: 10 * rows }) as DOMRect;
    grid.dispatchEvent(new MouseEvent("pointermove", { clientX: 10 * col + 5, clientY: 10 * row + 5, bubbles: true }));
  };
  return { ...view, cells, sum, hover };
};
const sizeOf = (grid: Element) => {
  const [rows, cols] = grid.querySelector<HTMLElement>(".cells")!.dataset.shape!.split("x").map(Number);
  return { rows, cols };
};

describe("the view", () => {
  it("shows the gradients", () => {
    const { cells } = mount();
    expect(cells("dz").join(" ")).toBe("0 1 0 1 0 2 0 0 0");
    expect(cells("dx").slice(10, 15).join(" ")).toBe("−1 1 −3 0 2");
    expect(cells("gathered")).toEqual(cells("dx"));
    expect(cells("scattered")).toEqual(cells("dx"));
    expect(cells("db")).toEqual(["4"]);
  });
  it("lists every path through an input", () => {
    const { hover, sum } = mount();
    hover("x", 1, 2);
    expect(sum()).toBe(
      "X[1, 2] = 0, 12 paths to P: dX[1, 2] = 1·1·1·2 = 2 " +
        "(4 stopped by ReLU, 4 not the largest, 3 zero products left out)",
    );
    hover("dx", 1, 2);
    expect(sum()).toMatch(/^dX\[1, 2\] = 1·2 = 2/);
  });
  it("says of a tie which element gets the gradient", () => {
    const { hover, sum } = mount();
    hover("p", 1, 0);
    expect(sum()).toBe("P[1, 0] = max{3, 0, 0, 3} = 3 (2 tie; the first, A[1, 0], gets the gradient)");
  });
  it("pins a step by key, and goes on from there", () => {
    const { press, model, sum } = mount({ step: 0 });
    press(".of-z .grid", "ArrowRight");
    expect(model.get("step")).toBe(1);
    expect(sum()).toMatch(/^Z\[0, 1\] = /);
  });
  it("changes a number by key, and every gradient with it", () => {
    const { press, model, cells, find, flush } = mount();
    press(".of-dp .grid", "Delete");
    expect(cells("dp")[0]).toBe("0");
    expect(cells("db")).toEqual(["3"]);
    find<HTMLButtonElement>('[aria-label="Undo"]').click();
    flush();
    expect(cells("db")).toEqual(["4"]);
    expect(model.saved).toBe(2);
  });
  it("gives the gradient the output's shape when that changes", () => {
    const { choose, model, cells } = mount();
    choose('label.slider:nth-of-type(1) input[type="range"]', "2");
    const [one] = [model.get("grad") as { shape: number[] }];
    expect(one.shape.length).toBe(2);
    expect(cells("dp").length).toBe(one.shape[0] * one.shape[1]);
  });
  it("computes dX either way, cell by cell", () => {
    const { find, flush, model, cells } = mount({ step: 20 });
    find<HTMLButtonElement>('[data-value="gather"]').click();
    flush();
    expect(model.get("route")).toBe("gather");
    expect(stepsShown(find(".count").textContent!)).toBe(54);
    expect(cells("dx").filter(Boolean).length).toBe(1);
    expect(cells("scattered")).toEqual(cells("gathered"));
  });
  it("hides what there is not without pooling", () => {
    const { find, el, flush, cells } = mount();
    find<HTMLButtonElement>('[data-value="none"]').click();
    flush();
    expect(find(".of-a").closest<HTMLElement>(".stack")!.hidden).toBe(true);
    expect(find(".of-p .name").textContent).toBe("A");
    expect(cells("dp").length).toBe(9);
    expect([...el.querySelectorAll<HTMLElement>(".passes button")].filter((one) => !one.hidden).length).toBe(6);
  });
  it("shows one kernel and one channel of several", () => {
    const { find, flush, cells, el } = mount({
      x: pack(upTo(32), [2, 4, 4], "int32"),
      weight: pack(
        upTo(36).map((i) => (i % 5) - 2),
        [2, 2, 3, 3],
        "int32",
      ),
      bias: pack([0, 1], [2], "int32"),
      grad: pack([1, 2], [2, 1, 1], "int32"),
      step: 0,
    });
    expect(cells("x")[0]).toBe("0");
    const [kernel, channel] = ["kernel", "channel"].map((noun) => `[aria-label="The ${noun} that is shown"]`);
    find<HTMLButtonElement>(`${channel} [data-value="1"]`).click();
    flush();
    expect(cells("x")[0]).toBe("16");
    find<HTMLButtonElement>(`${kernel} [data-value="1"]`).click();
    flush();
    expect(cells("b")).toEqual(["1"]);
    expect(find(".of-w .name").textContent).toBe("W[1, 1]");
    expect(el.textContent).not.toMatch(/NaN|undefined/);
  });
  it("says why a setting has no output", () => {
    const { model, flush, sum } = mount();
    model.set("dilation", 4);
    flush();
    expect(sum()).toMatch(/^This setting has no output: kernel must be/);
    model.set("dilation", 1);
    flush();
    expect(sum()).toMatch(/^db = /);
  });
  it("leaves nothing behind", () => {
    const { unmount, model, el } = mount();
    unmount();
    expect(model.listening).toBe(0);
    expect(el.childElementCount).toBe(0);
  });
});
const stepsShown = (text: string) => Number(/of (\d+)/.exec(text)![1]);
