/** `<cnnviz-widget view="…" state="…">a static picture</cnnviz-widget>`: a widget on a page, no kernel, no server. */
import type { Model, View } from "../model";
import { pageModel } from "./page-model";

/** Register the element for these views; the first script on a page that does so wins. */
export const define = (views: Record<string, View>): void => {
  class WidgetElement extends HTMLElement {
    /** For tests and for other scripts on the page. */
    model?: Model;
    private undo?: () => void;

    connectedCallback(): void {
      const view = views[this.getAttribute("view") ?? ""];
      if (!view || this.undo) return; // an unknown view keeps its picture
      this.model ??= pageModel(JSON.parse(this.getAttribute("state") ?? "{}"));
      const el = document.createElement("div");
      this.undo = view({ model: this.model, el });
      this.replaceChildren(el);
    }

    disconnectedCallback(): void {
      this.undo?.();
      this.undo = undefined;
    }
  }

  if (!customElements.get("cnnviz-widget")) customElements.define("cnnviz-widget", WidgetElement);
};
