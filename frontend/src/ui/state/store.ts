/** The model's traits as typed state, with undo: buttons, Ctrl+Z and Ctrl+Y. */
import type { Model } from "../../model";
import { h, icon } from "../dom";
import { History } from "./history";

export interface Store<S extends object> {
  get<K extends keyof S>(trait: K): S[K];
  /** Change traits and save; what belongs to one `group` (a drag, a slider) is undone at once. */
  set(wanted: Partial<S>, group?: unknown): void;
  /** The next change begins a new step, even one of the same group. */
  endGroup(): void;
  /** Make undone what a group that is still open has done: its gesture was not meant. */
  takeBack(group: unknown): void;
  /** Undo and redo buttons, and one that goes back to how it all began. */
  buttons: HTMLButtonElement[];
  /** Grey out what can't be undone. */
  show(): void;
}

const same = (a: unknown, b: unknown): boolean => Object.is(a, b) || JSON.stringify(a) === JSON.stringify(b);

/** `remembered` are the traits that undo brings back. `root` listens for the keys. */
export const store = <S extends object>(
  model: Model,
  remembered: (keyof S & string)[],
  root: HTMLElement,
  changed: () => void,
): Store<S> => {
  const history = new History<Partial<S>>();
  const snapshot = () => Object.fromEntries(remembered.map((trait) => [trait, model.get(trait)])) as Partial<S>;
  const write = (changes: [string, unknown][]) => {
    for (const [trait, value] of changes) model.set(trait, value);
    model.save_changes?.();
    changed();
  };
  const set: Store<S>["set"] = (wanted, group) => {
    const changes = Object.entries(wanted).filter(([trait, value]) => !same(value, model.get(trait)));
    if (changes.some(([trait]) => (remembered as string[]).includes(trait))) history.before(snapshot(), group);
    if (changes.length) write(changes);
  };
  const travel = (state: Partial<S> | undefined) => state && write(Object.entries(state));
  const initial = snapshot();
  const back = () => travel(history.undo(snapshot()));
  const forth = () => travel(history.redo(snapshot()));
  const undo = h(
    "button",
    { type: "button", "aria-label": "Undo", title: "Undo (Ctrl+Z)", onclick: back },
    icon("undo"),
  );
  const redo = h(
    "button",
    { type: "button", "aria-label": "Redo", title: "Redo (Ctrl+Y)", onclick: forth },
    icon("redo"),
  );
  const reset = h("button", { type: "button", onclick: () => set(initial) }, "Reset");
  root.addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || (key !== "z" && key !== "y")) return;
    event.preventDefault();
    event.stopPropagation();
    (key === "y" || event.shiftKey ? forth : back)(); // not by the buttons: they may still be grey from the last frame
  });
  return {
    get: (trait) => model.get(trait as string) as never,
    set,
    endGroup: () => history.close(),
    takeBack: (group) => travel(history.takeBack(group)),
    buttons: [undo, redo, reset],
    show: () => {
      undo.disabled = !history.canUndo;
      redo.disabled = !history.canRedo;
    },
  };
};
