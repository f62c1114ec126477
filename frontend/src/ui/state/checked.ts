/** A view's state, checked once where it enters. It comes out of a page that may be cut off, or edited by hand; what
 * a view then works with is what its Python half could have sent. Lengths are compared before anything is decoded. */
import type { Model, View } from "../../model";
import { size } from "../../math/array";
import { isFinitePacked, itemSize, type Packed } from "./packed";

/** What is wrong with a value, as what follows its name in a sentence; "" if nothing is. */
export type Check = (value: unknown) => string;
/** What is wrong with traits that are fine one by one, as a sentence's part; "" if they go together. */
export type Fit = (get: <T>(trait: string) => T) => string;
/** What a view's state must be. */
export interface Schema {
  /** A check for each trait. */
  traits: Record<string, Check>;
  together?: Fit;
}

/** How many positions, padding included, a view computes and draws without keeping its reader waiting. */
const MOST_POSITIONS = 2 ** 20;

/** A view that refuses, with one sentence, a state that it can't be the view of. */
export const checked =
  (schema: Schema, view: View): View =>
  (context) => {
    const problem = problemOf(schema, context.model);
    if (problem) throw new Error(problem);
    return view(context);
  };

/** Why a state is not one of these; "" if it is. */
export const problemOf = ({ traits, together }: Schema, model: Model): string => {
  for (const [trait, check] of Object.entries(traits)) {
    const value = model.get(trait);
    const problem = value === undefined ? "is missing" : check(value);
    if (problem) return `its trait ${trait} ${problem}`;
  }
  return together?.((trait) => model.get(trait) as never) ?? "";
};

/** A value in a word or two; what it holds is not repeated, for it may be anything. */
const kindOf = (value: unknown): string => {
  if (value == null) return "nothing";
  if (typeof value === "number") return Number.isFinite(value) ? String(value).replace("-", "−") : "no number";
  if (typeof value === "object") return Array.isArray(value) ? "a list" : "an object";
  return { string: "text", boolean: String(value) }[typeof value as string] ?? "something else";
};

/** A check that says what is allowed. */
export const check =
  (allowed: string, legal: (value: unknown) => boolean): Check =>
  (value) =>
    legal(value) ? "" : `must be ${allowed}, not ${kindOf(value)}`;

// ---- plain values ----------------------------------------------------------------------------------
export const flag = check("true or false", (value) => typeof value === "boolean");
export const text = check("text", (value) => typeof value === "string");
export const finite = check("a finite number", Number.isFinite);

const isWhole = (value: unknown, least: number, most = Infinity): boolean =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;

/** A whole number; of any size where no limits are given. */
export const whole = (least = -Infinity, most = Infinity): Check => {
  const limits = most < Infinity ? ` from ${least} to ${most}` : least > -Infinity ? ` of at least ${least}` : "";
  return check(`a whole number${limits}`, (value) => isWhole(value, least, most));
};

export const word = (...words: string[]): Check =>
  check(`one of ${words.join(", ")}`, (value) => words.includes(value as string));

/** What the first check allows, or else the second. */
export const either =
  (one: Check, other: Check): Check =>
  (value) =>
    one(value) && other(value);

export const none = check("null", (value) => value === null);

