/** Boxes to drag: how far two overlap, which detections are kept, what a grid cell and anchors are taught, and how
 * precise the detections are.
 *
 * The traits (`schema`) hold objects and detections. `state` computes what a view shows of them, `scene` says what is
 * drawn, `canvas` draws it, `side` and `words` tell it in numbers. `field` has the pointer and the keys. */
import type { Box } from "../../math/boxes";
import type { View } from "../../model";
import { codePanel } from "../../ui/controls/code-panel";
import { segments } from "../../ui/controls/controls";
import { timeline } from "../../ui/controls/timeline";
import { changes, h, patch } from "../../ui/dom";
import { arithmetic, frame } from "../../ui/frame";
import { checked } from "../../ui/state/checked";
import { store } from "../../ui/state/store";
import { tonesOf } from "../../ui/theme";
import { legendNodes, TONES } from "../shared/canvas";
import { writeCode } from "./code";
import { controls } from "./controls";
import { field } from "./field";
import { type Answers, LEGENDS, sceneOf } from "./scene";
import { KEYS, SCHEMA } from "./schema";
import { side } from "./side";
import { anchored, chosen, type Kind, KINDS, labelOf, scored, type State, suppression, type ViewName } from "./state";
import { linesOf, spokenBox } from "./words";

const HINT =
  "Drag a box, its sides or its corners; with a finger, tap it first. By keyboard: Tab to a box, arrows move it, " +
  "with Shift its right and lower side, with Alt its left and upper one; Page Up and Page Down go from box to box.";
const VIEWS: [ViewName, string][] = [
  ["iou", "IoU"],
  ["nms", "NMS"],
  ["target", "Target"],
  ["anchors", "Anchors"],
  ["pr", "Precision–recall"],
];
const COLUMN = { object: 0, detection: 1 };

const answersOf = (state: State): Answers => ({
  nms: state.view === "nms" ? suppression(state) : undefined,
  anchors: state.view === "anchors" ? anchored(state) : undefined,
  pr: state.view === "pr" ? scored(state) : undefined,
});

export const BoxPlayground: View = checked(SCHEMA, ({ model, el }) => {
  const { root, announce, schedule, open, close } = frame("Box playground", model, KEYS, () => update());
  const traits = store<State>(model, ["objects", "detections"], root, schedule);
  const { get, set, endGroup, takeBack } = traits;
  const now = (): State => Object.fromEntries(KEYS.map((key) => [key, get(key)])) as unknown as State;
  let last: Kind = "object";
  let answers: Answers = {};

  // ---- changes -----------------------------------------------------------------------------------
  /** The kind of box that was chosen last, if the view has any of it. */
  const active = (): Kind => {
    const kinds = KINDS[get("view")];
    return kinds.includes(last) ? last : kinds[0];
  };
  const pick = (kind: Kind, at: number) => {
    last = kind;
    const selected: [number, number] = [...get("selected")];
    selected[COLUMN[kind]] = at;
    set({ selected });
    schedule();
  };
  const replace = (kind: Kind, at: number, row: number[] | undefined, group?: string) => {
    const rows = get(`${kind}s`);
    if (row) set({ [`${kind}s`]: rows.with(at, row) }, group);
    else {
      set({ [`${kind}s`]: rows.filter((_, i) => i !== at) });
      pick(kind, Math.max(0, Math.min(at, rows.length - 2)));
    }
  };
  const add = (kind: Kind) => {
    const [height, width] = get("size");
    const rows = get(`${kind}s`);
    const label = rows.length ? labelOf(rows[chosen(now(), kind) ?? 0]) : 0;
    const box = [width / 4, height / 4, width / 2, height / 2];
    set({ [`${kind}s`]: [...rows, [...box, ...(kind === "object" ? [] : [0.5]), label]] });
    pick(kind, rows.length);
    tell(kind, rows.length);
  };
  const move = (kind: Kind, at: number, box: Box, group: string) =>
    replace(kind, at, [...box, ...get(`${kind}s`)[at].slice(4)], group);
  /** Read out the arithmetic as it stands, which after a drag is that of the box it has moved. */
  const read = (before = "") =>
    announce(() => [before, ...Array.from(sum.children, (line) => line.textContent)].filter(Boolean).join("; "));
  const tell = (kind: Kind, at: number) => read(spokenBox(now(), kind, at));

  // ---- page --------------------------------------------------------------------------------------
  const views = segments("What is shown", VIEWS, (view) => {
    set({ view: view as ViewName });
    read();
  });
  const boxes = field({
    now,
    pick,
    move,
    remove: (kind, at) => replace(kind, at, undefined),
    endGroup,
    takeBack,
    tell,
  });
  const legend = h("div", { class: "lines-key" });
  const beside = side();
  const rounds = () => answers.nms?.rounds.length ?? 0;
  const time = timeline(
    "Round of suppression",
    (step) => {
      set({ step });
      read();
    },
    (step) => (step ? `round ${step} of ${rounds()}` : "before"),
  );
  const sum = arithmetic();
  const settings = controls({ traits, now, active, replace, add });
  const code = codePanel(["cnnviz"], () => writeCode(now()));

  // ---- drawing -----------------------------------------------------------------------------------
  const tones = tonesOf(root, TONES, () => paint());
  const paint = (state = now()) => boxes.sheet.draw(sceneOf(state, answers), state.size, tones.now());

  const otherView = changes();
  const update = () => {
    const state = now();
    answers = answersOf(state);
    paint(state);
    boxes.show(state);
    beside.show(state, answers);
    const lines = linesOf(state, answers);
    while (sum.children.length > lines.length) sum.lastChild!.remove();
    lines.forEach((line, i) => patch(sum.children[i] ?? sum.appendChild(h("div")), line));
    if (otherView(state.view)) {
      legend.replaceChildren(...legendNodes(LEGENDS[state.view]));
      time.stop();
      time.el.hidden = state.view !== "nms";
    }
    if (answers.nms) time.show(answers.nms.step, answers.nms.rounds.length + 1);
    views.show(state.view);
    settings.show(state, active());
    code.show();
    traits.show();
  };

  open(
    el,
    [...traits.buttons, code.button],
    code.el,
    views.el,
    h("div", { class: "boxes" }, h("div", { class: "picture" }, boxes.el, legend), beside.el),
    time.el,
    sum,
    settings.el,
    h("p", { class: "hint" }, HINT),
  );
  const resized = new ResizeObserver(() => paint());
  resized.observe(boxes.el);
  return () => {
    time.stop();
    resized.disconnect();
    tones.stop();
    close();
  };
});
