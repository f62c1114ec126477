/** A slider that goes as far as is legal, and says at its ends what keeps it from going on. */
import { slider } from "./controls";

const MOST_TRIED = 100; // values: what is set from Python may be far beyond what a slider is for

export interface KnobOptions {
  label: string;
  low: number;
  high(): number;
  now(): number;
  /** Why a value is not legal; "" if it is. */
  why(value: number): string;
  take(value: number): void;
  text?(value: number): string;
  say(text: string): void;
}

export interface Knob {
  el: HTMLElement;
  /** Show today's value and limits. */
  show(): void;
}

export const knob = ({ label, low, high, now, why, take, text, say }: KnobOptions): Knob => {
  let was = now(); // where the last move began
  const explain = (value: number) => {
    const reason = value >= low && value <= high() && why(value);
    if (reason) say(`${label} ${value} is not possible: ${reason}.`);
  };
  const control = slider(
    label,
    low,
    high(),
    (value) => {
      take(value);
      if (value !== was) explain(value + Math.sign(value - was));
      was = value;
    },
    text,
  );
  control.el.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (by) explain(now() + by);
  });
  return {
    el: control.el,
    show: () => {
      const here = (was = now());
      const most = Math.min(high(), low + MOST_TRIED);
      const legal = Array.from({ length: most - low + 1 }, (_, i) => low + i).filter((value) => !why(value));
      control.limit(Math.min(here, ...legal), Math.max(here, ...legal));
      control.show(here);
    },
  };
};
