/** Numbers as people type them. */
import { signed } from "./format";

/** A number, or why a text is none that can be told for sure. */
export type Typed = { value: number } | { problem: string };

const GROUPS = /^\d{1,3}(?:([ \u00a0\u2009\u202f'’])\d{3}(?:\1\d{3})*)(?=[.,]|$)/; // 12 345

/** What a text stands for: with any minus sign, a decimal point or comma, thousands in groups.
 *
 * `1,000` is a thousand to one reader and one to the next: it is refused. `0,5` and `1,000,000` are not. */
export const readNumber = (text: string): Typed => {
  const plain = text
    .trim()
    .replace(/[−–]/g, "-")
    .replace(/^([-+])\s+/, "$1");
  const [, sign, digits, power] = /^([-+]?)([^eE]*)(?:[eE]([-+]?\d+))?$/.exec(plain) ?? [];
  if (digits === undefined) return { problem: `“${text}” is not a number` };
  const whole = digits.replace(GROUPS, (group) => group.replace(/\D/g, ""));
  const point = pointed(whole);
  if (point === undefined) {
    const [many, few] = ["", "."].map((comma) => signed(sign + Number(whole.replace(",", comma))));
    return { problem: `“${text}” may be ${many} or ${few}: write it without a comma` };
  }
  const value = /^(\d+\.?\d*|\.\d+)$/.test(point) ? Number(`${sign}${point}e${power ?? 0}`) : NaN;
  return Number.isFinite(value) ? { value } : { problem: `“${text}” is not a number` };
};

/** The digits with a point, if any; nothing if a comma may be either. */
const pointed = (digits: string): string | undefined => {
  if (/^[1-9]\d{0,2},\d{3}$/.test(digits)) return undefined;
  if (/^\d{1,3}(,\d{3})+(,\d{3}|\.\d*)$/.test(digits)) return digits.replaceAll(",", ""); // 1,000,000 and 1,000.5
  if (/^\d{1,3}(\.\d{3})+,\d*$/.test(digits)) return digits.replaceAll(".", "").replace(",", "."); // 1.000,5
  return digits.replace(",", ".");
};
