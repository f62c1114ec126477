/** The backpropagation stepper's rules and sums, written out so that what is shown adds up. */
import { unravel } from "../../math/array";
import { h } from "../../ui/dom";
import { factor, short, shown } from "../../ui/words/format";
import {
  comesTo,
  counted,
  type Factors,
  muted,
  type Nodes,
  type Tone,
  tone,
  writeProducts,
  writeSum,
} from "../../ui/words/terms";
import {
  cellsOf,
  daAfter,
  doneOf,
  dxAfter,
  entryOf,
  mapOf,
  type Moment,
  type Name,
  pathsOf,
  planeOf,
  pools,
  readersOf,
  type Scene,
  shapeOf,
  shareOf,
  tapsOf,
  upTo,
  valueOf,
  windowAt,
  windowsOf,
} from "./math";
import { NAMES, type Subject } from "./places";

const MOST_STAMPED = 18; // running sums written out for one stamp

export const toneOf = (name: Name): Tone =>
  name.startsWith("d") ? "gradient" : name === "X" ? "input" : name === "W" || name === "b" ? "kernel" : "output";

/** What an array is called: without pooling, A is what comes out. */
export const called = (scene: Scene, name: Name): string =>
  pools(scene) ? name : ({ P: "A", dP: "dA" }[name as "P"] ?? name);

/** An element of the kernel and the channel that are shown. */
interface Element {
  scene: Scene;
  name: Name;
  k: number;
  c: number;
  at: number;
}

/** `dZ[1, 0, 2]`: the channels are left out where there are none. */
export const elementName = ({ scene, name, k, c, at }: Element): string => {
  const channels = scene.setting.plain ? [] : ({ X: [c], W: [k, c] }[name.replace("d", "")] ?? [k]);
  const index = [...channels, ...unravel(at, shapeOf(scene, name))];
  return called(scene, name) + (index.length ? `[${index.join(", ")}]` : "");
};
const titled = (one: Element): Node => h("b", { class: `t-${toneOf(one.name)}` }, elementName(one));
const toned = (one: Element): Node => tone(toneOf(one.name), elementName(one));
const numberOf = ({ scene, name, k, c, at }: Element): number => valueOf(scene, name, k, c, at);
const result = (name: Name, value: number): Node => h("b", { class: `t-${toneOf(name)}` }, short(value, 6));
const sum = (one: Element, products: Factors[], value = numberOf(one)): Nodes =>
  writeProducts([titled(one)], products, value, toneOf(one.name));

const leftOut = (...parts: (string | false)[]): Nodes => {
  const told = parts.filter(Boolean);
  return told.length ? [muted(` (${told.join(", ")} left out)`)] : [];
};
const zeros = (products: Factors[]): string =>
  counted(products.filter((factors) => factors.some(([, x]) => x === 0)).length, "zero product");

// ---- forward ---------------------------------------------------------------------------------------
const explainZ = (one: Element): Nodes => {
  const { scene, k, at } = one;
  const taps = tapsOf(scene);
  let skipped = 0;
  const shares = upTo(scene.inputs).map((c) => {
    const terms = upTo(taps)
      .map((tap) => ({
        weight: valueOf(scene, "W", k, c, tap),
        value: valueOf(scene, "X", k, c, scene.meets[at * taps + tap]),
      }))
      .filter(({ weight }) => weight !== 0);
    skipped += taps - terms.length;
    const partial = terms.reduce((total, { weight, value }) => total + weight * value, 0);
    return { label: `c = ${c}`, terms, partial };
  });
  const left = counted(skipped, "zero weight");
  return writeSum({ name: elementName(one), shares, bias: scene.b[k], value: numberOf(one), left });
};

const explainA = (one: Element): Nodes => {
  const z: Element = { ...one, name: "Z" };
  return [
    titled(one),
    " = max(0, ",
    toned(z),
    ") = max(0, ",
    tone("output", short(numberOf(z), 6)),
    ") = ",
    result("A", numberOf(one)),
    muted(numberOf(z) > 0 ? "" : ": no gradient comes through"),
  ];
};

