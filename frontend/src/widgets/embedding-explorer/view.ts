/** The embedding explorer: identities as points in a plane, and the losses that pull at them.
 *
 * The traits (`schema`) hold where the points start; `math` walks down the gradient, and where they are after so many
 * steps is what is shown. Whoever moves a point starts anew from there. */
import { type Kind, KINDS, type Point, type Triplet } from "../../math/embeddings";
import type { View } from "../../model";
import { codePanel } from "../../ui/controls/code-panel";
import { segments, select, slider } from "../../ui/controls/controls";
import { timeline } from "../../ui/controls/timeline";
import { changes, h, write } from "../../ui/dom";
import { arithmetic, frame, row } from "../../ui/frame";
import { checked } from "../../ui/state/checked";
import { store } from "../../ui/state/store";
import { short } from "../../ui/words/format";
import { factList, showFacts } from "../shared/facts";
import { codeOf } from "./code";
import {
  chosenBy,
  DIAGONAL,
  hardest,
  isTriplet,
  LARGEST_MARGIN,
  LARGEST_RATE,
  nameOf,
  nextOf,
  read,
  type Reading,
  rounded,
  type State,
  STEPS,
  walk,
} from "./math";
import { plane } from "./plane";
import { roc } from "./roc";
import { SCHEMA } from "./schema";
import { factsOf, pointText, spoken, sumOf } from "./words";

const TRAITS: (keyof State)[] = ["points", "labels", "loss", "margin", "triplet", "threshold", "rate", "step"];
const REMEMBERED: (keyof State)[] = ["points", "loss", "margin", "triplet", "threshold", "rate"];
const TICKS = 20; // of a slider, to a unit
const LONGEST = 8000; // ms: all steps played
const HINT =
  "Drag a point, or move it with the arrow keys (Shift: farther). A click or Enter takes it as positive or negative, " +
  "A as anchor. Arrows show where the loss pulls. Shaded: where a negative has a loss. Dotted circle: the threshold " +
  "around the point that is looked at, with lines to what it gets wrong.";
const EXPLAINED: Record<Kind, string> = {
  easy: "Goes to the next triplet without a loss",
  "semi-hard": "Goes to the next triplet whose negative is farther away than the positive, but within the margin",
  hard: "Goes to the next triplet whose negative is no farther away than the positive",
};

