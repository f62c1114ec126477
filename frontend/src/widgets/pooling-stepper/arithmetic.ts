/** What makes an output of a pooling, and where its gradient goes, written out so that what is shown adds up. */
import { h } from "../../ui/dom";
import { factor, short, shown } from "../../ui/words/format";
import { bothComeTo, comesTo, muted, type Nodes, tone } from "../../ui/words/terms";
import { type Flow, type Member, membersOf, nameOf, readers, type Result, share, winners } from "./math";
import type { Target } from "./places";

const DIGITS = 6;
const MOST = 64; // numbers written out; of a larger window the others are put together

const number = (value: number): string => (value === -Infinity ? "−∞" : factor(value, DIGITS));
const term = ({ input, value }: Member, text = number(value)): Node => (input < 0 ? muted(text) : tone("input", text));
const joined = (terms: Nodes, by: string): Nodes => terms.flatMap((each, i) => (i ? [by, each] : [each]));
const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
const x = (result: Result, index: number): string => nameOf(result, "x", index, result.x.shape);
const y = (result: Result, index: number): string => nameOf(result, "y", index, result.y.shape);

const maximum = (result: Result, members: Member[], index: number): Nodes => {
  const [first, ...tied] = winners(result, index);
  const others = members.slice(MOST);
  const terms: Nodes = members.slice(0, MOST).map((member) => term(member));
  if (others.length)
    terms.push(
      `${short(Math.max(...others.map(({ value }) => value)), DIGITS)} (the largest of the other ${others.length})`,
    );
  const who = tied.length
    ? `${1 + tied.length} tie; the first, ${x(result, first)}, gets the gradient`
    : `held by ${x(result, first)}`;
  return [" = max{", ...joined(terms, ", "), "} = ", value(result, index), muted(` (${who})`)];
};

/** `(a + b + …) / n = sum / n = y`, or with squares and a root. */
const mean = (result: Result, members: Member[], index: number, power: 1 | 2): Nodes => {
  const raised = (v: number) => shown(v, DIGITS) ** power;
  const write = (v: number) => (power === 2 ? `${number(v)}²` : number(v));
  const terms: Nodes = members.slice(0, MOST).map((member) => term(member, write(member.value)));
  const total = (list: Member[]) => list.reduce((sum, { value: v }) => sum + v ** power, 0);
  const others = members.slice(MOST);
  if (others.length) terms.push(`${factor(total(others), DIGITS)} (the other ${others.length})`);
  const asShown =
    members.slice(0, MOST).reduce((sum, { value: v }) => sum + raised(v), 0) + shown(total(others), DIGITS);
  const n = members.length;
  const root = (sum: Nodes): Nodes => [
    ...(power === 2 ? ["√("] : []),
    ...sum,
    ` / ${n}`,
    ...(power === 2 ? [")"] : []),
  ];
  const y = result.y.data[index];
  const sum = total(members);
  const [written, whole] = [asShown, shown(sum, DIGITS)].map((worth) => (worth / n) ** (1 / power));
  const [between, last] = bothComeTo(y, written, whole);
  return [
    " = ",
    ...root(["(", ...joined(terms, " + "), ")"]),
    ...between,
    ...root([number(sum)]),
    ...last,
    value(result, index),
  ];
};

const value = (result: Result, index: number): Node =>
  h("b", { class: "t-output" }, short(result.y.data[index], DIGITS));

/** `y[i, j] = max{…} = …`, `(… + …) / 4 = …` or `√((…² + …²) / 4) = …`. */
export const explainOutput = (result: Result, index: number): Nodes => {
  const members = membersOf(result, index);
  const { mode } = result.setting;
  return [
    h("b", { class: "t-output" }, y(result, index)),
    ...(mode === "max" ? maximum(result, members, index) : mean(result, members, index, mode === "mean" ? 1 : 2)),
  ];
};

