/** The Jupyter host: anywidget calls `render` once per displayed widget. */
import type { Model, View } from "../model";

export const anywidget = (view: View) => ({
  render: ({ model, el }: { model: Model; el: HTMLElement }) => view({ model, el }),
});
