/** The picture with its boxes: pointer and keys choose them, move them, and pull their sides. */
import type { Box, Sides } from "../../math/boxes";
import { h } from "../../ui/dom";
import { wayOf } from "../../ui/touch";
import { sheet, type Sheet } from "../shared/canvas";
import { boxAt, cursorOf, type Grip, gripAt, keyed, moved, type Point } from "./hands";
import { boxOf, chosen, type Kind, KINDS, rowsOf, type State, stepOf } from "./state";
import { spokenBox } from "./words";

const [NEAR, NEAR_FINGER] = [7, 14]; // px from a side that still take hold of it

export interface Wishes {
  now(): State;
  pick(kind: Kind, at: number): void;
  /** Changes of one group are undone at once. */
  move(kind: Kind, at: number, box: Box, group: string): void;
  remove(kind: Kind, at: number): void;
  endGroup(): void;
  takeBack(group: string): void;
  /** A change is over: read it out. */
  tell(kind: Kind, at: number): void;
}

export interface Field {
  el: HTMLElement;
  sheet: Sheet;
  show(state: State): void;
}

interface Item {
  kind: Kind;
  at: number;
}
/** A hand on a box: where it began, and what moving it does. A finger's first move may be meant to scroll. */
interface Hand extends Item {
  id: number;
  from: PointerEvent;
  box: Box;
  grip: Grip;
  group: string;
  holds: boolean;
}

export const field = ({ now, pick, move, remove, endGroup, takeBack, tell }: Wishes): Field => {
  const picture = h("img", { alt: "", hidden: true, draggable: "false" });
  const paper = sheet();
  let hand: Hand | undefined;
  let gestures = 0;

  // ---- keyboard ----------------------------------------------------------------------------------
  const handle = (kind: Kind): HTMLElement =>
    h("div", {
      class: `handle ${kind}`,
      tabindex: 0,
      role: "application",
      "aria-roledescription": "box",
      onkeydown: (event: KeyboardEvent) => {
        const state = now();
        const at = chosen(state, kind);
        if (at === undefined) return;
        const rows = rowsOf(state, kind);
        const turn = event.altKey || event.ctrlKey || event.metaKey ? 0 : { PageDown: 1, PageUp: -1 }[event.key];
        const box = keyed(boxOf(rows[at]), event, stepOf(state.size), state.size);
        if (turn) pick(kind, (at + turn + rows.length) % rows.length);
        else if (box) move(kind, at, box, `keys on ${kind} ${at}`);
        else if (event.key === "Delete") remove(kind, at);
        else return;
        event.preventDefault();
        if (event.key !== "Delete") tell(kind, turn ? (at + turn + rows.length) % rows.length : at);
      },
      onblur: () => endGroup(),
    });
  const handles = { object: handle("object"), detection: handle("detection") };

  // ---- mouse and finger --------------------------------------------------------------------------
  const el = h("div", { class: "boxes-field" }, picture, paper.el, handles.object, handles.detection);
  const scale = (): [x: number, y: number] => {
    const [height, width] = now().size;
    return [width / (el.clientWidth || 1), height / (el.clientHeight || 1)];
  };
  const pointOf = (event: MouseEvent): Point => {
    const { left, top } = el.getBoundingClientRect();
    const [x, y] = scale();
    return [(event.clientX - left) * x, (event.clientY - top) * y];
  };
  const reachOf = (event: PointerEvent) => (event.pointerType === "touch" ? NEAR_FINGER : NEAR) * scale()[0];
  const itemAt = (event: PointerEvent): Item | undefined => {
    const state = now();
    const items = KINDS[state.view].flatMap((kind) => rowsOf(state, kind).map((_, at): Item => ({ kind, at })));
    const boxes = items.map(({ kind, at }) => boxOf(rowsOf(state, kind)[at]));
    const first = items.flatMap(({ kind, at }, i) => (at === chosen(state, kind) ? [i] : []));
    const at = boxAt(boxes, pointOf(event), reachOf(event), first);
    return at === undefined ? undefined : items[at];
  };
  const gripOf = ({ kind, at }: Item, event: PointerEvent) =>
    gripAt(boxOf(rowsOf(now(), kind)[at]), pointOf(event), reachOf(event));

  const take = (held: Hand) => {
    held.holds = true;
    pick(held.kind, held.at);
    handles[held.kind].focus({ preventScroll: true });
  };
  const down = (event: PointerEvent) => {
    if (event.button || hand) return;
    const item = itemAt(event);
    if (!item) return;
    const box = boxOf(rowsOf(now(), item.kind)[item.at]);
    const group = `drag ${++gestures}`;
    hand = { ...item, id: event.pointerId, from: event, box, grip: gripOf(item, event)!, group, holds: false };
    const focused = document.activeElement === handles[item.kind] && chosen(now(), item.kind) === item.at;
    if (event.pointerType === "touch" && !focused) return; // it may be about to scroll
    event.preventDefault(); // no text is selected
    if (event.isTrusted) el.setPointerCapture(event.pointerId); // a script's pointer can't be captured
    take(hand);
  };
  const drag = (event: PointerEvent) => {
    if (event.pointerId !== hand?.id) {
      if (event.pointerType === "touch") return;
      const item = itemAt(event);
      el.style.cursor = item ? cursorOf(gripOf(item, event)!) : "";
      return;
    }
    if (!hand.holds) {
      const way = wayOf(hand.from, event);
      if (way === "updown") hand = undefined;
      if (way !== "sideways") return;
      take(hand!);
    }
    const held = hand!;
    const [x, y] = scale();
    const by: Point = [(event.clientX - held.from.clientX) * x, (event.clientY - held.from.clientY) * y];
    const { size } = now();
    move(held.kind, held.at, moved(held.box, held.grip, by, stepOf(size), size), held.group);
  };
  const up = (event: PointerEvent) => {
    if (event.pointerId !== hand?.id) return;
    const held = hand;
    hand = undefined;
    if (!held.holds) take(held); // a tap
    endGroup();
    tell(held.kind, held.at);
  };
  const cancel = (event: PointerEvent) => {
    if (event.pointerId !== hand?.id) return;
    const { group } = hand;
    hand = undefined;
    takeBack(group);
  };
  for (const [name, act] of Object.entries({
    pointerdown: down,
    pointermove: drag,
    pointerup: up,
    pointercancel: cancel,
  }))
    el.addEventListener(name, act as EventListener);

  const percent = (share: number): string => `${(100 * share).toFixed(3)}%`;
  const place = (state: State, kind: Kind, [height, width]: Sides) => {
    const at = chosen(state, kind);
    const { style, hidden } = handles[kind];
    const there = at !== undefined && KINDS[state.view].includes(kind);
    if (hidden === there) handles[kind].hidden = !there;
    if (!there) return;
    const [x1, y1, x2, y2] = boxOf(rowsOf(state, kind)[at]);
    style.left = percent(x1 / width);
    style.top = percent(y1 / height);
    style.width = percent((x2 - x1) / width);
    style.height = percent((y2 - y1) / height);
    handles[kind].setAttribute("aria-label", spokenBox(state, kind, at));
  };
  return {
    el,
    sheet: paper,
    show: (state) => {
      const [height, width] = state.size;
      const ratio = `${width} / ${height}`;
      if (el.style.aspectRatio !== ratio) {
        el.style.aspectRatio = ratio;
        el.style.setProperty("--ratio", String(width / height));
      }
      if (state.image && picture.getAttribute("src") !== state.image) picture.src = state.image;
      picture.hidden = state.image === "";
      for (const kind of ["object", "detection"] as const) place(state, kind, state.size);
    },
  };
};
