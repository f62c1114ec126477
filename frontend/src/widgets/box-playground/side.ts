/** What stands beside the picture: numbers, a list, or the precision–recall curve. */
import { diou, giou, IGNORED, iou } from "../../math/boxes";
import { changes, h, svg } from "../../ui/dom";
import { short } from "../../ui/words/format";
import { type Fact, factList, showFacts } from "../shared/facts";
import { type Item, listed } from "../shared/listed";
import type { Answers } from "./scene";
import { tagOf } from "./scene";
import {
  bestAnchors,
  boxOf,
  chosen,
  countAnchors,
  type Kind,
  type Scored,
  type State,
  type Suppression,
  targetOf,
} from "./state";
import { anchorText, boxText, percentText } from "./words";

const PLANE = 100; // units of the drawing
const MOST_ANCHORS = 8; // listed

export interface Side {
  el: HTMLElement;
  show(state: State, answers: Answers): void;
}

const pairFacts = (state: State): Fact[] => {
  const [object, detection] = [chosen(state, "object"), chosen(state, "detection")];
  const both = object !== undefined && detection !== undefined;
  const of = (share: typeof iou): string =>
    both ? short(share(boxOf(state.objects[object]), boxOf(state.detections[detection])), 4) : "–";
  const box = (kind: Kind, at: number | undefined): Fact => ({
    name: at === undefined ? `No ${kind}` : `${kind === "object" ? "Object" : "Detection"} ${at}`,
    value: at === undefined ? "–" : boxText(boxOf(state[`${kind}s`][at])),
    title: "x1, y1, x2, y2",
    wide: true,
  });
  return [
    { name: "IoU", value: of(iou), title: "The overlap’s share of what both cover" },
    { name: "GIoU", value: of(giou), title: "IoU less what both leave free of the box around both" },
    { name: "DIoU", value: of(diou), title: "IoU less the centres’ distance" },
    box("object", object),
    box("detection", detection),
  ];
};

const suppressionItems = (state: State, { order, fates, felled, rounds, step }: Suppression): Item[] =>
  order.map((at) => {
    const fate = fates[at];
    const fell = felled.get(at);
    return {
      kind: fate,
      name: `${at} ${tagOf(state, "detection", state.detections[at])}`,
      fate:
        { below: "score too low", waiting: "waits", kept: "✓ kept" }[fate as string] ??
        `✕ IoU ${percentText(fell!.iou)} with ${fell!.by}`,
      current: at === rounds[step - 1]?.kept,
    };
  });

const targetItems = (state: State): Item[] => {
  const at = chosen(state, "object");
  const names = ["p_c", "b_x", "b_y", "b_h", "b_w", ...state.classes.map((name, i) => `c_${i + 1} ${name}`)];
  const y = (at === undefined ? undefined : targetOf(state, at)?.y) ?? [0];
  return names.map((name, i) => ({ kind: "row", name, fate: i < y.length ? short(y[i], 4) : "does not count" }));
};

const anchorItems = (state: State, { anchors }: Answers): Item[] => {
  const at = chosen(state, "object");
  if (at === undefined) return [];
  return bestAnchors(anchors!, boxOf(state.objects[at]))
    .slice(0, MOST_ANCHORS)
    .map(({ at: anchor, iou }) => {
      const object = anchors!.assigned[anchor];
      return {
        kind: object >= 0 ? "positive" : "waiting",
        name: `${percentText(iou)} ${anchorText(state, anchor)}`,
        fate: object >= 0 ? `✓ finds object ${object}` : object === IGNORED ? "ignored" : "background",
      };
    });
};

const anchorFacts = ({ anchors }: Answers): Fact[] => {
  const [positive, ignored, background] = countAnchors(anchors!).map(String);
  return [
    { name: "Find an object", value: positive, title: "Overlap one enough, or most of all anchors" },
    { name: "Ignored", value: ignored, title: "Between the two: no part in the loss" },
    { name: "Background", value: background, title: "Overlap every object too little" },
  ];
};

const scoredFacts = (state: State, { shown, right, average }: Scored): Fact[] => {
  const share = (whole: number) => (whole ? short(right / whole, 4) : "–");
  return [
    { name: "Precision", value: share(shown), title: "Of the detections shown, how many find an object" },
    { name: "Recall", value: share(state.objects.length), title: "Of the objects, how many are found" },
    {
      name: "AP",
      value: state.objects.length ? short(average, 4) : "–",
      title: "The area under the curve’s envelope, of all classes together",
    },
  ];
};

/** The curve, its envelope, and the point at the threshold. */
const curve = () => {
  const area = svg("path", { class: "area" });
  const line = svg("path", { class: "curve" });
  const el = svg(
    "svg",
    { viewBox: `0 0 ${PLANE} ${PLANE}`, preserveAspectRatio: "none", role: "img" },
    area,
    svg("path", { class: "rule", d: `M0 0V${PLANE}H${PLANE}V0Z` }),
    line,
  );
  const dot = h("i", { class: "dot" });
  const box = h(
    "div",
    { class: "precision" },
    h("span", { class: "up" }, "precision"),
    h("div", { class: "plane" }, el, dot),
    h("span", { class: "across" }, "recall"),
  );
  const other = changes();
  const show = ({ precision, recall, best, shown, right }: Scored, objects: number) => {
    dot.hidden = !shown || !objects;
    dot.style.left = `${(100 * right) / (objects || 1)}%`;
    dot.style.bottom = `${(100 * right) / (shown || 1)}%`;
    const at = (x: number, y: number) => `${(PLANE * x).toFixed(2)} ${(PLANE * (1 - y)).toFixed(2)}`;
    const points = recall.map((x, i) => at(x, precision[i]));
    const steps = recall.map((x, i) => `V${(PLANE * (1 - best[i])).toFixed(2)}H${(PLANE * x).toFixed(2)}`);
    if (!other(points.join(), steps.join())) return;
    line.setAttribute("d", points.length ? `M${at(0, precision[0])}L${points.join("L")}` : "");
    area.setAttribute("d", `M0 ${PLANE}${steps.join("")}V${PLANE}Z`);
    el.setAttribute("aria-label", `Precision over recall, ${points.length} detections`);
  };
  return { el: box, show };
};

export const side = (): Side => {
  const facts = factList();
  const list = listed();
  const scroller = h("div", { class: "scroller", tabindex: 0, role: "group", "aria-label": "One by one" }, list.el);
  const plot = curve();
  const el = h("div", { class: "beside" }, facts, scroller, plot.el);
  return {
    el,
    show: (state, answers) => {
      const { nms, anchors, pr } = answers;
      const numbers = anchors ? anchorFacts(answers) : pr ? scoredFacts(state, pr) : pairFacts(state);
      const items = nms
        ? suppressionItems(state, nms)
        : anchors
          ? anchorItems(state, answers)
          : state.view === "target"
            ? targetItems(state)
            : [];
      facts.hidden = Boolean(nms) || state.view === "target";
      scroller.hidden = state.view === "iou" || Boolean(pr);
      plot.el.hidden = !pr;
      showFacts(facts, facts.hidden ? [] : numbers);
      list.show(items);
      if (pr) plot.show(pr, state.objects.length);
    },
  };
};