const explainP = (one: Element): Nodes => {
  const { scene, k, at } = one;
  if (!pools(scene)) return explainA(one);
  const max = scene.setting.pool === "max";
  const cells = cellsOf(scene);
  const values = windowAt(scene, at).map((a) => valueOf(scene, "A", k, 0, a));
  const list = values.flatMap((x, i) => [i ? (max ? ", " : " + ") : "", tone("output", short(x, max ? 6 : 4))]);
  const value = numberOf(one);
  if (!max) {
    const asShown = values.reduce((total, x) => total + shown(x, 4), 0) / cells;
    return [titled(one), " = (", ...list, `) / ${cells}`, ...comesTo(value, asShown), result("P", value)];
  }
  const ties = values.filter((x) => x === value).length;
  return [
    titled(one),
    " = max{",
    ...list,
    "} = ",
    result("P", value),
    muted(ties > 1 ? ` (${ties} tie; the first, ` : " (it is "),
    toned({ ...one, name: "A", at: scene.winners[entryOf(scene, "P", k, 0, at)] }),
    muted(ties > 1 ? ", gets the gradient)" : ")"),
  ];
};
/** ReLU, or its gate, as a whole. */
const explainWhole = ({ scene, k }: Element, forward: boolean): Nodes => {
  const z = planeOf(scene.Z, k, mapOf(scene));
  const [open, map] = [z.filter((value) => value > 0).length, tone("output", "Z")];
  const told = `element by element: ${open} of ${z.length} pass, the others become 0`;
  return forward
    ? [h("b", { class: "t-output" }, "A"), " = max(0, ", map, `), ${told}`]
    : [h("b", { class: "t-gradient" }, "dZ"), " = ", tone("gradient", "dA"), " · [", map, ` > 0], ${told}`];
};

// ---- backward --------------------------------------------------------------------------------------
/** `dA[0, 1] 3 + 2·1 = 5`: what is added to an element. */
const addition = (to: Element, before: number, after: number, added: Nodes, asShown: number): Nodes => [
  toned(to),
  ` ${short(before, 6)} + `,
  ...added,
  ...comesTo(after, shown(before, 6) + asShown),
  result(to.name, after),
];

/** Where the gradient of an element of P goes, and what it is added to. */
const explainDp = (one: Element): Nodes => {
  const { scene, k, at } = one;
  const cells = cellsOf(scene);
  const value = numberOf(one);
  const start: Nodes = [titled(one), " = ", tone("gradient", short(value, 4))];
  if (!pools(scene)) return [...start, muted(": the gradient of the loss, which is given")];
  const mean = scene.setting.pool === "mean";
  const [before, after] = [daAfter(scene, k, at), daAfter(scene, k, at + 1)];
  const added = (): Nodes => [tone("gradient", factor(value, 4)), mean ? `/${cells}` : ""];
  return [
    ...start,
    muted(mean ? `, 1/${cells} of it to each: ` : " goes to the largest: "),
    ...windowAt(scene, at)
      .filter((a) => shareOf(scene, k, at, a))
      .flatMap((a, i) => [
        i ? ", " : "",
        ...addition({ ...one, name: "dA", at: a }, before[a], after[a], added(), shown(value, 4) / (mean ? cells : 1)),
      ]),
  ];
};

const explainDa = (one: Element, now: Moment): Nodes => {
  const { scene, k, at } = one;
  const windows = windowsOf(scene, at);
  const done = now.part === "da" ? doneOf(scene, now, "da", k) : Infinity;
  const come = windows.filter(({ output }) => output < done);
  const products = come.map(({ output }): Factors => [
    ["gradient", valueOf(scene, "dP", k, 0, output)],
    ["output", shareOf(scene, k, output, at)],
  ]);
  const lost = come.filter(({ output }) => !shareOf(scene, k, output, at)).length;
  const told = [
    !windows.length && "no window holds it",
    lost && `not the largest in ${lost} of ${counted(come.length, "window")}`,
    come.length < windows.length && `${counted(windows.length - come.length, "window")} to come`,
  ].filter(Boolean);
  return [...sum(one, products, daAfter(scene, k, done)[at]), told.length ? muted(` (${told.join(", ")})`) : ""];
};

const explainDz = (one: Element): Nodes => {
  const z: Element = { ...one, name: "Z" };
  const [value, da] = [numberOf(z), numberOf({ ...one, name: "dA" })];
  return [
    titled(one),
    " = ",
    tone("gradient", factor(da, 4)),
    "·",
    tone("output", value > 0 ? "1" : "0"),
    ...comesTo(numberOf(one), shown(da, 4) * Number(value > 0)),
    result("dZ", numberOf(one)),
    muted(", since "),
    toned(z),
    muted(` = ${short(value, 4)} ${value > 0 ? ">" : "≤"} 0`),
  ];
};

