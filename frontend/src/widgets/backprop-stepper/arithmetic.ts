/** The backpropagation stepper's rules and sums, written out so that what is shown adds up. */
import { unravel } from "../../math/array";
import { h } from "../../ui/dom";
import { factor, short, shown } from "../../ui/words/format";
import { comesTo, counted, muted, type Nodes, type Tone, tone, writeSum } from "../../ui/words/terms";
import {
  cellsOf,
  daAfter,
  doneOf,
  dxAfter,
  inputOf,
  inputsOf,
  mapOf,
  type Moment,
  outputsOf,
  type Path,
  pathsOfBias,
  pathsOfInput,
  pathsOfWeight,
  pools,
  readersOf,
  type Scene,
  shareOf,
  tapsOf,
  upTo,
  weightOf,
  windowsOf,
} from "./math";
import { type Subject } from "./places";

const DIGITS = 4; // of a factor
const RESULT = 6; // of a sum
const MOST_TERMS = 40; // written out one by one

export type Array = "X" | "W" | "b" | "Z" | "A" | "P" | "dX" | "dW" | "db" | "dZ" | "dA" | "dP";

const toneOf = (name: Array): Tone =>
  name.startsWith("d") ? "gradient" : name === "X" ? "input" : name === "W" || name === "b" ? "kernel" : "output";

/** What an array is called: without pooling, A is what comes out. */
export const called = (scene: Scene, name: Array): Array =>
  pools(scene) ? name : (({ P: "A", dP: "dA" } as Partial<Record<Array, Array>>)[name] ?? name);

/** `dZ[1, 0, 2]`: an element by its channels and its index; the channels are left out where there are none. */
export const elementName = (scene: Scene, name: Array, channels: number[], at: number): string => {
  const { g, q, setting } = scene;
  const letter = name.replace("d", "");
  const shape = { X: g.input, W: g.kernel, b: [], P: q.output }[letter] ?? g.output;
  const index = [...(setting.plain ? [] : channels), ...unravel(at, shape)];
  return called(scene, name) + (index.length ? `[${index.join(", ")}]` : "");
};
const titled = (scene: Scene, name: Array, channels: number[], at: number): Node =>
  h("b", { class: `t-${toneOf(name)}` }, elementName(scene, name, channels, at));
const toned = (scene: Scene, name: Array, channels: number[], at: number): Node =>
  tone(toneOf(name), elementName(scene, name, channels, at));
const result = (name: Array, value: number): Node => h("b", { class: `t-${toneOf(name)}` }, short(value, RESULT));

/** A product: each factor in the colour of where it comes from. */
type Term = [tone: Tone, value: number][];

/** `dX[0, 1] = 2·1 + 3·(−1) = −1`: terms with a factor of 0 are left out and counted. */
const sum = (name: Array, title: Node, terms: Term[], value: number, left: Nodes): Nodes => {
  const kept = terms.filter((term) => term.every(([, one]) => one !== 0));
  const written = kept.slice(0, MOST_TERMS);
  const asShown = kept.reduce((total, term) => total + term.reduce((one, [, x]) => one * shown(x, DIGITS), 1), 0);
  return [
    title,
    " = ",
    ...written.flatMap((term, i) => [
      i ? " + " : "",
      ...term.flatMap(([name, x], j) => [j ? "·" : "", tone(name, factor(x, DIGITS))]),
    ]),
    ...(kept.length > MOST_TERMS ? [` + … ${kept.length - MOST_TERMS} more`] : []),
    ...(kept.length ? comesTo(value, asShown) : []),
    result(name, value),
    ...left,
  ];
};
const leftOut = (parts: (string | false)[]): Nodes => {
  const told = parts.filter(Boolean);
  return told.length ? [muted(` (${told.join(", ")} left out)`)] : [];
};
const zeros = (terms: Term[]): Nodes =>
  leftOut([counted(terms.filter((term) => term.some(([, x]) => x === 0)).length, "zero term")]);

