/** Loss, accuracy and the first layer's filters while a network is trained, and again afterwards. */
import type { View } from "../../model";
import { segments, toggle } from "../../ui/controls/controls";
import { timeline } from "../../ui/controls/timeline";
import { changes, h } from "../../ui/dom";
import { frame, row } from "../../ui/frame";
import { checked } from "../../ui/state/checked";
import { store } from "../../ui/state/store";
import { short } from "../../ui/words/format";
import { chart, type Line, readout, type Ways } from "./chart";
import { filterSheet } from "./filters";
import {
  type Axis,
  between,
  byEpoch,
  byStep,
  epochAway,
  epochsShown,
  exact,
  linear,
  logarithmic,
  nearest,
  rangeOf,
} from "./math";
import { SCHEMA } from "./schema";
import { cursorOf, filterReader, KEYS, read, type Reading, type Recorded, shownRun, type State } from "./state";
import { EMPTY, numbersOf, spoken, stateOf, stepOf, UNHEARD, whenOf } from "./words";

const LONGEST = 12_000; // ms: a whole run played
const PATIENCE = 4000; // ms: after that, a Stop button may not have been heard

export const TrainingMonitor: View = checked(SCHEMA, ({ model, el }) => {
  const { root, say, announce, schedule, open, close } = frame("Training monitor", model, KEYS, () => update());
  const traits = store<State>(model, [], root, schedule);
  const { get, set } = traits;
  const valuesOf = filterReader();
  const live = model.save_changes !== undefined;
  const trains = () => live && get("training");
  let pointed: number | undefined; // the place that the pointer is on
  let unheard = false; // Stop was pressed a while ago

  // ---- the step that is looked at ----------------------------------------------------------------
  const now = (): Reading | undefined => {
    const run = shownRun(get);
    return run && read(run, cursorOf(get, run, pointed));
  };
  const go = (at: number) => {
    const run = shownRun(get)!;
    pointed = undefined;
    set({ step: at >= run.step.length - 1 ? null : run.step[Math.max(0, at)] });
    schedule();
  };
  const aloud = () => announce(() => (now() ? spoken(now()!) : ""));
  const stepped = (at: number) => (go(at), aloud());

  const key = (pressed: string): boolean => {
    const run = shownRun(get)!;
    const at = cursorOf(get, run);
    const to: Record<string, number> = {
      ArrowRight: at + 1,
      ArrowUp: at + 1,
      ArrowLeft: at - 1,
      ArrowDown: at - 1,
      PageUp: epochAway(run, at, 1),
      PageDown: epochAway(run, at, -1),
      Home: 0,
      End: run.step.length - 1,
    };
    if (!(pressed in to)) return false;
    stepped(to[pressed]);
    return true;
  };
  const ways: Ways = {
    hover: (epochs) => {
      pointed = epochs === undefined ? undefined : nearest(shownRun(get)!, epochs);
      schedule();
    },
    pick: (epochs) => stepped(nearest(shownRun(get)!, epochs)),
    key,
  };

  // ---- page --------------------------------------------------------------------------------------
  const losses = chart("Loss", (value) => short(value), ways);
  const accuracies = chart("Accuracy", (value) => `${short(100 * value)} %`, ways);
  const sheet = filterSheet();
  const numbers = readout();
  const line = timeline("Step", stepped, (at) => stepText(at), LONGEST);
  const stepText = (at: number) => {
    const run = shownRun(get);
    return run ? stepOf(read(run, at)) : "";
  };
  const log = toggle(
    "log scale",
    (on) => set({ log_scale: on }),
    "Draws the loss so that equal distances are equal factors",
  );
  const choice = h("div", { class: "cnn-row" });
  let runs = segments("Run", [], () => {});
  const stop = h(
    "button",
    {
      type: "button",
      class: "stop",
      title: "Ends this epoch: it is measured, and the cell goes on",
      onclick: () => {
        set({ stopping: true });
        setTimeout(() => {
          unheard = get("training") && get("stopping");
          schedule();
        }, PATIENCE);
      },
    },
    "Stop",
  );
  const empty = h("div", { class: "empty muted" }, EMPTY);
  const all = h(
    "div",
    { class: "monitor" },
    h("div", { class: "curves" }, losses.el, accuracies.el, line.el, row(choice, log.el)),
    h("div", { class: "beside" }, numbers.el, sheet.el),
  );

  // ---- drawing -----------------------------------------------------------------------------------
  const [listed, curved, filtered, said] = [changes(), changes(), changes(), changes()];
  const showChoice = () => {
    const names = get("runs").map(({ name }, i) => name || `run ${i + 1}`);
    if (listed(names.join("\n"))) {
      runs = segments(
        "Run",
        names.map((name, i): [string, string] => [String(i), name]),
        (value) => set({ run: Number(value) }),
      );
      choice.replaceChildren(h("span", {}, "run"), runs.el);
    }
    choice.hidden = names.length < 2;
    runs.show(String(get("runs").indexOf(shownRun(get)!)));
  };

  const drawCurves = (run: Recorded) => {
    if (!curved(get("runs"), run, get("log_scale"), trains())) return;
    const all = get("runs").filter(({ step }) => step.length);
    const others = all.filter((each) => each !== run);
    const across = exact(Math.max(...all.map((each) => epochsShown(each, trains()))));
    const lossLines = linesOf(run, others, byStep, (each) => byEpoch(each, "validation_loss"));
    losses.draw(lossLines, across, lossAxis(lossLines, get("log_scale")));
    const measured = linesOf(
      run,
      others,
      (each) => byEpoch(each, "train_accuracy"),
      (each) => byEpoch(each, "validation_accuracy"),
    );
    const up = shareAxis(measured);
    const [training, validation] = measured.slice(-2).map(({ curve }) => curve);
    accuracies.draw(measured, across, up, between(training, validation, across, up));
  };

  const drawCursor = (reading: Reading) => {
    const { run, at, step, over } = reading;
    const x = step / run.per_epoch;
    const then = byEpoch(run, "validation_loss");
    const epoch = run.epoch.indexOf(over);
    const words = spoken(reading);
    const place = [words, at + 1, run.step.length] as const;
    losses.point(
      x,
      [
        { kind: "training", x, y: reading.loss },
        { kind: "validation", x: then.x[epoch], y: then.y[epoch] ?? null },
      ],
      ...place,
    );
    accuracies.point(
      x,
      [
        { kind: "training", x: then.x[epoch], y: reading.training },
        { kind: "validation", x: then.x[epoch], y: reading.validation },
      ],
      ...place,
    );
    numbers.show(numbersOf(reading));
    line.show(at, run.step.length);
  };

  const drawFilters = ({ run, filters: at }: Reading) => {
    const { filters } = run;
    sheet.el.hidden = !filters;
    if (filters && filtered(filters, at)) sheet.draw(filters, valuesOf(filters), at, whenOf(run, filters.step[at]));
  };

  const showState = (reading: Reading | undefined) => {
    const stopping = get("stopping");
    stop.hidden = !live;
    stop.disabled = !trains() || stopping;
    unheard &&= trains() && stopping;
    const text = unheard ? UNHEARD : reading ? stateOf(reading, trains(), stopping) : "";
    if (said(text, unheard)) say(text, unheard);
  };
  const update = () => {
    const reading = now();
    all.hidden = !reading;
    empty.hidden = !!reading;
    showState(reading);
    if (!reading) return;
    showChoice();
    log.show(get("log_scale"));
    drawCurves(reading.run);
    drawCursor(reading);
    drawFilters(reading);
  };

  open(el, [stop], empty, all);
  return () => {
    close();
    line.stop();
  };
});

type Part = (run: Recorded) => Line["curve"];

/** The lines of the run that is shown, above those of the others. */
const linesOf = (run: Recorded, others: Recorded[], training: Part, validation: Part): Line[] => [
  ...others.flatMap((each) => [
    { kind: "other", curve: training(each) },
    { kind: "other dashed", curve: validation(each) },
  ]),
  { kind: "training", curve: training(run) },
  { kind: "validation", curve: validation(run) },
];

const lossAxis = (lines: Line[], log: boolean): Axis => {
  const [low, high] = rangeOf(lines.map(({ curve }) => curve));
  if (!log) return linear(Math.min(0, low), high);
  const positive = lines.flatMap(({ curve }) => curve.y).filter((value) => value !== null && value > 0) as number[];
  return positive.length ? logarithmic(Math.min(...positive), Math.max(...positive)) : linear(0, 1);
};

/** Up to 1, from the tenth below the lowest: as long as that is much, the tenths are the ticks. */
const shareAxis = (lines: Line[]): Axis => {
  const [low] = rangeOf(lines.map(({ curve }) => curve));
  return linear(Math.min(0.9, Math.floor(low * 10 + 1e-9) / 10), 1);
};
