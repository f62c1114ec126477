/** The five words of anywidget's front-end interface that a view may use. */
export interface Model {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  on(event: string, callback: () => void): void;
  off(event: string, callback: () => void): void;
  save_changes?(): void;
}

/** A view draws itself into `el` and returns what undoes it. */
export type View = (context: { model: Model; el: HTMLElement }) => () => void;
