/** What is seen, in words and numbers. Pure. */
import { grouped, short } from "../../ui/words/format";
import { ranked } from "../shared/network";
import type { Search, Work } from "./math";

/** A score in two decimals, all of one length. */
export const scoreText = (score: number): string => score.toFixed(2).replace("-", "−");

/** "rows 4–35, columns 20–51". */
export const placeText = ({ plan: { window }, stride, cols }: Search, index: number): string => {
  const range = (first: number) => `${first}–${first + window - 1}`;
  return `rows ${range(Math.floor(index / cols) * stride)}, columns ${range((index % cols) * stride)}`;
};

export const differenceText = (one: Float64Array, other: Float64Array): string => {
  const most = one.reduce((top, score, i) => Math.max(top, Math.abs(score - other[i])), 0);
  return most ? `they differ by ${powerText(most)} at most` : "they are equal to the last bit";
};

/** A small number as one digit times a power of ten. */
const powerText = (value: number): string => {
  const [digit, power] = value.toExponential(0).split("e");
  const raised = power.replace("-", "⁻").replace(/\d/g, (d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(d)]);
  return `${digit}·10${raised}`;
};

/** The window that is looked at: where it is, and what both forms read there. */
export const windowText = (search: Search, index: number, cropped: Float64Array, slid: Float64Array): string => {
  const best = ranked(slid)[0];
  return (
    `Window ${index + 1} of ${search.rows * search.cols}, ${placeText(search, index)}: read as ${best}, ` +
    `score ${scoreText(cropped[best])} by cropping and ${scoreText(slid[best])} by convolution; ` +
    `${differenceText(cropped, slid)}.`
  );
};

export const pixelText = (row: number, col: number, windows: number): string =>
  `Pixel (${row}, ${col}) is in ${windows} window${windows === 1 ? "" : "s"}: ` +
  (windows > 1 ? `cropping multiplies it anew in each, convolution once for all of them.` : "both multiply it once.");

export const ratioText = ({ cropping, convolution }: Work): string =>
  convolution ? short(cropping / convolution) : "";

/** What cropping multiplies, as a product that can be checked. */
export const workText = (one: Work, now: Work, count: number): string => {
  const fewer = now.convolution < now.cropping ? `${ratioText(now)} times fewer` : "as many";
  return (
    `Cropping: ${grouped(count)} · ${grouped(one.cropping)} = ${grouped(now.cropping)} multiply–adds so far. ` +
    `Convolution: ${grouped(now.convolution)}, ${fewer}.`
  );
};
