/** “Copy as code”: what the view shows, computed by `cnnviz.boxes`. */

import { nested, tuple } from "../../ui/words/python";
import { KINDS, type State } from "./state";

const COLUMNS = { object: 5, detection: 6 };

/** The lines of each view; `objects` and `detections` are there. */
const LINES: Record<State["view"], (state: State) => string[]> = {
  iou: ({ selected: [object, detection] }) => [
    `one, other = objects[${object}, :4], detections[${detection}, :4]`,
    "for measure in (boxes.iou, boxes.giou, boxes.diou):",
    "    print(measure.__name__, measure([one], [other])[0, 0])",
  ],
  nms: (state) => [
    `left = detections[detections[:, 4] >= ${state.score_threshold}]`,
    ...(state.by_class
      ? [
          `kept = boxes.nms(left[:, :4], left[:, 4], ${state.iou_threshold}, labels=left[:, 5].astype(int))`,
          "print(left[kept])",
        ]
      : [
          `for step in boxes.nms_steps(left[:, :4], left[:, 4], ${state.iou_threshold}):`,
          "    print(left[step.kept], step)",
        ]),
  ],
  target: ({ grid, size, classes }) => [
    "labels = objects[:, 4].astype(int)",
    `print(boxes.encode_grid(objects[:, :4], labels, ${tuple(grid)}, ${tuple(size)}, ${classes.length}))`,
  ],
  anchors: ({ grid, size, anchor_sizes: sizes, positive, negative }) => [
    `sizes = np.array([${sizes.map(tuple).join(", ")}])`,
    ...(grid.some((count, axis) => size[axis] % count)
      ? [
          `stride = np.divide(${tuple(size)}, ${tuple(grid)})`,
          `anchors = boxes.anchors(${tuple(grid)}, 1, sizes / stride) * stride[[1, 0, 1, 0]]`,
        ]
      : [`anchors = boxes.anchors(${tuple(grid)}, ${tuple(grid.map((count, i) => size[i] / count))}, sizes)`]),
    `print(boxes.assign(anchors, objects[:, :4], ${positive}, ${negative}))`,
  ],
  pr: ({ match_threshold: threshold }) => [
    "hits = np.zeros(len(detections), bool)",
    "for label in set(detections[:, 5]):",
    "    mine, there = detections[:, 5] == label, objects[:, 4] == label",
    `    found = boxes.match(detections[mine, :4], detections[mine, 4], objects[there, :4], ${threshold})`,
    "    hits[mine] = found >= 0",
    "print(boxes.precision_recall(detections[:, 4], hits, len(objects)))",
    "print(boxes.average_precision(detections[:, 4], hits, len(objects)))",
  ],
};

export const writeCode = (state: State): string => {
  const arrays = KINDS[state.view].map((kind) => {
    const [name, rows] = [`${kind}s`, state[`${kind}s`]];
    if (!rows.length) return `${name} = np.empty((0, ${COLUMNS[kind]}))`;
    const start = `${name} = np.array(`;
    return `${start}${nested(rows.flat(), [rows.length, COLUMNS[kind]], " ".repeat(start.length))})`;
  });
  const lines = ["import numpy as np", "from cnnviz import boxes", "", ...arrays, ...LINES[state.view](state)];
  return `${lines.join("\n")}\n`;
};