// ---- forward ---------------------------------------------------------------------------------------
const explainZ = (scene: Scene, k: number, at: number): Nodes => {
  const { inputs, z, setting, meets } = scene;
  const taps = tapsOf(scene);
  let skipped = 0;
  const shares = upTo(inputs).map((c) => {
    const terms = upTo(taps)
      .map((tap) => ({ weight: weightOf(scene, k, c, tap), value: inputOf(scene, c, meets[at * taps + tap]) }))
      .filter(({ weight }) => weight !== 0);
    skipped += taps - terms.length;
    const partial = terms.reduce((total, { weight, value }) => total + weight * value, 0);
    return { label: setting.plain ? "" : `c = ${c}`, terms, partial };
  });
  return writeSum({
    name: elementName(scene, "Z", [k], at),
    shares,
    bias: setting.bias.data[k],
    value: z[k * mapOf(scene) + at],
    left: counted(skipped, "zero weight"),
  });
};

const explainA = (scene: Scene, k: number, at: number): Nodes => {
  const [z, a] = [scene.z, scene.a].map((plane) => plane[k * mapOf(scene) + at]);
  return [
    titled(scene, "A", [k], at),
    " = max(0, ",
    toned(scene, "Z", [k], at),
    ") = max(0, ",
    tone("output", short(z, RESULT)),
    ") = ",
    result("A", a),
    muted(z > 0 ? ": the gate is open" : ": the gate is closed, no gradient comes through"),
  ];
};

const explainP = (scene: Scene, k: number, at: number): Nodes => {
  if (!pools(scene)) return explainA(scene, k, at);
  const { a, p, holds, winners, setting } = scene;
  const [maps, cells, outputs] = [mapOf(scene), cellsOf(scene), outputsOf(scene)];
  const places = [...holds.subarray(at * cells, (at + 1) * cells)];
  const values = places.map((i) => a[k * maps + i]);
  const value = p[k * outputs + at];
  const list = values.flatMap((one, i) => [
    i ? (setting.pool === "max" ? ", " : " + ") : "",
    tone("output", short(one, DIGITS)),
  ]);
  const title = [titled(scene, "P", [k], at), " = "];
  if (setting.pool === "mean") {
    const asShown = values.reduce((total, one) => total + shown(one, DIGITS), 0) / cells;
    return [...title, "(", ...list, `) / ${cells}`, ...comesTo(value, asShown), result("P", value)];
  }
  const ties = values.filter((one) => one === value).length;
  return [
    ...title,
    "max{",
    ...list,
    "} = ",
    result("P", value),
    muted(ties > 1 ? ` (${ties} tie; the first, ` : " (it is "),
    toned(scene, "A", [k], winners[k * outputs + at]),
    muted(ties > 1 ? ", gets the gradient)" : ")"),
  ];
};

const explainRelu = (scene: Scene, k: number): Nodes => {
  const z = scene.z.subarray(k * mapOf(scene), (k + 1) * mapOf(scene));
  const open = z.filter((value) => value > 0).length;
  return [
    h("b", { class: "t-output" }, "A"),
    " = max(0, ",
    tone("output", "Z"),
    `), element by element: ${open} of ${z.length} pass, ${z.length - open} become 0`,
  ];
};

// ---- backward --------------------------------------------------------------------------------------
/** Where the gradient of an element of P goes, and what it is added to. */
const explainDp = (scene: Scene, now: Moment, at: number): Nodes => {
  const { k } = now;
  const { dp, holds, setting } = scene;
  const [outputs, cells] = [outputsOf(scene), cellsOf(scene)];
  const value = dp[k * outputs + at];
  const start: Nodes = [titled(scene, "dP", [k], at), " = ", tone("gradient", short(value, DIGITS))];
  if (!pools(scene)) return [...start, muted(": the gradient of the loss, which is given")];
  const [before, after] = [daAfter(scene, k, at), daAfter(scene, k, at + 1)];
  const places = [...holds.subarray(at * cells, (at + 1) * cells)].filter((a) => shareOf(scene, k, at, a));
  const share = setting.pool === "mean" ? [`, 1/${cells} of it to each: `] : [" goes to the largest: "];
  return [
    ...start,
    muted(share[0]),
    ...places.flatMap((a, i): Nodes => [
      i ? ", " : "",
      toned(scene, "dA", [k], a),
      ` ${short(before[a], RESULT)} + `,
      tone("gradient", factor(value, DIGITS)),
      ...(setting.pool === "mean" ? [`/${cells}`] : []),
      ...comesTo(after[a], shown(before[a], RESULT) + shown(value, DIGITS) / (setting.pool === "mean" ? cells : 1)),
      result("dA", after[a]),
    ]),
  ];
};