// ---- lists and dictionaries ------------------------------------------------------------------------
const isList = (value: unknown, count: number | undefined, legal: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && (count ? value.length === count : value.length > 0 && value.length < 4) && value.every(legal);

const axesText = (axes?: number): string => (axes ? `for each of ${axes} axes` : "for each axis");

/** A whole number, or one per axis: of so many axes, or of one to three. */
export const sizes = (axes?: number, least = 1): Check =>
  check(
    `a whole number of at least ${least}, or one ${axesText(axes)}`,
    (value) => isWhole(value, least) || isList(value, axes, (item) => isWhole(item, least)),
  );

/** Padding per side: a whole number, or [before, after] per axis. */
export const sides = (axes?: number): Check =>
  check(
    `a whole number of at least 0, or [before, after] ${axesText(axes)}`,
    (value) => isWhole(value, 0) || isList(value, axes, (item) => isList(item, 2, (side) => isWhole(side, 0))),
  );

/** The place of one element. */
export const place = (axes: number): Check =>
  check(`${axes} whole numbers of at least 0`, (value) => isList(value, axes, (item) => isWhole(item, 0)));

/** Any number of items, up to a limit. */
export const listOf =
  (each: Check, most = Infinity): Check =>
  (value) => {
    if (!Array.isArray(value)) return `must be a list, not ${kindOf(value)}`;
    if (value.length > most) return `must have at most ${most} items, not ${value.length}`;
    return firstProblem(value.map((item, i) => [`item ${i + 1}`, each(item)]));
  };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A value under each of any names. */
export const dictionaryOf =
  (each: Check): Check =>
  (value) =>
    isObject(value)
      ? firstProblem(Object.values(value).map((item, i) => [`item ${i + 1}`, each(item)]))
      : `must be an object, not ${kindOf(value)}`;

/** A value under each of these names. */
export const record =
  (parts: Record<string, Check>): Check =>
  (value) =>
    isObject(value)
      ? firstProblem(Object.entries(parts).map(([name, part]) => [`its ${name}`, part(value[name])]))
      : `must be an object, not ${kindOf(value)}`;

const DAMAGED = "is damaged: ";
const firstProblem = (problems: [what: string, problem: string][]): string => {
  const [what, problem] = problems.find(([, problem]) => problem) ?? ["", ""];
  return (
    problem && `${DAMAGED}${what}${problem.startsWith(DAMAGED) ? `: ${problem.slice(DAMAGED.length)}` : ` ${problem}`}`
  );
};

const PICTURE = /^data:image\/(png|webp|jpeg|gif);base64,[A-Za-z0-9+/]+={0,2}$/;
/** A picture: only such as is in the page itself, and holds no script. */
export const pictureUri = check("a picture in a data URI", (value) => {
  return typeof value === "string" && PICTURE.test(value) && (value.length - value.indexOf(",")) % 4 === 1;
});
/** Pictures by name. */
export const pictures = dictionaryOf(pictureUri);

// ---- arrays ----------------------------------------------------------------------------------------
/** A packed array of a legal shape, as long as its shape says, of finite numbers. `allowed` says the shape in words. */
export const packed =
  (allowed: string, legal: (shape: number[]) => boolean): Check =>
  (value) => {
    if (!isObject(value)) return `must be an array, not ${kindOf(value)}`;
    const { dtype, shape, data } = value;
    const item = itemSize(dtype);
    if (!item) return "is of an unknown kind of number";
    if (!Array.isArray(shape) || !shape.every((n) => isWhole(n, 1)))
      return "must have a shape of whole numbers from 1 on";
    if (!legal(shape)) return `must be an array ${allowed}, not one of shape ${shape.slice(0, 6).join(" × ") || "()"}`;
    if (typeof data !== "string") return `must have its data as text, not ${kindOf(data)}`;
    const bytes = size(shape) * item;
    const length = 4 * Math.ceil(bytes / 3);
    if (data.length !== length) return data.length < length ? "is cut off" : "is longer than its shape says";
    const filler = [0, 2, 1][bytes % 3];
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(data) || !data.endsWith("==".slice(0, filler)) || data.at(-1 - filler) === "=")
      return "is damaged";
    return isFinitePacked(value as unknown as Packed) ? "" : "must hold finite numbers";
  };

/** The named kernels of a menu. */
export const presets = (kernel: Check): Check => listOf(record({ name: text, label: text, kernel }));

// ---- what must go together -------------------------------------------------------------------------
/** That numbers per axis are of as many axes as the array that they are for. */
export const sameAxes = (rank: number, traits: Record<string, unknown>): string => {
  const [name, value] = Object.entries(traits).find(([, value]) => Array.isArray(value) && value.length !== rank) ?? [];
  return name ? `its trait ${name} is for ${(value as unknown[]).length} axes, and the array has ${rank}` : "";
};

/** That so many positions can be shown. */
export const showable = (trait: string, sides: number[]): string =>
  size(sides) > MOST_POSITIONS
    ? `its trait ${trait} asks for ${sides.join(" × ")} positions, more than a page can show`
    : "";

/** Sizes with their padding. */
export const padded = (sides: number[], padding: number | readonly (readonly [number, number])[]): number[] =>
  sides.map((n, axis) => (typeof padding === "number" ? n + 2 * padding : n + padding[axis][0] + padding[axis][1]));