/** One stamp: `dZ[0, 1] = 2 stamps 2·W: dX[0, 1] 3 + 2·1 = 5, …`. */
const explainStamp = (one: Element, now: Moment): Nodes => {
  const { scene, k, at: z } = one;
  const taps = tapsOf(scene);
  const value = numberOf(one);
  const start: Nodes = [titled(one), " = ", tone("gradient", short(value, 4))];
  if (!value) return [...start, muted(": nothing to stamp")];
  const places = planeOf(scene.meets, z, taps);
  const [before, after] = [z - 1, z].map((item) => dxAfter(scene, { ...now, part: "dx", item }));
  const marks = upTo(scene.inputs).flatMap((c) =>
    upTo(taps)
      .map((tap) => ({ c, at: places[tap], weight: valueOf(scene, "W", k, c, tap) }))
      .filter(({ at, weight }) => at >= 0 && weight !== 0),
  );
  return [
    ...start,
    " stamps ",
    tone("gradient", factor(value, 4)),
    "·",
    tone("kernel", "W"),
    ...marks.slice(0, MOST_STAMPED).flatMap(({ c, at, weight }, i): Nodes => {
      const to: Element = { ...one, name: "dX", c, at };
      const entry = entryOf(scene, "dX", k, c, at);
      const added = [tone("gradient", factor(value, 4)), "·", tone("kernel", factor(weight, 4))];
      return [i ? ", " : ": ", ...addition(to, before[entry], after[entry], added, shown(weight, 4) * shown(value, 4))];
    }),
    marks.length > MOST_STAMPED ? ` … and ${marks.length - MOST_STAMPED} more` : "",
    ...leftOut(places.includes(-1) && `${places.filter((at) => at < 0).length} on padding`),
  ];
};

/** Every dZ that an input has reached, by the weight that it went through; while dX is added up, those that have
 * come. */
const explainDx = (one: Element, now: Moment): Nodes => {
  const { scene, c, at } = one;
  const entry = entryOf(scene, "dX", 0, c, at);
  const scatters = scene.setting.route === "scatter";
  const waits = (k: number, z: number): boolean =>
    now.part === "dx" && (scatters ? z : entry) >= doneOf(scene, now, "dx", k);
  let toCome = 0;
  const products = upTo(scene.kernels).flatMap((k) =>
    readersOf(scene, at).flatMap(({ output, cell }): Factors[] => {
      const factors: Factors = [
        ["gradient", valueOf(scene, "dZ", k, 0, output)],
        ["kernel", valueOf(scene, "W", k, c, cell)],
      ];
      if (!waits(k, output)) return [factors];
      toCome += Number(factors.every(([, x]) => x !== 0));
      return [];
    }),
  );
  return [
    ...sum(one, products, (now.part === "dx" ? dxAfter(scene, now) : scene.dX)[entry]),
    ...leftOut(zeros(products)),
    toCome ? muted(` (${counted(toCome, "product")} to come)`) : "",
  ];
};

/** The uses of a weight or of a bias: every dZ of its kernel, by the input that the weight meets there. */
const explainUses = (one: Element): Nodes => {
  const { scene, name, k, c, at } = one;
  const products = upTo(mapOf(scene)).map((z): Factors => [
    ["gradient", valueOf(scene, "dZ", k, 0, z)],
    ...(name === "db" ? [] : [["input", valueOf(scene, "X", k, c, scene.meets[z * tapsOf(scene) + at])] as Factors[0]]),
  ]);
  return [...sum(one, products), ...leftOut(zeros(products))];
};

/** The sum over all paths: each is dP · its share of the window · its gate · the weight or the input. */
const explainPaths = (one: Element): Nodes => {
  const { scene, name, k, c, at } = one;
  const paths = pathsOf(scene, name, k, c, at);
  const open = paths.filter(({ gate, share }) => gate && share);
  const products = open.map(({ dp, share, gate, factor }): Factors => [
    ["gradient", dp],
    ...(pools(scene) ? [["output", share] as Factors[0]] : []),
    ["output", gate],
    ...(name === "b" ? [] : [[name === "X" ? "kernel" : "input", factor] as Factors[0]]),
  ]);
  const stopped = paths.filter(({ gate }) => !gate).length;
  const lost = paths.length - stopped - open.length;
  return [
    toned(one),
    ` = ${short(numberOf(one), 4)}, `,
    muted(`${counted(paths.length, "path") || "no path"} to ${called(scene, "P")}: `),
    ...sum({ ...one, name: `d${name}` as Name }, products),
    ...leftOut(stopped > 0 && `${stopped} stopped by ReLU`, lost > 0 && `${lost} not the largest`, zeros(products)),
  ];
};

