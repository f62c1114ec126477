/** The sentence that the volume viewer's grids make, volume ∗ kernel = feature map: a slice of each, and a strip of
 * all. */
import { changes, h } from "../../ui/dom";
import { panel, sign } from "../../ui/frame";
import { type FilmStrip, filmStrip, type Thumb } from "../../ui/grids/film-strip";
import { type Cell, Grid } from "../../ui/grids/grid";
import { weightGrid } from "../../ui/grids/weight-grid";
import type { Story } from "./marks";
import { across } from "./math";
import { AXES, type Focus, type Name, NAMES, type Spot } from "./places";
import { filmOf, type Sliced, sliceContent, stageHeight, zoomedOn } from "./planes";

/** What the grids ask of the view. */
export interface Hands {
  /** Look at a cell, or at nothing else than the pinned output; `aloud` where a key or a press chose it. */
  look(focus: Focus | undefined, aloud?: boolean): void;
  /** Pin an output of the shown slice. */
  pin(cell: Cell): void;
  /** Show another slice; the input's are counted with the padding. */
  go: Record<Name, (slice: number) => void>;
  /** The kernel's numbers. */
  weights(): Float64Array;
  /** Where in them a cell's number stands. */
  entry(cell: Cell): number;
  change(entry: number, value: number, group?: unknown): void;
  endGroup(): void;
  takeBack(group: unknown): void;
  say(text: string, alarm?: boolean): void;
}

export interface Panels {
  el: HTMLElement;
  /** Say which way the axes run in slices across one. */
  turn(axis: number): void;
  /** Draw a slice, and the strip of all where it is another array's; zoomed in, or not. */
  draw(name: Name, sliced: Sliced, zoomed: boolean): void;
  /** Let the keyboard go on from an output. */
  pinned(cell: Cell): void;
  /** Mark what takes part in a story. */
  mark(story: Story, spot: Spot): void;
  /** Mark nothing, and show that there is no feature map. */
  clear(): void;
  destroy(): void;
}

const GRIDS: Record<Name, string> = {
  input: "Slice of the volume",
  kernel: "Slice of the kernel",
  output: "Slice of the feature map",
};

/** `menu` chooses a kernel. */
export const panels = (
  { look, pin, go, weights, entry, change, endGroup, takeBack, say }: Hands,
  menu: Node,
): Panels => {
  const grids: Record<Name, Grid> = {
    input: new Grid(GRIDS.input, {
      hover: (cell) => look(cell && { on: "input", cell }),
      move: (cell) => look({ on: "input", cell }, true),
    }),
    kernel: weightGrid(GRIDS.kernel, {
      all: weights,
      get: (cell) => weights()[entry(cell)],
      set: (cell, value, group) => change(entry(cell), value, group),
      endGroup,
      takeBack,
      say,
      look: (cell, aloud) => look(cell && { on: "kernel", cell }, aloud),
    }).grid,
    output: new Grid(GRIDS.output, { hover: (cell) => look(cell && { on: "output", cell }), move: pin }),
  };
  const perName = <T>(make: (name: Name) => T) =>
    Object.fromEntries(NAMES.map((name) => [name, make(name)])) as Record<Name, T>;
  const strips = perName((name) => filmed(GRIDS[name], go[name]));
  const dims = perName(() => h("span", { class: "dims" }));
  const hint = (text?: string) => h("span", { class: "hint" }, text);
  const ways = [hint(), hint()];
  const below = { input: [ways[0]], kernel: [menu, hint("Drag a cell ↔, or type.")], output: [ways[1]] };
  const [input, kernel, output] = NAMES.map((name, i) =>
    panel(name, ["Volume", "Kernel", "Feature map"][i], dims[name], grids[name], strips[name].strip.el, ...below[name]),
  );

  return {
    el: h("div", { class: "sentence wide-ends" }, input, sign("∗"), kernel, sign("="), output),
    turn: (axis) => {
      const [down, right] = across(axis).map((a) => AXES[a]);
      for (const way of ways) way.textContent = `${down} runs down, ${right} to the right.`;
    },
    draw: (name, sliced, zoomed) => {
      const thumb = strips[name].draw(sliced)[sliced.index];
      grids[name].stage.style.aspectRatio = `1 / ${stageHeight(sliced)}`;
      grids[name].update(sliceContent(sliced, thumb), zoomed ? zoomedOn(sliced, thumb) : undefined);
      dims[name].textContent = `${sliced.shape.join("×")}, ${thumb.name.replaceAll(" ", "")}`;
    },
    pinned: (cell) => grids.output.setCursor(cell),
    mark: ({ marks, takesInput, takesOutput }, { slices }) => {
      for (const name of NAMES) grids[name].mark(marks[name]);
      strips.input.strip.show(slices.input, takesInput);
      strips.kernel.strip.show(slices.kernel, () => false);
      strips.output.strip.show(slices.output, takesOutput);
    },
    clear: () => {
      grids.input.mark([]);
      grids.output.clear();
      strips.output.strip.draw([]);
      dims.output.textContent = "none";
    },
    destroy: () => {
      for (const name of NAMES) grids[name].destroy();
    },
  };
};

/** A strip that paints its thumbnails anew only for another array or axis. */
const filmed = (label: string, onPick: (slice: number) => void): { strip: FilmStrip; draw(of: Sliced): Thumb[] } => {
  const strip = filmStrip(label, onPick);
  const differs = changes();
  let thumbs: Thumb[] = [];
  return {
    strip,
    draw: (sliced) => {
      if (differs(sliced.array, sliced.axis, sliced.before)) thumbs = filmOf(sliced);
      strip.draw(thumbs);
      return thumbs;
    },
  };
};
