// @vitest-environment happy-dom
/** Every way in which a state in a page may be damaged: it is shown rightly, or what is wrong is said over the
 * picture. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { register } from "../../src/hosts/element";
import type { Packed } from "../../src/ui/state/packed";
import { STATES } from "../states";

type State = Record<string, unknown>;
type Path = (string | number)[];
/** The name of a damage, and the text that is then in the page. */
type Damage = [what: string, text: string];

const MARKUP = '<img src="x" onerror="alert(1)">';
/** JSON of a value, in which "−0" stands for the number that JSON.stringify would write as 0. */
const json = (value: unknown): string => JSON.stringify(value).replaceAll('"−0"', "-0");

/** A copy with what is at a path replaced, or taken out. */
const replaced = (state: unknown, [key, ...rest]: Path, change: (old: unknown) => unknown): unknown => {
  const copy = (Array.isArray(state) ? [...state] : { ...(state as object) }) as State;
  const value = rest.length ? replaced(copy[key], rest, change) : change(copy[key]);
  if (value === undefined && Array.isArray(copy)) copy.splice(Number(key), 1);
  else if (value === undefined) delete copy[key];
  else copy[key] = value;
  return copy;
};
/** The ends of a list stand for what is between. */
const endsOf = (keys: string[]): string[] => (keys.length > 3 ? [keys[0], keys[1], keys.at(-1)!] : keys);
const pathsOf = (value: unknown, path: Path = []): Path[] =>
  typeof value === "object" && value !== null
    ? (Array.isArray(value) ? endsOf(Object.keys(value)) : Object.keys(value)).flatMap((key) => [
        [...path, key],
        ...pathsOf((value as State)[key], [...path, key]),
      ])
    : [];
const at = (state: unknown, path: Path): unknown => path.reduce((value, key) => (value as State)[key], state);

const VALUES = [null, "NaN", -1, "−0", 0.5, 1e9, 1e300, "", [], {}, true, [[[]]], { a: { b: [] } }, MARKUP];
const ARRAYS: [string, (old: Packed) => object][] = [
  ["without its second half", ({ data }) => ({ data: data.slice(0, data.length / 2) })],
  ["without its last character", ({ data }) => ({ data: data.slice(0, -1) })],
  ["without its last four", ({ data }) => ({ data: data.slice(0, -4) })],
  ["with four more", ({ data }) => ({ data: `AAAA${data}` })],
  ["with a ! in it", ({ data }) => ({ data: `!${data.slice(1)}` })],
  ["with a = in it", ({ data }) => ({ data: `A=${data.slice(2)}` })],
  ["with = for its end", ({ data }) => ({ data: `${data.slice(0, -3)}===` })],
  ["with a line break in it", ({ data }) => ({ data: `\n${data.slice(1)}` })],
  ["with another character", ({ data }) => ({ data: `z${data.slice(1)}` })],
  ["all of ones, bit by bit", ({ data }) => ({ data: data.replace(/[^=]/g, "/") })],
  ["twice as long by its shape", ({ shape }) => ({ shape: [shape[0] * 2, ...shape.slice(1)] })],
  ["of one more axis", ({ shape }) => ({ shape: [1, ...shape] })],
  ["of many axes", ({ shape }) => ({ shape: [...Array(1000).fill(1), ...shape] })],
  ["of one axis less", ({ shape }) => ({ shape: shape.slice(1) })],
  ["of a shape turned round", ({ shape }) => ({ shape: shape.toReversed() })],
  ["of huge shape", ({ shape }) => ({ shape: shape.map(() => 1e9) })],
  ["of huge shape but on one axis", ({ shape }) => ({ shape: [1e300, ...shape.slice(1)] })],
  ["without a number", ({ shape }) => ({ shape: [0, ...shape.slice(1)] })],
  ["of −0", ({ shape }) => ({ shape: ["−0", ...shape.slice(1)] })],
  ["of a shape below zero", ({ shape }) => ({ shape: shape.map((n) => -n) })],
  ["of a broken shape", ({ shape }) => ({ shape: shape.map((n) => n + 0.5) })],
  ["of a shape in text", ({ shape }) => ({ shape: shape.map(String) })],
  ...["uint8", "int8", "uint16", "int16", "int32", "float32", "float64", "complex64", "object", "constructor"].map(
    (dtype): [string, () => object] => [`of ${dtype}`, () => ({ dtype })],
  ),
];

