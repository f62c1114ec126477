/** Numbers as the reader sees them: true minus signs, no noise, no −0. */

/** At most `digits` significant digits after rounding; integers below 10⁷ in full. */
export const short = (value: number, digits = 3): string => {
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return signed(String(value));
  const rounded = Number(value.toPrecision(digits));
  const text =
    Math.abs(rounded) >= 1e7 || (rounded !== 0 && Math.abs(rounded) < 1e-4) ? rounded.toExponential() : String(rounded);
  return signed(text);
};

/** The value that `short` shows. */
export const shown = (value: number, digits = 3): number =>
  Number(short(value, digits).replace("−", "-").replace("−", "-"));

/** With a true minus sign. */
export const signed = (text: string): string => (text === "-0" ? "0" : text.replaceAll("-", "−"));

/** A factor in a product: negative numbers in brackets. */
export const factor = (value: number, digits = 3): string =>
  short(value, digits).startsWith("−") ? `(${short(value, digits)})` : short(value, digits);

/** A whole number in groups of three: 12 345. */
export const grouped = (value: number): string => signed(String(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