const explainDa = (scene: Scene, now: Moment, at: number): Nodes => {
  const { dp, da, setting } = scene;
  const { k } = now;
  const windows = windowsOf(scene, at);
  const done = now.part === "da" ? doneOf(scene, now, "da", k) : Infinity;
  const come = windows.filter(({ output }) => output < done);
  const terms = come.map(({ output }): Term => [
    ["gradient", dp[k * outputsOf(scene) + output]],
    ["output", shareOf(scene, k, output, at)],
  ]);
  const lost = come.filter(({ output }) => !shareOf(scene, k, output, at)).length;
  const toCome = windows.length - come.length;
  return sum(
    "dA",
    titled(scene, "dA", [k], at),
    terms,
    done < Infinity ? daAfter(scene, k, done)[at] : da[k * mapOf(scene) + at],
    [
      ...(windows.length ? [] : [muted(" (no window holds it)")]),
      ...(lost && setting.pool === "max"
        ? [muted(` (not the largest in ${lost} of ${counted(come.length, "window")})`)]
        : []),
      ...(toCome ? [muted(` (${counted(toCome, "window")} to come)`)] : []),
    ],
  );
};

const explainDz = (scene: Scene, k: number, at: number): Nodes => {
  const [z, da, dz] = [scene.z, scene.da, scene.dz].map((plane) => plane[k * mapOf(scene) + at]);
  return [
    titled(scene, "dZ", [k], at),
    " = ",
    tone("gradient", factor(da, DIGITS)),
    "·",
    tone("output", z > 0 ? "1" : "0"),
    ...comesTo(dz, shown(da, DIGITS) * Number(z > 0)),
    result("dZ", dz),
    muted(`, since `),
    toned(scene, "Z", [k], at),
    muted(` = ${short(z, DIGITS)} ${z > 0 ? "> 0" : "≤ 0: the ReLU is closed"}`),
  ];
};

const explainGate = (scene: Scene, k: number): Nodes => {
  const z = scene.z.subarray(k * mapOf(scene), (k + 1) * mapOf(scene));
  const closed = z.filter((value) => !(value > 0)).length;
  return [
    h("b", { class: "t-gradient" }, "dZ"),
    " = ",
    tone("gradient", "dA"),
    " · [",
    tone("output", "Z"),
    ` > 0], element by element: ${closed} of ${z.length} ${closed === 1 ? "is" : "are"} stopped`,
  ];
};

/** One stamp: `dZ[0, 1] = 2 stamps 2·W: dX[0, 1] 3 + 2·1 = 5, …`. */
const explainStamp = (scene: Scene, now: Moment, z: number): Nodes => {
  const { k } = now;
  const { dz, inputs, meets } = scene;
  const taps = tapsOf(scene);
  const value = dz[k * mapOf(scene) + z];
  const start: Nodes = [titled(scene, "dZ", [k], z), " = ", tone("gradient", short(value, DIGITS))];
  const outside = upTo(taps).filter((tap) => meets[z * taps + tap] < 0).length;
  if (!value) return [...start, muted(": nothing to stamp")];
  const stamps = { ...scene, setting: { ...scene.setting, route: "scatter" as const } };
  const [before, after] = [z - 1, z].map((item) => dxAfter(stamps, { part: "dx", k, item }));
  const marks = upTo(inputs).flatMap((c) =>
    upTo(taps)
      .filter((tap) => meets[z * taps + tap] >= 0 && weightOf(scene, k, c, tap) !== 0)
      .map((tap) => ({ c, at: meets[z * taps + tap], weight: weightOf(scene, k, c, tap) })),
  );
  return [
    ...start,
    " stamps ",
    tone("gradient", factor(value, DIGITS)),
    "·",
    tone("kernel", "W"),
    ...marks.slice(0, MOST_TERMS).flatMap(({ c, at, weight }, i): Nodes => {
      const [from, to] = [before, after].map((dx) => dx[c * inputsOf(scene) + at]);
      return [
        i ? ", " : ": ",
        toned(scene, "dX", [c], at),
        ` ${short(from, RESULT)} + `,
        tone("gradient", factor(value, DIGITS)),
        "·",
        tone("kernel", factor(weight, DIGITS)),
        ...comesTo(to, shown(from, RESULT) + shown(weight, DIGITS) * shown(value, DIGITS)),
        result("dX", to),
      ];
    }),
    ...leftOut([outside > 0 && `${outside} on padding`]),
  ];
};

