/** The kernel editor's kernel: presets, size, channels, and a grid of weights to drag, type or paint. */
import { largest, type NdArray } from "../../math/array";
import { pack, planeAt, withNumber } from "../../ui/state/packed";
import { paintSigned, pixelBuffer } from "../../ui/grids/colour";
import { number, segments, select, toggle } from "../../ui/controls/controls";
import { h, write } from "../../ui/dom";
import { short } from "../../ui/words/format";
import { panel, row } from "../../ui/frame";
import type { Cell, Grid } from "../../ui/grids/grid";
import { type Preset, presetMenu } from "../../ui/controls/preset-menu";
import { weightGrid } from "../../ui/grids/weight-grid";
import { CHANNELS, resized, thrice, withChannels } from "./arrays";
import { type Arrays, type Asks, LARGEST_KERNEL, type Traits, wouldFit } from "./state";

export interface KernelPanel {
  el: HTMLElement;
  grid: Grid;
  /** Show what is chosen. */
  show(): void;
  /** Draw the weights, and what they are divided by. */
  draw(divisor?: number): void;
}

export const kernelPanel = (
  { get, set, endGroup, takeBack }: Traits,
  arrays: Arrays,
  presets: Preset[],
  { look, say, refuse, redraw }: Asks,
): KernelPanel => {
  let plane = 0; // which channel's kernel is shown
  let paintValue = 1;
  let painting = false;

  /** A kernel for all channels goes without a channel axis. */
  const setKernel = ({ data, shape }: NdArray, group?: unknown) => {
    const kernel = pack(data, shape[0] === 1 ? shape.slice(1) : shape);
    set({ kernel, preset: preset.nameOf(kernel) }, group);
  };
  const seen = () => Math.min(plane, arrays.kernel().shape[0] - 1);
  const at = ({ row, col }: Cell): number => {
    const [, rows, cols] = arrays.kernel().shape;
    return (seen() * rows + row) * cols + col;
  };
  const { grid, paintWith: setPaint } = weightGrid("Kernel", {
    all: () => arrays.kernel().data,
    get: (cell) => arrays.kernel().data[at(cell)],
    set: (cell, value, group) =>
      setKernel({ data: withNumber(arrays.kernel().data, at(cell), value), shape: arrays.kernel().shape }, group),
    endGroup,
    takeBack,
    say,
    look,
  });

  const preset = presetMenu(presets, (chosen) => {
    if (!chosen) preset.show(get("preset"));
    else if (wouldFit(get, { kernel: chosen.kernel })) set({ kernel: chosen.kernel, preset: chosen.name });
    else refuse(`${chosen.label} (${chosen.kernel.shape.join(" × ")}) does not fit into this input`);
  });
  const sizes = Array.from({ length: LARGEST_KERNEL }, (_, i): [string, string] => [String(i + 1), String(i + 1)]);
  const resize = () => {
    const wished = resized(arrays.kernel(), Number(rows.input.value), Number(cols.input.value));
    if (wouldFit(get, { kernel: { ...get("kernel"), shape: wished.shape } })) setKernel(wished);
    else refuse(`A ${wished.shape.slice(1).join(" × ")} kernel does not fit into this input`);
  };
  const rows = select("Kernel rows", sizes, resize);
  const cols = select("Kernel columns", sizes, resize);
  const normalise = toggle(
    "÷ Σ|w|",
    (on) => set({ normalise: on }),
    "Divide by the sum of the weights' absolute values",
  );
  const flip = segments(
    "Correlation or convolution",
    [
      ["no", "correlate", "as deep learning does: the kernel as it stands"],
      ["yes", "flip", "convolution as mathematics has it: the kernel turned by 180°"],
    ],
    (value) => set({ flip: value === "yes" }),
  );
  const paint = toggle(
    "paint",
    (on) => {
      painting = on;
      setPaint(on ? paintValue : undefined);
      redraw();
    },
    "Press and drag sets cells to the value beside",
  );
  const paintWith = number("with", (value) => {
    paintValue = value;
    setPaint(painting ? value : undefined);
  });
  paintWith.show(paintValue);
  const perChannel = toggle(
    "per channel",
    (on) => {
      const kernel = arrays.kernel();
      setKernel(on ? thrice(kernel) : withChannels(planeAt(kernel, plane)));
    },
    "One kernel for all channels, or one for each",
  );
  const planes = segments("Kernel channel", CHANNELS, (value) => {
    plane = Number(value);
    redraw();
  });
  const channelRow = row(perChannel.el, planes.el);
  const dims = h("span", { class: "dims" });

  const pixels = pixelBuffer();
  return {
    el: panel(
      "kernel",
      "Kernel",
      dims,
      grid,
      preset.el,
      h(
        "div",
        { class: "cnn-row size" },
        rows.el,
        h("span", { class: "muted", "aria-hidden": "true" }, "×"),
        cols.el,
        normalise.el,
      ),
      flip.el,
      row(paint.el, paintWith.el),
      channelRow,
      h("span", { class: "hint" }, "Drag a cell ↔, or type."),
    ),
    grid,
    show: () => {
      const { shape } = arrays.kernel();
      preset.show(get("preset"));
      rows.show(String(shape[1]));
      cols.show(String(shape[2]));
      normalise.show(get("normalise"));
      flip.show(get("flip") ? "yes" : "no");
      paint.show(painting);
      perChannel.show(shape[0] === 3);
      planes.show(String(plane));
      channelRow.hidden = arrays.image().shape[0] < 3; // a kernel of three channels sees three of every picture
      planes.el.hidden = shape[0] < 3;
    },
    draw: (divisor = 1) => {
      const kernel = arrays.kernel();
      const {
        data,
        shape: [height, width],
      } = planeAt(kernel, seen());
      const buffer = pixels(height * width);
      paintSigned(data, largest(kernel.data), buffer);
      grid.update({
        rows: height,
        cols: width,
        pixels: buffer,
        label: ({ row, col }) => short(data[row * width + col]),
      });
      const sizes = (kernel.shape[0] > 1 ? kernel.shape : [height, width]).join(" × ");
      write(dims, divisor === 1 ? sizes : `${sizes} ÷ ${short(divisor)}`);
    },
  };
};