/** Every output whose window holds an input, and what the input is to it. */
export const explainInput = (result: Result, index: number): Nodes => {
  const outputs = readers(result, index);
  const role = (output: number): string => {
    if (result.setting.mode !== "max") return "";
    const best = winners(result, output);
    if (!best.includes(index)) return " (not the largest)";
    return best.length === 1
      ? " (the largest)"
      : best[0] === index
        ? " (ties, and is the first)"
        : " (ties, not the first)";
  };
  return [
    h("b", { class: "t-input" }, x(result, index)),
    ` = ${short(result.x.data[index], DIGITS)} lies in ${plural(outputs.length, "window")}`,
    ...outputs
      .slice(0, MOST)
      .flatMap((output, i) => [i ? ", " : ": ", tone("output", y(result, output)), role(output)]),
    outputs.length > MOST ? ` … and ${outputs.length - MOST} more` : "",
  ];
};

/** Where the gradient of one output goes. */
export const explainGradient = (result: Result, index: number, dy: Float64Array): Nodes => {
  const {
    setting: { mode },
    y: { data },
  } = result;
  const members = membersOf(result, index);
  const inside = members.filter(({ input }) => input >= 0);
  const start: Nodes = [h("b", { class: "t-gradient" }, `∂L/∂${y(result, index)}`), ` = ${short(dy[index])}`];
  const lost = members.length - inside.length;
  const nowhere = lost ? muted(` (the shares of ${plural(lost, "padded zero")} go nowhere)`) : "";
  if (mode === "max") {
    const [first, ...tied] = winners(result, index);
    return [
      ...start,
      " goes whole to ",
      tone("gradient", x(result, first)),
      tied.length
        ? `, the first of ${1 + tied.length} that hold the maximum; the others get 0.`
        : ", which holds the maximum; the others get 0.",
    ];
  }
  const part = dy[index] / members.length;
  if (mode === "mean")
    return [
      ...start,
      ` is shared equally: each gets ${short(dy[index])} / ${members.length}`,
      ...comesTo(part, part),
      tone("gradient", short(part, DIGITS)),
      nowhere,
    ];
  if (data[index] === 0) return [...start, ": the root has a corner at 0, and every input gets 0."];
  const { input, value: v } = inside.reduce((best, each) =>
    Math.abs(each.value) > Math.abs(best.value) ? each : best,
  );
  const got = dy[index] * share(result, index, input);
  const below = (): Nodes => [` / (${members.length}·`, tone("output", short(data[index], DIGITS)), ")"];
  return [
    ...start,
    " is shared by value: each x gets ",
    short(dy[index]),
    "·x",
    ...below(),
    "; ",
    x(result, input),
    " gets ",
    short(dy[index]),
    "·",
    tone("input", number(v)),
    ...below(),
    ...comesTo(got, (dy[index] * shown(v, DIGITS)) / (members.length * shown(data[index], DIGITS))),
    tone("gradient", short(got, DIGITS)),
    nowhere,
  ];
};

/** The gradient of an input: what it gets from every output that holds it. */
export const explainInputGradient = (result: Result, index: number, dy: Float64Array, dx: Float64Array): Nodes => {
  const from = readers(result, index).filter((output) => dy[output] !== 0);
  const parts = from.map((output) => dy[output] * share(result, output, index));
  const name = h("b", { class: "t-gradient" }, `∂L/∂${x(result, index)}`);
  const all = tone("gradient", short(dx[index], DIGITS));
  if (!from.length) return [name, " = ", all, muted(" (no output that gets a gradient holds it)")];
  const terms = from.map((output, i): Node =>
    h("span", {}, tone("gradient", factor(parts[i], DIGITS)), muted(` from ${y(result, output)}`)),
  );
  return [
    name,
    " = ",
    ...joined(terms, " + "),
    ...comesTo(
      dx[index],
      parts.reduce((sum, part) => sum + shown(part, DIGITS), 0),
    ),
    all,
  ];
};

/** What is to be said of an input or an output: what it is made of or, where a gradient flows, where that goes. */
export const explain = (result: Result, flow: Flow | undefined, { on, index }: Target): Nodes => {
  if (on === "input")
    return flow ? explainInputGradient(result, index, flow.dy.data, flow.dx.data) : explainInput(result, index);
  return flow ? explainGradient(result, index, flow.dy.data) : explainOutput(result, index);
};