/** Every dZ that an input has reached, by the weight that it went through: in the order of the window of the gather,
 * and while dX is being added up, those that have come. */
const explainDx = (scene: Scene, now: Moment, c: number, at: number): Nodes => {
  const { dz, kernels, setting } = scene;
  const index = c * inputsOf(scene) + at;
  const waits = (k: number, z: number): boolean =>
    now.part === "dx" && (setting.route === "scatter" ? z : index) >= doneOf(scene, now, "dx", k);
  let toCome = 0;
  const terms = upTo(kernels).flatMap((k) =>
    readersOf(scene, at).flatMap(({ output, cell }): Term[] => {
      const term: Term = [
        ["gradient", dz[k * mapOf(scene) + output]],
        ["kernel", weightOf(scene, k, c, cell)],
      ];
      if (!waits(k, output)) return [term];
      if (term.every(([, one]) => one !== 0)) toCome++;
      return [];
    }),
  );
  const value = (now.part === "dx" ? dxAfter(scene, now) : scene.dx)[index];
  const left = [...zeros(terms), ...(toCome ? [muted(` (${counted(toCome, "term")} to come)`)] : [])];
  return sum("dX", titled(scene, "dX", [c], at), terms, value, left);
};

const explainDw = (scene: Scene, k: number, c: number, tap: number): Nodes => {
  const { dz, dw, meets, inputs } = scene;
  const taps = tapsOf(scene);
  const terms = upTo(mapOf(scene)).map((z): Term => [
    ["gradient", dz[k * mapOf(scene) + z]],
    ["input", inputOf(scene, c, meets[z * taps + tap])],
  ]);
  return sum("dW", titled(scene, "dW", [k, c], tap), terms, dw[(k * inputs + c) * taps + tap], zeros(terms));
};

const explainDb = (scene: Scene, k: number): Nodes => {
  const terms = [...scene.dz.subarray(k * mapOf(scene), (k + 1) * mapOf(scene))].map((one): Term => [
    ["gradient", one],
  ]);
  return sum("db", titled(scene, "db", [k], 0), terms, scene.db[k], zeros(terms));
};

// ---- paths -----------------------------------------------------------------------------------------
/** The sum over all paths: each is dP · its share of the window · its gate · the weight or the input. */
const explainPaths = (scene: Scene, start: Nodes, name: Array, title: Node, paths: Path[], value: number): Nodes => {
  const through: Tone = name === "dX" ? "kernel" : "input";
  const open = paths.filter(({ gate, share }) => gate && share);
  const terms = open.map(({ dp, share, gate, factor }): Term => [
    ["gradient", dp],
    ...(pools(scene) ? [["output", share] as Term[0]] : []),
    ["output", gate],
    ...(name === "db" ? [] : [[through, factor] as Term[0]]),
  ]);
  const closed = paths.filter(({ gate }) => !gate).length;
  const left = [
    closed > 0 && `${closed} stopped by ReLU`,
    paths.length - closed - open.length > 0 && `${paths.length - closed - open.length} not the largest`,
    counted(terms.filter((term) => term.some(([, one]) => one === 0)).length, "zero product"),
  ];
  return [
    ...start,
    muted(` ${counted(paths.length, "path") || "no path"} to ${called(scene, "P")}; `),
    ...sum(name, title, terms, value, leftOut(left)),
  ];
};

const explainX = (scene: Scene, c: number, at: number): Nodes =>
  explainPaths(
    scene,
    [toned(scene, "X", [c], at), ` = ${short(inputOf(scene, c, at), DIGITS)}:`],
    "dX",
    titled(scene, "dX", [c], at),
    pathsOfInput(scene, c, at),
    scene.dx[c * inputsOf(scene) + at],
  );

const explainW = (scene: Scene, k: number, c: number, tap: number): Nodes =>
  explainPaths(
    scene,
    [toned(scene, "W", [k, c], tap), ` = ${short(weightOf(scene, k, c, tap), DIGITS)}:`],
    "dW",
    titled(scene, "dW", [k, c], tap),
    pathsOfWeight(scene, k, c, tap),
    scene.dw[(k * scene.inputs + c) * tapsOf(scene) + tap],
  );

