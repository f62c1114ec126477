/** Play, pause, step, scrub: they all just set one step number; whoever owns it draws that step. */
import { h, icon, write } from "../dom";
import { range } from "./range";

export interface Timeline {
  el: HTMLElement;
  /** Show step `now` of `steps` (counted from 0), without firing `onStep`. */
  show(now: number, steps: number): void;
  stop(): void;
}

const MINUTE = 60_000;

/** Ticks a whole run takes at most about `longest`; a short one goes at three steps a second. */
const interval = (steps: number, longest: number): number => Math.max(16, Math.min(330, longest / steps));

export const timeline = (
  name: string,
  onStep: (step: number) => void,
  label: (step: number) => string,
  longest = MINUTE,
): Timeline => {
  let now = 0;
  let steps = 1;
  let timer: ReturnType<typeof setInterval> | undefined;

  const go = (step: number) => onStep(Math.max(0, Math.min(steps - 1, step)));
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    face();
  };
  const play = () => {
    if (now >= steps - 1) go(0);
    timer = setInterval(() => (now >= steps - 1 ? stop() : go(now + 1)), interval(steps, longest));
    face();
  };
  const button = (kind: Parameters<typeof icon>[0], text: string, act: () => void) =>
    h("button", { type: "button", "aria-label": text, title: text, onclick: act }, icon(kind));
  const still = (act: () => void) => () => (stop(), act());

  const toggle = button("play", "Play", () => (timer ? stop() : play()));
  const face = () => {
    const text = timer ? "Pause" : "Play";
    toggle.replaceChildren(icon(timer ? "pause" : "play"));
    toggle.setAttribute("aria-label", text);
    toggle.title = text;
  };
  const bar = range({ min: 0, "aria-label": name }, (step) => {
    stop();
    go(step);
  });
  const count = h("span", { class: "count dims" });
  const el = h(
    "div",
    { class: "timeline", role: "group", "aria-label": name },
    button(
      "first",
      "First step",
      still(() => go(0)),
    ),
    button(
      "back",
      "Step back",
      still(() => go(now - 1)),
    ),
    toggle,
    button(
      "forward",
      "Step forward",
      still(() => go(now + 1)),
    ),
    button(
      "last",
      "Last step",
      still(() => go(steps - 1)),
    ),
    count,
    bar,
  );
  return {
    el,
    stop,
    show: (step, total) => {
      now = step;
      steps = total;
      bar.max = String(total - 1);
      bar.value = String(step);
      bar.setAttribute("aria-valuetext", label(step));
      write(count, label(step));
    },
  };
};
