/** The host of pages: `page.js` holds what widgets share, and gets the script of each view that stands on the page. */
import type { View } from "../model";
import { register as registerView } from "./element";
import { sayProblem } from "./problem";

const here = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : "";
const known = new Set<string>();

/** Called by the script of a view, `views/X.js`. */
export const register = (name: string, view: View): void => {
  known.add(name);
  registerView(name, view);
};

/** The pictures of a view that there is no script of stay, and say so. */
const sayMissing = (name: string): void => {
  for (const element of document.querySelectorAll<HTMLElement>("cnnviz-widget"))
    if (element.getAttribute("view") === name) sayProblem(element, new Error("its script can't be loaded"));
};

/** A page may name the scripts of its views itself, which is quicker; those it does not name are fetched. */
const fetchMissing = (): void => {
  for (const element of document.querySelectorAll("cnnviz-widget")) {
    const name = element.getAttribute("view") ?? "";
    if (known.has(name) || !here) continue;
    known.add(name);
    if (!/^\w+$/.test(name)) {
      sayMissing(name);
      continue;
    }
    const script = Object.assign(document.createElement("script"), { src: new URL(`views/${name}.js`, here).href });
    script.onerror = () => sayMissing(name);
    document.head.append(script);
  }
};

if (document.readyState === "complete") fetchMissing();
else document.addEventListener("DOMContentLoaded", fetchMissing); // after all deferred scripts
