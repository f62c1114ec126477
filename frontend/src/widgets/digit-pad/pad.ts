/** The sheet to draw on, by mouse, finger or keyboard. */
import { paintLight } from "../../ui/grids/colour";
import { h } from "../../ui/dom";
import { pack } from "../../ui/state/packed";
import { erased, inked, type Point } from "./ink";
import { FINER, SHEET, type Traits } from "./state";

export interface Pad {
  el: HTMLElement;
  draw(sheet: Float64Array): void;
}

export const drawingPad = (
  { set, endGroup, takeBack }: Traits,
  sheet: () => Float64Array,
  announce: (text: () => string) => void,
): Pad => {
  const canvas = h("canvas", { width: SHEET, height: SHEET });
  const cursor = h("i", { class: "cursor", hidden: true });
  let at: Point = { x: SHEET / 2, y: SHEET / 2 };
  let penDown = false;
  let strokes = 0;
  let group = "";

  const begin = () => (group = `stroke ${++strokes}`);
  const change = (data: Uint8Array) => set({ drawing: pack(data, [SHEET, SHEET], "uint8"), label: null }, group);
  const line = (from: Point, to: Point) => change(inked(sheet(), SHEET, from, to));

  // ---- mouse and finger --------------------------------------------------------------------------
  const pointOf = (event: MouseEvent): Point => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return { x: ((event.clientX - left) / width) * SHEET, y: ((event.clientY - top) / height) * SHEET };
  };
  let hand: { id: number; last: Point } | undefined;
  const down = (event: PointerEvent) => {
    if (event.button || hand) return;
    event.preventDefault(); // no text is selected
    el.focus({ preventScroll: true });
    lift();
    hide();
    if (event.isTrusted) el.setPointerCapture(event.pointerId); // a script's pointer can't be captured
    hand = { id: event.pointerId, last: pointOf(event) };
    begin();
    line(hand.last, hand.last);
  };
  const move = (event: PointerEvent) => {
    if (event.pointerId !== hand?.id) return;
    const to = pointOf(event);
    line(hand.last, to);
    hand.last = to;
  };
  const up = (event: PointerEvent) => {
    if (event.pointerId !== hand?.id) return;
    at = hand.last;
    hand = undefined;
    endGroup();
  };
  const cancel = (event: PointerEvent) => {
    if (event.pointerId !== hand?.id) return;
    hand = undefined;
    takeBack(group);
  };

  // ---- keyboard ----------------------------------------------------------------------------------
  const show = () => {
    cursor.hidden = false;
    cursor.classList.toggle("down", penDown);
    cursor.style.left = `${(at.x / SHEET) * 100}%`;
    cursor.style.top = `${(at.y / SHEET) * 100}%`;
  };
  const hide = () => (cursor.hidden = true);
  const lift = () => {
    if (penDown) endGroup();
    penDown = false;
  };
  const where = () =>
    `pen ${penDown ? "down" : "up"}, row ${Math.floor(at.y / FINER) + 1}, column ${Math.floor(at.x / FINER) + 1} of 28`;
  const keys: Record<string, () => void> = {
    " ": () => {
      if (penDown) return lift();
      penDown = true;
      begin();
      line(at, at);
    },
    Delete: () => {
      lift();
      begin();
      change(erased(sheet(), SHEET, at));
      endGroup();
    },
    Escape: lift,
  };
  keys.Enter = keys[" "];
  keys.Backspace = keys.Delete;
  for (const [key, x, y] of [
    ["ArrowLeft", -1, 0],
    ["ArrowRight", 1, 0],
    ["ArrowUp", 0, -1],
    ["ArrowDown", 0, 1],
  ] as const)
    keys[key] = () => {
      const from = at;
      const inside = (n: number) => Math.min(SHEET - FINER / 2, Math.max(FINER / 2, n));
      at = { x: inside(at.x + x * FINER), y: inside(at.y + y * FINER) };
      if (penDown) line(from, at);
    };
  const key = (event: KeyboardEvent) => {
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || (event.key === "Enter" && event.shiftKey)) return;
    if (event.key !== "Escape") event.preventDefault();
    act();
    show();
    announce(where);
  };

  const el = h(
    "div",
    {
      class: "sheet",
      tabindex: 0,
      role: "application",
      "aria-roledescription": "drawing pad",
      "aria-label": "Draw a digit. Arrows move the pen, Space puts it down or lifts it, Delete erases where it is",
      onpointerdown: down,
      onpointermove: move,
      onpointerup: up,
      onpointercancel: cancel,
      onkeydown: key,
      onfocus: () => el.matches(":focus-visible") && show(),
      onblur: () => (lift(), hide()),
    },
    canvas,
    cursor,
  );
  const pixels = new Uint8ClampedArray(4 * SHEET * SHEET);
  let drawn: Float64Array | undefined;
  return {
    el,
    draw: (now) => {
      if (now === drawn) return;
      drawn = now;
      paintLight([now], 0, 255, pixels);
      canvas.getContext("2d")?.putImageData(new ImageData(pixels, SHEET), 0, 0);
    },
  };
};
