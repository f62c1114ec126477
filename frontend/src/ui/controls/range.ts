/** A native slider that a swipe does not move: browsers set it as soon as a finger is on it. */
import { h } from "../dom";
import { wayOf } from "../touch";

export const range = (props: Parameters<typeof h>[1], onInput: (value: number) => void): HTMLInputElement => {
  /** A finger on it: where it began, the value before, and whether it may set another. */
  let finger: { from: PointerEvent; before: string; sets: boolean; scrolls: boolean } | undefined;
  const tell = () => onInput(input.valueAsNumber);
  const giveBack = ({ before, sets }: NonNullable<typeof finger>) => {
    input.value = before;
    if (sets) tell();
  };
  const input = h("input", {
    type: "range",
    step: 1,
    ...props,
    oninput: () => (!finger || finger.sets) && tell(),
    onpointerdown: (event: PointerEvent) => {
      if (event.pointerType === "touch") finger = { from: event, before: input.value, sets: false, scrolls: false };
    },
    onpointermove: (event: PointerEvent) => {
      if (!finger || finger.sets || finger.scrolls) return;
      const way = wayOf(finger.from, event);
      finger.scrolls = way === "updown";
      if (way !== "sideways") return;
      finger.sets = true;
      tell();
    },
    onpointerup: () => {
      const last = finger;
      finger = undefined;
      if (last?.scrolls) giveBack(last);
      else if (last && !last.sets) tell(); // a tap
    },
    onpointercancel: () => {
      const last = finger;
      finger = undefined;
      if (last) giveBack(last);
    },
  });
  return input;
};
