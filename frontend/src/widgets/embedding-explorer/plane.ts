/** The plane: points that hand and keys move, their pull, and what lies how far from the anchor. */
import { type Point, squaredDistance } from "../../math/embeddings";
import { h, svg, write } from "../../ui/dom";
import { follow } from "../../ui/follow";
import { inside, nameOf, type Reading, REACH } from "./math";
import { pointText } from "./words";

export interface Hands {
  /** Move a point; what belongs to one `group` is undone at once. */
  move(i: number, to: Point, group: unknown): void;
  /** A move is over, or was not meant. */
  end(): void;
  takeBack(group: unknown): void;
  /** Take a point as positive or negative, or as the anchor. */
  choose(i: number, anchor: boolean): void;
  /** Point at one, or at none. */
  look(i: number | undefined): void;
}

export interface Plane {
  el: HTMLElement;
  /** Draw it, with the threshold around the point that is `looked` at. */
  draw(reading: Reading, looked: number): void;
}

const WAYS: Record<string, Point> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const [NEAR, FAR] = [0.05, 0.25]; // how far a key goes, alone and with Shift
const LONGEST = 0.5; // of an arrow
const HEAD = 0.07;

const percent = (share: number): string => `${(100 * share).toFixed(3)}%`;
const hundredth = (value: number): number => Math.round(100 * value) / 100;
const at = ([x, y]: Point): string => `${x.toFixed(4)} ${(-y).toFixed(4)}`; // y goes up in the plane

/** An arrow as a path, with a head; a point's own mark covers one that is too short. */
const arrow = ([x, y]: Point, [u, v]: Point, length: number): string => {
  const size = Math.hypot(u, v);
  if (!(length > 1e-3)) return "";
  const [dx, dy] = [u / size, v / size];
  const tip: Point = [x + dx * length, y + dy * length];
  const side = (turn: number): Point => [
    tip[0] - HEAD * (dx - turn * 0.6 * dy),
    tip[1] - HEAD * (dy + turn * 0.6 * dx),
  ];
  return `M${at([x, y])}L${at(tip)}M${at(side(1))}L${at(tip)}L${at(side(-1))}`;
};

