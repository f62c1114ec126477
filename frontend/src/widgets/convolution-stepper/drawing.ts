/** The sentence that the convolution stepper's grids make, input ∗ kernels = parts → output: a step touches only
 * what it changes. */
import { unravel } from "../../math/array";
import { h, write } from "../../ui/dom";
import type { Grid, Mark } from "../../ui/grids/grid";
import { gridBank, type GridBank } from "../../ui/grids/grid-bank";
import type { MakeGrid } from "./grids";
import { marksOf } from "./marks";
import { meet, type Scene, stepAt } from "./math";
import { type Focus, hasParts, lift, pivotOf, type Place, placeOfOutput, PLACES, stepped } from "./places";
import {
  headingsOf,
  inputPlanes,
  kernelPlanes,
  knownOf,
  outputPlanes,
  partPlanes,
  type Plane,
  type Planes,
  progressOf,
  stampPlanes,
} from "./planes";
import type { Sums } from "./sums";

export interface Sentence {
  el: HTMLElement;
  /** Show a scene at a step, while `focus` is looked at. */
  show(scene: Scene, sums: Sums, step: number, focus: Focus | undefined): void;
  /** Show that there is none. */
  clear(): void;
  destroy(): void;
}

const TONES: Record<Place, string> = { input: "input", kernel: "kernel", part: "output", output: "output" };

export const sentence = (makers: Record<Place, MakeGrid>): Sentence => {
  const perPlace = <T>(make: (place: Place) => T) =>
    Object.fromEntries(PLACES.map((place) => [place, make(place)])) as Record<Place, T>;
  const banks: Record<Place, GridBank> = perPlace((place) => gridBank(makers[place]));
  const headers = perPlace((place) => ({
    title: h("span", { class: `name t-${TONES[place]}` }),
    dims: h("span", { class: "dims" }),
  }));
  const panels = perPlace((place) =>
    h(
      "div",
      { class: `panel ${place}`, role: "group", "aria-label": place === "part" ? "partial sums" : place },
      h("header", {}, headers[place].title, headers[place].dims),
      banks[place].el,
    ),
  );
  const signs = [0, 1, 2].map(() => h("div", { class: "sign", "aria-hidden": "true" }));
  const el = h(
    "div",
    { class: "sentence banks" },
    ...PLACES.flatMap((place, i) => (i ? [signs[i - 1], panels[place]] : [panels[place]])),
  );
  let shown: Scene | undefined;
  const drawn = new Map<unknown, string>(); // what each place, or grid, shows of the scene

  /** Draw something, unless it shows this already. */
  const once = (key: unknown, what: string, draw: () => void) => {
    if (drawn.get(key) === what) return;
    drawn.set(key, what);
    draw();
  };
  const put = (place: Place, channel: number, slice: number, { caption, name, off, content }: Plane) => {
    const grid = banks[place].at(channel, slice);
    banks[place].caption(channel, slice, caption, off);
    grid.name = name;
    grid.update(content);
  };
  const fill = (place: Place, { channels, slices, plane }: Planes) => {
    banks[place].resize(channels, slices);
    banks[place].each((_, channel, slice) => put(place, channel, slice, plane(channel, slice)));
  };

  /** How the panels stand, whatever the step. */
  const arrange = (scene: Scene) => {
    const { inputs, outputs, rank, scatters } = scene;
    const several = hasParts(scene);
    const rows = Math.max(inputs, outputs);
    el.className = `sentence banks ${rank === 1 ? "lines" : rank === 3 ? "slices" : several ? "four" : ""}`;
    // Several rows of planes, the buttons and the sum are to stand on one screen.
    el.style.setProperty("--plane", several && rows <= 4 ? `${Math.round(384 / rows)}px` : "none");
    for (const place of PLACES)
      banks[place].fold(rank === 2 && rows > (several ? 4 : 1) && (several || place === "output"));
    panels.part.hidden = signs[2].hidden = !several;
    signs.forEach(
      (sign, i) => (sign.textContent = (scatters ? ["·", "=", "→"] : several ? ["∗", "=", "Σ"] : ["∗", "=", ""])[i]),
    );
  };

  const drawHeadings = (scene: Scene, channel: number, at: number) => {
    const headings = headingsOf(scene, channel, at);
    for (const place of PLACES) {
      write(headers[place].title, headings[place][0]);
      write(headers[place].dims, headings[place][1]);
    }
  };

  const drawOutputs = (scene: Scene, sums: Sums, step: number) => {
    const { channels, slices, plane } = outputPlanes(scene, sums, step);
    banks.output.resize(channels, slices);
    banks.output.each((grid, k, z) =>
      once(grid, `${progressOf(scene, step, k, z)}`, () => put("output", k, z, plane(k, z))),
    );
  };

  /** Inputs of other groups step back. */
  const drawGroups = (scene: Scene, k: number) =>
    banks.input.each((grid, c) => grid.el.closest(".plane")!.classList.toggle("off", !meet(scene, k, c)));

  const drawMarks = (scene: Scene, step: number, focus: Focus | undefined) => {
    const marks = new Map<Grid, Mark[]>();
    for (const { place, channel, slice, mark } of marksOf(scene, step, focus)) {
      const grid = banks[place].at(channel, slice);
      const others = marks.get(grid);
      if (others) others.push(mark);
      else marks.set(grid, [mark]);
    }
    for (const place of PLACES)
      if (place !== "part" || hasParts(scene)) banks[place].each((grid) => grid.mark(marks.get(grid) ?? []));
  };

  /** The keyboard goes on from the pinned step. */
  const moveCursor = (scene: Scene, step: number) => {
    const { channel, at } = stepAt(scene, step);
    const [slice, row, col] = lift(scene.scatters ? unravel(at, scene.n) : placeOfOutput(scene, at), 0);
    banks[stepped(scene)].at(channel, slice).setCursor({ row, col });
  };

  return {
    el,
    show: (scene, sums, step, focus) => {
      const { channel, at } = pivotOf(scene, step, focus);
      if (scene !== shown) {
        drawn.clear();
        arrange(scene);
        fill("input", inputPlanes(scene));
        shown = scene;
      }
      drawHeadings(scene, channel, at);
      once("kernel", `${channel}`, () => fill("kernel", kernelPlanes(scene, channel)));
      if (scene.scatters) once("part", `${channel} ${at}`, () => fill("part", stampPlanes(scene, channel, at)));
      else if (scene.inputs > 1)
        once("part", `${channel} ${knownOf(scene, step, channel)}`, () =>
          fill("part", partPlanes(scene, sums, step, channel)),
        );
      drawOutputs(scene, sums, step);
      if (!scene.scatters && scene.setting.groups > 1) once("groups", `${channel}`, () => drawGroups(scene, channel));
      drawMarks(scene, step, focus);
      moveCursor(scene, step);
    },
    clear: () => {
      for (const place of PLACES) banks[place].resize(0, 0);
      for (const place of PLACES) headers[place].dims.textContent = "none";
    },
    destroy: () => PLACES.forEach((place) => banks[place].destroy()),
  };
};
