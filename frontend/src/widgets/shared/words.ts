/** The shape calculator's words for numbers, layers and rows. No page. */
import type { Parameter, Row } from "../../math/chain";
import { grouped } from "../../ui/words/format";

export const nameOf = (parameter: Parameter): string => parameter.replace("_", " ");

export const sizeText = (size: readonly number[]): string => size.map(grouped).join(" × ");

/** A jump may be less than one, behind a transposed convolution. */
export const fraction = (value: number): string =>
  Number.isInteger(value) ? grouped(value) : `1/${grouped(Math.round(1 / value))}`;

/** One number where all axes agree. */
export const axesText = (values: readonly number[]): string =>
  (new Set(values).size === 1 ? [values[0]] : values).map(fraction).join(" × ");

/** What an input's shape is taken for: 28 × 28 is no picture. */
export const readAs = ([channels, ...size]: readonly number[]): string => {
  const what = ["features", "samples", "pixels", "voxels"][size.length];
  return size.length
    ? `${grouped(channels)} channel${channels === 1 ? "" : "s"} of ${sizeText(size)} ${what}`
    : `${grouped(channels)} ${what}`;
};

/** A line breaks between parameters, not within one. */
export const unbroken = (text: string): string => text.replace(/(?<=[a-z×]) (?=\d)| (?=×)/g, "\u00a0");

/** What is read out of a chosen row: 0 the input, then the layers. */
export const spokenRow = (rows: readonly Row[], at: number, shape: readonly number[]): string => {
  const row = rows[at - 1];
  if (!row) return `Input ${shape.join(" by ")}`;
  if (row.error) return `Layer ${at}, ${row.layer}: ${row.error}`;
  return [
    `Layer ${at}, ${row.layer}: output ${row.size!.join(" by ")}`,
    ...(row.receptiveField ? [`field ${axesText(row.receptiveField)}`, `jump ${axesText(row.jump!)}`] : []),
    `${row.parameters} parameters`,
    `${row.multiplyAdds} multiply–adds`,
  ].join(", ");
};