const damages = (state: State): Damage[] => {
  const good = json(state);
  const texts = [
    "",
    " ",
    "{",
    "null",
    "[]",
    "3",
    '"text"',
    "{}",
    `<p>${good}`,
    ...[1, 30, 99].map((n) => good.slice(0, -n)),
  ];
  return [
    ...texts.map((text): Damage => [`the text ${text.slice(0, 20)}…`, text]),
    ...pathsOf(state).flatMap((path): Damage[] => {
      const name = path.join(".");
      const old = at(state, path);
      const change = (what: string, value: unknown): Damage => [
        `${name} ${what}`,
        json(replaced(state, path, () => value)),
      ];
      const isArray = typeof old === "object" && old !== null && "dtype" in old;
      return [
        change("missing", undefined),
        ...VALUES.filter((value) => !(value === "NaN" && /name|label|title|^classes|\.text$/.test(name))).map((value) =>
          change(`= ${json(value)}`, value),
        ),
        ...(isArray ? ARRAYS.map(([what, damage]) => change(what, { ...old, ...damage(old as Packed) })) : []),
      ].filter(([, text]) => text !== good);
    }),
  ];
};

/** A page with a widget in this state, drawn. */
const shown = (view: string, text: string): HTMLElement => {
  const element = document.createElement("cnnviz-widget");
  element.setAttribute("view", view);
  element.setAttribute("state", text);
  element.append(Object.assign(document.createElement("img"), { alt: "still" }));
  document.body.replaceChildren(element);
  return element;
};

/** All that a reader can see or hear of an element. */
const wordsOf = (element: HTMLElement): string[] => [
  element.textContent ?? "",
  ...[...element.querySelectorAll("*")].flatMap((each) => [
    ...["aria-label", "aria-valuetext", "title", "alt", "style"].map((name) => each.getAttribute(name) ?? ""),
    each instanceof HTMLInputElement || each instanceof HTMLSelectElement ? each.value : "",
  ]),
];

for (const [name, view] of STATES) register(name, view);
const quiet = vi.spyOn(console, "error").mockImplementation(() => {});
afterEach(() => void quiet.mockClear());

describe.each(STATES)("a damaged %s", (name, _, good) => {
  const all = damages(good);
  it("is whole before it is damaged", () => {
    const element = shown(name, json(good));
    expect(element.querySelector(".cnnviz-problem")?.textContent).toBe(undefined);
    expect(element.querySelector("img[alt=still]")).toBe(null);
  });
  // A state that would freeze a page runs into the limit of the whole.
  it("is shown, or what is wrong is said in a sentence", () => {
    const wrong: unknown[] = [];
    const fine: string[] = [];
    for (const [what, text] of all) {
      const element = shown(name, text);
      const said = [...element.querySelectorAll(".cnnviz-problem")].map((note) => note.textContent ?? "");
      const live = element.querySelector(".cnnviz");
      const words = wordsOf(element);
      const complaints = [
        words.find((each) => /NaN|undefined|null|Infinity|\[object/.test(each.replaceAll("“NaN”", ""))),
        element.querySelector("[onerror], script") && "markup",
        live && said.length && "both alive and not",
        !live && !element.querySelector("img[alt=still]") && "the picture is gone",
        !live && said.length !== 1 && "not a word",
        !live && !/^This widget can't be shown: its ([^.\n]|\d\.\d){5,160}\.$/.test(said[0] ?? "") && said[0],
      ].filter(Boolean);
      if (complaints.length) wrong.push([what, ...complaints]);
      if (live && !/This setting has no/.test(live.textContent ?? "")) fine.push(what);
    }
    expect(wrong).toEqual([]);
    expect(fine).toMatchSnapshot();
  }, 120_000);
  it("is damaged in many ways", () => expect(all.length).toBeGreaterThan(100));
});
