/** A map as large as there is room, with a place in it that pointer and keys move. */
import { planeOf } from "../../math/field";
import { h, write } from "../../ui/dom";
import type { Tone } from "../../ui/words/terms";
import { mapCanvas, type MapCanvas } from "./maps";

const WAYS: Record<string, [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

export interface Wishes {
  hover(position: number[] | undefined): void;
  /** A place is chosen, with a key or by a click. */
  pick(position: number[]): void;
  /** Where the keys go from. */
  now(): readonly number[];
  leave?(): void;
}

export interface BigMap {
  el: HTMLElement;
  map: MapCanvas;
  show(name: string, dims: string, size: readonly number[], image?: string): void;
}

export const bigMap = (tone: Tone, keys: string, { hover, pick, now, leave }: Wishes): BigMap => {
  const map = mapCanvas();
  const picture = h("img", { alt: "", hidden: true, draggable: "false" });
  const field = h("div", { class: "field", tabindex: 0, role: "application" }, picture, map.el);
  const name = h("span", { class: `name t-${tone}` });
  const dims = h("span", { class: "dims" });
  const stage = h("div", { class: "stage" }, field);
  const el = h("div", { class: `panel ${tone}`, role: "group" }, h("header", {}, name, dims), stage);
  let size: readonly number[] = [1];

  picture.addEventListener("load", () => {
    // A picture of the input's own size is what the network gets; a larger one only stands for it.
    picture.style.imageRendering = picture.naturalWidth > planeOf(size)[1] ? "" : "pixelated";
  });
  field.addEventListener("pointermove", (event) => hover(map.placeAt(event)));
  field.addEventListener("pointerdown", (event) => hover(map.placeAt(event)));
  field.addEventListener("pointerleave", () => hover(undefined));
  field.addEventListener("click", (event) => {
    const place = map.placeAt(event);
    if (place) pick(place);
  });
  field.addEventListener("blur", () => leave?.());
  field.addEventListener("keydown", (event) => {
    const [rows, columns] = planeOf(size);
    const by = WAYS[event.key];
    const edge = event.key === "Home" ? 0 : event.key === "End" ? columns - 1 : undefined;
    if (event.altKey || event.ctrlKey || event.metaKey || (!by && edge === undefined)) return;
    event.preventDefault();
    const [row, column] = size.length > 1 ? now() : [0, now()[0]];
    const far = event.shiftKey ? 8 : 1;
    const moved = by
      ? [Math.max(0, Math.min(rows - 1, row + far * by[0])), Math.max(0, Math.min(columns - 1, column + far * by[1]))]
      : [row, edge!];
    pick(size.length > 1 ? moved : moved.slice(1));
  });

  return {
    el,
    map,
    show: (title, text, shape, image = "") => {
      size = shape;
      const [rows, columns] = planeOf(shape);
      const most = Math.max(rows, columns);
      const flat = shape.length < 2;
      stage.classList.toggle("flat", flat);
      field.style.width = `${Math.max(3, (100 * columns) / most)}%`;
      field.style.height = flat ? "100%" : `${Math.max(3, (100 * rows) / most)}%`;
      write(name, title);
      write(dims, text);
      el.setAttribute("aria-label", title);
      field.setAttribute("aria-label", `${title}. ${keys}`);
      picture.hidden = image === "";
      if (image && picture.src !== image) picture.src = image;
    },
  };
};