const explainB = (scene: Scene, k: number): Nodes =>
  explainPaths(
    scene,
    [toned(scene, "b", [k], 0), ` = ${short(scene.setting.bias.data[k], DIGITS)}:`],
    "db",
    titled(scene, "db", [k], 0),
    pathsOfBias(scene, k),
    scene.db[k],
  );

/** The arithmetic of what is told of. */
export const explain = (scene: Scene, now: Moment, { on, channel, at }: Subject): Nodes => {
  const { k } = now;
  if (on === "relu") return explainRelu(scene, k);
  if (on === "gate") return explainGate(scene, k);
  if (at === undefined)
    return [
      on === "x"
        ? "Padding: no number of the input stands here."
        : on === "dx"
          ? "Padding: what falls here goes nowhere, since the padding is no input."
          : "A zero put in: no element of dZ stands here.",
    ];
  switch (on) {
    case "x":
      return explainX(scene, channel, at);
    case "w":
      return explainW(scene, k, channel, at);
    case "b":
      return explainB(scene, k);
    case "z":
      return explainZ(scene, k, at);
    case "a":
      return explainA(scene, k, at);
    case "p":
      return explainP(scene, k, at);
    case "dp":
      return explainDp(scene, now, at);
    case "da":
      return explainDa(scene, now, at);
    case "dz":
      return explainDz(scene, k, at);
    case "stamp":
      return explainStamp(scene, now, at);
    case "dw":
      return explainDw(scene, k, channel, at);
    case "db":
      return explainDb(scene, k);
    default:
      return explainDx(scene, now, channel, at);
  }
};

// ---- rules -----------------------------------------------------------------------------------------
/** What a part does, in letters. */
export const ruleOf = (scene: Scene, now: Moment): Nodes => {
  const { setting, kernels, inputs } = scene;
  const [k, c] = setting.plain ? ["", ""] : ["k, ", "c, "];
  const sums = (letters: string[]): Nodes => letters.flatMap((letter) => ["Σ", h("sub", {}, letter), " "]);
  const over = (letter: string, many: number) => (many > 1 ? [letter] : []);
  const read = (letter: string) => `X[${c}s·i + d·u − p, s·j + d·v − p]`.replace("X", letter);
  const kernel = setting.plain ? "W[u, v]" : "W[k, c, u, v]";
  const z = (letter: string) => `${letter}[${k}i, j]`;
  switch (now.part) {
    case "z":
      return [
        tone("output", z("Z")),
        " = ",
        tone("kernel", setting.plain ? "b" : "b[k]"),
        " + ",
        ...sums([...over("c", inputs), "u", "v"]),
        tone("kernel", kernel),
        " · ",
        tone("input", read("X")),
      ];
    case "a":
      return [tone("output", "A"), " = max(0, ", tone("output", "Z"), ")"];
    case "p":
      return [
        tone("output", "P"),
        ` = the ${setting.pool === "max" ? "largest" : "mean"} of each window of `,
        tone("output", "A"),
      ];
    case "da":
      return setting.pool === "max"
        ? [
            tone("gradient", "dP"),
            " goes to the element that was the largest, the first of those that tie; others get 0",
          ]
        : [tone("gradient", "dP"), ` is shared: each of the ${cellsOf(scene)} elements of its window gets as much`];
    case "dz":
      return [tone("gradient", "dZ"), " = ", tone("gradient", "dA"), " · [", tone("output", "Z"), " > 0]"];
    case "dx":
      return setting.route === "scatter"
        ? [
            tone("gradient", read("dX")),
            " += ",
            tone("gradient", z("dZ")),
            " · ",
            tone("kernel", kernel),
            muted("   each dZ stamps its kernel"),
          ]
        : [
            tone("gradient", `dX[${c}i, j]`),
            " = ",
            ...sums([...over("k", kernels), "u", "v"]),
            tone("gradient", `D[${k}i + d·u, j + d·v]`),
            " · ",
            tone("kernel", `W[${setting.plain ? "" : "k, c, "}−1 − u, −1 − v]`),
            muted("   D: dZ framed by zeros"),
          ];
    case "dw":
      return [
        tone("gradient", kernel.replace("W", "dW")),
        " = ",
        ...sums(["i", "j"]),
        tone("gradient", z("dZ")),
        " · ",
        tone("input", read("X")),
      ];
    case "db":
      return [tone("gradient", setting.plain ? "db" : "db[k]"), " = ", ...sums(["i", "j"]), tone("gradient", z("dZ"))];
  }
};
