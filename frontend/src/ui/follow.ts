/** A pointer that was pressed on an element, followed until it is released or taken away. */
import { wayOf } from "./touch";

/** What follows a pointer. */
export interface Following {
  move(event: PointerEvent): void;
  /** It was released. */
  end(): void;
  /** It was taken away, since a page is scrolled or enlarged: what it did was not meant. */
  cancel(): void;
}

/** Follow a pointer; returns whether there is anything to follow. A finger `waits`: what it means is known when it
 * moves sideways or is lifted, and a swipe scrolls the page and changes nothing. */
export const follow = (
  el: HTMLElement,
  event: PointerEvent,
  waits: boolean,
  begin: () => Following | undefined,
  over: () => void = () => {},
): boolean => {
  let gesture = waits ? undefined : begin();
  if (!waits && !gesture) return false;
  const release = () => {
    over();
    for (const [type, listener] of listeners) el.removeEventListener(type, listener);
  };
  const listeners = Object.entries({
    pointermove: (now: PointerEvent) => {
      const way = gesture ? "sideways" : wayOf(event, now);
      if (way === "updown") release();
      if (way !== "sideways") return;
      gesture ??= begin();
      gesture?.move(now);
    },
    pointerup: () => {
      release();
      (gesture ?? begin())?.end();
    },
    pointercancel: () => {
      release();
      gesture?.cancel();
    },
  }) as [string, EventListener][];
  for (const [type, listener] of listeners) el.addEventListener(type, listener);
  // A synthetic pointer (a test's, an assistive tool's) cannot be captured; a real one can.
  try {
    el.setPointerCapture(event.pointerId);
  } catch {
    /* follow it inside the element only */
  }
  return true;
};
