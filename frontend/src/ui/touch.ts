/** What a finger means: up and down the page scrolls, whatever lies under it; sideways is meant for what lies there. */

const TREMBLE = 8; // px: a finger that moves less does not move

/** Which way a pointer went; nothing while that can't be told. */
export const wayOf = (from: MouseEvent, to: MouseEvent): "sideways" | "updown" | undefined => {
  const [x, y] = [Math.abs(to.clientX - from.clientX), Math.abs(to.clientY - from.clientY)];
  return Math.max(x, y) < TREMBLE ? undefined : x > y ? "sideways" : "updown";
};