/** The arithmetic of what is told of. */
export const explain = (scene: Scene, now: Moment, { on, at }: Subject): Nodes => {
  const element = (name: Name): Element => ({ scene, name, k: now.k, c: now.c, at: at ?? 0 });
  if (on === "relu" || on === "gate") return explainWhole(element("Z"), on === "relu");
  if (on === "stamp") return explainStamp(element("dZ"), now);
  if (at === undefined)
    return [
      on === "dz" ? "A zero put in: no element of dZ stands here." : "Padding: no element of the input stands here.",
    ];
  const name = NAMES[on];
  const told: Partial<Record<Name, (one: Element, now: Moment) => Nodes>> = {
    ...{ Z: explainZ, A: explainA, P: explainP, dP: explainDp, dA: explainDa, dZ: explainDz, dX: explainDx },
    ...{ dW: explainUses, db: explainUses },
  };
  return (told[name] ?? explainPaths)(element(name), now);
};

// ---- rules -----------------------------------------------------------------------------------------
/** In letters, how what is told of is made. */
export const ruleOf = (scene: Scene, { on }: Subject): Nodes => {
  const { setting, kernels, inputs } = scene;
  const [k, c] = setting.plain ? ["", ""] : ["k, ", "c, "];
  const sums = (...letters: (string | false)[]): Nodes =>
    letters.filter((letter) => letter !== false).flatMap((letter) => ["Σ", h("sub", {}, letter), " "]);
  const name = (name: Name, index = ""): Node => tone(toneOf(name), called(scene, name) + (index && `[${index}]`));
  const [reads, map, tap] = [`${c}s·i + d·u − p, s·j + d·v − p`, `${k}i, j`, `${k}${c}u, v`];
  const max = setting.pool === "max";
  if (on === "p" && !pools(scene)) return ruleOf(scene, { on: "a" });
  switch (on) {
    case "x":
    case "w":
    case "b":
      return [
        name(`d${NAMES[on]}` as Name),
        " = ",
        ...sums("paths"),
        name("dP"),
        ...(pools(scene) ? [" · ", tone("output", "share")] : []),
        " · ",
        tone("output", "gate"),
        ...(on === "b" ? [] : [" · ", name(on === "x" ? "W" : "X")]),
      ];
    case "z":
      return [
        name("Z", map),
        " = ",
        name("b", setting.plain ? "" : "k"),
        " + ",
        ...sums(inputs > 1 && "c", "u", "v"),
        name("W", tap),
        " · ",
        name("X", reads),
      ];
    case "p":
      return [name("P"), ` = the ${max ? "largest" : "mean"} of each window of `, name("A")];
    case "a":
    case "relu":
      return [name("A"), " = max(0, ", name("Z"), ")"];
    case "dp":
    case "da":
      if (!pools(scene)) return [name("dP"), " is given"];
      return [
        name("dP"),
        max ? " goes to the first largest of its window" : ` is shared by the ${cellsOf(scene)} elements of its window`,
      ];
    case "dz":
    case "gate":
      return [name("dZ"), " = ", name(pools(scene) ? "dA" : "dP"), " · [", name("Z"), " > 0]"];
    case "stamp":
      return [name("dX", reads), " += ", name("dZ", map), " · ", name("W", tap)];
    case "dw":
      return [name("dW", tap), " = ", ...sums("i", "j"), name("dZ", map), " · ", name("X", reads)];
    case "db":
      return [name("db", setting.plain ? "" : "k"), " = ", ...sums("i", "j"), name("dZ", map)];
    default:
      return [
        name("dX", `${c}i, j`),
        " = ",
        ...sums(kernels > 1 && "k", "u", "v"),
        tone("gradient", `D[${k}i + d·u, j + d·v]`),
        " · ",
        name("W", `${k}${c}−1 − u, −1 − v`),
        muted("   D: dZ in zeros"),
      ];
  }
};
