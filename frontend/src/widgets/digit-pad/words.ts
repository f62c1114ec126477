/** What a reading comes to, in words. Pure. */
import { ranked } from "../shared/network";
import { type Reading, SURE } from "./state";

/** A probability as a percentage that is never rounded to certainty. */
export const percent = (share: number): string => {
  if (share > 0.999 && share < 1) return ">\u00a099.9\u00a0%";
  if (share < 0.001) return "<\u00a00.1\u00a0%";
  return `${(100 * share).toFixed(1)}\u00a0%`;
};

/** The reading, its runners-up, and what is to be said about it. */
export interface Words {
  digit: string;
  runners: string;
  note: string;
  /** Whether the note is about a reading that is wrong or unsure. */
  doubt: boolean;
}

const noteOf = (first: number, share: number, label: number | null): string => {
  const sure = share >= SURE;
  if (label !== null && label !== first)
    return `It is a ${label} to whoever wrote it: the network is wrong${sure ? ", and sure of itself" : ""}.`;
  if (!sure) return `Unsure: no digit has ${100 * SURE}\u00a0%.`;
  return label === null ? "" : `Right: it is a ${label}.`;
};

export const wordsOf = ({ shares, empty }: Pick<Reading, "shares" | "empty">, label: number | null): Words => {
  if (empty) return { digit: "–", runners: "Draw a digit", note: "", doubt: false };
  const [first, second, third] = ranked(shares);
  const then = (digit: number) => `${digit} (${percent(shares[digit])})`;
  const note = noteOf(first, shares[first], label);
  return {
    digit: String(first),
    runners: `${percent(shares[first])}, then ${then(second)} and ${then(third)}`,
    note,
    doubt: /^(It is|Unsure)/.test(note),
  };
};

/** All of it, read out. */
export const spoken = ({ digit, runners, note }: Words): string =>
  digit === "–" ? "Nothing is drawn." : `Read as ${digit}: ${runners}. ${note}`;
