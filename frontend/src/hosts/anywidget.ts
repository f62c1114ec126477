/** The Jupyter host: anywidget calls `render` once per displayed widget. */
import type { Model, View } from "../model";
import { sayProblem } from "./problem";

export const anywidget = (view: View) => ({
  render: ({ model, el }: { model: Model; el: HTMLElement }) => {
    try {
      return view({ model, el });
    } catch (problem) {
      el.replaceChildren();
      sayProblem(el, problem);
    }
  },
});
