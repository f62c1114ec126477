/** The convolution stepper's formulas and sums, written out so that what is shown adds up. */
import { size, unravel } from "../../math/array";
import { paddedShape, rests } from "../../math/shapes";
import { h } from "../../ui/dom";
import { factor, short, shown } from "../../ui/words/format";
import { lostText, sidesOf, sizeFormulas, transposedFormula, type TransposedTerms } from "../../ui/words/formula";
import {
  comesTo,
  counted,
  muted,
  type Nodes,
  type Product,
  type Tone,
  tone,
  writeReaders,
  writeSum,
} from "../../ui/words/terms";
import {
  behind,
  extras,
  inputOf,
  inputsFor,
  type Meeting,
  meet,
  outputsFor,
  reached,
  type Scene,
  sizesThatGive,
  upTo,
  weightOf,
} from "./math";
import { flatten, type Focus, indexAt, pivotOf, placeOfOutput } from "./places";
import type { Sums } from "./sums";

const MOST_SIZES = 8; // written out one by one
const MOST_STAMPED = 18; // running sums written out for one stamp
const PLACES = [[], ["i"], ["i", "j"], ["h", "i", "j"]]; // by the number of axes
const CELLS = [[], ["u"], ["u", "v"], ["t", "u", "v"]];

/** `[0, 2, 3]`: the channel is left out where there is none. */
export const indexed = (
  { setting: { plain } }: Scene,
  channels: (string | number)[],
  at: (string | number)[],
): string => `[${[...(plain ? [] : channels), ...at].join(", ")}]`.replaceAll("-", "−");

export const outputName = (scene: Scene, k: number, at: number): string =>
  `y${indexed(scene, [k], unravel(at, scene.out))}`;
export const inputName = (scene: Scene, c: number, at: number): string =>
  `x${indexed(scene, [c], unravel(at, scene.n))}`;

/** `3 + 2·u`, `u − 1`, `v`. */
const affine = (constant: number, by: number, letter: string): string => {
  const variable = by === 1 ? letter : `${by}·${letter}`;
  return constant > 0 ? `${constant} + ${variable}` : constant < 0 ? `${variable} − ${-constant}` : variable;
};

const sums = (letters: string[]): Nodes => letters.flatMap((letter) => ["Σ", h("sub", {}, letter), " "]);
const named = (name: Tone, text: string): Node => h("b", { class: `t-${name}` }, text);
const hasBias = ({ setting: { plain, bias } }: Scene): boolean => !plain || bias.data.some(Boolean);

/** The formulas of the output's size. */
export const writeSizes = ({ g, setting: { transposed } }: Scene): MathMLElement[] => {
  if (!transposed) return sizeFormulas(sidesOf(g), g.output);
  const extra = extras(g);
  return sizeFormulas<TransposedTerms>(
    sidesOf(g).map((side, a) => ({ ...side, d: g.dilation[a], n: g.output[a], extra: extra[a] })),
    g.input,
    transposedFormula,
  );
};

/** What the formulas don't say: what ⌊ ⌋ drops or, where it is transposed, which sizes the output padding chooses
 * from; "" for nothing. */
export const noteOn = ({ g, rank, setting: { transposed } }: Scene): string => {
  if (!transposed) return lostText(rests(g));
  if (g.stride[rank - 1] === 1) return "";
  const [least, most] = sizesThatGive(g, rank - 1);
  const sizes =
    most - least < MOST_SIZES
      ? `${upTo(most - least)
          .map((more) => least + more)
          .join(", ")} and of ${most}`
      : `${least} to ${most}`;
  return (
    `An ordinary convolution with these numbers makes ${g.output[rank - 1]} of ${sizes}: ` +
    "output padding chooses the size to go back to."
  );
};

/** Two lines (o is an output channel, k being a size): the operation in letters, and the same for one output (where
 * it scatters, one input) of now. */
