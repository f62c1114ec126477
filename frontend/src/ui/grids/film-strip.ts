/** Planes of an array as a strip of thumbnails (channels, slices), one of them chosen. */
import { segments } from "../controls/controls";
import { h } from "../dom";

export interface Thumb {
  rows: number;
  cols: number;
  /** RGBA, row by row. */
  pixels: Uint8ClampedArray<ArrayBuffer>;
  name: string;
}

export interface FilmStrip {
  el: HTMLElement;
  /** Draw the thumbnails anew; the same list again costs nothing. */
  draw(thumbs: Thumb[]): void;
  /** Mark the chosen one, and those that take part in what is looked at. */
  show(chosen: number, taking: (index: number) => boolean): void;
}

export const filmStrip = (label: string, onPick: (index: number) => void): FilmStrip => {
  const el = h("div", { class: "strip" });
  let drawn: Thumb[] = [];
  let names = "";
  let choice = segments(label, [], () => {});
  let canvases: HTMLCanvasElement[] = [];
  let visible = 0;
  // Scroll the strip and not the page, as scrollIntoView would.
  const reveal = () => {
    const frame = canvases[visible]?.parentElement;
    if (frame) el.scrollLeft = frame.offsetLeft - (el.clientWidth - frame.offsetWidth) / 2;
  };
  new ResizeObserver(reveal).observe(el); // a view is drawn before it is in the page
  const rebuild = () => {
    canvases = drawn.map(() => h("canvas"));
    choice = segments(
      label,
      drawn.map(({ name }, i) => [String(i), () => canvases[i], name]),
      (value) => onPick(Number(value)),
      "frames",
    );
    el.replaceChildren(choice.el);
  };
  return {
    el,
    draw: (thumbs) => {
      if (thumbs === drawn) return;
      drawn = thumbs;
      const now = thumbs.map(({ name }) => name).join();
      if (now !== names) rebuild();
      names = now;
      thumbs.forEach(({ rows, cols, pixels }, i) => {
        Object.assign(canvases[i], { width: cols, height: rows });
        canvases[i].getContext("2d")?.putImageData(new ImageData(pixels, cols), 0, 0);
      });
    },
    show: (chosen, taking) => {
      choice.show(String(chosen));
      canvases.forEach((canvas, i) => canvas.parentElement!.classList.toggle("taking", taking(i)));
      visible = chosen;
      reveal();
    },
  };
};
