/** The book's host: `<cnnviz-widget view="…" state="…">a static picture</cnnviz-widget>`, no kernel, no server. */
import * as widgets from "../widgets";
import type { Model, View } from "./model";
import { pageModel } from "./page-model";

const VIEWS: Record<string, View> = widgets;

class WidgetElement extends HTMLElement {
  /** For tests and for other scripts on the page. */
  model?: Model;
  private undo?: () => void;

  connectedCallback(): void {
    const view = VIEWS[this.getAttribute("view") ?? ""];
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