export const writeIndices = (scene: Scene, channel: number, at: number): [Nodes, Nodes] => {
  const {
    g,
    rank,
    scatters,
    n,
    out,
    setting: { transposed, plain, groups },
  } = scene;
  const [places, cells] = [PLACES[rank], CELLS[rank]];
  const here = unravel(at, scatters ? n : out);
  const start = here.map((i, a) => i * g.stride[a] - g.padding[a][0]);
  const partners = (scatters ? outputsFor : inputsFor)(scene, channel);
  /** A weight counts the channels of its group from 0. */
  const inGroup = (letter: string) => (partners[0] ? `${letter} − ${partners[0]}` : letter);
  const moving = places.map((i, a) => `s·${i} + d·${cells[a]} − p`);
  const today = start.map((constant, a) => affine(constant, g.dilation[a], cells[a]));
  const bias = (k: string | number): Nodes =>
    hasBias(scene) ? [tone("kernel", `b${plain ? "" : `[${k}]`}`), " + "] : [];
  if (scatters) {
    const line = (
      k: string | number,
      c: string | number,
      to: string[],
      from: (string | number)[],
      w: string,
    ): Nodes => [
      named("output", `y${indexed(scene, [k], to)}`),
      " += ",
      tone("kernel", `w${indexed(scene, [c, w], cells)}`),
      " · ",
      tone("input", `x${indexed(scene, [c], from)}`),
    ];
    return [
      [
        ...line("o", "c", moving, places, "o"),
        muted(
          groups > 1
            ? `   for all ${cells.join(", ")}, and the o of c’s group`
            : `   for all ${[...(plain ? [] : ["o"]), ...cells].join(", ")}`,
        ),
      ],
      [...line("o", channel, today, here, inGroup("o")), muted(groups > 1 ? `   for o = ${partners.join(", ")}` : "")],
    ];
  }
  const letters = [...(plain ? [] : ["c"]), ...cells];
  /** Where in a transposed weight, whose outputs are counted within their group. */
  const within = (k: string | number) => (typeof k === "number" ? k - outputsFor(scene, partners[0])[0] : k);
  const line = (k: string | number, to: (string | number)[], cell: string[], from: string[], c: string): Nodes => [
    named("output", `y${indexed(scene, [k], to)}`),
    " = ",
    ...bias(k),
    ...sums(letters),
    tone("kernel", `w${indexed(scene, transposed ? ["c", within(k)] : [k, c], cell)}`),
    " · ",
    tone("input", `${transposed ? "z" : "x"}${indexed(scene, ["c"], from)}`),
  ];
  const group = groups > 1 ? [muted(`   c in the group of o`), muted(`   c = ${partners.join(", ")}`)] : ["", ""];
  if (!transposed)
    return [
      [...line("o", places, cells, moving, "c"), group[0]],
      [...line(channel, here, cells, today, inGroup("c")), group[1]],
    ];
  const flipped = cells.map((u) => `−1 − ${u}`);
  return [
    [
      ...line(
        "o",
        places,
        flipped,
        places.map((i, a) => `${i} + d·${cells[a]}`),
        "c",
      ),
      muted("   z: x with zeros put in"),
      group[0],
    ],
    [
      ...line(
        channel,
        here,
        flipped,
        here.map((i, a) => affine(i, g.dilation[a], cells[a])),
        "c",
      ),
      group[1],
    ],
  ];
};

/** Products with their rounding noise taken out of the sum. */
const add = (terms: Product[]): number => {
  const sum = terms.reduce((total, { weight, value }) => total + weight * value, 0);
  const scale = terms.reduce((total, { weight, value }) => total + Math.abs(weight * value), 0);
  return Math.abs(sum) < 1e-14 * scale ? 0 : sum;
};

/** The sum behind an output, of some input channels, of the stamps of steps up to `until`. */
const sumOf = (
  scene: Scene,
  name: string,
  k: number,
  at: number,
  channels: number[],
  value: number,
  bias: number,
  until = Infinity,
): Nodes => {
  const {
    n,
    g,
    setting: { transposed, plain },
  } = scene;
  const meetings = behind(scene, at);
  let zeroWeights = 0;
  let toCome = 0;
  const shares = channels.map((c) => {
    const terms: Product[] = [];
    for (const { x, cell } of meetings) {
      const weight = weightOf(scene, k, c, cell);
      if (c * size(n) + x > until) toCome++;
      else if (weight === 0) zeroWeights++;
      else terms.push({ weight, value: inputOf(scene, c, x) });
    }
    return { label: plain ? "" : `c = ${c}`, terms, partial: add(terms) };
  });
  const stuffing = transposed && !scene.scatters ? (size(g.kernel) - meetings.length) * channels.length : 0;
  const left = [counted(zeroWeights, "zero weight"), counted(stuffing, "stuffed zero")].filter(Boolean).join(" and ");
  return [
    ...writeSum({ name, shares, bias, value, left }),
    toCome ? muted(` (${counted(toCome, "stamp")} to come)`) : "",
  ];
};

