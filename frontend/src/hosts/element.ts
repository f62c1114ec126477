/** `<cnnviz-widget view="…" state="…">a static picture</cnnviz-widget>`: a widget on a page, no kernel, no server. */
import type { Model, View } from "../model";
import { pageModel, readState } from "./page-model";
import { sayProblem } from "./problem";

const NAME = "cnnviz-widget";

interface WidgetClass extends CustomElementConstructor {
  views: Map<string, View>;
}

/** Whether the parser is done with an element: something follows it, or what it stands in. */
const isRead = (element: Element): boolean => {
  for (let node: Node | null = element; node; node = node.parentNode) if (node.nextSibling) return true;
  return document.readyState !== "loading";
};

const makeClass = (): WidgetClass => {
  class WidgetElement extends HTMLElement {
    static readonly views = new Map<string, View>();
    /** For tests and for other scripts on the page. */
    model?: Model;
    private undo?: () => void;

    connectedCallback(): void {
      if (isRead(this)) this.mount();
      else setTimeout(() => this.connectedCallback(), 20); // its picture would come in behind the view
    }

    /** Put the live view in place of the picture; what can't be read is said above the picture, which stays. */
    mount(): void {
      const view = WidgetElement.views.get(this.getAttribute("view") ?? "");
      if (!view || this.undo || !this.isConnected) return; // an unknown view keeps its picture
      const el = document.createElement("div");
      try {
        this.model ??= pageModel(readState(this.getAttribute("state") ?? ""));
        this.undo = view({ model: this.model, el });
        this.replaceChildren(el);
      } catch (problem) {
        sayProblem(this, problem);
      }
    }

    disconnectedCallback(): void {
      this.undo?.();
      this.undo = undefined;
    }
  }
  return WidgetElement;
};

/** Bring a view to life wherever it stands on this page, now or later, one after the other, so that the page stays
 * responsive between them. The page's first script defines the element. */
export const register = (name: string, view: View): void => {
  if (!customElements.get(NAME)) customElements.define(NAME, makeClass());
  const { views } = customElements.get(NAME) as WidgetClass;
  if (!views.has(name)) views.set(name, view);
  for (const element of document.querySelectorAll<HTMLElement & { connectedCallback?(): void }>(NAME))
    setTimeout(() => element.connectedCallback?.());
};