export const plane = ({ move, end, takeBack, choose, look }: Hands): Plane => {
  const ring = svg("path", { class: "ring", "fill-rule": "evenodd" });
  const reach = svg("circle", { class: "reach" });
  const links = [svg("path", { class: "link" }), svg("path", { class: "link negative" })];
  const wrong = [svg("path", { class: "wrong" }), svg("path", { class: "wrong rejected" })];
  const arrows = svg("path", { class: "pull" });
  const drawing = svg(
    "svg",
    { viewBox: `${-REACH[0]} ${-REACH[1]} ${2 * REACH[0]} ${2 * REACH[1]}`, "aria-hidden": "true" },
    ...[ring, reach, ...wrong, ...links, arrows],
  );
  const el = h("div", { class: "plane", role: "group", "aria-label": "The plane" }, drawing);
  let reading: Reading;
  let dots: HTMLButtonElement[] = [];

  /** Where a pointer is in the plane. */
  const placeOf = ({ clientX, clientY }: MouseEvent): Point => {
    const { left, top, width, height } = el.getBoundingClientRect();
    return [((clientX - left) / width - 0.5) * 2 * REACH[0], (0.5 - (clientY - top) / height) * 2 * REACH[1]];
  };
  const press = (i: number, event: PointerEvent) => {
    if (event.button !== 0) return;
    const [group, from, start] = [{}, placeOf(event), reading.now[i]];
    follow(dots[i], event, event.pointerType === "touch", () => {
      let moved = false;
      return {
        move: (now) => {
          const to = placeOf(now);
          moved ||= Math.hypot(now.clientX - event.clientX, now.clientY - event.clientY) > 3;
          if (moved)
            move(i, inside([0, 1].map((axis) => hundredth(start[axis] + to[axis] - from[axis])) as Point), group);
        },
        end: () => (moved ? end() : choose(i, false)),
        cancel: () => takeBack(group),
      };
    });
  };
  const key = (i: number, event: KeyboardEvent) => {
    const { key: pressed, shiftKey, altKey, ctrlKey, metaKey } = event;
    if (altKey || ctrlKey || metaKey) return;
    const way = WAYS[pressed];
    if (way) {
      const far = shiftKey ? FAR : NEAR;
      move(i, inside([0, 1].map((axis) => hundredth(reading.now[i][axis] + far * way[axis])) as Point), `key ${i}`);
    } else if (pressed === "Enter" || pressed === " ") choose(i, false);
    else if (pressed === "a" || pressed === "A") choose(i, true);
    else return;
    event.preventDefault();
  };
  const dot = (i: number) =>
    h("button", {
      type: "button",
      onpointerdown: (event: PointerEvent) => press(i, event),
      onpointerenter: (event: PointerEvent) => event.pointerType !== "touch" && look(i),
      onpointerleave: () => look(undefined),
      onfocus: () => look(i),
      onblur: () => (end(), look(undefined)),
      onkeydown: (event: KeyboardEvent) => key(i, event),
      // A screen reader's press comes as a click that no pointer and no key has announced.
      onclick: (event: MouseEvent) => event.detail === 0 && choose(i, false),
    });

  return {
    el,
    draw: (now, looked) => {
      reading = now;
      const { now: points, labels, triplet, loss, margin, threshold, pull, longest } = now;
      if (dots.length !== points.length) {
        dots.forEach((each) => each.remove());
        dots = points.map((_, i) => dot(i));
        el.append(...dots);
      }
      dots.forEach((each, i) => {
        const [x, y] = points[i];
        const role = ["anchor", "positive", "negative"][triplet.indexOf(i)] ?? "";
        const className = `dot k${labels[i]} ${role}`;
        if (each.className !== className) each.className = className;
        each.style.left = percent(0.5 + x / 2 / REACH[0]);
        each.style.top = percent(0.5 - y / 2 / REACH[1]);
        write(each, nameOf(labels, i));
        each.setAttribute("aria-label", pointText(now, i));
      });
      const [a, p, n] = triplet.map((i) => points[i]);
      links[0].setAttribute("d", `M${at(a)}L${at(p)}`);
      links[1].setAttribute("d", `M${at(a)}L${at(n)}`);
      // Where a negative has a loss: all of it, and the part that is the right way round.
      const near = loss === "triplet" ? Math.sqrt(squaredDistance(a, p)) : 0;
      ring.setAttribute("d", disc(a, loss === "triplet" ? Math.sqrt(near ** 2 + margin) : margin) + disc(a, near));
      const scale = longest > 0 ? LONGEST / longest : 0;
      arrows.setAttribute(
        "d",
        points.map((point, i) => arrow(point, pull[i], scale * Math.hypot(...pull[i]))).join(""),
      );
      const centre = points[looked];
      for (const [name, value] of [
        ["cx", centre[0]],
        ["cy", -centre[1]],
        ["r", threshold],
      ] as const)
        reach.setAttribute(name, value.toFixed(4));
      const linesTo = (same: boolean) =>
        points
          .filter((_, i) => i !== looked && (labels[i] === labels[looked]) === same)
          .filter((point) => Math.sqrt(squaredDistance(point, centre)) <= threshold !== same)
          .map((point) => `M${at(centre)}L${at(point)}`)
          .join("");
      wrong[0].setAttribute("d", linesTo(false));
      wrong[1].setAttribute("d", linesTo(true));
    },
  };
};

/** A circle as a path; nothing where it has no radius. */
const disc = ([x, y]: Point, r: number): string => {
  const half = (end: number, sweep: number) => `A${r} ${r} 0 0 ${sweep} ${x + end * r} ${-y}`;
  return r > 0 ? `M${x - r} ${-y}${half(1, 1)}${half(-1, 1)}Z` : "";
};