export const explainOutput = (scene: Scene, k: number, at: number): Nodes =>
  sumOf(
    scene,
    outputName(scene, k, at),
    k,
    at,
    inputsFor(scene, k),
    scene.y.data[k * size(scene.out) + at],
    scene.setting.bias.data[k],
  );

/** What an output comes to after the stamps up to a step. */
export const explainSoFar = (scene: Scene, k: number, at: number, until: number, value: number): Nodes =>
  sumOf(scene, outputName(scene, k, at), k, at, inputsFor(scene, k), value, scene.setting.bias.data[k], until);

/** One channel's partial sum. */
export const explainPart = (scene: Scene, k: number, c: number, at: number, value: number): Nodes => [
  ...sumOf(scene, `${outputName(scene, k, at)} from x[${c}]`, k, at, [c], value, 0),
  muted(`: one of ${inputsFor(scene, k).length} partial sums`),
];

/** Every output that an input reaches, with the weight. */
export const explainInput = (scene: Scene, c: number, at: number): Nodes => {
  const meetings = reached(scene, at);
  const outputs = outputsFor(scene, c);
  const readers = outputs.flatMap((k) =>
    meetings.map(({ y, cell }) => ({ name: outputName(scene, k, y), weight: short(weightOf(scene, k, c, cell), 4) })),
  );
  const distinct = new Set(meetings.map(({ y }) => y)).size * outputs.length;
  return writeReaders(
    inputName(scene, c, at),
    short(inputOf(scene, c, at), 4),
    scene.setting.transposed ? "goes into" : "is read by",
    distinct,
    readers,
  );
};

/** One stamp: `x[0, 1] = 3 stamps 3·w: y[0, 2] 4 + 3·1 = 7, …`; `now` gives an output after it. */
export const explainStamp = (scene: Scene, c: number, at: number, now: (k: number, y: number) => number): Nodes => {
  const value = inputOf(scene, c, at);
  const meetings = reached(scene, at);
  const all = outputsFor(scene, c).flatMap((k) => meetings.map((meeting): [number, Meeting] => [k, meeting]));
  const nodes: Nodes = [
    named("input", inputName(scene, c, at)),
    ` = ${short(value, 4)} stamps `,
    tone("input", factor(value, 4)),
    "·",
    tone("kernel", "w"),
  ];
  all.slice(0, MOST_STAMPED).forEach(([k, { y, cell }], i) => {
    const weight = weightOf(scene, k, c, cell);
    const after = now(k, y);
    const before = after - weight * value;
    const start = Math.abs(before) < 1e-14 * Math.abs(weight * value) ? 0 : before;
    nodes.push(
      i ? ", " : ": ",
      tone("output", outputName(scene, k, y)),
      ` ${short(start, 6)} + `,
      tone("kernel", factor(weight, 4)),
      "·",
      tone("input", factor(value, 4)),
      ...comesTo(after, shown(start, 6) + shown(weight, 4) * shown(value, 4)),
      named("output", short(after, 6)),
    );
  });
  if (all.length > MOST_STAMPED) nodes.push(` … and ${all.length - MOST_STAMPED} more`);
  if (!all.length) nodes.push(muted(": all of it falls where the padding cuts the output off"));
  return nodes;
};

/** The arithmetic of what is looked at, else of the step. */
export const explain = (scene: Scene, { part, upTo }: Sums, step: number, focus: Focus | undefined): Nodes => {
  const { g, scatters } = scene;
  const { channel, at } = pivotOf(scene, step, focus);
  const under = focus && indexAt(scene, focus);
  const full = paddedShape(g);
  const after = (k: number, y: number) => upTo(step).data[k * size(full) + flatten(placeOfOutput(scene, y), full)];
  if (focus?.on === "input")
    return under === undefined
      ? ["Padding: no number of the input stands here."]
      : explainInput(scene, focus.channel, under);
  if (focus?.on === "part" && !scatters && meet(scene, channel, focus.channel))
    return explainPart(scene, channel, focus.channel, under!, part(channel, focus.channel).data[under!]);
  if (focus?.on === "output" && scatters)
    return under === undefined
      ? ["The padding cuts this place off the output."]
      : explainSoFar(scene, focus.channel, under, step, after(focus.channel, under));
  return scatters ? explainStamp(scene, channel, at, after) : explainOutput(scene, channel, at);
};
