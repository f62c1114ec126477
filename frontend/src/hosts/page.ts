/** The book's host: `<cnnviz-widget view="…" state="…">a static picture</cnnviz-widget>`, no kernel, no server. */
import { KernelEditor } from "../widgets/kernel-editor";
import type { Model, View } from "./model";

const VIEWS: Record<string, View> = { KernelEditor };

/** A model that lives in the page: state from the attribute, listeners called at once. */
export const pageModel = (state: Record<string, unknown>): Model => {
  const listeners = new Map<string, Set<() => void>>();
  return {
    get: (key) => state[key],
    set: (key, value) => {
      if (Object.is(state[key], value)) return;
      state[key] = value;
      for (const event of [`change:${key}`, "change"]) listeners.get(event)?.forEach((callback) => callback());
    },
    on: (event, callback) => void listeners.set(event, (listeners.get(event) ?? new Set()).add(callback)),
    off: (event, callback) => void listeners.get(event)?.delete(callback),
  };
};

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
