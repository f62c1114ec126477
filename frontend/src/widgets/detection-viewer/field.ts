/** The picture with its boxes: the pointer and the keys go from box to box. */
import type { NdArray } from "../../math/array";
import type { Sides } from "../../math/boxes";
import { changes, h } from "../../ui/dom";
import { paintLight } from "../../ui/grids/colour";
import { sheet, type Sheet } from "../shared/canvas";

export interface Wishes {
  /** The pointer is at a point, in shares of the picture; or it has left. */
  hover(at: [x: number, y: number] | undefined): void;
  pick(at: [x: number, y: number]): void;
  /** Go on by so many boxes, or to the first or the last. */
  turn(by: number): void;
}

export interface Field {
  el: HTMLElement;
  sheet: Sheet;
  /** Show one of the pictures (N, C, H, W) of bytes, and the borders of its cells. */
  show(images: NdArray, index: number, grid: Sides): void;
}

const TURNS: Record<string, number> = {
  ...{ ArrowRight: 1, ArrowDown: 1, PageDown: 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 },
  ...{ Home: -Infinity, End: Infinity },
};

export const field = ({ hover, pick, turn }: Wishes): Field => {
  const picture = h("canvas", { class: "pixels" });
  const lines = h("i", { class: "between" });
  const paper = sheet();
  const at = (event: MouseEvent): [number, number] => {
    const { left, top, width, height } = el.getBoundingClientRect();
    return [(event.clientX - left) / width, (event.clientY - top) / height];
  };
  const el = h(
    "div",
    {
      class: "boxes-field",
      tabindex: 0,
      role: "application",
      "aria-roledescription": "picture with boxes",
      onpointermove: (event: PointerEvent) => event.pointerType !== "touch" && hover(at(event)),
      onpointerleave: (event: PointerEvent) => event.pointerType !== "touch" && hover(undefined),
      onclick: (event: MouseEvent) => pick(at(event)), // a swipe is no click: it scrolls the page
      onkeydown: (event: KeyboardEvent) => {
        const by = TURNS[event.key];
        if (by === undefined || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        turn(by);
      },
    },
    picture,
    lines,
    paper.el,
  );
  const isOther = changes();
  return {
    el,
    sheet: paper,
    show: ({ data, shape: [, channels, height, width] }, index, [rows, columns]) => {
      if (!isOther(data, index, rows, columns)) return;
      lines.style.setProperty("--rows", String(rows));
      lines.style.setProperty("--columns", String(columns));
      picture.width = width;
      picture.height = height;
      el.style.aspectRatio = `${width} / ${height}`;
      const pixels = new Uint8ClampedArray(4 * height * width);
      const plane = (channel: number) => {
        const from = (index * channels + channel) * height * width;
        return data.subarray(from, from + height * width);
      };
      paintLight(
        Array.from({ length: channels }, (_, channel) => plane(channel)),
        0,
        255,
        pixels,
      );
      picture.getContext("2d")?.putImageData(new ImageData(pixels, width), 0, 0);
    },
  };
};