export const EmbeddingExplorer: View = checked(SCHEMA, ({ model, el }) => {
  const { root, announce, schedule, open, close } = frame("Embedding explorer", model, TRAITS, () => update());
  const traits = store<State>(model, REMEMBERED, root, schedule);
  const { get, set } = traits;
  let reading: Reading;
  let looked: number | undefined;
  const aloud = () => announce(() => spoken(reading));

  // ---- what is asked for -------------------------------------------------------------------------
  const move = (i: number, to: Point, group: unknown) => {
    const points = reading.now.map((point, j) => (j === i ? to : (point.map(rounded) as Point)));
    reading.now = points; // the next key may come before this is drawn
    set({ points, step: 0 }, group);
    announce(() => `${pointText(reading, i)}. ${spoken(reading)}`);
  };
  const take = (triplet: Triplet | undefined) => {
    if (triplet) set({ triplet });
    aloud();
  };
  const choose = (i: number, anchor: boolean) =>
    take(anchor ? hardest(reading.now, get("labels"), i) : chosenBy(get("labels"), get("triplet"), i));
  const next = (kind: Kind) => {
    const { triples, kinds, triplet } = reading;
    const at = triples.findIndex((each) => `${each}` === `${triplet}`);
    const found = nextOf(kinds, kind, at);
    if (found !== undefined) take(triples[found]);
  };
  const step = (at: number) => {
    set({ step: at });
    aloud();
  };

  // ---- page --------------------------------------------------------------------------------------
  const field = plane({
    move,
    choose,
    end: traits.endGroup,
    takeBack: traits.takeBack,
    look: (i) => {
      looked = i;
      schedule();
    },
  });
  const curve = roc();
  const facts = factList();
  const kinds = KINDS.map((kind) => {
    const count = h("b");
    const button = h(
      "button",
      { type: "button", title: EXPLAINED[kind], onclick: () => next(kind) },
      `${kind} `,
      count,
    );
    return { kind, button, count };
  });
  const mix = h("div", { class: "mix", "aria-hidden": "true" }, ...KINDS.map((kind) => h("i", { class: kind })));
  const found = h(
    "div",
    { class: "cnn-row kinds" },
    h("span", {}, "Triplets"),
    ...kinds.map(({ button }) => button),
    mix,
  );
  const line = timeline("Steps down the gradient", step, (at) => `step ${at} of ${STEPS}`, LONGEST);
  const sum = arithmetic("sum squares");
  const loss = segments(
    "Loss",
    [
      ["triplet", "Triplet"],
      ["contrastive", "Contrastive"],
    ],
    (value) => set({ loss: value as State["loss"] }),
  );
  /** A slider in ticks for a trait with fractions. */
  const tuned = (label: string, trait: "margin" | "threshold" | "rate", most: number) => {
    const control = slider(
      label,
      0,
      most * TICKS,
      (ticks) => {
        set({ [trait]: rounded(ticks / TICKS) }, trait);
        aloud();
      },
      (ticks) => short(rounded(ticks / TICKS)),
    );
    control.el.addEventListener("change", traits.endGroup);
    return { el: control.el, show: () => control.show(get(trait) * TICKS) };
  };
  const sliders = [
    tuned("Margin α", "margin", LARGEST_MARGIN),
    tuned("Threshold", "threshold", DIAGONAL),
    tuned("Rate", "rate", LARGEST_RATE),
  ];
  const roles = h("div", { class: "cnn-row roles" });
  let menus: ReturnType<typeof select>[] = [];
  const code = codePanel(["NumPy", "PyTorch"], (library) => codeOf(library, reading));

  // ---- drawing -----------------------------------------------------------------------------------
  const otherWay = changes();
  let way: Point[][] = [];
  const walked = (): Point[][] => {
    const [points, labels, kind, margin, rate] = (["points", "labels", "loss", "margin", "rate"] as const).map(get);
    if (otherWay(points, labels, kind, margin, rate))
      way = walk(
        get("points"),
        { labels: get("labels"), loss: get("loss"), margin: get("margin") },
        get("rate"),
        STEPS,
      );
    return way;
  };

  /** A menu for each role, with the points that may have it. */
  const otherMenus = changes();
  const showMenus = () => {
    const [labels, triplet] = [get("labels"), get("triplet")];
    if (otherMenus(`${labels}`, `${triplet}`)) {
      const allowed = (role: number, i: number) =>
        role
          ? isTriplet(labels, triplet.map((old, at) => (at === role ? i : old)) as Triplet)
          : labels.filter((one) => one === labels[i]).length > 1;
      const focused = menus.findIndex(({ input }) => input === document.activeElement);
      menus = ["Anchor", "Positive", "Negative"].map((name, role) =>
        select(
          name,
          labels.flatMap((_, i): [string, string][] => (allowed(role, i) ? [[String(i), nameOf(labels, i)]] : [])),
          (value) =>
            role
              ? take(triplet.map((old, at) => (at === role ? Number(value) : old)) as Triplet)
              : choose(Number(value), true),
          false,
        ),
      );
      roles.replaceChildren(...menus.map((menu) => menu.el));
      menus[focused]?.input.focus();
    }
    menus.forEach((menu, role) => menu.show(String(triplet[role])));
  };

  const update = () => {
    const state = Object.fromEntries(TRAITS.map((trait) => [trait, get(trait)])) as unknown as State;
    if (state.labels.length !== state.points.length || !isTriplet(state.labels, state.triplet)) return; // half assigned
    reading = read(state, walked());
    field.draw(reading, looked !== undefined && looked < state.points.length ? looked : state.triplet[0]);
    curve.draw(reading);
    showFacts(facts, factsOf(reading));
    kinds.forEach(({ kind, count, button }, i) => {
      write(count, String(reading.counts[kind]));
      button.setAttribute("aria-pressed", String(reading.kind === kind));
      (mix.children[i] as HTMLElement).style.flexGrow = String(reading.counts[kind]);
    });
    sum.replaceChildren(...sumOf(reading).map((nodes) => h("div", {}, ...nodes)));
    line.show(state.step, STEPS + 1);
    loss.show(state.loss);
    found.classList.toggle("off", state.loss !== "triplet");
    for (const control of sliders) control.show();
    showMenus();
    traits.show();
    code.show();
  };

  open(
    el,
    [code.button, ...traits.buttons],
    code.el,
    h("div", { class: "embedding" }, field.el, curve.el, facts),
    line.el,
    found,
    sum,
    roles,
    row(h("span", {}, "Loss"), loss.el, ...sliders.map((control) => control.el)),
    h("p", { class: "hint" }, HINT),
  );
  return () => {
    line.stop();
    close();
  };
});
