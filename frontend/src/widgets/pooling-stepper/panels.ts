/** The pooling stepper's two grids: the input, which is written, and the output, which is read. */
import { pixelBuffer } from "../../ui/grids/colour";
import { h } from "../../ui/dom";
import { panel, sign } from "../../ui/frame";
import { filmStrip } from "../../ui/grids/film-strip";
import { type Cell, Grid } from "../../ui/grids/grid";
import { weightGrid } from "../../ui/grids/weight-grid";
import type { Marks } from "./marks";
import type { Flow, Result } from "./math";
import { channelOf, type Focus, outputCell } from "./places";
import { channelThumbs, inputPlane, outputPart, outputPlane, outputShape, overlap } from "./planes";

/** What the grids ask of the view. */
export interface Hands {
  /** Look at a cell, or at nothing else than the step; `aloud` where a key or a press chose it. */
  look(focus: Focus | undefined, aloud?: boolean): void;
  /** Make an output's cell the step. */
  pin(cell: Cell): void;
  /** Go to the same place in another channel. */
  toChannel(channel: number): void;
  /** The input's numbers. */
  values(): Float64Array;
  /** Where in them a cell's number stands; nothing for padding. */
  entry(cell: Cell): number | undefined;
  change(entry: number, value: number, group?: unknown): void;
  endGroup(): void;
  takeBack(group: unknown): void;
  say(text: string, alarm?: boolean): void;
}

export interface Panels {
  /** Input, arrow and output; what comes next stands beside them. */
  els: HTMLElement[];
  /** Call both what they show: the arrays, or the gradients there. */
  title(back: boolean): void;
  /** The channels of another result. */
  drawChannels(result: Result): void;
  draw(result: Result, flow: Flow | undefined, step: number): void;
  mark(marks: Marks): void;
  /** Show that there is no output. */
  clear(): void;
  destroy(): void;
}

const SIDES = ["input", "output"] as const;
const TITLES = { input: "Input", output: "Output" };

export const panels = ({ look, pin, toChannel, values, entry, change, endGroup, takeBack, say }: Hands): Panels => {
  const grids = {
    input: weightGrid(
      "Input",
      {
        all: values,
        get: (cell) => values()[entry(cell) ?? -1] ?? 0,
        set: (cell, value, group) => {
          const at = entry(cell);
          if (at === undefined) say("Padding can’t be changed: it is −∞ for a maximum, and else 0.", true);
          else change(at, value, group);
        },
        endGroup,
        takeBack,
        say,
        look: (cell, aloud) => look(cell && { on: "input", cell }, aloud),
      },
      "number",
    ).grid,
    output: new Grid("Output", { hover: (cell) => look(cell && { on: "output", cell }), move: pin }),
  };
  const strips = {
    input: filmStrip("Channel of the input", toChannel),
    output: filmStrip("Channel of the output", toChannel),
  };
  const span = (name: string) => h("span", { class: name });
  const titles = { input: span("name"), output: span("name") };
  const dims = { input: span("dims"), output: span("dims") };
  const hint = span("hint");
  const arrow = sign();
  const pixels = { input: pixelBuffer(), output: pixelBuffer() };

  return {
    els: [
      panel("input", titles.input, dims.input, grids.input, strips.input.el, hint),
      arrow,
      panel("output", titles.output, dims.output, grids.output, strips.output.el),
    ],
    title: (back) => {
      for (const side of SIDES) {
        titles[side].textContent = back ? `∂L/∂${side}` : TITLES[side];
        titles[side].className = `name t-${back ? "gradient" : side}`;
      }
      arrow.textContent = back ? "←" : "→";
    },
    drawChannels: (result) => {
      const thumbs = result.channels > 1 && channelThumbs(result);
      for (const side of SIDES) {
        strips[side].el.hidden = !thumbs;
        if (thumbs) strips[side].draw(thumbs[side]);
      }
    },
    draw: (result, flow, step) => {
      const channel = channelOf(result, step);
      grids.input.update(inputPlane(result, flow, channel, pixels.input));
      dims.input.textContent = result.setting.x.shape.join(" × ");
      hint.textContent = flow
        ? "In the corners: the input itself."
        : `Drag a cell ↔, or type.${overlap(result) ? " ×2, or a folded corner: in several windows." : ""}`;
      grids.output.stage.style.setProperty("--part", String(outputPart(result)));
      grids.output.update(outputPlane(result, flow, channel, pixels.output));
      dims.output.textContent = outputShape(result).join(" × ");
      for (const side of SIDES) strips[side].show(channel, () => false);
      grids.output.setCursor(outputCell(result, step));
    },
    mark: (marks) => {
      for (const side of SIDES) grids[side].mark(marks[side]);
    },
    clear: () => {
      for (const side of SIDES) grids[side].clear();
      dims.output.textContent = "none";
    },
    destroy: () => {
      for (const side of SIDES) grids[side].destroy();
    },
  };
};
