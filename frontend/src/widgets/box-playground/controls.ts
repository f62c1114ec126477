/** What one sets: thresholds, the grid, and the box that is looked at. Each view shows its own. */
import { select, slider, toggle } from "../../ui/controls/controls";
import { changes, h, write } from "../../ui/dom";
import { row as beside } from "../../ui/frame";
import type { Store } from "../../ui/state/store";
import { chosen, type Kind, KINDS, labelOf, rowsOf, scoreOf, type State, type ViewName } from "./state";

const MOST_BOXES = 300;
const MOST_CELLS = 13;

type Threshold = "iou_threshold" | "score_threshold" | "match_threshold" | "positive" | "negative";

export interface Controls {
  el: HTMLElement;
  show(state: State, active: Kind): void;
}

export interface Wishes {
  traits: Store<State>;
  now(): State;
  /** The kind of box that is looked at. */
  active(): Kind;
  /** Put other numbers in a box's row; nothing takes the box away. */
  replace(kind: Kind, at: number, row: number[] | undefined, group?: string): void;
  add(kind: Kind): void;
}

export const controls = ({ traits: { set, endGroup }, now, active, replace, add }: Wishes): Controls => {
  const hundredths = (value: number): string => (value / 100).toFixed(2);
  const threshold = (label: string, trait: Threshold, views: ViewName[]) => {
    const control = slider(label, 0, 100, (value) => set({ [trait]: value / 100 }), hundredths);
    return { el: control.el, views, show: (state: State) => control.show(Math.round(100 * state[trait])) };
  };
  const cells = (label: string, axis: 0 | 1) => {
    const control = slider(label, 1, MOST_CELLS, (value) => {
      const grid: [number, number] = [...now().grid];
      grid[axis] = value;
      set({ grid });
    });
    return {
      el: control.el,
      views: ["target", "anchors"] as ViewName[],
      show: ({ grid }: State) => {
        control.limit(1, Math.max(MOST_CELLS, grid[axis]));
        control.show(grid[axis]);
      },
    };
  };
  const byClass = toggle("by class", (on) => set({ by_class: on }), "Boxes fall to those of their own class alone");
  const settings = [
    threshold("falls: IoU >", "iou_threshold", ["nms"]),
    threshold("score ≥", "score_threshold", ["nms", "pr"]),
    { el: byClass.el, views: ["nms"] as ViewName[], show: ({ by_class }: State) => byClass.show(by_class) },
    threshold("match: IoU ≥", "match_threshold", ["pr"]),
    cells("rows", 0),
    cells("columns", 1),
    threshold("positive: IoU ≥", "positive", ["anchors"]),
    threshold("background: IoU <", "negative", ["anchors"]),
  ];

  // ---- the box that is looked at -----------------------------------------------------------------
  const rowNow = (): [kind: Kind, at: number, row: number[]] | undefined => {
    const kind = active();
    const at = chosen(now(), kind);
    return at === undefined ? undefined : [kind, at, rowsOf(now(), kind)[at]];
  };
  const edit = (place: number, value: number, group?: string) => {
    const chosen = rowNow();
    if (!chosen) return;
    const [kind, at, row] = chosen;
    replace(kind, at, row.with(place < 0 ? row.length + place : place, value), group);
  };
  const name = h("span", { class: "name" });
  const classes = select("Class", [], (value) => edit(-1, Number(value)));
  const score = slider("score", 0, 100, (value) => edit(4, value / 100, "score"), hundredths);
  score.el.addEventListener("change", () => endGroup());
  const button = (text: string, act: () => void) => h("button", { type: "button", onclick: act }, text);
  const adders = {
    object: button("+ object", () => add("object")),
    detection: button("+ detection", () => add("detection")),
  };
  const remove = button("Remove", () => {
    const chosen = rowNow();
    if (chosen) replace(chosen[0], chosen[1], undefined);
  });

  const otherClasses = changes();
  const showBox = (state: State, kind: Kind) => {
    const at = chosen(state, kind);
    const box = at === undefined ? undefined : rowsOf(state, kind)[at];
    write(name, at === undefined ? `no ${kind}` : `${kind} ${at}`);
    if (otherClasses(state.classes.join("\n")))
      classes.input.replaceChildren(...state.classes.map((text, i) => h("option", { value: i }, text)));
    classes.input.disabled = remove.disabled = !box;
    if (box) classes.show(String(labelOf(box)));
    score.el.hidden = !KINDS[state.view].includes("detection"); // where there are both, nothing moves
    score.disable(kind === "object" || !box);
    if (box && kind === "detection") score.show(Math.round(100 * scoreOf(box)));
    for (const each of ["object", "detection"] as const) {
      adders[each].hidden = !KINDS[state.view].includes(each);
      adders[each].disabled = rowsOf(state, each).length >= MOST_BOXES;
    }
  };

  return {
    el: h(
      "div",
      { class: "editing" },
      beside(...settings.map(({ el }) => el)),
      beside(name, classes.el, score.el, adders.object, adders.detection, remove),
    ),
    show: (state, kind) => {
      for (const setting of settings) {
        setting.el.hidden = !setting.views.includes(state.view);
        if (!setting.el.hidden) setting.show(state);
      }
      showBox(state, kind);
    },
  };
};
